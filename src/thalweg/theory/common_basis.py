"""The singular vectors of the cross moment as a frame for regression, and how nearly the inputs' moment is diagonal in it."""

import dataclasses
import itertools
from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._shown import shown
from thalweg._whole import whole

TIED = 1e-10
"""Singular values nearer than this, relative to the largest, count as one."""


@shown
@dataclasses.dataclass(frozen=True)
class CommonDecomposition:
    r"""$\Sigma_x = U(D_x + B)U^\top$ and $\Sigma_{yx} = VD_{xy}^\top U^\top$.

    Arguments:
        inputs: $U$, $(d_0, d_0)$; outputs: $V$, $(d_N, d_N)$.
        sigma: the diagonal of $D_{xy}$, falling, one for each of the $\min(d_0, d_N)$ components.
        lam: the diagonal of $D_x$ for the same components.
        remainder: $B$, $(d_0, d_0)$, 0 on its diagonal.
        delta: $\Delta = \|B\|_F/\|\Sigma_x\|_F$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> found = tw.theory.common_decomposition(np.diag([1.0, 2.0]), np.diag([4.0, 3.0]))
        >>> found.sigma.tolist(), found.lam.tolist(), found.delta
        ([4.0, 3.0], [1.0, 2.0], 0.0)
    """

    inputs: np.ndarray
    outputs: np.ndarray
    sigma: np.ndarray
    lam: np.ndarray
    remainder: np.ndarray
    delta: float

    def truncated(self, rank: int) -> np.ndarray:
        r"""$W^{k,*} = \sum_{i\le k}\frac{\sigma_i}{\lambda_i}v_iu_i^\top$: the first $k$ components, in the order of $\sigma_i$.

        Raises:
            ValueError: more components than there are, or one with $\sigma_i > 0$ and $\lambda_i = 0$.
        """
        rank = whole(rank, "rank", least=0)
        if rank > len(self.sigma):
            raise ValueError(f"rank must be at most {len(self.sigma)}, the number of components, got {rank}")
        sigma, lam = self.sigma[:rank], self.lam[:rank]
        if np.any((lam <= 0) & (sigma > 0)):
            raise ValueError("a component has sigma above 0 and lam 0: its weight has no finite value")
        weights = np.divide(sigma, lam, out=np.zeros(rank), where=lam > 0)
        return (self.outputs[:, :rank] * weights) @ self.inputs[:, :rank].T


def common_decomposition(input_moment: Any, cross_moment: Any) -> CommonDecomposition:
    r"""The frame of the singular vectors of $\Sigma_{yx}$, and $\Delta = \|\mathrm{offdiag}(U^\top\Sigma_xU)\|_F/\|\Sigma_x\|_F$.

    Where a singular value repeats, and where it is 0, its vectors are chosen such that $\Sigma_x$ is diagonal there, which
    makes $\Delta$ the least.

    Arguments:
        input_moment: $\Sigma_x$, $(d_0, d_0)$, symmetric. cross_moment: $\Sigma_{yx}$, $(d_N, d_0)$.

    Raises:
        ValueError: shapes that do not agree, or an input moment that is not symmetric.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.common_decomposition(np.array([[2.0, 1.0], [1.0, 2.0]]), np.diag([2.0, 1.0])).delta.__round__(6)
        0.447214

    Reference:
        gidel2019implicit, assumption of a common decomposition.
    """
    moment, cross = reals(input_moment, "input_moment"), reals(cross_moment, "cross_moment")
    if moment.ndim != 2 or cross.ndim != 2 or moment.shape != (cross.shape[1],) * 2:
        raise ValueError(f"input_moment must be (d_0, d_0) and cross_moment (d_N, d_0), got {moment.shape} and {cross.shape}")
    if not np.allclose(moment, moment.T, rtol=0, atol=1e-12 * np.abs(moment).max()):
        raise ValueError("input_moment must be symmetric: it is the second moment of the inputs")
    v, sigma, ut = np.linalg.svd(cross)
    u, v = np.array(ut.T), np.array(v)
    count = len(sigma)
    edges = [0, *(np.flatnonzero(-np.diff(sigma) > TIED * max(sigma[0], 1e-300)) + 1), count]
    for first, last in itertools.pairwise(edges):
        none = sigma[first] <= TIED * sigma[0]
        end = len(u) if none else last  # vectors without a partner join those of singular value 0
        if end - first > 1:
            turn = np.linalg.eigh(u[:, first:end].T @ moment @ u[:, first:end])[1][:, ::-1]
            u[:, first:end] = u[:, first:end] @ turn
            if not none:
                v[:, first:last] = v[:, first:last] @ turn
    if sigma[-1] > TIED * sigma[0] and len(u) > count + 1:
        u[:, count:] = u[:, count:] @ np.linalg.eigh(u[:, count:].T @ moment @ u[:, count:])[1][:, ::-1]
    turned = u.T @ moment @ u
    lam = np.maximum(np.diagonal(turned)[:count], 0.0)
    remainder = np.array(turned)
    np.fill_diagonal(remainder, 0.0)
    size = float(np.linalg.norm(moment))
    delta = float(np.linalg.norm(remainder)) / size if size else 0.0
    return CommonDecomposition(u, v, sigma, lam, remainder, delta)
