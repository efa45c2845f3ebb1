r"""Soft-impute: completion by squares and a penalty on the nuclear norm, along a path of penalties, each with a proof."""

import itertools
import math
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from thalweg._shown import shown
from thalweg._whole import whole
from thalweg.exact.certificate import EPS
from thalweg.exact.ridge_factors import RidgeFactors
from thalweg.exact.sparse_norm import PROVED_TO, spectral_bound
from thalweg.exact.threads import threads_for

LEAST_GAP = 1e-8  # below it the rounding in the proof of a spectral norm would decide


class Entries(NamedTuple):
    """Seen entries by their coordinates.

    Arguments:
        rows, columns: whole numbers from 0.
        values: float64.
        shape: of the matrix.

    Examples:
        >>> Entries(np.array([0]), np.array([1]), np.array([2.0]), (2, 2)).shape
        (2, 2)
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    shape: tuple[int, int]


@shown
@dataclass(frozen=True)
class SoftImputeSolution:
    r"""A matrix $W = U \,\mathrm{diag}(d)\, V^\top$ of (nearly) least penalized error, and the proof of how nearly.

    Attributes:
        penalty: the $\lambda$ that it is the solution for.
        left, singular, right: $U$ of shape (m, r), the positive singular values in descending order, $V$ of shape (n, r).
        value: the objective $\frac12 \sum_{seen} (X - W)^2 + \lambda \|W\|_*$.
        dual: the multipliers $Y$, one for each seen entry: as a matrix of spectral norm at most $\lambda$.
        dual_value: $\langle Y, X \rangle - \frac12 \|Y\|^2$: no matrix has a smaller objective.
        gap: (value - dual_value) / value, rounding included.
        asked: the gap that was asked for.
        chance: that the proof is wrong: 0.0 up to 4096 rows or columns, 1e-12 beyond (see `spectral_bound`).
        iterations: sweeps over rows and columns.
        seconds: how long it took.

    Examples:
        >>> solution = soft_impute(np.array([[3.0, np.nan], [np.nan, 1.0]]), 2.0)
        >>> solution.rank, solution.predictor.round(6).tolist()
        (1, [[1.0, 0.0], [0.0, 0.0]])
        >>> print(solution)
        soft-impute at penalty 2: rank 1, objective 4.5, certified to a relative gap of ...
    """

    penalty: float
    left: np.ndarray = field(repr=False)
    singular: np.ndarray
    right: np.ndarray = field(repr=False)
    value: float
    dual: np.ndarray = field(repr=False)
    dual_value: float
    gap: float
    asked: float
    chance: float
    iterations: int
    seconds: float

    @property
    def rank(self) -> int:
        """How many singular values are not zero."""
        return len(self.singular)

    @property
    def predictor(self) -> np.ndarray:
        """The whole matrix W, laid out."""
        return (self.left * self.singular) @ self.right.T

    @property
    def certified(self) -> bool:
        """Whether the gap that was asked for was reached."""
        return self.gap <= self.asked

    def at(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """W at some entries, without laying it out."""
        return entries_of(self.left * self.singular, self.right, rows, columns)

    def __str__(self) -> str:
        what = f"soft-impute at penalty {self.penalty:.6g}: rank {self.rank}, objective {self.value:.6g}"
        proof = "certified to" if self.certified else f"not certified to the gap {self.asked:.1e} asked for: left is"
        return f"{what}, {proof} a relative gap of {self.gap:.1e} ({self.iterations} sweeps, {self.seconds:.2g} s)"


def soft_impute(seen: Any, penalty: float, *, gap: float = 1e-5, max_iterations: int = 2000) -> SoftImputeSolution:
    r"""The solution of $\min_W \frac12 \sum_{seen} (X_{ij} - W_{ij})^2 + \lambda \|W\|_*$.

    Arguments:
        seen: a matrix that is NaN where nothing was seen, or anything with `rows`, `columns`, `values` and `shape`, such
            as a `MatrixCompletion` problem, a table read from a file, or `Entries`.
        penalty: $\lambda > 0$, in the units of the data. From the largest singular value of the seen entries (zero
            elsewhere) on the solution is zero.
        gap: the relative gap between value and dual value to stop at, from 1e-8 to below 1.
        max_iterations: how many sweeps to spend at most; when they are spent, a `RuntimeWarning` says how far it is.

    Raises:
        TypeError: seen is neither.
        ValueError: nothing is seen, a value is not finite, an entry comes twice, or an argument is out of its range.

    Examples:
        >>> solution = soft_impute(np.array([[2.0, 2.0], [2.0, np.nan]]), 0.5, gap=1e-8)
        >>> solution.rank, solution.gap < 1e-8
        (1, True)

    Reference:
        mazumder2010spectral, section 3; hastie2015matrix.
    """
    solution = next(soft_impute_path(seen, [penalty], gap=gap, max_iterations=max_iterations))
    if not solution.certified:
        warnings.warn(str(solution) + "; raise max_iterations or gap", RuntimeWarning, stacklevel=2)
    return solution


def soft_impute_path(
    seen: Any, penalties: Sequence[float] | None = None, *, gap: float = 1e-5, max_iterations: int = 2000
) -> Iterator[SoftImputeSolution]:
    r"""The solutions of `soft_impute` along descending penalties, one by one, each started from the one before.

    The penalized problem is solved in factors, $\min_{A,B} \frac12 \sum_{seen} (X - A B^\top)^2 + \frac\lambda2
    (\|A\|^2 + \|B\|^2)$, by alternating ridge regressions with Anderson's extrapolation. After every few sweeps one step of
    soft-impute itself, a thresholding of the singular values of $W + P(X - W)$, finds directions that the factors lack
    and drops those that have died out; the residual, scaled into the ball, is the dual. No matrix of the full shape is laid out
    unless a few percent of its entries are seen. A solution that was not certified says so by its `certified`.

    Arguments:
        seen: as in `soft_impute`.
        penalties: descending and positive; 20 from 0.8 to 0.001 of the largest that has a solution other than zero, unless
            given.
        gap, max_iterations: for each penalty, as in `soft_impute`.

    Raises:
        TypeError, ValueError: at once, as in `soft_impute`, and for penalties that do not descend.

    Examples:
        >>> path = soft_impute_path(np.array([[3.0, np.nan], [np.nan, 1.0]]), [2.0, 0.5])
        >>> [solution.rank for solution in path]
        [1, 2]

    Reference:
        mazumder2010spectral, Algorithm 1; hastie2015matrix, Algorithm 3.1.
    """
    entries = checked_entries(seen)
    if not LEAST_GAP <= gap < 1:
        raise ValueError(f"gap must be from {LEAST_GAP:g}, below which rounding would decide, to 1; got {gap:g}")
    most = whole(max_iterations, "max_iterations")
    chosen = largest_penalty(entries) * np.geomspace(0.8, 1e-3, 20) if penalties is None else penalties
    listed = [float(penalty) for penalty in chosen]
    if not listed or not all(0 < penalty < math.inf for penalty in listed):
        raise ValueError(f"penalties must be positive and finite, got {listed}")
    if any(after >= before for before, after in itertools.pairwise(listed)):
        raise ValueError(f"penalties must descend, so that each starts from the one before; got {listed}")
    return _path(entries, listed, gap, most)


def largest_penalty(seen: Any) -> float:
    """The penalty from which on the solution is zero: the largest singular value of the seen entries, zero elsewhere.

    From above, to a millionth; beyond 4096 rows and columns to a few percent, and with a chance of 1e-12 (see `spectral_bound`).

    Examples:
        >>> round(largest_penalty(np.array([[3.0, np.nan], [np.nan, 1.0]])), 4)
        3.0
    """
    rows, columns, values, shape = checked_entries(seen)
    room = 1e-6 if min(shape) <= PROVED_TO else 1e-2
    return spectral_bound(sparse.csr_array((values, (rows, columns)), shape=shape), room).bound


def checked_entries(seen: Any) -> Entries:
    """The entries of a matrix with NaN, or of anything that has them by coordinates, after a check of all that they must be."""
    if all(hasattr(seen, name) for name in ("rows", "columns", "values", "shape")):
        shape = (whole(seen.shape[0], "rows of the shape"), whole(seen.shape[1], "columns of the shape"))
        rows, columns = np.asarray(seen.rows), np.asarray(seen.columns)
        values = np.array(seen.values, dtype=np.float64)
        if not (rows.shape == columns.shape == values.shape and rows.ndim == 1):
            raise ValueError(f"rows, columns and values must be equally long, got {rows.shape}, {columns.shape}, {values.shape}")
        for name, places, side in (("rows", rows, shape[0]), ("columns", columns, shape[1])):
            if places.dtype.kind not in "iu":
                raise TypeError(f"{name} must be whole numbers, got {places.dtype}")
            if len(places) and not (places.min() >= 0 and places.max() < side):
                raise ValueError(f"{name} must lie in 0..{side - 1}, got {places.min()}..{places.max()}")
        cells = rows.astype(np.int64) * shape[1] + columns
        if len(np.unique(cells)) < len(cells):
            raise ValueError("an entry is given more than once; average the duplicates or keep one of them")
    else:
        try:
            matrix = np.array(seen, dtype=np.float64)
        except (TypeError, ValueError):
            raise TypeError(f"seen must be a matrix of numbers or have rows, columns, values, shape; got {type(seen)}") from None
        if matrix.ndim != 2:
            raise ValueError(f"seen must be a matrix, got an array of shape {matrix.shape}")
        rows, columns = np.nonzero(~np.isnan(matrix))
        values, shape = matrix[rows, columns], (matrix.shape[0], matrix.shape[1])
    if not len(values):
        raise ValueError("nothing is seen: there is nothing to complete from")
    if not np.isfinite(values).all():
        at = int(np.argmin(np.isfinite(values)))
        raise ValueError(f"the entry at [{rows[at]}, {columns[at]}] is {values[at]}; leave out what was not seen")
    if float(np.abs(values).max()) * math.sqrt(len(values)) > 1e150:
        raise ValueError("the entries are so large that squares would overflow; divide by a scale of the data")
    return Entries(rows.astype(np.int64), columns.astype(np.int64), values, shape)


def entries_of(left: np.ndarray, right: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Entries of left @ right.T, a few hundred thousand numbers at a time."""
    found = np.empty(len(rows))
    step = max(1, 2**20 // max(1, left.shape[1]))
    for at in range(0, len(rows), step):
        part = slice(at, at + step)
        found[part] = np.einsum("ij,ij->i", left[rows[part]], right[columns[part]])
    return found


def _path(entries: Entries, penalties: list[float], gap: float, most: int) -> Iterator[SoftImputeSolution]:
    rows, columns, values, shape = entries
    flipped = shape[1] > shape[0]  # the extrapolated side is the shorter one
    order = np.lexsort((rows, columns) if flipped else (columns, rows))
    upright = (columns, rows, (shape[1], shape[0])) if flipped else (rows, columns, shape)
    exponent = math.frexp(float(np.abs(values).max()))[1] if values.any() else 0  # scaling by a power of two rounds nothing
    scaled = Entries(upright[0][order], upright[1][order], np.ldexp(values[order], -exponent), upright[2])
    search = _Search(scaled)
    for penalty in penalties:
        began = time.perf_counter()
        with threads_for(shape, math.inf):
            best, sweeps = search(math.ldexp(penalty, -exponent), gap, most)
        dual = np.empty(len(values))
        dual[order] = np.ldexp(best.dual, exponent)
        left, right = (best.right, best.left) if flipped else (best.left, best.right)
        yield SoftImputeSolution(
            penalty=penalty,
            left=left,
            singular=np.ldexp(best.singular, exponent),
            right=right,
            value=math.ldexp(best.value, 2 * exponent),
            dual=dual,
            dual_value=math.ldexp(best.dual_value, 2 * exponent),
            gap=best.gap,
            asked=gap,
            chance=best.chance,
            iterations=sweeps,
            seconds=time.perf_counter() - began,
        )


class _Search:
    """The best pair of a matrix and a dual for one penalty after the other."""

    def __init__(self, entries: Entries):
        self.rows, self.columns, self.values, self.shape = entries
        self.factors = RidgeFactors(self.rows, self.columns, self.values, self.shape)
        self.square = math.fsum(self.values**2)
        self.random = np.random.default_rng(0)
        self.left, self.singular, self.right = np.zeros((self.shape[0], 0)), np.zeros(0), np.zeros((self.shape[1], 0))
        self.spare = self.right  # directions below the threshold, which the next thresholding starts from

    def __call__(self, penalty: float, gap: float, most: int) -> tuple["_Pair", int]:
        pair = _Pair(self)
        residual = self._residual()
        pair.meet(penalty, gap, residual)
        sweeps, between = 0, 4
        while pair.gap > gap and sweeps < most:
            self._threshold(residual, penalty)
            root = np.sqrt(self.singular)
            left, right, spent = self.factors.descend(self.left * root, self.right * root, penalty, between, 0.1 * gap)
            self._decompose(left, right)
            sweeps += spent
            between = min(40, between + 4)
            residual = self._residual()
            pair.meet(penalty, gap, residual)
        self.left, self.singular, self.right = pair.left, pair.singular, pair.right
        return pair, sweeps

    def _residual(self) -> np.ndarray:
        return self.values - entries_of(self.left * self.singular, self.right, self.rows, self.columns)

    def sparse(self, values: np.ndarray) -> Any:
        """A matrix with these values where something is seen."""
        return sparse.csr_array((values, self.factors.indices, self.factors.indptr), shape=self.shape)

    def _threshold(self, residual: np.ndarray, penalty: float) -> None:
        """One step of soft-impute: the singular values of W + P(X - W), less the penalty, as far as they are positive.

        Block Krylov steps from the columns at hand and some random ones. What they miss stays in the residual, where the
        certificate sees it.
        """
        outside = self.sparse(residual)
        inside = sparse.csr_array(outside.T)
        spread = self.right * self.singular

        def apply(block: np.ndarray) -> np.ndarray:
            return self.left @ (spread.T @ block) + outside @ block

        def back(block: np.ndarray) -> np.ndarray:
            return spread @ (self.left.T @ block) + inside @ block

        most = min(self.shape)
        width = min(most, len(self.singular) + max(8, self.spare.shape[1]))
        while True:
            start = np.hstack([self.right, self.spare])[:, :width]
            fresh = self.random.normal(size=(self.shape[1], width - start.shape[1]))
            blocks = [np.linalg.qr(apply(np.hstack([start, fresh])))[0]]
            for _ in range(2):
                blocks.append(np.linalg.qr(apply(back(blocks[-1])))[0])
            basis = np.linalg.qr(np.hstack(blocks))[0]
            rotation, singular, right = np.linalg.svd(back(basis).T, full_matrices=False)
            kept = int((singular > penalty).sum())
            if width == most or kept < width or width >= 2 * len(self.singular) + 16:
                break
            width = min(most, 2 * width)
        self.left, self.singular, self.right = (basis @ rotation[:, :kept]), singular[:kept] - penalty, right[:kept].T
        self.spare = right[kept : kept + max(8, kept // 2)].T

    def _decompose(self, left: np.ndarray, right: np.ndarray) -> None:
        """Singular values and vectors of left @ right.T."""
        first, upper = np.linalg.qr(left)
        second, lower = np.linalg.qr(right)
        rotation, singular, other = np.linalg.svd(upper @ lower.T)
        kept = singular > 1e-14 * max(1.0, singular.max(initial=0.0))
        self.left, self.singular = first @ rotation[:, kept], singular[kept]
        self.right = second @ other[kept].T


class _Pair:
    """The matrix of least objective and the dual that proves most, of those met."""

    def __init__(self, search: _Search):
        self.search = search
        self.value, self.upper, self.dual_value, self.gap, self.chance = math.inf, math.inf, 0.0, math.inf, 0.0
        self.left, self.singular, self.right = search.left, search.singular, search.right
        self.dual = np.zeros(len(search.values))

    def meet(self, penalty: float, gap: float, residual: np.ndarray) -> None:
        """Measure the matrix at hand and the dual that its residual gives."""
        search = self.search
        norm = math.fsum(search.singular)
        stretch = _stretch(search.left) * _stretch(search.right)
        rounded = 4.0 * EPS * (len(search.singular) + 4) * (search.square + norm**2)
        value = 0.5 * math.fsum(residual**2) + penalty * norm
        if value < self.value:
            self.value, self.upper = value, value + penalty * norm * (stretch - 1.0) + rounded
            self.left, self.singular, self.right = search.left, search.singular, search.right
        along, across = math.fsum(residual * search.values), math.fsum(residual**2)
        if along > 0 and self._hopeful(penalty, gap, residual, along, across):
            room = 0.02 if min(search.shape) <= PROVED_TO else 0.3
            found = spectral_bound(search.sparse(residual), room * gap)
            scale = min(penalty / found.bound if found.bound > 0 else math.inf, along / across)
            proved = scale * along - 0.5 * scale**2 * across - 8.0 * EPS * scale * (search.square + scale * across)
            if proved > self.dual_value:
                self.dual_value, self.dual, self.chance = proved, scale * residual, found.chance
        self.gap = max(self.upper - self.dual_value, 0.0) / self.value if self.value > 0 else 0.0

    def _hopeful(self, penalty: float, gap: float, residual: np.ndarray, along: float, across: float) -> bool:
        """Whether the dual could close the gap: a few steps of a power iteration refuse most for a hundredth of the cost."""
        matrix = self.search.sparse(residual)
        vector = self.search.random.normal(size=matrix.shape[1])
        length = 0.0
        for _ in range(6):
            image = matrix.T @ (matrix @ vector)
            length, vector = math.sqrt(np.linalg.norm(image) / np.linalg.norm(vector)), image / np.linalg.norm(image)
        scale = min(penalty / length, along / across)
        hoped = scale * along - 0.5 * scale**2 * across
        return self.dual_value == 0.0 or self.upper - hoped <= 2.0 * gap * self.value


def _stretch(columns: np.ndarray) -> float:
    """By how much columns that should be orthonormal can lengthen a vector."""
    return math.sqrt(1.0 + 2.0 * float(np.linalg.norm(columns.T @ columns - np.eye(columns.shape[1]))))
