"""Deep linear networks: the predictor is a product of matrices."""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from thalweg._module import static
from thalweg._whole import whole
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.problems.base import AbstractProblem
from thalweg.problems.random_matrices import checked_shape


class DeepLinear(AbstractParametrization):
    r"""A deep linear network, $W = W_N W_{N-1} \cdots W_1$ with $W_j \in \mathbb{R}^{d_j \times d_{j-1}}$.

    Parameters are the list of factors, $W_1$ first. The gradient is analytic,
    $\partial\varphi/\partial W_j = (W_N \cdots W_{j+1})^\top\, \nabla\ell(W)\, (W_{j-1} \cdots W_1)^\top$, all factors
    from the same instant, in $3N - 3$ products of matrices for $N \ge 2$.

    Arguments:
        depth: the number $N$ of matrices, at least 1.
        shape: of the predictor, $(d_N, d_0)$.
        hidden: the hidden widths $d_1, \ldots, d_{N-1}$, one number for all or a list; the smaller side of the shape
            unless given, which leaves every rank within reach.

    Raises:
        ValueError: a depth below 1, widths below 1, or a list of widths that is not $N - 1$ long.

    Examples:
        >>> import thalweg as tw
        >>> tw.DeepLinear(depth=3, shape=(4, 6)).widths
        (6, 4, 4, 4)

    Reference:
        arora2019implicit, equation (2).
    """

    widths: tuple[int, ...] = static()

    def __init__(self, *, depth: int, shape: Sequence[int], hidden: int | Sequence[int] | None = None):
        depth = whole(depth, "depth")
        rows, columns = checked_shape(tuple(shape) if isinstance(shape, list) else shape)
        if hidden is None:
            hidden = min(rows, columns)
        inner = list(hidden) if isinstance(hidden, tuple | list) else [hidden] * (depth - 1)
        if len(inner) != depth - 1:
            raise ValueError(f"depth {depth} has {depth - 1} hidden widths, got {len(inner)}: {inner}")
        self.widths = (columns, *(whole(width, "hidden") for width in inner), rows)

    @property
    def depth(self) -> int:
        """The number $N$ of matrices."""
        return len(self.widths) - 1

    @property
    def shape(self) -> tuple[int, int]:
        return self.widths[-1], self.widths[0]

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """The shapes of the factors, $W_1$ first."""
        return [(after, before) for before, after in zip(self.widths[:-1], self.widths[1:], strict=True)]

    def predictor(self, params: Sequence[Array]) -> Array:
        if self.depth == 1:
            return jnp.asarray(params[0])
        return _product(params[self._split :], left=True) @ _product(params[: self._split], left=False)

    def loss_and_gradient(self, problem: AbstractProblem, params: Sequence[Array]) -> tuple[Array, list[Array]]:
        if self.depth == 1:
            loss, gradient = problem.loss_and_gradient(params[0])
            return loss, [gradient]
        split = self._split
        lefts, rights = _partial_products(params[split:], left=True), _partial_products(params[:split], left=False)
        loss, gradient = problem.loss_and_gradient(lefts[0] @ rights[-1])
        below, above = lefts[0].T @ gradient, gradient @ rights[-1].T
        return loss, _descend(params[:split], rights, below) + _ascend(params[split:], lefts, above)

    @property
    def _split(self) -> int:
        # Products are gathered from the narrower end, so that every partial product is as narrow as it can be.
        return self.depth - 1 if self.widths[0] <= self.widths[-1] else 1


def _partial_products(factors: Sequence[Array], *, left: bool) -> list[Array]:
    """Running products: from the right, `[W_1, W_2 W_1, ...]`, or from the left, `[..., W_N W_{N-1}, W_N]`."""
    if left:
        products = [factors[-1]]
        for factor in reversed(factors[:-1]):
            products.append(products[-1] @ factor)
        return products[::-1]
    products = [factors[0]]
    for factor in factors[1:]:
        products.append(factor @ products[-1])
    return products


def _product(factors: Sequence[Array], *, left: bool) -> Array:
    return _partial_products(factors, left=left)[0 if left else -1]


def _descend(factors: Sequence[Array], rights: Sequence[Array], back: Array) -> list[Array]:
    """Gradients of the factors right of the split, from `back`, the gradient of their whole product."""
    gradients = []
    for index in range(len(factors) - 1, 0, -1):
        gradients.append(back @ rights[index - 1].T)
        back = factors[index].T @ back
    return [back, *reversed(gradients)]


def _ascend(factors: Sequence[Array], lefts: Sequence[Array], back: Array) -> list[Array]:
    """Gradients of the factors left of the split, from `back`, the gradient of their whole product."""
    gradients = []
    for index in range(len(factors) - 1):
        gradients.append(lefts[index + 1].T @ back)
        back = back @ factors[index].T
    return [*gradients, back]
