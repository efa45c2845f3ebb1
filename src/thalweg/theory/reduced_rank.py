"""Reduced-rank regression: the best linear map of at most a given rank."""

from typing import Any

import numpy as np

from thalweg._whole import whole
from thalweg.problems.linear_regression import LinearRegression


def reduced_rank_regression(input_moment: Any, cross_moment: Any, rank: int) -> np.ndarray:
    r"""The least solution of $\min_{\mathrm{rank}\,W\le k}\frac12\mathrm{tr}(W\Sigma_xW^\top)-\langle W,\Sigma_{yx}\rangle$.

    With $\Sigma_x = RR^\top$ it is $[W^*R]_kR^+$, where $[\cdot]_k$ keeps the $k$ largest singular values. In a common
    decomposition these are $\sigma_i/\sqrt{\lambda_i}$: it keeps the $k$ largest $\sigma_i^2/\lambda_i$, which are not
    always the $k$ largest $\sigma_i$ that a path learns first (`CommonDecomposition.truncated`).

    Arguments:
        input_moment, cross_moment: $\Sigma_x$ and $\Sigma_{yx}$, as for `LinearRegression.from_moments`.
        rank: $k$, from 0 on.

    Returns:
        $W$, $(d_N, d_0)$.

    Raises:
        ValueError: as for `LinearRegression.from_moments`, or a negative rank.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.reduced_rank_regression(np.diag([10.0, 0.5]), np.diag([2.0, 1.0]), 1).round(9).tolist()
        [[0.0, 0.0], [0.0, 2.0]]

    Reference:
        gidel2019implicit, reduced-rank regression; izenman1975reduced.
    """
    rank = whole(rank, "rank", least=0)
    problem = LinearRegression.from_moments(input_moment, cross_moment)
    u, s, vt = np.linalg.svd(problem.target @ problem.root, full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ vt[:rank] @ np.linalg.pinv(problem.root)


def prediction_gains(sigma: Any, lam: Any) -> np.ndarray:
    r"""$\sigma_i^2/\lambda_i$: twice what a component takes off the loss, the order in which reduced-rank regression keeps them.

    Arguments:
        sigma, lam: the diagonals of a common decomposition, $\lambda_i > 0$ wherever $\sigma_i > 0$.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.prediction_gains([2.0, 1.0], [10.0, 0.5]).tolist()
        [0.4, 2.0]

    Reference:
        izenman1975reduced.
    """
    sigma, lam = np.broadcast_arrays(np.asarray(sigma, dtype=float), np.asarray(lam, dtype=float))
    if np.any((lam <= 0) & (sigma != 0)):
        raise ValueError("lam must be above 0 wherever sigma is not 0")
    return np.divide(sigma**2, lam, out=np.zeros(sigma.shape), where=lam > 0)
