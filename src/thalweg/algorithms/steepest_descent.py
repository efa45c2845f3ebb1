"""Steepest descent with respect to a norm."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from thalweg._module import number, static
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, moved
from thalweg.parametrizations.base import Objective, Params


class SteepestDescent(AbstractAlgorithm):
    r"""Steepest descent, $\theta_{t+1} = \theta_t + \eta v$ with $v = \arg\min_v \langle g, v\rangle + \frac12\|v\|_p^2$.

    Here g is the gradient in all parameters together, and $v_i = -\|g\|_q^{2-q}\,|g_i|^{q-1}\,\mathrm{sign}(g_i)$ with
    $\frac1p + \frac1q = 1$. p = 2 is gradient descent; p = 1 moves the one coordinate whose slope is largest (the first of
    several), by that slope: greedy coordinate descent; $p = \infty$ moves all by equal amounts,
    $v = -\|g\|_1\,\mathrm{sign}(g)$.

    With `normalized` each step has the length $\eta$ in the norm, $\|v\|_p = 1$, as one takes where the loss has no least
    value. Of separable data the direction of the path then tends to the largest margin in the norm; of squared loss the
    solution that is found has no such description, and depends on the rate.

    Arguments:
        p: the norm, from 1 to `inf`.
        learning_rate: $\eta$, positive; time is $\eta t$, with `normalized` the length of the path.
        normalized: whether steps have a fixed length.

    Raises:
        ValueError: p below 1 or no number, or a rate that is not positive.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened([[3.0, -1.0]])
        >>> for p in (1, 2, np.inf):
        ...     run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([[[0.0, 0.0]]]),
        ...                     tw.SteepestDescent(p, 0.5), until=tw.Steps(1), key=0)
        ...     print(run.predictor.round(12).tolist())
        [[1.5, 0.0]]
        [[1.5, -0.5]]
        [[2.0, -2.0]]

    Reference:
        gunasekar2018characterizing, sections 2 and 3; boyd2004convex, section 9.4.
    """

    learning_rate: np.ndarray
    p: float = static()
    normalized: bool = static()

    def __init__(self, p: Any, learning_rate: Any, *, normalized: bool = False):
        self.p = norm_power(p)
        self.learning_rate = number(learning_rate, "learning_rate", above=0)
        self.normalized = bool(normalized)

    def start(self, objective: Objective, params: Params) -> Motion:
        return at_rest(objective, params, None)

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        rate = jnp.asarray(self.learning_rate, motion.time.dtype)
        flat, shaped = ravel_pytree(motion.gradient)
        descent = shaped(steepest(flat, self.p, normalized=self.normalized))
        params = jax.tree.map(lambda leaf, v: leaf + rate.astype(leaf.dtype) * v, motion.params, descent)
        return moved(objective, motion, params, rate * (motion.steps + 1), None)


def steepest(gradient: Array, p: float, *, normalized: bool) -> Array:
    r"""The direction of steepest descent for the $\ell_p$ norm, with length 1 or the dual norm of the gradient."""
    sizes, signs = jnp.abs(gradient), jnp.sign(gradient)
    most = sizes.max()
    unit = sizes / jnp.where(most > 0, most, 1.0)  # so that powers neither overflow nor underflow
    if p == 1:
        return -jnp.where(jnp.arange(len(sizes)) == jnp.argmax(sizes), signs * (1.0 if normalized else sizes), 0.0)
    q = 1.0 if np.isinf(p) else p / (p - 1)
    length = jnp.sum(unit**q) ** (1 / q)
    direction = -signs * (unit / jnp.where(length > 0, length, 1.0)) ** (q - 1)
    return direction if normalized else most * length * direction


def norm_power(p: Any) -> float:
    """The power of a norm, 1 to infinity."""
    try:
        power = float(p)
    except (TypeError, ValueError):
        raise TypeError(f"p must be a number from 1 to inf, got {p!r}") from None
    if not power >= 1:
        raise ValueError(f"p must be at least 1, for there is no norm with a smaller power; got {p!r}")
    return power
