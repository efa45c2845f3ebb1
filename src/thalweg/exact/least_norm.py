r"""The vectors of least $\ell_2$ and of least $\ell_1$ norm that meet linear constraints, each with its proof."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from thalweg._whole import whole
from thalweg.exact.constraints import Constraints, constraints
from thalweg.exact.dual_newton import EPS, LEAST_GAP
from thalweg.exact.solution import Solution, relative_gap, told


def least_l2(problem: Any) -> Solution:
    r"""The solution of $\min\|w\|_2$ subject to $Aw = b$: $w = A^+ b$, with $\nu = (AA^\top)^{-1}b/\|w\|_2$ as its proof.

    Arguments:
        problem: a `LinearRegression` of one output, or a pair (A, b) of shapes (m, d) and (m,).

    Raises:
        TypeError, ValueError: as `least_potential` does.

    Examples:
        >>> solution = least_l2(([[3.0, 4.0]], [5.0]))
        >>> solution.predictor.round(12).tolist(), round(solution.dual_value, 12)
        ([[0.6, 0.8]], 1.0)

    Reference:
        woodworth2020kernel, section 4; gunasekar2018characterizing, section 1.
    """
    began = time.perf_counter()
    given = constraints(problem)
    multipliers = given.levels / np.sum(given.rows**2, axis=1)
    point = multipliers @ given.rows
    point += ((given.levels - given.rows @ point) / np.sum(given.rows**2, axis=1)) @ given.rows
    value = float(np.linalg.norm(point))
    dual = multipliers / (value or 1.0)
    dual = dual / max(1.0, float(np.linalg.norm(dual @ given.rows)))
    return _solution("least l2 norm", given, point, value, dual, 1e-9, 1, began)


def least_l1(problem: Any, *, gap: float = 1e-9, max_iterations: int = 100) -> Solution:
    r"""The solution of $\min\|w\|_1$ subject to $Aw = b$, with a $\nu$, $\|A^\top\nu\|_\infty \le 1$, as its proof.

    An interior-point method (predictor and corrector) that ends on a vertex: once the coordinates that are not zero can
    be told, they are solved for, so that the others are zero exactly.

    Arguments:
        problem: a `LinearRegression` of one output, or a pair (A, b) of shapes (m, d) and (m,).
        gap: the relative gap to stop at, from 1e-13 to below 1; max_iterations: steps at most.

    Raises:
        TypeError, ValueError: as `least_potential` does.

    Examples:
        >>> solution = least_l1(([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]], [2.0, 1.0]))
        >>> solution.predictor.round(12).tolist(), solution.certified
        ([[0.0, 1.0, 0.0]], True)

    Reference:
        mehrotra1992implementation; woodworth2020kernel, section 4.
    """
    if not LEAST_GAP <= gap < 1:
        raise ValueError(f"gap must be from {LEAST_GAP:g} to below 1, got {gap!r}")
    whole(max_iterations, "max_iterations")
    began = time.perf_counter()
    given = constraints(problem)
    size = float(np.abs(given.levels).max())
    if size == 0:
        zero = np.zeros(given.rows.shape[1])
        return _solution("least l1 norm", given, zero, 0.0, np.zeros_like(given.levels), gap, 0, began)
    point, dual, iterations = _interior(given.rows, given.levels / size, gap, max_iterations)
    return told(_solution("least l1 norm", given, size * point, float(np.abs(size * point).sum()), dual, gap, iterations, began))


def _solution(
    what: str, given: Constraints, point: np.ndarray, value: float, dual: np.ndarray, gap: float, iterations: int, began: float
) -> Solution:
    proved = float(dual @ given.levels)
    seconds = time.perf_counter() - began
    gap_left = relative_gap(value, proved)
    return Solution(what, point[None], value, given.turn @ dual, proved, gap_left, gap, iterations, seconds)


def _interior(a: np.ndarray, b: np.ndarray, gap: float, max_iterations: int) -> tuple[np.ndarray, np.ndarray, int]:
    r"""The linear program in $w = p - q$, $p, q \ge 0$, with slacks $s = 1 - A^\top\nu$ and $t = 1 + A^\top\nu$.

    It begins at the least squares and at $\nu = 0$, so that primal and dual are feasible from the first step on.
    """
    point = (b / np.sum(a**2, axis=1)) @ a
    spread = max(float(np.abs(point).mean()), 1e-3 * float(np.abs(point).max()))
    p, q = np.maximum(point, 0) + spread, np.maximum(-point, 0) + spread
    dual, s, t = np.zeros_like(b), np.ones(len(point)), np.ones(len(point))
    kept = _Best(a, b, point, dual)
    iterations = 0
    while iterations < max_iterations and kept.gap > gap:
        iterations += 1
        solve = _solver(a * np.sqrt(p / s + q / t))
        residual = b - a @ (p - q)
        mean = (p @ s + q @ t) / (2 * len(p))
        aim_p, aim_q = -p * s, -q * t
        for correcting in (False, True):
            move = solve(residual - a @ (aim_p / s - aim_q / t))
            slack = move @ a
            dp, dq = (aim_p + p * slack) / s, (aim_q - q * slack) / t
            primal, of_dual = _reach(p, dp, q, dq), _reach(s, -slack, t, slack)
            if not correcting:
                ahead = (p + primal * dp) @ (s - of_dual * slack) + (q + primal * dq) @ (t + of_dual * slack)
                aim = (ahead / (2 * len(p) * mean)) ** 3 * mean
                aim_p, aim_q = aim - p * s + dp * slack, aim - q * t - dq * slack
        p, q, dual = p + primal * dp, q + primal * dq, dual + of_dual * move
        s, t = s - of_dual * slack, t + of_dual * slack  # 1 -+ A^T nu, without its cancellation
        point = p - q
        kept.offer(point, dual)
        likely = np.abs(point) / np.minimum(s, t)
        order = np.argsort(-likely)[: len(b)]
        for size in {len(order), int(np.sum(likely[order] > 1))} if kept.gap < 1e-3 else ():
            kept.offer(*_vertex(a, b, np.sort(order[:size]), point, dual))
    return kept.point, kept.dual, iterations


class _Best:
    """The best primal and the best dual that were offered, each made feasible."""

    def __init__(self, a: np.ndarray, b: np.ndarray, point: np.ndarray, dual: np.ndarray):
        self.a, self.b, self.lengths = a, b, np.sum(a**2, axis=1)
        self.point, self.dual, self.value, self.low = point, dual, np.inf, 0.0
        self.offer(point, dual)

    @property
    def gap(self) -> float:
        return relative_gap(self.value, self.low)

    def offer(self, point: np.ndarray, dual: np.ndarray) -> None:
        missed = self.b - self.a @ point
        if np.abs(missed).max() > 64 * EPS * np.abs(self.b).max():
            point = point + (missed / self.lengths) @ self.a
        value = float(np.abs(point).sum())
        # a little shorter than it must be, so that rounding in the product with A cannot make it too long
        dual = dual / max(1.0, float(np.abs(dual @ self.a).max()) * (1 + len(dual) * EPS))
        low = float(dual @ self.b)
        if value <= self.value * (1 + 8 * EPS):  # the last of equals, which is a vertex
            self.point, self.value = point, value
        if low > self.low:
            self.dual, self.low = dual, low


def _vertex(
    a: np.ndarray, b: np.ndarray, support: np.ndarray, point: np.ndarray, dual: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The point that the coordinates of the support make by themselves, and the dual nearest to this one that is 1 there."""
    columns = a[:, support]
    turned, triangle = np.linalg.qr(columns)
    if not len(support) or np.abs(np.diag(triangle)).min() <= 1e-10 * np.abs(triangle).max():
        return point, dual
    found = np.zeros_like(point)
    for _ in range(2):
        found[support] += np.linalg.solve(triangle, turned.T @ (b - columns @ found[support]))
    if np.abs(columns @ found[support] - b).max() > 1e-12 * np.abs(b).max():
        return point, dual
    lacking = np.sign(found[support]) - dual @ columns
    return found, dual + turned @ np.linalg.solve(triangle.T, lacking)


def _reach(first: np.ndarray, move: np.ndarray, second: np.ndarray, other: np.ndarray) -> float:
    """The share of a step after which both are still positive, up to 1."""
    values, moves = np.concatenate([first, second]), np.concatenate([move, other])
    falling = moves < 0
    return min(1.0, 0.9995 * float(np.min(-values[falling] / moves[falling], initial=np.inf)))


def _solver(scaled: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    matrix = scaled @ scaled.T
    size = 1 / np.sqrt(np.diag(matrix))
    matrix = matrix * size * size[:, None]
    try:
        factor = cho_factor(matrix, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        matrix[np.diag_indices_from(matrix)] += len(matrix) * EPS
        factor = cho_factor(matrix, lower=True, check_finite=False)
    return lambda right: size * cho_solve(factor, size * right, check_finite=False)
