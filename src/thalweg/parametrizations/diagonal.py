"""Diagonal networks: each coefficient is a difference of powers."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from thalweg._module import static
from thalweg._whole import whole
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.problems.base import AbstractProblem


class Diagonal(AbstractParametrization):
    r"""A diagonal linear network with both signs, $\beta = w_+^D - w_-^D$, powers taken coordinate by coordinate.

    Parameters are the list $[w_+, w_-]$ of vectors of length d; the predictor is $\beta$ as a row, $(1, d)$. Its
    gradient is $\pm D\,w_\pm^{D-1} \odot \nabla\ell(\beta)$.

    Arguments:
        size: the number d of coefficients.
        depth: $D$, at least 1.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.Diagonal(size=2, depth=2).predictor([np.array([1.0, 2.0]), np.array([1.0, 1.0])]).tolist()
        [[0.0, 3.0]]

    Reference:
        woodworth2020kernel, sections 4 and 5.
    """

    size: int = static()
    depth: int = static()

    def __init__(self, *, size: int, depth: int = 2):
        self.size, self.depth = whole(size, "size"), whole(depth, "depth")

    @property
    def shape(self) -> tuple[int, int]:
        return 1, self.size

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the parameters, $w_+$ first."""
        return [(self.size,), (self.size,)]

    def predictor(self, params: Any) -> Array:
        plus, minus = params
        return (jnp.asarray(plus) ** self.depth - jnp.asarray(minus) ** self.depth)[None, :]

    def loss_and_gradient(self, problem: AbstractProblem, params: Any) -> tuple[Array, list[Array]]:
        loss, gradient = problem.loss_and_gradient(self.predictor(params))
        plus, minus = (self.depth * jnp.asarray(w) ** (self.depth - 1) * gradient[0] for w in params)
        return loss, [plus, -minus]
