"""Gradient flow of a loss with an exponential tail, in a clock in which the margins grow by a factor at a time."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from thalweg._module import static
from thalweg.algorithms.base import Motion
from thalweg.algorithms.flow import AbstractFlow, tolerance
from thalweg.algorithms.logarithmic import logarithmic, loss_from_logarithm
from thalweg.algorithms.solvers.registry import solver_named
from thalweg.parametrizations.base import Objective, Params


class LogTimeFlow(AbstractFlow):
    r"""The path of gradient flow $\dot\theta = -\nabla L(\theta)$ in another clock, for losses with an exponential tail.

    Once all samples are fitted the flow needs a time that is exponential in the margins. The same path is followed here by

    $$\frac{d\theta}{d\tau} = -\frac{1 + \|\theta\|^2}{\sqrt{1 + \ell^2}}\,\nabla\ell(\theta), \qquad \ell = \log L,$$

    in a unit of whose time the norm of the parameters of a linear model grows e-fold, so that margins of thousands take one
    or two thousand gradients; nothing underflows, since $\ell$ is computed in log space. The recorded `time` is $\tau$, at
    which `tw.Time` stops; `log_time` is $\log t$ of the flow itself. A step is accepted when it does not raise $\ell$. A
    problem that is given by its loss keeps it for `loss` and for rules of stopping, where it is zero from margins of 745 on;
    give `problem.log` to see $\ell$. Margins are followed to about `rtol` of the norm of the parameters: to tell those of
    support vectors apart at a norm of a thousand takes 1e-4 or less.

    The equation is stiff, all the more the larger the margins. The Jacobian is the Hessian of $\ell$ times a number, up to a
    matrix of rank one that becomes symmetric as the direction of $\theta$ settles: the methods of `GradientFlow` apply.

    $t = \int d(1/L)\,/\,\|\nabla\ell\|^2$ is summed over the accepted steps in log space, with $1/\|\nabla\ell\|^2$ linear in
    $\ell$ between the two ends of a step: exact once the direction is, and else an error of second order in the step.

    Arguments:
        rtol: the tolerance on the local error, relative to the norm of the parameters.

    Raises:
        ValueError: a tolerance that is not positive or that the precision cannot reach, or, when a run starts, a problem
            whose loss has no logarithm, which `Classification` has.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.Classification(inputs=np.diag([0.6, 0.8]), labels=[1, -1])
        >>> run = tw.follow(problem.log, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([np.zeros((1, 2))]),
        ...                 tw.LogTimeFlow(1e-6), until=tw.Time(10.0), key=0, record=[tw.Margin(), tw.NormalizedMargin()])
        >>> bool(run.data.margin[-1] > 1000), bool(abs(run.data.normalized_margin[-1] - 0.48) < 1e-3)
        (True, True)
        >>> bool(run.data.log_time[-1] > 1000)
        True

    Reference:
        soudry2018implicit, theorem 3; lyu2020gradient, section 4.
    """

    exact: bool = static()

    def __init__(self, rtol: Any = 1e-6):
        self.rtol = tolerance(rtol)
        # As in GradientFlow: difference quotients for products with the Jacobian are good to 1e-8.
        self.exact = bool(self.rtol < 1e-6)

    def direction(self, objective: Objective, params: Params) -> Params:
        log_loss, gradient = objective.loss_and_gradient(params)
        pace = _pace(params, log_loss)
        return jax.tree.map(lambda slope: pace.astype(slope.dtype) * slope, gradient)

    def method(self) -> Any:
        return solver_named("auto", self.rtol, self.exact)

    def start(self, objective: Objective, params: Params) -> Motion:
        motion = super().start(logarithmic(objective, "LogTimeFlow"), params)
        log_loss = motion.loss
        # The logarithm is known to the precision of L, not to that of a logarithm near zero.
        floor = 64 * jnp.asarray(jnp.finfo(log_loss.dtype).eps, log_loss.dtype)
        memory = (*motion.memory[:-1], floor), log_loss, jnp.full_like(log_loss, -jnp.inf)
        return motion._replace(loss=loss_from_logarithm(objective, log_loss), memory=memory)

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        inner, log_loss, log_time = motion.memory
        before = motion._replace(loss=log_loss, memory=inner)
        after = super().step(logarithmic(objective, "LogTimeFlow"), before, horizon)
        spent = log_of_spent(log_loss, after.loss, _log_square(before), _log_square(after))
        taken = after.steps > motion.steps
        log_time = jnp.where(taken, jnp.logaddexp(log_time, spent), log_time)
        memory = after.memory, after.loss, log_time
        return after._replace(loss=loss_from_logarithm(objective, after.loss), memory=memory)

    def clocks(self, motion: Motion) -> dict[str, Array]:
        return {"log_time": motion.memory[2]}


def log_of_spent(before: Array, after: Array, log_square: Array, log_square_after: Array) -> Array:
    r"""$\log\int d(1/L)\,/\,\|\nabla\ell\|^2$ over a step, with the quotient linear in $\ell$.

    Arguments:
        before, after: $\ell$ at both ends; log_square, log_square_after: $\log\|\nabla\ell\|^2$ there.

    Examples:
        >>> import numpy as np
        >>> one, zero = np.float64(1.0), np.float64(0.0)
        >>> bool(abs(log_of_spent(zero, -one, zero, zero) - np.log(np.e - 1)) < 1e-6)
        True
    """
    fell = jnp.maximum(before - after, 0.0)
    # With x = 1/L from e^-fell to 1 (in units of its end): the integrals of the two linear parts of the quotient.
    few = fell < 1e-3
    some = jnp.where(few, 1.0, fell)
    mean = -jnp.expm1(-some) / some
    first = jnp.where(few, fell * (0.5 - fell / 3 + fell**2 / 8), mean - jnp.exp(-some))
    last = jnp.where(few, fell * (0.5 - fell / 6 + fell**2 / 24), 1 - mean)
    return jnp.logaddexp(jnp.log(first) - log_square, jnp.log(last) - log_square_after) - after


def _pace(params: Params, log_loss: Array) -> Array:
    square = sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(params))
    return (1 + square) / jnp.sqrt(1 + log_loss**2)


def _log_square(motion: Motion) -> Array:
    r"""$\log\|\nabla\ell\|^2$ of a motion whose loss is $\ell$ and whose gradient is the direction of the flow."""
    square = sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(motion.gradient))
    return jnp.log(square) - 2 * jnp.log(_pace(motion.params, motion.loss))
