r"""The least trace of a positive semidefinite matrix with given measurements, with bounds from both sides.

$$\min_{X \succeq 0} \mathrm{tr} X,\ \langle A_i, X\rangle = y_i \qquad\text{and its dual}\qquad
\max_\nu y^\top\nu,\ \sum_i\nu_iA_i \preceq I.$$
"""

import dataclasses

import numpy as np

MOST_STEPS = 25


@dataclasses.dataclass(frozen=True)
class LeastTrace:
    """Bounds of the least trace.

    Arguments:
        lower: proved by a dual feasible point; upper: the trace of a matrix that meets the measurements.
        steps: Newton steps taken.
    """

    lower: float
    upper: float
    steps: int

    @property
    def gap(self) -> float:
        """How far apart they are, relative to the upper one."""
        return (self.upper - self.lower) / self.upper


def least_trace_psd(measurements: np.ndarray, values: np.ndarray, known: np.ndarray, *, gap: float = 1e-6) -> LeastTrace:
    r"""Follows the centres of the dual, $\max_\nu y^\top\nu + \mu\ln\det(I - \sum_i\nu_iA_i)$, for $\mu$ down to the gap.

    At a centre $X = \mu(I - \sum_i\nu_iA_i)^{-1}$ meets the measurements, and its trace is $n\mu$ above the dual value. Where the
    known matrix is (nearly) the only one that meets them there are no centres, and its own trace is the upper bound.

    Arguments:
        measurements: symmetric, `(m, n, n)`; values: `(m,)`; known: one positive semidefinite matrix that has them.
        gap: relative, at which to stop.

    Examples:
        >>> import numpy as np
        >>> from thalweg.studies.nuclear_norm_conjecture.least_psd import least_trace_psd
        >>> found = least_trace_psd(np.diag([1.0, 0.5])[None], np.array([1.0]), np.diag([0.5, 1.0]))
        >>> round(found.upper, 5), found.gap < 1e-6
        (1.0, True)
    """
    count, size = measurements.shape[:2]
    multipliers, barrier = np.zeros(count), float(np.abs(values).max())
    lower, upper, steps = -np.inf, float(np.trace(known)), 0
    while (upper - lower) > gap * abs(upper) and barrier > 1e-14:
        centred = False
        for _ in range(MOST_STEPS):
            steps += 1
            slack = np.eye(size) - np.tensordot(multipliers, measurements, axes=1)
            try:
                root = np.linalg.inv(np.linalg.cholesky(slack))
            except np.linalg.LinAlgError:  # rounding has taken over: what was proved stands
                return LeastTrace(lower, upper, steps)
            lower = max(lower, float(values @ multipliers))
            turned = np.einsum("ij,mjk,lk->mil", root, measurements, root)
            slope = values / barrier - np.einsum("mii->m", turned)
            triangle = np.asarray(np.linalg.qr(turned.reshape(count, -1).T, mode="r"))
            if np.abs(np.diag(triangle)).min() < 1e-13 * np.abs(np.diag(triangle)).max():
                return LeastTrace(lower, upper, steps)
            step = np.linalg.solve(triangle, np.linalg.solve(triangle.T, slope))
            decrement = float(np.sqrt(max(slope @ step, 0.0)))
            centred = decrement < 1e-6
            if centred:
                upper = min(upper, lower + size * barrier * (1 + decrement))
            if decrement < 1e-8:
                break
            multipliers = multipliers + step * (1 / (1 + decrement) if decrement > 0.25 else 1.0)
        barrier /= 4
    return LeastTrace(lower, upper, steps)
