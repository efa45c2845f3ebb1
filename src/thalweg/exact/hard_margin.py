r"""The largest margin of a linear classifier, in the Euclidean, the l1 or the maximum norm."""

import math
import time
from typing import Any

import numpy as np
from scipy.optimize import linprog

from thalweg._arrays import reals
from thalweg._whole import whole
from thalweg.exact.solution import Solution, relative_gap, told

NAMES = {1: "l1", 2: "l2", math.inf: "l_inf"}
LEAST_GAP = 1e-12
_EPSILON = float(np.finfo(np.float64).eps)


def hard_margin(problem: Any, norm: float = 2, *, gap: float = 1e-9, max_iterations: int = 100_000) -> Solution:
    r"""The solution of $\max_{\|w\| \le 1} \min_i y_i\langle w, x_i\rangle$, by what every sample can be proved to allow.

    Weights $q$ of the samples, not negative and of sum 1, prove an upper bound: no $w$ with $\|w\| \le 1$ has a margin above
    $\|\sum_i q_i y_i x_i\|_*$ in the dual norm. The best weights close the gap; they are the convex combination of the
    signed samples that is nearest to zero. The solution of $\min \|w\|$ subject to $y_i\langle w, x_i\rangle \ge 1$ is
    `predictor / value`, of norm `1 / value`.

    For the Euclidean norm the nearest point is found by Wolfe's method, which walks from face to face and ends; the other
    two are linear programs, solved by HiGHS. Norms, margins and bounds are computed anew from what the methods return.

    Arguments:
        problem: a problem with `signed`, the signed samples $y_i x_i$ as columns, as `Classification` has.
        norm: 2, 1 or `inf`, of $w$.
        gap: the relative gap between the bound and the margin to stop at, from 1e-12 to below 1.
        max_iterations: how many faces or pivots to walk over at most.

    Returns:
        A `Solution`: `predictor`, $(1, d)$, has norm 1, `value` is its margin, `dual` are the weights $q$, (m,), and
        `dual_value` is the bound that they prove: the program is a maximum, so the bound is above the value, and `gap` is
        (dual_value - value) / dual_value. A `RuntimeWarning` says so where it is larger than asked for.

    Raises:
        TypeError: the problem has no `signed`.
        ValueError: samples that no $w$ separates; the message says which convex combination of them is zero. An argument
            out of its range.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.Classification(inputs=[[3.0, 0.0], [0.0, 4.0]], labels=[1, 1])
        >>> [round(hard_margin(problem, norm).value, 9) for norm in (1, 2, np.inf)]
        [1.714285714, 2.4, 3.0]

    Reference:
        soudry2018implicit, section 2; telgarsky2013margins; wolfe1976finding.
    """
    if not hasattr(problem, "signed"):
        raise TypeError(f"hard_margin takes a problem with signed samples such as tw.Classification, got {problem!r:.80}")
    if norm not in NAMES:
        raise ValueError(f"norm must be 1, 2 or inf, got {norm!r}")
    if not LEAST_GAP <= gap < 1:
        raise ValueError(f"gap must be from {LEAST_GAP:g}, below which float64 certifies nothing, to 1; got {gap:g}")
    budget = whole(max_iterations, "max_iterations")
    began = time.perf_counter()
    samples = reals(problem.signed, "signed")
    # by a power of two, which changes no digit
    scale = 2.0 ** math.frexp(float(np.abs(samples).max()) or 1.0)[1]
    unit = samples / scale
    direction, weights, iterations = _nearest(unit, gap, budget) if norm == 2 else _program(unit, norm, budget)
    length = float(np.linalg.norm(direction, norm))
    predictor = direction / (length or 1.0)
    margin, bound = float((predictor @ unit).min()), proved_margin(unit, weights, norm)
    # What rounding alone may put between a margin and zero.
    noise = 8 * len(unit) * _EPSILON * float(np.linalg.norm(unit, _dual(norm), axis=0).max())
    if bound <= noise:
        raise ValueError(_inseparable(weights, margin * scale, bound * scale, noise * scale))
    solution = Solution(
        what=f"largest {NAMES[norm]} margin",
        predictor=predictor[None, :],
        value=margin * scale,
        dual=weights,
        dual_value=max(bound, margin) * scale,
        gap=relative_gap(bound, margin),
        asked=gap,
        iterations=iterations,
        seconds=time.perf_counter() - began,
    )
    return told(solution)


def proved_margin(signed: np.ndarray, weights: np.ndarray, norm: float = 2) -> float:
    r"""What weights of the samples prove: $\|\sum_i q_i y_i x_i\|_*$, above every margin of a $w$ with $\|w\| \le 1$.

    Arguments:
        signed: the signed samples as columns, (d, m); weights: $q$, (m,), not negative and of sum 1.
        norm: 2, 1 or `inf`, of $w$; the bound is in its dual norm.

    Raises:
        ValueError: weights that are negative or whose sum is not 1.

    Examples:
        >>> import numpy as np
        >>> proved_margin(np.diag([3.0, 4.0]), np.array([0.64, 0.36]))
        2.4
    """
    if (weights < 0).any() or not abs(weights.sum() - 1.0) <= 1e-12:
        raise ValueError(f"weights must not be negative and of sum 1, got {weights.min():g} and {weights.sum():g}")
    return float(np.linalg.norm(signed @ weights, _dual(norm)))


def _dual(norm: float) -> float:
    return {1: math.inf, 2: 2, math.inf: 1}[norm]


def _inseparable(weights: np.ndarray, margin: float, bound: float, noise: float) -> str:
    used = np.flatnonzero(weights)
    told_of = ", ".join(f"{weights[k]:.3g} on sample {k}" for k in used[np.argsort(-weights[used])][:4])
    return (
        f"the samples cannot be separated by a hyperplane through zero: a convex combination of {len(used)} signed samples "
        f"y_i x_i ({told_of}{', ...' if len(used) > 4 else ''}) has length {bound:.1e}, zero but for rounding, so no w has "
        f"only positive margins; the best margin met is {margin:.1e}, and rounding alone is {noise:.1e}"
    )


def _program(samples: np.ndarray, norm: float, budget: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The linear program of the largest margin t: a direction, weights, and the pivots of HiGHS."""
    d, m = samples.shape
    options = {"maxiter": budget, "primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    if norm == 1:  # w is a difference of two vectors that are not negative
        above = np.hstack([-samples.T, samples.T, np.ones((m, 1))])
        above = np.vstack([above, np.append(np.ones(2 * d), 0.0)])
        cost, right = np.append(np.zeros(2 * d), -1.0), np.append(np.zeros(m), 1.0)
        bounds = [(0.0, None)] * (2 * d) + [(None, None)]
    else:
        above = np.hstack([-samples.T, np.ones((m, 1))])
        cost, right = np.append(np.zeros(d), -1.0), np.zeros(m)
        bounds = [(-1.0, 1.0)] * d + [(None, None)]
    found = linprog(cost, A_ub=above, b_ub=right, bounds=bounds, method="highs-ds", options=options)
    if found.x is None or found.ineqlin.marginals is None:  # the budget is spent: equal weights, and their direction
        return samples.mean(axis=1), np.full(m, 1 / m), int(found.nit)
    direction = found.x[:d] - found.x[d : 2 * d] if norm == 1 else found.x[:d]
    weights = np.maximum(-found.ineqlin.marginals[:m], 0.0)
    total = float(weights.sum())
    return direction, weights / total if total > 0 else np.full(m, 1 / m), int(found.nit)


def _nearest(samples: np.ndarray, gap: float, budget: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Wolfe's method: the convex combination of the samples nearest to zero, its weights, and the faces walked over.

    A corral is a set of samples whose nearest affine combination lies inside its simplex. The sample that lies deepest
    below the point joins; where the new nearest affine combination leaves the simplex, those samples leave that it
    passes first. The point comes nearer to zero with every corral, so that none returns.
    """
    squares = np.einsum("ij,ij->j", samples, samples)
    corral, weights = [int(np.argmin(squares))], np.ones(1)
    point = samples[:, corral[0]]
    nearest = math.inf
    best = point, corral, weights
    iteration = 0
    while iteration < budget:
        iteration += 1
        square = float(point @ point)
        if not square < nearest:  # rounding has the last word
            break
        nearest, best = square, (point, corral, weights)
        if square <= (4 * _EPSILON) ** 2 * squares.max():
            break
        below = point @ samples
        joins = int(np.argmin(below))
        if below[joins] >= square * (1 - 1e-3 * gap) or joins in corral:
            break
        corral, weights = [*corral, joins], np.append(weights, 0.0)
        while True:
            affine = _affine(samples[:, corral])
            if (affine > 0).all():
                weights = affine
                break
            leaving = affine <= 0
            share = float((weights[leaving] / np.maximum(weights - affine, np.finfo(float).tiny)[leaving]).min())
            weights = np.maximum(weights + min(share, 1.0) * (affine - weights), 0.0)
            keep = ~(leaving & (weights <= max(4 * _EPSILON, float(weights[leaving].min()))))
            corral, weights = [k for k, stays in zip(corral, keep, strict=True) if stays], weights[keep]
        weights = weights / weights.sum()
        point = samples[:, corral] @ weights
    point, corral, weights = best
    spread = np.zeros(samples.shape[1])
    spread[corral] = weights
    return point, spread / spread.sum(), iteration


def _affine(corral: np.ndarray) -> np.ndarray:
    """The weights, of sum 1, of the affine combination of columns that is nearest to zero."""
    if corral.shape[1] == 1:
        return np.ones(1)
    steps = corral[:, 1:] - corral[:, :1]
    rest = np.linalg.lstsq(steps, -corral[:, 0], rcond=None)[0]
    return np.append(1.0 - rest.sum(), rest)
