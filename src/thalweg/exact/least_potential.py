r"""The least value of a potential among the vectors that meet linear constraints, by Newton's method on the dual."""

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._shown import headed
from thalweg._whole import whole
from thalweg.exact.constraints import Constraints, constraints
from thalweg.exact.dual_newton import LEAST_GAP, Dual, Found, dual_newton
from thalweg.exact.primal_newton import primal_newton
from thalweg.exact.solution import Solution, relative_gap, told
from thalweg.potentials.base import AbstractPotential, AbstractSeparable

_TRIED = 40  # Newton steps on the dual of a potential that is not separable, before its primal is tried


def least_potential(
    problem: Any,
    potential: AbstractPotential,
    *,
    gap: float = 1e-9,
    max_iterations: int = 200,
    start: Any = None,
    dual: Any = None,
) -> Solution:
    r"""The solution of $\min_w \psi(w)$ subject to $Aw = b$, or of $\min_w D_\psi(w, w_0)$ where a start is given.

    The dual, $\max_\nu \langle\nu, b\rangle - \psi^*(A^\top\nu)$, has as many unknowns as there are constraints, and none
    of its own: Newton's method with a search along each step finds it in some ten steps, however small the scale of the
    potential. Any $\nu$ proves a bound, and $\nabla\psi^*(A^\top\nu)$, moved onto the constraints, is the primal.

    Arguments:
        problem: a `LinearRegression` of one output, which stands for the vectors that interpolate it; or a pair (A, b)
            of shapes (m, d) and (m,). Constraints that follow from others are allowed.
        potential: from `tw.potentials`; one that is not separable is differentiated numerically.
        gap: the relative gap between value and dual value to stop at, from 1e-13 to below 1.
        max_iterations: Newton steps at most; when they are spent before the gap is reached, the best pair is returned
            with `certified` False, and a `RuntimeWarning` says how far it is.
        start: $w_0$, of length d: the value is then the divergence from it, and mirror descent from there ends here.
        dual: multipliers to begin with, such as those of a solution with a potential nearby.

    Returns:
        A `Solution`. Its dual has a multiplier for each constraint: of a pair for each row of A, of a `LinearRegression`
        for each column of its `root`.

    Raises:
        TypeError: a problem or a potential of another kind.
        ValueError: constraints that contradict each other, or that nothing in the domain was found to meet; several
            outputs, shapes that do not agree, a start outside the domain, or an argument out of its range.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> A, b = np.array([[1.0, 2.0, 0.0]]), np.array([1.0])
        >>> for scale in (10.0, 1e-9):
        ...     solution = tw.exact.least_potential((A, b), tw.potentials.Hypentropy(scale))
        ...     print(solution.predictor.round(3) + 0.0, solution.certified)
        [[0.2 0.4 0. ]] True
        [[0.  0.5 0. ]] True

    Reference:
        woodworth2020kernel, theorem 1; gunasekar2018characterizing, theorem 1.
    """
    _check(potential, gap, max_iterations)
    began = time.perf_counter()
    given = constraints(problem)
    beginnings = [_beginning(given.rows[None], given.levels[None], potential)]
    if dual is not None:
        known = _of_length(dual, given.turn.shape[0], "dual")
        beginnings.insert(0, (known @ given.turn)[None])
    centre = None if start is None else _of_length(start, given.rows.shape[1], "start")
    _inside(potential, centre)
    rows, levels = given.rows[None], given.levels[None]
    smooth = isinstance(potential, AbstractSeparable)
    limit = max_iterations if smooth else min(max_iterations, _TRIED)
    found = dual_newton(rows, levels, potential, beginnings, start=centre, gap=gap, max_iterations=limit)
    spent = int(found.iterations[0])
    if not smooth and relative_gap(float(found.value[0]), float(found.dual_value[0])) > gap:
        found, spent = _from_primal(given, potential, found, centre, gap, max_iterations)
    value, proved = float(found.value[0]), float(found.dual_value[0])
    if not np.isfinite(value):
        raise ValueError(
            f"no vector in the domain of {_name(potential)} that meets the constraints was found in {spent} steps; the value of "
            f"one would be above {proved:.3g}: there may be none, else raise max_iterations"
        )
    return told(
        Solution(
            what=f"least {_name(potential)}" + ("" if start is None else " divergence"),
            predictor=found.primal,
            value=value,
            dual=given.turn @ found.dual[0],
            dual_value=proved,
            gap=relative_gap(value, proved),
            asked=gap,
            iterations=spent,
            seconds=time.perf_counter() - began,
        )
    )


@dataclass(frozen=True)
class Solutions:
    """What `least_potentials` returns: the fields of `Solution`, each with an axis for the potentials and one for instances.

    Attributes:
        predictor: (P, B, d); dual: (P, B, m); value, dual_value, gap, iterations: (P, B).
        what, asked: as in `Solution`; seconds: of all together.

    Examples:
        >>> import thalweg as tw
        >>> found = least_potentials(np.ones((4, 3, 1)), np.ones((4, 1)), [tw.potentials.Quadratic()])
        >>> found.predictor.shape, found.certified
        ((1, 4, 3), True)
    """

    what: str
    predictor: np.ndarray = field(repr=False)
    value: np.ndarray = field(repr=False)
    dual: np.ndarray = field(repr=False)
    dual_value: np.ndarray = field(repr=False)
    gap: np.ndarray = field(repr=False)
    asked: float
    iterations: np.ndarray = field(repr=False)
    seconds: float

    @property
    def certified(self) -> bool:
        """Whether the gap that was asked for was reached everywhere."""
        return bool((self.gap <= self.asked).all())

    def __repr__(self) -> str:
        return f"<Solutions: {self}>"

    def _repr_html_(self) -> str:
        return headed(type(self).__name__, sentence=str(self))

    def __str__(self) -> str:
        many, reached = self.gap.size, int((self.gap <= self.asked).sum())
        work = f"{int(self.iterations.sum())} iterations, {self.seconds:.2g} s"
        if self.certified:
            return f"{self.what} of {many}, each certified to a relative gap of {self.gap.max():.1e} or less ({work})"
        return (
            f"{self.what} of {many}, {reached} of them certified; the largest relative gap is {self.gap.max():.1e} where "
            f"{self.asked:.1e} was asked for ({work})"
        )


def least_potentials(
    inputs: Any,
    outputs: Any,
    potentials: Sequence[AbstractSeparable],
    *,
    gap: float = 1e-9,
    max_iterations: int = 200,
) -> Solutions:
    r"""`least_potential` of many instances under several potentials: $\min\psi_p(w)$ subject to $X_i^\top w = y_i$, all p, i.

    Each potential begins at the duals of those before it, so that a grid of scales is best given in order.

    Arguments:
        inputs: $X$, (B, d, m), the samples of an instance as columns, linearly independent.
        outputs: $y$, (B, m).
        potentials: separable; their arrays broadcast against (B, d), so that a scale of shape (B, 1) is one for each
            instance.
        gap, max_iterations: as in `least_potential`, for each solution.

    Raises:
        TypeError: a potential that is not separable.
        ValueError: samples that depend on each other, shapes that do not agree, no potentials, or an argument out of
            its range.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> rng = np.random.default_rng(0)
        >>> scales = [1.0, 0.1, 0.01]
        >>> found = least_potentials(rng.normal(size=(2, 8, 3)), rng.normal(size=(2, 3)),
        ...                          [tw.potentials.Hypentropy(scale) for scale in scales])
        >>> norms = np.abs(found.predictor).sum(-1)
        >>> bool((np.diff(norms, axis=0) < 0).all()), found.certified
        (True, True)

    Reference:
        woodworth2020kernel, section 6.
    """
    x, y = reals(inputs, "inputs"), reals(outputs, "outputs")
    if x.ndim != 3 or 0 in x.shape or y.shape != (len(x), x.shape[2]):
        raise ValueError(f"inputs must be (B, d, m) and outputs (B, m), got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("inputs and outputs must be finite")
    if not potentials:
        raise ValueError("potentials must hold at least one potential")
    for potential in potentials:
        _check(potential, gap, max_iterations)
        if not isinstance(potential, AbstractSeparable):
            raise TypeError(f"potentials must be separable, {type(potential).__name__} is not: take least_potential")
    began = time.perf_counter()
    rows = np.ascontiguousarray(x.mT)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit = rows / np.where(lengths > 0, lengths, 1.0)
    least = np.linalg.eigvalsh(unit @ unit.mT)[:, 0]
    if least.min() < 1e-12:
        which = int(np.argmin(least))
        raise ValueError(f"the samples of instance {which} depend on each other: leave some out, or take least_potential")
    known: list[np.ndarray] = []
    made = []
    for potential in potentials:
        ahead = [2 * known[-1] - known[-2]] if len(known) > 1 else []
        beginnings = [*ahead, *known[-1:], _beginning(rows, y, potential)]
        found = dual_newton(rows, y, potential, beginnings, start=None, gap=gap, max_iterations=max_iterations)
        known.append(found.dual)
        made.append(found)
    value, proved = np.stack([f.value for f in made]), np.stack([f.dual_value for f in made])
    solutions = Solutions(
        what="least potentials",
        predictor=np.stack([f.primal for f in made]),
        value=value,
        dual=np.stack(known),
        dual_value=proved,
        gap=np.vectorize(relative_gap, otypes=[float])(value, proved),
        asked=gap,
        iterations=np.stack([f.iterations for f in made]),
        seconds=time.perf_counter() - began,
    )
    if not solutions.certified:
        warnings.warn(str(solutions), RuntimeWarning, stacklevel=2)
    return solutions


def _beginning(rows: np.ndarray, levels: np.ndarray, potential: AbstractPotential) -> np.ndarray:
    """Zero; but where a potential may have no curvature there, the multipliers of the least squares, kept small."""
    if isinstance(potential, AbstractSeparable):
        return np.zeros_like(levels)
    return np.linalg.solve(rows @ rows.mT, levels[..., None])[..., 0]


def _from_primal(
    given: Constraints, potential: AbstractPotential, known: Found, start: np.ndarray | None, gap: float, max_iterations: int
) -> tuple[Found, int]:
    """Newton's method on the primal, and the better of its pair and the one that there was."""
    point, dual, steps = primal_newton(given.rows, given.levels, potential, start=start, gap=gap, max_iterations=max_iterations)
    form = Dual(given.rows[None], given.levels[None], potential, start)
    value, proved = form.objective(point[None]), form.proved(point[None], dual[None])
    better, higher = value[0] < known.value[0], proved[0] > known.dual_value[0]
    found = Found(
        primal=point[None] if better else known.primal,
        dual=dual[None] if higher else known.dual,
        value=value if better else known.value,
        dual_value=proved if higher else known.dual_value,
        iterations=known.iterations,
    )
    return found, int(known.iterations[0]) + steps


def _name(potential: AbstractPotential) -> str:
    return type(potential).__name__


def _inside(potential: AbstractPotential, start: np.ndarray | None) -> None:
    if start is not None:
        potential.check(start)


def _of_length(value: Any, length: int, name: str) -> np.ndarray:
    array = reals(value, name)
    if array.size != length or max(array.shape, default=1) != array.size or not np.isfinite(array).all():
        raise ValueError(f"{name} must be {length} finite numbers, got an array of shape {array.shape}")
    return array.ravel()


def _check(potential: Any, gap: float, max_iterations: int) -> None:
    if not isinstance(potential, AbstractPotential):
        raise TypeError(f"the potential must be one of tw.potentials, got {potential!r:.80}")
    if not LEAST_GAP <= gap < 1:
        raise ValueError(f"gap must be from {LEAST_GAP:g} to below 1, got {gap!r}")
    whole(max_iterations, "max_iterations")
