r"""The least nuclear norm among the matrices that agree with what was observed, with a proof of how near it is."""

import math
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from thalweg._shown import shown
from thalweg._whole import whole
from thalweg.exact.anderson import Anderson
from thalweg.exact.certificate import Certificate, certify, into_unit_ball
from thalweg.exact.threads import threads_for

LEAST_GAP = 1e-12  # singular values come back with errors of some 1e-14: a smaller gap would certify rounding
_RELAXATION = 1.8
_ADAPTING = {*range(10, 101, 10), 150, 200, 300, 400, 600, 800, 1200, 1600, 2400, 3200}


@shown
@dataclass(frozen=True)
class NuclearNormSolution:
    """A predictor of (nearly) least nuclear norm and the proof of how nearly.

    Attributes:
        predictor: the matrix found; where something was observed it equals the data (or is within `slack` of it).
        value: its nuclear norm.
        dual: a matrix that is zero where nothing was observed, of spectral norm at most 1.
        dual_value: what the dual proves: no feasible predictor has a smaller nuclear norm.
        gap: (value - dual_value) / value, rounding included: by how much, relatively, the value can be too large.
        asked: the gap that was asked for.
        slack: how far from an observed entry a predictor was allowed to be; 0 for equality.
        deviation: how far from an observed entry the predictor is at most.
        iterations: how many singular value decompositions it took.
        seconds: how long it took.

    Examples:
        >>> from thalweg.exact import least_nuclear_norm
        >>> solution = least_nuclear_norm(np.array([[1.0, 2.0], [3.0, np.nan]]))
        >>> print(solution)
        least nuclear norm 5..., certified to a relative gap of ...
        >>> solution.certified, solution.gap < 1e-6, float(np.linalg.norm(solution.dual, 2).round(9))
        (True, True, 1.0)
    """

    predictor: np.ndarray = field(repr=False)
    value: float
    dual: np.ndarray = field(repr=False)
    dual_value: float
    gap: float
    asked: float
    slack: float
    deviation: float
    iterations: int
    seconds: float

    @property
    def certified(self) -> bool:
        """Whether the gap that was asked for was reached."""
        return self.gap <= self.asked

    def __str__(self) -> str:
        work = f"{self.iterations} iterations, {self.seconds:.2g} s"
        within = f" within {self.slack:g} of what was observed" if self.slack else ""
        if self.certified:
            proof = f"certified to a relative gap of {self.gap:.1e}"
            return f"least nuclear norm{within} {self.value:.9g}, {proof} ({work})"
        return (
            f"nuclear norm{within} {self.value:.9g}, not certified as the least: the least is above "
            f"{self.dual_value:.9g}, which leaves a relative gap of {self.gap:.1e}, {self.gap / self.asked:.2g} times "
            f"the {self.asked:.1e} asked for ({work}); raise max_iterations or gap"
        )


def nuclear_norm(problem: Any, *, gap: float = 1e-6, max_iterations: int = 5000) -> NuclearNormSolution:
    r"""The solution of $\min \|X\|_*$ subject to $X_{ij} = b_{ij}$ at every observed entry of a completion problem.

    Arguments:
        problem: a problem with `observed`, a matrix that is NaN where nothing was seen, as `MatrixCompletion` has.
        gap: the relative gap between value and dual value to stop at, from 1e-12 to below 1.
        max_iterations: how many singular value decompositions to spend at most. When they are spent before the gap is
            reached, the best pair found is returned with `certified` False, and a `RuntimeWarning` says how far it is.

    Raises:
        TypeError: the problem has no `observed`.
        ValueError: nothing is observed, an entry is infinite, or an argument is out of its range.

    Examples:
        >>> from types import SimpleNamespace
        >>> problem = SimpleNamespace(observed=np.array([[2.0, 1.0], [1.0, np.nan]]))
        >>> solution = nuclear_norm(problem, gap=1e-9)
        >>> round(solution.value, 6), solution.predictor.round(4)
        (2.5, array([[2. , 1. ], [1. , 0.5]]))

    Reference:
        candes2009exact, section 1; fazel2002matrix, chapter 5.
    """
    return solution_of(observed_of(problem), gap, 0.0, max_iterations)


def observed_of(problem: Any) -> Any:
    """The observed matrix of a problem, or an error that says what would have one."""
    observed = getattr(problem, "observed", None)
    if observed is None:
        kind = type(problem).__name__
        raise TypeError(
            f"problem must have observed entries, as MatrixCompletion has; {kind} has none. "
            "For a plain matrix that is NaN where nothing was seen, call thalweg.exact.least_nuclear_norm"
        )
    return observed


def least_nuclear_norm(
    observed: Any, *, gap: float = 1e-6, max_iterations: int = 5000, slack: float = 0.0
) -> NuclearNormSolution:
    r"""The least nuclear norm over the matrices within `slack` of a matrix that is NaN where nothing was seen.

    Douglas-Rachford splitting alternates between singular value thresholding and putting back the data; its steps are
    extrapolated by Anderson's method and its threshold is fitted to how far the two sides still move. What it carries
    along off the threshold converges to the dual. Every few steps the pair at hand is made feasible and measured.

    Arguments:
        observed: the data, of any shape $(m, n)$, NaN where nothing was seen. Rows and columns without any entry are
            allowed: the least solution is zero there.
        gap: the relative gap to stop at, from 1e-12 to below 1.
        max_iterations: how many singular value decompositions to spend at most.
        slack: how far the predictor may be from each observed entry, in the units of the data; 0 asks for equality.

    Raises:
        ValueError: nothing is observed, an entry is infinite, or an argument is out of its range.

    Examples:
        >>> solution = least_nuclear_norm(np.array([[3.0, np.nan, 0.0], [np.nan, 4.0, np.nan]]))
        >>> round(solution.value, 5), solution.certified
        (7.0, True)

    Reference:
        cai2010singular, Theorem 2.1; eckstein1992douglas, the generalized splitting; parikh2014proximal, section 4.4.
    """
    return solution_of(observed, gap, slack, max_iterations)


def solution_of(observed: Any, gap: float, slack: float, max_iterations: int) -> NuclearNormSolution:
    """What `least_nuclear_norm` does; apart, so that a warning points to the line that called any of its fronts."""
    started = time.perf_counter()
    observed, gap, slack = _checked(observed, gap, slack)
    max_iterations = whole(max_iterations, "max_iterations")
    seen = ~np.isnan(observed)
    live = np.ix_(seen.any(axis=1), seen.any(axis=0))
    largest = float(np.abs(observed[seen]).max())
    predictor, dual = np.zeros(observed.shape), np.zeros(observed.shape)
    found, iterations = Certificate(value=0.0, dual_value=0.0, gap=0.0), 0
    if largest > slack:
        exponent = math.frexp(largest)[1]  # a power of two, so that scaling by it rounds nothing
        data = np.ldexp(observed[live], -exponent)
        with threads_for(data.shape):
            best, iterations = _solve(data, math.ldexp(slack, -exponent), gap, max_iterations)
        predictor[live], dual[live] = np.ldexp(best.predictor, exponent), best.dual
        if slack == 0:  # what lies 300 orders below the largest entry underflowed on the way
            predictor[seen] = observed[seen]
        proved = best.certificate
        found = Certificate(math.ldexp(proved.value, exponent), math.ldexp(proved.dual_value, exponent), proved.gap)
    solution = NuclearNormSolution(
        predictor=predictor,
        value=found.value,
        dual=dual,
        dual_value=found.dual_value,
        gap=found.gap,
        asked=gap,
        slack=slack,
        deviation=float(np.abs(predictor[seen] - observed[seen]).max()),
        iterations=iterations,
        seconds=time.perf_counter() - started,
    )
    if not solution.certified:
        warnings.warn(str(solution), RuntimeWarning, stacklevel=3)
    return solution


def _checked(observed: Any, gap: float, slack: float) -> tuple[np.ndarray, float, float]:
    try:
        matrix, gap, slack = np.array(observed, dtype=np.float64), float(gap), float(slack)
    except (TypeError, ValueError):
        raise TypeError("observed must be a matrix of numbers, and gap and slack single numbers") from None
    if matrix.ndim != 2:
        raise ValueError(f"observed must be a matrix, got an array of shape {matrix.shape}")
    if not np.isfinite(matrix).any():
        raise ValueError(f"observed, of shape {matrix.shape}, has no finite entry: there is nothing to agree with")
    if np.isinf(matrix).any():
        row, column = (int(index) for index in np.argwhere(np.isinf(matrix))[0])
        raise ValueError(f"observed is infinite at [{row}, {column}]; use NaN where nothing was seen")
    largest = float(np.nanmax(np.abs(matrix)))
    if largest * matrix.size > 1e300:
        raise ValueError(f"observed has an entry of {largest:g}: norms would overflow; divide by a scale of the data")
    if not LEAST_GAP <= gap < 1:
        raise ValueError(f"gap must be from {LEAST_GAP:g}, below which float64 certifies nothing, to 1; got {gap:g}")
    if not 0 <= slack < math.inf:
        raise ValueError(f"slack must be finite and not negative, got {slack:g}")
    return matrix, gap, slack


class _Pair:
    """The best feasible predictor and the best dual met so far, each judged by its own value."""

    def __init__(self, observed: np.ndarray, slack: float):
        self.observed, self.slack, self.seen = observed, slack, ~np.isnan(observed)
        self.data = np.where(self.seen, observed, 0.0)
        self.value, self.dual_value = math.inf, 0.0
        self.predictor, self.dual = self.data, np.zeros(observed.shape)

    def meet(self, predictor: np.ndarray, dual: np.ndarray) -> float:
        """Make a pair feasible, keep what is better of it, and say how far apart the two values are: the gap, about."""
        feasible = self.feasible(predictor)
        value = float(np.linalg.svd(feasible, compute_uv=False).sum())
        dual = np.where(self.seen, dual, 0.0)
        length = _length(dual) or 1.0
        proved = float((dual * self.data).sum() - self.slack * np.abs(dual).sum()) / length
        if value < self.value:
            self.value, self.predictor = value, feasible
        if proved > self.dual_value:
            self.dual_value, self.dual = proved, dual / length
        return (self.value - self.dual_value) / self.value

    def feasible(self, predictor: np.ndarray) -> np.ndarray:
        near = np.clip(predictor, self.data - self.slack, self.data + self.slack)
        return np.where(self.seen, near, predictor)

    def prove(self) -> Certificate:
        self.dual = into_unit_ball(self.dual)
        self.certificate = certify(self.observed, self.predictor, self.dual, slack=self.slack)
        return self.certificate


def _solve(observed: np.ndarray, slack: float, gap: float, max_iterations: int) -> tuple[_Pair, int]:
    """The best pair met, with its certificate, and the iterations spent."""
    pair = _Pair(observed, slack)
    if slack == 0 and pair.seen.all():  # one predictor is feasible, and the sum of its u v^T is the dual
        left, singular, right = np.linalg.svd(observed, full_matrices=False)
        rank = int((singular > 1e-13 * singular[0]).sum())
        pair.meet(observed, left[:, :rank] @ right[:rank])
        pair.prove()
        return pair, 0
    iteration, met_at, met_gap, met_moved = 0, 0, 1.0, math.inf
    for iteration, (predictor, dual, moved) in enumerate(_split(pair, max_iterations), start=1):
        since = iteration - met_at
        # Meeting costs about one iteration: do it when the gap, falling as the steps do, may have been reached.
        hopeful = since >= 5 and moved * met_gap <= 2.0 * met_moved * gap
        if iteration in (1, max_iterations) or hopeful or since >= max(10, met_at // 4):
            met_at, met_gap, met_moved = iteration, pair.meet(predictor, dual), moved
            if met_gap <= 0.98 * gap and pair.prove().gap <= gap:
                return pair, iteration
    pair.prove()
    return pair, iteration


def _split(pair: _Pair, iterations: int) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """Douglas-Rachford: after each thresholding a predictor, a dual, and how far the point is about to move.

    The point is Z = X + tau Y with X the thresholded matrix and Y of spectral norm at most 1. The threshold tau does
    not change the solution, only the way there; it is fitted at ever rarer instants, so that the iteration converges.
    """
    point = pair.data
    threshold = 0.5 * float(np.linalg.norm(point, 2))
    shrink, extrapolate = _Shrink(), Anderson(point.size)
    before: tuple[np.ndarray, np.ndarray] | None = None
    fallback, least_moved = None, math.inf
    for iteration in range(iterations):
        predictor = shrink(point, threshold)
        dual = (point - predictor) / threshold
        step = _RELAXATION * (pair.feasible(predictor - threshold * dual) - predictor)
        moved = float(np.linalg.norm(step))
        yield predictor, dual, moved
        if fallback is not None and moved > 2.0 * least_moved:  # the extrapolation led astray
            point, fallback = fallback, None
            extrapolate.forget()
            continue
        if iteration in _ADAPTING:
            factor = 1.0 if before is None else _fitting(predictor - before[0], dual - before[1], threshold)
            before = predictor, dual
            if not 0.8 < factor < 1.25:  # the same pair is the thresholding of another point
                threshold *= factor
                point = predictor + threshold * dual
                step = _RELAXATION * (pair.feasible(predictor - threshold * dual) - predictor)
                least_moved = math.inf
                extrapolate.forget()
        least_moved = min(least_moved, float(np.linalg.norm(step)))
        fallback = point + step
        point = extrapolate(point, step)


def _length(matrix: np.ndarray) -> float:
    """The spectral norm; the Gram matrix keeps the largest singular value to rounding, and is faster."""
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    return math.sqrt(max(float(np.linalg.eigvalsh(matrix @ matrix.T)[-1]), 0.0))


def _fitting(predictor_moved: np.ndarray, dual_moved: np.ndarray, threshold: float) -> float:
    """The factor, from 1/2 to 2, that brings the threshold nearer to the ratio of the two movements."""
    above, below = float(np.linalg.norm(predictor_moved)), float(np.linalg.norm(dual_moved)) * threshold
    return min(max(math.sqrt(above / below), 0.5), 2.0) if above > 0 and below > 0 else 1.0


class _Shrink:
    """Singular value thresholding: every singular value less the threshold, or zero."""

    def __init__(self):
        self.basis: np.ndarray | None = None

    def __call__(self, point: np.ndarray, threshold: float) -> np.ndarray:
        if point.shape[0] > point.shape[1]:
            return self(point.T, threshold).T
        squares, left = self._leading(point)
        if threshold < 1e-3 * math.sqrt(squares.max()):  # the Gram matrix has lost what the threshold is about
            left, singular, right = np.linalg.svd(point, full_matrices=False)
            return (left * np.maximum(singular - threshold, 0.0)) @ right
        above = squares > threshold * threshold
        self._remember(left, int(above.sum()), point.shape)
        left = left[:, above]
        return (left * (1.0 - threshold / np.sqrt(squares[above]))) @ (left.T @ point)

    def _leading(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Squared singular values, ascending, with left vectors: all, or the leading ones by a warm block Krylov step.

        The few cannot miss for long what grows above the threshold: it stays in the point, and grows.
        """
        if self.basis is None:
            return np.linalg.eigh(point @ point.T)
        blocks = [self.basis]
        for _ in range(2):
            blocks.append(point @ (point.T @ blocks[-1]))
            blocks[-1] /= np.linalg.norm(blocks[-1])
        basis = np.linalg.qr(np.hstack(blocks))[0]
        inside = basis.T @ point
        squares, rotation = np.linalg.eigh(inside @ inside.T)
        return squares, basis @ rotation

    def _remember(self, left: np.ndarray, rank: int, shape: tuple[int, ...]) -> None:
        """Keep the leading vectors, some below the threshold too, where that is much cheaper than all of them."""
        keep = rank + 8
        self.basis = left[:, -keep:] if shape[0] >= 256 and 12 * keep <= shape[0] else None
