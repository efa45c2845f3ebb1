"""Many small deep linear networks at once, in numpy: gradients of all factors from products that are as thin as the output."""

from collections.abc import Sequence

import numpy as np


def product(factors: Sequence[np.ndarray]) -> np.ndarray:
    """$W_N \\cdots W_1$ of factors `(..., d_j, d_{j-1})`, gathered from the output.

    Examples:
        >>> product([np.full((2, 1, 1), 2.0), np.full((2, 1, 1), 3.0)]).ravel().tolist()
        [6.0, 6.0]
    """
    found = factors[-1]
    for factor in factors[-2::-1]:
        found = found @ factor
    return found


def residual_and_slopes(factors: Sequence[np.ndarray], target: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    r"""$W - \Phi$, and the gradients of $\frac12\|W_N\cdots W_1 - \Phi\|_F^2$ by each factor, all at once.

    Arguments:
        factors: $W_1$ first, each `(..., d_j, d_{j-1})` with the same leading axes, a network along each.
        target: $\Phi$, which broadcasts to `(..., d_N, d_0)`.

    Examples:
        >>> residual, slopes = residual_and_slopes([np.array([[2.0]]), np.array([[3.0]])], np.array([[5.0]]))
        >>> residual.item(), [slope.item() for slope in slopes]
        (1.0, [3.0, 2.0])
    """
    above = [factors[-1]]
    for factor in factors[-2::-1]:
        above.append(above[-1] @ factor)
    residual = above[-1] - target
    back, slopes = residual, []
    for j, factor in enumerate(factors[:-1]):
        slopes.append(np.swapaxes(above[len(factors) - 2 - j], -1, -2) @ back)
        back = back @ np.swapaxes(factor, -1, -2)
    return residual, [*slopes, back]


def balanced(matrix: np.ndarray, depth: int) -> list[np.ndarray]:
    """Balanced factors of matrices `(..., d_N, d_0)`, as wide as their smaller side.

    Examples:
        >>> [factor.item() for factor in balanced(np.array([[9.0]]), 2)]
        [3.0, 3.0]
    """
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    root = s ** (1 / depth)
    if depth == 1:
        return [matrix]
    middle = root[..., None] * np.eye(s.shape[-1])
    return [root[..., None] * vt, *[middle] * (depth - 2), u * root[..., None, :]]


def flattened(factors: Sequence[np.ndarray]) -> np.ndarray:
    """The entries of all factors of one network, for an integrator.

    Examples:
        >>> flattened([np.eye(1), 2 * np.eye(1)]).tolist()
        [1.0, 2.0]
    """
    return np.concatenate([factor.ravel() for factor in factors])


def apart(flat: np.ndarray, like: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The factors again, in the shapes of others.

    Examples:
        >>> apart(np.array([1.0, 2.0]), [np.eye(1), np.eye(1)])[1].item()
        2.0
    """
    ends = np.cumsum([factor.size for factor in like])
    return [part.reshape(factor.shape) for part, factor in zip(np.split(flat, ends[:-1]), like, strict=True)]
