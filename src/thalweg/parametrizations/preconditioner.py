"""What depth does to a gradient: the implicit preconditioner of a product of matrices, applied without being formed."""

from typing import Any

import jax.numpy as jnp


def eigenvalues(left: Any, right: Any, depth: Any, xp: Any = jnp) -> Any:
    r"""$\Lambda_{r,r'} = \frac{\sigma_r^2 - \sigma_{r'}^2}{\sigma_r^{2/N} - \sigma_{r'}^{2/N}}$, its limits where that has none.

    With $a$ the larger of the two, $b$ the smaller and $q = (b/a)^{2/N}$ it is $a^{2-2/N}(1 - q^N)/(1 - q)$, and both
    differences are taken of the logarithm of $b/a$, so that nothing cancels where the two are close. For a whole $N$ it
    is $\sum_{j=1}^N \sigma_r^{2(N-j)/N}\sigma_{r'}^{2(j-1)/N}$ with $0^0 = 1$.

    Arguments:
        left: $\sigma_r$, `(rows,)`, not negative; right: $\sigma_{r'}$, `(columns,)`.
        depth: $N \ge 1$, any real number.
        xp: the module that computes, `jax.numpy` or `numpy`.

    Examples:
        >>> import numpy as np
        >>> eigenvalues(np.array([4.0, 1.0]), np.array([4.0, 0.0]), 2.0, np).tolist()
        [[8.0, 4.0], [5.0, 1.0]]

    Reference:
        arora2018optimization, claim 1.
    """
    one, other = left[:, None], right[None, :]
    large, small = xp.maximum(one, other), xp.minimum(one, other)
    size = xp.where(large > 0, large, 1.0)
    close = 2 * small > large
    ratio = xp.where((small > 0) & ~close, small / size, 1.0)
    gap = xp.where(close, xp.log1p(xp.where(close, (small - large) / size, 0.0)), xp.log(ratio))
    apart = gap < 0
    below = xp.where(apart, xp.expm1(xp.where(apart, 2 * gap / depth, -1.0)), -1.0)
    factor = xp.where(apart, xp.expm1(2 * gap) / below, depth)
    factor = xp.where((small == 0) & (large > 0), 1.0, factor)
    return large ** (2 - 2 / depth) * factor


def preconditioned(predictor: Any, gradient: Any, depth: Any, xp: Any = jnp) -> Any:
    r"""$\sum_{j=1}^N [WW^\top]^{\frac{j-1}{N}}\, G\, [W^\top W]^{\frac{N-j}{N}}$ from one thin singular value decomposition.

    With $W = USV^\top$ the part of $G$ between singular vectors is multiplied by `eigenvalues`; the part that a rectangular
    $W$ leaves outside them, where one of the two singular values is 0, by $\sigma_r^{2-2/N}$. Singular values below
    $\max(d_N, d_0)\,\epsilon\,\sigma_1$ are rounding, and count as 0: of a deep product they would be felt, as
    $(10^{-16})^{2/N}$. At $W = 0$ nothing is left for $N > 1$. Not to be differentiated where singular values coincide.

    Arguments:
        predictor: $W$, `(rows, columns)`; gradient: $G$, of the same shape.
        depth: $N \ge 1$, any real number.
        xp: the module that computes, `jax.numpy` or `numpy`.

    Examples:
        >>> import numpy as np
        >>> preconditioned(np.diag([4.0, 1.0]), np.ones((2, 2)), 2.0, np).tolist()
        [[8.0, 5.0], [5.0, 2.0]]

    Reference:
        arora2018optimization, theorem 1 and claim 1.
    """
    u, values, vt = xp.linalg.svd(predictor, full_matrices=False)
    values = kept(values, predictor.shape, xp)
    inside = u.T @ gradient @ vt.T
    moved = u @ (eigenvalues(values, values, depth, xp) * inside) @ vt
    rows, columns = predictor.shape
    pull = values ** (2 - 2 / depth)
    if rows < columns:
        moved = moved + (u * pull) @ (u.T @ gradient - inside @ vt)
    if rows > columns:
        moved = moved + (gradient @ vt.T - u @ inside) @ (pull[:, None] * vt)
    return moved


def kept(values: Any, shape: tuple[int, int], xp: Any = jnp) -> Any:
    """Singular values of a matrix of a shape, those that are rounding set to 0."""
    return xp.where(values > max(shape) * xp.finfo(values.dtype).eps * values[0], values, 0.0)
