"""The implicit preconditioner of depth: its eigenvalues, its application, and for small matrices the matrix itself."""

from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._module import number
from thalweg.parametrizations import preconditioner as core


def eigenvalues(values: Any, depth: Any, shape: tuple[int, int]) -> np.ndarray:
    r"""Eigenvalues of the preconditioner $P_W$: $\Lambda_{r,r'} = \sum_{j=1}^N \sigma_r^{2(N-j)/N}\sigma_{r'}^{2(j-1)/N}$.

    The eigenvector of $\Lambda_{r,r'}$ is $\mathrm{vec}(u_rv_{r'}^\top)$ with full singular vectors, singular values beyond
    those of $W$ being 0 and $0^0 = 1$. For any real $N \ge 1$ it is
    $(\sigma_r^2 - \sigma_{r'}^2)/(\sigma_r^{2/N} - \sigma_{r'}^{2/N})$, computed to a few units of rounding also where singular
    values are close, equal or 0: $\Lambda_{r,r} = N\sigma_r^{2-2/N}$.

    Arguments:
        values: the singular values of $W$, at most as many as its smaller side, in any order, none negative.
        depth: $N$, at least 1; shape: of $W$, $(d_N, d_0)$.

    Returns:
        an array of that shape: $r$ along rows, $r'$ along columns.

    Raises:
        ValueError: a depth below 1, negative singular values, or more of them than the shape has.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.preconditioner.eigenvalues([4.0, 1.0], 2, (2, 3)).tolist()
        [[8.0, 5.0, 4.0], [5.0, 2.0, 1.0]]

    Reference:
        arora2018optimization, claim 1 and its proof.
    """
    order, sigma = _depth(depth), reals(values, "values")
    if sigma.ndim != 1 or len(sigma) > min(shape):
        raise ValueError(f"a matrix of shape {tuple(shape)} has {min(shape)} singular values, got {sigma.shape}")
    if not (sigma >= 0).all() or not np.isfinite(sigma).all():
        raise ValueError("singular values must be finite and not negative")
    left, right = (np.concatenate([sigma, np.zeros(side - len(sigma))]) for side in shape)
    return core.eigenvalues(left, right, order, np)


def precondition(predictor: Any, gradient: Any, depth: Any) -> np.ndarray:
    r"""$\sum_{j=1}^N [WW^\top]^{\frac{j-1}{N}}\, G\, [W^\top W]^{\frac{N-j}{N}}$, without the matrix $P_W$ being formed.

    From the singular value decomposition of $W$: of fractional powers of $WW^\top$ and $W^\top W$ themselves one gets
    $(10^{-16})^{1/N}$ in place of 0 where $W$ has no full rank. Singular values below
    $\max(d_N, d_0)\,\epsilon\,\sigma_1$ count as 0.

    Arguments:
        predictor: $W$, $(d_N, d_0)$; gradient: $G$, of the same shape.
        depth: $N$, any real number of at least 1.

    Raises:
        ValueError: a depth below 1, shapes that differ, or numbers that are not finite.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.precondition(np.diag([4.0, 1.0]), np.ones((2, 2)), 2).tolist()
        [[8.0, 5.0], [5.0, 2.0]]

    Reference:
        arora2018optimization, theorem 1.
    """
    order, w, g = _depth(depth), _matrix(predictor, "predictor"), _matrix(gradient, "gradient")
    if w.shape != g.shape:
        raise ValueError(f"predictor and gradient must have one shape, got {w.shape} and {g.shape}")
    return core.preconditioned(w, g, order, np)


def explicit(predictor: Any, depth: Any) -> np.ndarray:
    r"""$P_W = \sum_{j=1}^N [W^\top W]^{\frac{N-j}{N}} \otimes [WW^\top]^{\frac{j-1}{N}}$ itself, for vectors by columns.

    It has $(d_Nd_0)^2$ entries: for small matrices, to check by.

    Arguments:
        predictor: $W$, $(d_N, d_0)$, of at most 4096 entries.
        depth: $N$, a whole number, at least 1: the sum has $N$ terms.

    Raises:
        ValueError: a depth that is not whole or below 1, or a matrix too large to be so treated.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.preconditioner.explicit(np.diag([4.0, 1.0]), 2).tolist()
        [[8.0, 0.0, 0.0, 0.0], [0.0, 5.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0], [0.0, 0.0, 0.0, 2.0]]

    Reference:
        arora2018optimization, theorem 1 (its proof).
    """
    order, w = _depth(depth), _matrix(predictor, "predictor")
    if order != round(order):
        raise ValueError(f"the sum has as many terms as the depth, which must be whole here, got {order:g}; see precondition")
    if w.size > 4096:
        raise ValueError(f"P_W of a {w.shape} matrix would have {w.size**2:.3g} entries; precondition does not form it")
    terms = range(1, round(order) + 1)
    return np.sum([np.kron(*powers(w, (order - j) / order, (j - 1) / order)) for j in terms], axis=0)


def powers(predictor: np.ndarray, right: float, left: float) -> tuple[np.ndarray, np.ndarray]:
    r"""$[W^\top W]^a$ and $[WW^\top]^b$ for `right` $a$ and `left` $b$, with $A^0 = I$ for every $A$ and rounding cut off."""
    u, values, vt = np.linalg.svd(predictor)
    values = core.kept(values, predictor.shape, np)
    rows, columns = predictor.shape
    before = np.concatenate([values, np.zeros(columns - len(values))]) ** (2 * right)
    after = np.concatenate([values, np.zeros(rows - len(values))]) ** (2 * left)
    return (vt.T * before) @ vt, (u * after) @ u.T


def _depth(depth: Any) -> float:
    return float(number(depth, "depth", least=1))


def _matrix(value: Any, name: str) -> np.ndarray:
    array = reals(value, name)
    if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
        raise ValueError(f"{name} must be a finite matrix with at least one entry, got shape {array.shape}")
    return array
