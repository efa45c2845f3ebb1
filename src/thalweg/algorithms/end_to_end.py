"""The end-to-end rule: a single matrix moved as a product of matrices would move it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, descended, moved
from thalweg.parametrizations.base import Objective, Params
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.parametrizations.preconditioner import preconditioned


class EndToEnd(AbstractAlgorithm):
    r"""End-to-end descent, $W \leftarrow W - \eta\sum_{j=1}^N [WW^\top]^{\frac{j-1}{N}} G\,[W^\top W]^{\frac{N-j}{N}}$.

    So moves, up to $O(\eta^2)$ a step, the product of $N$ balanced factors under gradient descent, whatever the hidden
    widths; here one matrix is kept, at one singular value decomposition a step. Any real $N \ge 1$ will do: the
    preconditioner's eigenvalues are $(\sigma_r^2 - \sigma_{r'}^2)/(\sigma_r^{2/N} - \sigma_{r'}^{2/N})$. $N = 1$ is
    gradient descent; for $N > 1$ nothing moves at $W = 0$. A step may raise a rank that is not full, by singular values of
    order $\eta^2$, and may converge at a rate at which the product of $N$ factors diverges.

    Arguments:
        depth: $N$, at least 1, a sweep over which is compiled once.
        learning_rate: $\eta$, positive; time is $\eta t$.

    Raises:
        ValueError: a depth below 1, a rate that is not positive, or, when a run starts, a parametrization that is not a
            single matrix.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened([[2.0]])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 1)), tw.Given([[[1.0]]]),
        ...                 tw.EndToEnd(depth=2, learning_rate=0.25), until=tw.Steps(1), key=0)
        >>> run.predictor.tolist()
        [[1.5]]

    Reference:
        arora2018optimization, theorem 1.
    """

    depth: np.ndarray
    learning_rate: np.ndarray

    def __init__(self, depth: Any, learning_rate: Any):
        self.depth = number(depth, "depth", least=1)
        self.learning_rate = number(learning_rate, "learning_rate", above=0)

    def start(self, objective: Objective, params: Params) -> Motion:
        single_matrix(objective, "EndToEnd")
        return self._directed(at_rest(objective, params, None))

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        rate = jnp.asarray(self.learning_rate, motion.time.dtype)
        params = descended(motion.params, motion.gradient, rate)
        return self._directed(moved(objective, motion, params, rate * (motion.steps + 1), None))

    def _directed(self, motion: Motion) -> Motion:
        return motion._replace(gradient=directed(motion.params, motion.gradient, self.depth))


def directed(params: Params, gradient: Params, depth: Any) -> Params:
    """The gradient of a single matrix, preconditioned as depth does."""
    return jax.tree.map(lambda w, g: preconditioned(w, g, jnp.asarray(depth, w.dtype)), params, gradient)


def single_matrix(objective: Objective, name: str) -> None:
    """Refuses a parametrization that is not one matrix."""
    network = objective.parametrization
    if not isinstance(network, DeepLinear) or network.depth != 1:
        kind = type(network).__name__
        depth = f" of depth {network.depth}" if isinstance(network, DeepLinear) else ""
        raise ValueError(
            f"{name} moves a single matrix, not the parameters of a {kind}{depth}: take "
            f"tw.DeepLinear(depth=1, shape={objective.shape}) and give the depth to {name}"
        )
