r"""Two-layer linear regression from a decoupled start: each component in closed form, learnt one after another.

The paper multiplies from the left, $\hat y = W_2^\top W_1^\top x$, and writes $\Sigma_{xy} = U D_{xy} V^\top$ for inputs by
outputs; here $W = W_2W_1$ and $\Sigma_{yx} = V D_{xy}^\top U^\top$, so that its $W_1$ is the transpose of ours.
"""

from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._seeds import stream
from thalweg.problems.random_matrices import orthonormal


def two_layer_mode(time: Any, delta: Any, sigma: Any, lam: Any) -> np.ndarray:
    r"""A component of the two-layer flow from $w(0) = e^{-2\delta}$, the solution of $\dot w = 2w(\sigma - \lambda w)$:

    $$w(t) = \frac{\sigma e^{2\sigma t-2\delta}}{\lambda(e^{2\sigma t-2\delta}-e^{-2\delta})+\sigma}
        = \Big(\lambda\,\frac{1-e^{-2\sigma t}}{\sigma} + e^{2\delta-2\sigma t}\Big)^{-1},$$

    which for $\sigma\to0$ is $e^{-2\delta}/(1+2\lambda e^{-2\delta}t)$. The second form does not overflow.

    Arguments:
        time: not negative. delta: $\delta$, `inf` for a start at 0, where it stays.
        sigma: $\sigma$, of the moment of inputs and outputs; it may be negative. lam: $\lambda\ge0$, of that of the inputs.
            All are broadcast together.

    Raises:
        ValueError: negative times or $\lambda$, or $\sigma$, $\lambda$ or times that are not finite.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.theory.two_layer_mode(1e6, 50.0, 2.0, 4.0)), float(tw.theory.two_layer_mode(3.0, 0.0, 0.0, 0.5))
        (0.5, 0.25)

    Reference:
        gidel2019implicit, continuous dynamics, whose text exchanges the names of the two diagonals.
    """
    time, sigma, lam = _modes(time, sigma, lam)
    delta = np.asarray(delta, dtype=float)
    with np.errstate(over="ignore"):
        past = np.where(sigma == 0, 2 * time, -np.expm1(-2 * sigma * time) / np.where(sigma == 0, 1.0, sigma))
        ahead = np.exp(2 * delta - 2 * sigma * time)
        used = np.where(lam > 0, lam * np.where(lam > 0, past, 0.0), 0.0)
        total = used + ahead
        return np.divide(1.0, total, out=np.full(total.shape, np.inf), where=total > 0)


def one_layer_mode(time: Any, sigma: Any, lam: Any, start: Any = 0.0) -> np.ndarray:
    r"""The same component of a single matrix, $w = \frac\sigma\lambda(1-e^{-\lambda t}) + w_0e^{-\lambda t}$.

    It solves $\dot w = \sigma - \lambda w$: all components are learnt together, each at the rate of its inputs.

    Arguments:
        time: not negative. sigma, lam: as for `two_layer_mode`. start: $w_0$. All are broadcast together.

    Raises:
        ValueError: as for `two_layer_mode`.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.theory.one_layer_mode(1e6, 2.0, 4.0)), float(tw.theory.one_layer_mode(3.0, 2.0, 0.0))
        (0.5, 6.0)

    Reference:
        gidel2019implicit, continuous dynamics.
    """
    time, sigma, lam = _modes(time, sigma, lam)
    passed = np.where(lam > 0, -np.expm1(-lam * time) / np.where(lam > 0, lam, 1.0), time)
    return sigma * passed + np.asarray(start, dtype=float) * np.exp(-lam * time)


def phase_transition(sigma: Any) -> np.ndarray:
    r"""$T_i = 1/\sigma_i$, at which a component is learnt, in units of $\delta$; never where $\sigma_i$ is not positive.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.phase_transition([4.0, 0.5]).tolist()
        [0.25, 2.0]

    Reference:
        gidel2019implicit, continuous case, phase transition time.
    """
    sigma = np.asarray(sigma, dtype=float)
    return np.divide(1.0, sigma, out=np.full(sigma.shape, np.inf), where=sigma > 0)


def vanishing_start_limit(time: Any, sigma: Any, lam: Any) -> np.ndarray:
    r"""$\lim_{\delta\to\infty} w(\delta t)$: 0 before $1/\sigma$, $\sigma/(\lambda+\sigma)$ at it and $\sigma/\lambda$ after it.

    Arguments:
        time: $t$, in units of $\delta$. sigma, lam: as for `two_layer_mode`; $\lambda=0$ has no limit after $1/\sigma$: infinite.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.vanishing_start_limit([0.4, 0.5, 0.6], 2.0, 6.0).round(4).tolist()
        [0.0, 0.25, 0.3333]

    Reference:
        gidel2019implicit, continuous case.
    """
    time, sigma, lam = _modes(time, sigma, lam)
    after = np.divide(sigma, lam, out=np.full(np.broadcast_shapes(sigma.shape, lam.shape), np.inf), where=lam > 0)
    at = np.divide(sigma, sigma + lam, out=np.zeros_like(after), where=sigma > 0)
    clock = sigma * time
    return np.where(clock < 1, 0.0, np.where(clock == 1, at, after))


def two_layer_start(inputs: Any, outputs: Any, delta: Any, *, hidden: int | None = None, key: Any = 0) -> list[np.ndarray]:
    r"""The factors $W_1 = Q^\top\mathrm{diag}(e^{-\delta_i})U^\top$ and $W_2 = V\,\mathrm{diag}(e^{-\delta_i})Q$, $Q$ orthogonal.

    $Q$ is orthogonal, not any invertible matrix: only then are the factors balanced, on which the closed form rests.

    Arguments:
        inputs: $U$, $(d_0, d_0)$; outputs: $V$, $(d_N, d_N)$, both orthogonal (see `common_decomposition`).
        delta: $\delta_i$, one number or one for each of the $\min(d_0, d_N, r)$ components.
        hidden: the width $r$, the smaller of $d_0$ and $d_N$ unless given.
        key: of $Q$, drawn uniformly; None for the identity.

    Returns:
        $W_1$ $(r, d_0)$ and $W_2$ $(d_N, r)$, for `Given`.

    Raises:
        ValueError: matrices that are not orthogonal, or a number of $\delta_i$ that is not that of the components.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> first, second = tw.theory.two_layer_start(np.eye(3), np.eye(2), [1.0, 2.0])
        >>> bool(np.allclose(second @ first, np.exp(-2.0) * np.diag([1.0, np.exp(-2.0)]) @ np.eye(2, 3)))
        True

    Reference:
        gidel2019implicit, detailed theorems, which asks for an invertible Q; it must be orthogonal.
    """
    u, v = _orthogonal(inputs, "inputs"), _orthogonal(outputs, "outputs")
    width = min(len(u), len(v)) if hidden is None else hidden
    count = min(len(u), len(v), width)
    delta = np.asarray(delta, dtype=float)
    if delta.ndim > 1 or (delta.ndim == 1 and len(delta) != count):
        raise ValueError(f"delta must be one number or {count}, one for each component, got shape {delta.shape}")
    size = np.exp(-np.broadcast_to(delta, count))
    q = np.eye(width) if key is None else orthonormal(stream(key, "start"), width, width)
    return [q[:count].T @ (size[:, None] * u[:, :count].T), (v[:, :count] * size) @ q[:count]]


def _modes(time: Any, sigma: Any, lam: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    time, sigma, lam = (np.asarray(x, dtype=float) for x in (time, sigma, lam))
    if not all(np.isfinite(x).all() for x in (time, sigma, lam)):
        raise ValueError("time, sigma and lam must be finite")
    if (time < 0).any() or (lam < 0).any():
        raise ValueError("neither times nor lam may be negative: lam is an eigenvalue of the inputs' second moment")
    return time, sigma, lam


def _orthogonal(value: Any, name: str) -> np.ndarray:
    matrix = reals(value, name)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} must be a square matrix, got shape {matrix.shape}")
    gap = float(np.abs(matrix.T @ matrix - np.eye(len(matrix))).max())
    if not gap < 1e-9:
        raise ValueError(f"{name} must be orthogonal, its columns are {gap:.1e} from it")
    return matrix
