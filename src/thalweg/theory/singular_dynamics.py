"""How singular values and singular vectors of the product move under gradient flow from balanced factors."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._module import number
from thalweg._references import Source
from thalweg.theory.end_to_end import balance, largest, of_flow
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, Laid

PAPER = "arora2019implicit"
APART = 1e-6
"""The least gap between singular values, relative to the largest, at which their vectors are told apart."""


def value_velocity(values: np.ndarray, pulls: np.ndarray, depth: Any) -> np.ndarray:
    r"""$\dot\sigma_r = -N(\sigma_r^2)^{1-1/N}\,\langle\nabla\ell(W), u_rv_r^\top\rangle$.

    Arguments:
        values: $\sigma_r$, `(m,)` or `(..., m)`; pulls: $u_r^\top\nabla\ell(W)v_r$, of the same shape.
        depth: $N$, any real number of at least 1; for 1 the power is 1, also at $\sigma_r = 0$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.singular_dynamics.value_velocity(np.array([4.0, 0.0]), np.array([-1.0, -1.0]), 2).tolist()
        [8.0, 0.0]

    Reference:
        arora2019implicit, theorem 3.
    """
    order = float(number(depth, "depth", least=1))
    return -order * (values**2) ** (1 - 1 / order) * pulls


def vector_velocity(
    u: np.ndarray, values: np.ndarray, vt: np.ndarray, gradient: np.ndarray, depth: Any
) -> tuple[np.ndarray, np.ndarray]:
    r"""The velocities of the singular vectors, for singular values that are distinct and not 0.

    $\dot U = -U\left(F\odot[U^\top GVS + SV^\top G^\top U]\right) - (I - UU^\top)GV(S^2)^{\frac12-\frac1N}$ and
    $\dot V = -V\left(F\odot[SU^\top GV + V^\top G^\top US]\right) - (I - VV^\top)G^\top U(S^2)^{\frac12-\frac1N}$ with
    $F_{r,r'} = 1/\left((\sigma_{r'}^2)^{1/N} - (\sigma_r^2)^{1/N}\right)$ off the diagonal and 0 on it.

    Arguments:
        u: $U$, `(d_N, m)`; values: the diagonal of $S$, `(m,)`; vt: $V^\top$, `(m, d_0)`.
        gradient: $G = \nabla\ell(W)$, `(d_N, d_0)`; depth: $N$, any real number of at least 1.

    Returns:
        $\dot U$ and $\dot V$, of the shapes of $U$ and $V$.

    Raises:
        ValueError: singular values that coincide or are 0, where the vectors are not determined.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> gradient = np.array([[0.0, 1.0], [0.0, 0.0]])
        >>> u_dot, _ = tw.theory.singular_dynamics.vector_velocity(np.eye(2), np.array([2.0, 1.0]), np.eye(2), gradient, 2)
        >>> u_dot.tolist()
        [[0.0, 1.0], [-1.0, 0.0]]

    Reference:
        arora2019implicit, lemma 2.
    """
    order = float(number(depth, "depth", least=1))
    powers = (values**2) ** (1 / order)
    gaps = powers[None, :] - powers[:, None]
    np.fill_diagonal(gaps, np.inf)
    if (gaps == 0).any() or (values == 0).any():
        raise ValueError("singular vectors have velocities where the singular values are distinct and not 0; these are not")
    inside = u.T @ gradient @ vt.T
    pull = (values**2) ** (0.5 - 1 / order)
    left = (inside * values + (inside * values).T) / gaps
    right = (values[:, None] * inside + (values[:, None] * inside).T) / gaps
    u_dot = -u @ left - (gradient @ vt.T - u @ inside) * pull
    v_dot = -vt.T @ right - (gradient.T @ u - vt.T @ inside.T) * pull
    return u_dot, v_dot


def least_gap(values: np.ndarray) -> np.ndarray:
    r"""The least of $\sigma_r - \sigma_{r+1}$ and $\sigma_m$, relative to $\sigma_1$; sorted values, `(..., m)`."""
    ends = np.concatenate([values, np.zeros_like(values[..., :1])], axis=-1)
    top = np.where(values[..., 0] > 0, values[..., 0], 1.0)
    return -np.diff(ends, axis=-1).max(axis=-1) / top


class SingularValueVelocity(AbstractPrediction):
    r"""From balanced factors $\dot\sigma_r = -N(\sigma_r^2)^{1-1/N}\langle\nabla\ell(W), u_rv_r^\top\rangle$ under gradient flow.

    Compared with $u_r^\top\dot Wv_r$ for the velocity of the product that the factors have. It holds for any pair of singular
    vectors, also where singular values coincide or vanish; sorted values change branches where they cross. The residual is
    the largest difference, relative to the largest velocity of a singular value along the path.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened(np.diag([2.0, 1.0])), tw.DeepLinear(depth=3, shape=(2, 2)),
        ...                 tw.Balanced(0.3), tw.GradientFlow(1e-9), until=tw.Time(2.0), key=0)
        >>> tw.theory.compare(tw.theory.SingularValueVelocity(), run).holds
        True

    Reference:
        arora2019implicit, theorem 3.
    """

    name = "velocities of singular values"
    sentence = "Singular values move by N times a power of themselves times the gradient along their vectors."
    source = Source(PAPER, "theorem 3")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return [balance(path)]

    def lay(self, path: Points) -> Laid:
        of_flow(path)
        u, values, vt = path.singular
        pulls, measured = (np.einsum("tir,tij,trj->tr", u, m, vt) for m in (path.gradients, path.velocities))
        law = value_velocity(values, pulls, path.depth)
        residual = np.abs(law - measured).max(axis=1) / (float(np.abs(measured).max()) or 1.0)
        return Laid(law, measured, residual, max(20 * path.rtol, 1e-12), "velocity of singular values")


class SingularVectorVelocity(AbstractPrediction):
    r"""From balanced factors singular vectors turn as `vector_velocity` says, where singular values are distinct and not 0.

    Compared with the velocities that perturbation theory gives the singular vectors of the moving product. Errors of both
    grow as the inverse of the least gap $\min_r(\sigma_r - \sigma_{r+1}, \sigma_m)/\sigma_1$; so the residual at a point is the
    difference relative to the largest velocity of the path, times that gap, and points with a gap below 1e-6 (crossings,
    a start from the identity) are left out, with a residual of 0, and stated as an assumption that fails.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened(np.diag([2.0, 1.0])), tw.DeepLinear(depth=3, shape=(2, 2)),
        ...                 tw.Balanced(0.3), tw.GradientFlow(1e-9), until=tw.Time(2.0), key=0)
        >>> tw.theory.compare(tw.theory.SingularVectorVelocity(), run).holds
        True

    Reference:
        arora2019implicit, lemma 2.
    """

    name = "velocities of singular vectors"
    sentence = "Singular vectors turn towards those of the gradient, at rates that differences of powers of singular values set."
    source = Source(PAPER, "lemma 2")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        gap = float(least_gap(path.singular[1]).min())
        close = 1 / gap if gap > 0 else np.inf
        wanted = "distinct and not 0"
        return [balance(path), Assumption("inverse least relative gap of singular values", close, 1 / APART, wanted)]

    def lay(self, path: Points) -> Laid:
        of_flow(path)
        gaps = least_gap(path.singular[1])
        rows, columns = path.network.shape
        law = np.zeros((len(path), (rows + columns) * min(rows, columns)))
        measured = np.zeros_like(law)
        for t in np.flatnonzero(gaps >= APART):
            frame = (path.singular[0][t], path.singular[1][t], path.singular[2][t])
            law[t] = _flat(vector_velocity(*frame, path.gradients[t], path.depth))
            # of a single matrix that moves by its velocity: the same formula at depth 1
            measured[t] = _flat(vector_velocity(*frame, -path.velocities[t], 1))
        residual = np.linalg.norm(law - measured, axis=1) * gaps / largest(measured)
        predicted, found = (np.linalg.norm(part, axis=1) for part in (law, measured))
        return Laid(predicted, found, residual, max(20 * path.rtol, 1e-11), "speed of the singular vectors")


def _flat(parts: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return np.concatenate([np.ravel(part) for part in parts])
