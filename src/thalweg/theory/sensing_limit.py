"""Where the flow of commuting measurements ends: the convex program that a start of any size solves, with a certificate."""

import dataclasses
from typing import Any

import numpy as np
from scipy.linalg import qr, solve_triangular
from scipy.optimize import linprog, nnls

from thalweg._arrays import reals
from thalweg._shown import shown

MOST_STEPS = 500
FARTHEST = 200.0
"""The most that one step may add to the logarithm of an eigenvalue at depth 2: the first ones would overflow."""
RANK_TOLERANCE = 1e-11
"""Rows of spectra count as dependent below this size relative to the largest."""


@shown
@dataclasses.dataclass(frozen=True)
class SensingLimit:
    r"""The limit $\lambda$ of the flow and what proves it: $\lambda$ comes from the slack $u$, so two numbers are left to check.

    Arguments:
        eigenvalues: $\lambda$, `(d,)`; multipliers: $\nu$, `(m,)`; slack: $u = 1 - A^\top\nu$, `(d,)` (depth 2: $-A^\top\nu$).
        residual: $\max_i|(A\lambda - y)_i|$ relative to $\max_i(|y|, |A|\lambda)_i$, the size of what is subtracted.
        stationarity: $\max_k|1 - (A^\top\nu)_k - u_k|$, relative to the largest of the three.
        tolerance: what was asked for of both; steps: how many Newton steps it took.

    Examples:
        >>> from thalweg.theory import sensing_limit
        >>> sensing_limit([[1.0, 1.0]], [1.0], 0.1, 3).residual < 1e-12
        True
    """

    eigenvalues: np.ndarray
    multipliers: np.ndarray
    slack: np.ndarray
    residual: float
    stationarity: float
    tolerance: float
    steps: int

    @property
    def certified(self) -> bool:
        """Whether both numbers are within the tolerance."""
        return self.residual <= self.tolerance and self.stationarity <= self.tolerance


def sensing_limit(spectra: Any, values: Any, scale: float, depth: float, *, tolerance: float = 1e-12) -> SensingLimit:
    r"""The limit of gradient flow from factors $\alpha I$, for commuting measurements that positive eigenvalues can meet.

    $$\min_{A\lambda = y,\ \lambda > 0}\ \sum_k\lambda_k - \tfrac N2\alpha^{N-2}\sum_k\lambda_k^{2/N}\ (N > 2),\qquad
      \sum_k\lambda_k\Bigl(\ln\frac{\lambda_k}{\alpha^2} - 1\Bigr)\ (N = 2).$$

    It is solved through its dual, which is convex and smooth, by damped Newton steps that carry the slack along: it gets
    as small as $\alpha^{N-2}$, and differences from 1 would lose it.

    Arguments:
        spectra: $A$, the eigenvalues of each measurement in the joint eigenbasis, `(m, d)`.
        values: $y$, `(m,)`.
        scale: $\alpha$, of each factor at the start (the product starts at $\alpha^N I$).
        depth: $N$, any number from 2 on.
        tolerance: of the certificate.

    Raises:
        ValueError: no positive eigenvalues meet the values, or arguments out of range.
        ArithmeticError: the certificate was not reached; scale or depth are beyond float64.

    Examples:
        >>> from thalweg.theory import sensing_limit
        >>> limit = sensing_limit([[1.0, 1.0]], [1.0], 0.1, 3)
        >>> limit.eigenvalues.round(12).tolist(), limit.certified
        ([0.5, 0.5], True)

    Reference:
        arora2019implicit, theorem 2 (the limit of small starts); woodworth2020kernel, theorem 1 (the same for vectors).
    """
    spectra, values = checked_sensing(spectra, values, scale, depth)
    met, trouble = reachable(spectra, values)
    if not met:
        raise ValueError(trouble)
    return from_dual(spectra, values, scale, depth, tolerance=tolerance)


def from_dual(
    spectra: np.ndarray, values: np.ndarray, scale: float, depth: float, *, tolerance: float = 1e-12, start: Any = None
) -> SensingLimit:
    """What `sensing_limit` does, for values that are known to be reachable, from a guess of the multipliers."""
    kept = independent_rows(spectra)
    matrix, wanted = spectra[kept], values[kept]
    first = None if start is None else _guess(spectra, start, kept)
    multipliers, slack, steps = newton(matrix, wanted, np.ones(spectra.shape[1]), scale, depth, tolerance, first)
    full = np.zeros(len(spectra))
    full[kept] = multipliers
    eigenvalues = from_slack(slack, scale, depth)
    shift = 0.0 if depth == 2 else 1.0
    size = max(1.0, float(np.abs(slack).max()))
    return SensingLimit(
        eigenvalues,
        full,
        slack,
        _residual(spectra, eigenvalues, values),
        float(np.abs(shift - full @ spectra - slack).max() / size),
        tolerance,
        steps,
    )


def from_slack(slack: np.ndarray, scale: float, depth: float) -> np.ndarray:
    r"""$\lambda = \alpha^N u^{-N/(N-2)}$ with $u = 1 - A^\top\nu$, and at depth 2 $\alpha^2e^{-u}$ with $u = -A^\top\nu$."""
    with np.errstate(over="ignore"):
        if depth == 2:
            return scale**2 * np.exp(-slack)
        return scale**depth * slack ** (-depth / (depth - 2))


def newton(
    matrix: np.ndarray, values: np.ndarray, offset: np.ndarray, scale: float, depth: float, tolerance: float, first: Any = None
) -> tuple[np.ndarray, np.ndarray, int]:
    r"""Multipliers and slack $u = o - A^\top\nu$ with $A\lambda(u) = y$, by damped Newton steps on the dual.

    The derivative of the dual along a step is minus the residual along it, and rises: a step that would carry it past
    zero is halved, so that the dual falls from step to step.
    """
    power = 0.0 if depth == 2 else depth / (depth - 2)
    offset = np.zeros(matrix.shape[1]) if depth == 2 else offset
    multipliers = np.zeros(len(matrix)) if first is None else first
    slack = offset - multipliers @ matrix
    if depth != 2 and slack.min() <= 0:
        multipliers, slack = np.zeros(len(matrix)), offset.copy()
    worst = best = np.inf
    steps = 0
    for steps in range(MOST_STEPS):
        eigenvalues = from_slack(slack, scale, depth)
        residual = values - matrix @ eigenvalues
        worst = _residual(matrix, eigenvalues, values)
        if worst <= 1e-15 or (worst <= tolerance and worst >= 0.5 * best):
            return multipliers, slack, steps
        best = min(best, worst)
        curvature = eigenvalues if depth == 2 else power * eigenvalues / slack
        step = _newton_step(matrix, curvature, residual)
        move = step @ matrix
        slope = float(residual @ step)
        share = min(1.0, FARTHEST / max(float(np.abs(move).max()), 1e-300)) if depth == 2 else 1.0
        if depth != 2 and move.max() > 0:
            share = min(1.0, 0.99 * float(np.min(slack[move > 0] / move[move > 0])))
        for _ in range(200):
            there = from_slack(slack - share * move, scale, depth)
            if np.isfinite(there).all() and float((values - matrix @ there) @ step) >= -0.1 * slope:
                break
            share /= 2
        else:
            break
        multipliers, slack = multipliers + share * step, slack - share * move
        if not (np.isfinite(slack).all() and slope > 0):
            break
    raise ArithmeticError(
        f"no certificate after {steps} Newton steps at scale {scale:g} and depth {depth:g}: residual {worst:.1e}, asked "
        f"{tolerance:.1e}; take a larger scale, or values well inside what positive eigenvalues can meet"
    )


def _residual(matrix: np.ndarray, eigenvalues: np.ndarray, values: np.ndarray) -> float:
    size = max(float(np.abs(values).max()), float((np.abs(matrix) @ eigenvalues).max()))
    return float(np.abs(matrix @ eigenvalues - values).max()) / size


def _newton_step(matrix: np.ndarray, curvature: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Solves $A D A^T x = r$ by a QR decomposition of $D^{1/2} A^T$, large rows first: D spans many orders of magnitude."""
    order = np.argsort(-curvature)
    rows = np.sqrt(curvature[order])[:, None] * matrix.T[order]
    factored: Any = qr(rows, mode="r", pivoting=True)
    triangle, pivots = factored[-2:]
    square = triangle[: len(matrix)]
    inner = solve_triangular(square, residual[pivots], trans=1)
    step = np.empty(len(matrix))
    step[pivots] = solve_triangular(square, inner)
    return step


def _guess(spectra: np.ndarray, multipliers: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(spectra[kept].T, multipliers @ spectra, rcond=None)[0]


def independent_rows(spectra: np.ndarray) -> np.ndarray:
    """Indices of rows that span all rows."""
    factored: Any = qr(spectra.T, mode="r", pivoting=True)
    triangle, pivots = factored[-2:]
    sizes = np.abs(np.diag(triangle))
    return np.sort(pivots[: len(sizes)][sizes > RANK_TOLERANCE * sizes[0]])


def reachable(spectra: np.ndarray, values: np.ndarray) -> tuple[bool, str]:
    r"""Whether $A\lambda = y$ has a solution with every $\lambda_k > 0$, and if not, why."""
    count = spectra.shape[1]
    size = np.abs(spectra).max(axis=1)
    unit = max(float(np.max(np.abs(values) / size)), np.finfo(float).tiny)
    equations = np.hstack([spectra, spectra.sum(axis=1, keepdims=True)]) / size[:, None]
    cost = np.append(np.zeros(count), -1.0)
    found = linprog(cost, A_eq=equations, b_eq=values / size / unit, bounds=[(0, None)] * count + [(0, 1)])
    if found.status == 2:
        plateau = nnls(spectra, values)[1] ** 2 / 2
        return False, (
            f"no non-negative eigenvalues meet the values: the flow ends on a plateau, half sum of squares {plateau:.3g} at "
            "least; measure a positive semidefinite matrix, or ask for the limit of values that one has"
        )
    if found.status != 0 or found.x[-1] <= 1e-10:
        return False, (
            "the values are met only with some eigenvalue at zero, on the edge of what non-negative ones can meet: the "
            "limit has no multipliers; leave those directions out"
        )
    return True, ""


def checked_sensing(spectra: Any, values: Any, scale: float, depth: float) -> tuple[np.ndarray, np.ndarray]:
    """The arguments of a sensing problem as arrays, or an error that says what is wrong with them."""
    spectra, values = reals(spectra, "spectra"), reals(values, "values")
    if spectra.ndim != 2 or 0 in spectra.shape or values.shape != spectra.shape[:1]:
        raise ValueError(f"spectra must be (m, d) and values (m,), got {spectra.shape} and {values.shape}")
    if not (np.isfinite(spectra).all() and np.isfinite(values).all()):
        raise ValueError("spectra and values must be finite")
    if not np.abs(spectra).max(axis=1).all():
        raise ValueError("a measurement whose spectrum is all zero measures nothing; leave it out")
    if not 0 < scale < np.inf:
        raise ValueError(f"scale must be positive, got {scale!r}: from zero factors nothing moves")
    if not 2 <= depth < np.inf:
        raise ValueError(f"depth must be at least 2, got {depth!r}; a single factor ends at the nearest solution instead")
    return spectra, values
