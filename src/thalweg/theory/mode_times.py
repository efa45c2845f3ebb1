r"""Modes of whitened regression by a balanced network of depth $N$: the time to learn one, and its path.

A singular value $u$ of the end-to-end matrix that shares its singular vectors with the target moves by
$\dot u = N u^{2-2/N}(s - u)$. In a variable in which both its ends are at infinity the time is an integral of a smooth
positive function, which Gauss-Legendre panels give to rounding for any real depth.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.problems.linear_regression import LinearRegression
from thalweg.theory.decoupling import off_diagonal, shared_vectors
from thalweg.theory.mode_charts import CHARTS, power_of
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid

NOTHING = 1e-100
"""Targets up to this size count as 0."""


def enhancement(value: Any, depth: float) -> np.ndarray:
    r"""$N\sigma^{2-2/N}$, by which depth multiplies the velocity of a singular value $\sigma$; $\sigma^2$ at infinite depth.

    At infinite depth it is the limit of the factor over $N$: times are in units of $1/N$ there.

    Arguments:
        value: singular values, not negative.
        depth: $N \ge 1$, whole or not, or `math.inf`.

    Raises:
        ValueError: a depth below 1, or negative singular values.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.theory.enhancement(4.0, 2)), float(tw.theory.enhancement(4.0, float("inf")))
        (8.0, 16.0)

    Reference:
        arora2019implicit, theorem 3.
    """
    value = np.asarray(value, dtype=float)
    if (value < 0).any():
        raise ValueError("singular values must not be negative")
    return _pace(depth) * value ** power_of(depth)


def mode_time(start: Any, end: Any, target: Any, depth: float) -> np.ndarray:
    r"""The time that $\dot u = N u^{2-2/N}(s-u)$ takes from $u_0$ to $u_f$; times $N$ at infinite depth.

    For $N = 2$ it is $\ln\frac{u_f(s-u_0)}{u_0(s-u_f)}/(2s)$, for $N\to\infty$ and after multiplication by $N$
    $\ln\frac{u_f(s-u_0)}{u_0(s-u_f)}/s^2 + \frac1{su_0} - \frac1{su_f}$, for $N = 1$ $\ln\frac{s-u_0}{s-u_f}$.

    Arguments:
        start, end, target: $u_0$, $u_f$ and $s$, broadcast together. $u_f$ lies between $u_0$ and where the mode goes: $s$,
            or 0 where $s < 0$. Above depth 1, $u_0$ and $u_f$ are positive.
        depth: $N \ge 1$, whole or not, or `math.inf`.

    Raises:
        ValueError: an end that the mode does not come by on its way from the start, or a depth below 1.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> bool(np.isclose(tw.theory.mode_time(0.01, 0.99, 1.0, 2), np.log(99), rtol=1e-14))
        True
        >>> round(float(tw.theory.mode_time(1e-3, 0.9, 1.0, 2.5)), 6)
        6.985459

    Reference:
        saxe2014exact, section 1.3 and section 2, deeper multilayer dynamics.
    """
    start, end, target = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (start, end, target)))
    pace = _pace(depth)
    if not np.isfinite([start, end, target]).all():
        raise ValueError("start, end and target must be finite")
    if depth == 1:
        ratio = np.divide(target - start, target - end, out=np.full(start.shape, np.nan), where=target != end)
        _on_the_way(ratio >= 1)
        return np.log(ratio)
    _on_the_way((start > 0) & (end > 0) & np.where(start <= target, (start <= end) & (end <= target), end <= start))
    _on_the_way((end != target) | (start == target))
    _on_the_way((start <= target) | (end > target))
    power = power_of(depth)
    none = np.abs(target) <= NOTHING
    time = np.where(none, (np.where(none, end, 1.0) ** -power - np.where(none, start, 1.0) ** -power) / (power * pace), 0.0)
    for chart in CHARTS:
        mine = chart.holds(start, target) & (start != end) & ~none
        if mine.any():
            a, b, s = start[mine], end[mine], target[mine]
            time[mine] = chart.time(chart.place(a, s), chart.place(b, s), s, depth) / pace
    return time


def mode_path(time: Any, start: Any, target: Any, depth: float) -> np.ndarray:
    r"""The path $u(t)$ of $\dot u = N u^{2-2/N}(s-u)$ from $u_0$: the inverse of `mode_time`, to about 1e-13.

    Arguments:
        time: not negative; times $N$ at infinite depth. start: $u_0$, not negative above depth 1, where a start at 0 stays.
            target: $s$. All are broadcast together.
        depth: $N = 1$, a number that is at least 2, whole or not, or one between at starts above 0, or `math.inf`.

    Raises:
        ValueError: negative times, a depth below 1, negative starts above depth 1, or targets below 0 at a depth
            between 1 and 2, where the mode ends at 0 in finite time.

    Examples:
        >>> import thalweg as tw
        >>> round(float(tw.theory.mode_path(tw.theory.mode_time(1e-6, 0.7, 1.0, 3.5), 1e-6, 1.0, 3.5)), 12)
        0.7

    Reference:
        saxe2014exact, section 1.3, the time course of learning.
    """
    time, start, target = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (time, start, target)))
    pace = _pace(depth)
    if not np.isfinite([time, start, target]).all():
        raise ValueError("time, start and target must be finite")
    if (time < 0).any():
        raise ValueError(f"times must not be negative, the least is {time.min():g}")
    if depth == 1:
        return target + (start - target) * np.exp(-time)
    if (start < 0).any():
        raise ValueError(f"above depth 1 a singular value does not start below 0, the least is {start.min():g}")
    if depth < 2 and ((start == 0) | (target < 0)).any():
        raise ValueError("between depths 1 and 2 a mode leaves or meets 0 in finite time: start above 0, target not below 0")
    power = power_of(depth)
    none = (np.abs(target) <= NOTHING) & (start > 0)
    path = np.array(start)
    path[none] = (start[none] ** -power + power * pace * time[none]) ** (-1 / power)
    for chart in CHARTS:
        mine = chart.holds(start, target) & (time > 0) & ~none
        if mine.any():
            first = chart.place(start[mine], target[mine])
            last = chart.after(pace * time[mine], first, target[mine], depth)
            path[mine] = chart.value(last, target[mine])
    return path


def escape_time(start: Any, target: Any, depth: float) -> np.ndarray:
    r"""The time that a mode spends near a small start: $u_0^{-(1-2/N)}/((N-2)s)$, and $\ln(s/u_0)/(2s)$ for $N = 2$.

    What `mode_time` tends to, relative to it, as $u_0\to0$, whichever share of $s$ it ends at. With factors that start at
    scale $a$, $u_0 = a^N$, it is $a^{-(N-2)}/((N-2)s)$: exponential in the depth. Times $N$ at infinite depth, $1/(su_0)$.

    Arguments:
        start: $u_0$, in `(0, target)`. target: $s$. depth: $N\ge2$, whole or not, or `math.inf`.

    Raises:
        ValueError: a depth below 2, at which modes leave 0 without delay, or a start not between 0 and the target.

    Examples:
        >>> import thalweg as tw
        >>> round(float(tw.theory.escape_time(0.1**4, 1.0, 4)), 9)
        50.0

    Reference:
        saxe2014exact, section 2, deeper multilayer dynamics.
    """
    _pace(depth)
    start, target = np.broadcast_arrays(np.asarray(start, dtype=float), np.asarray(target, dtype=float))
    if depth < 2:
        raise ValueError(f"depth must be at least 2, below it a mode leaves 0 without delay; got {depth:g}")
    if not ((start > 0) & (start < target)).all():
        raise ValueError("start must be between 0 and the target")
    if depth == 2:
        return np.log(target / start) / (2 * target)
    if math.isinf(depth):
        return 1 / (target * start)
    return start ** -(1 - 2 / depth) / ((depth - 2) * target)


def sharpness(start: Any, target: Any, depth: float) -> np.ndarray:
    r"""The time from a tenth to nine tenths of $s$ in units of the escape time: how much of a threshold the rise is.

    $\ln 81/\ln(s/u_0)$ for $N = 2$; for $N > 2$ it goes to 0 as $u_0^{1-2/N}$.

    Arguments:
        start: $u_0$, in `(0, target)`. target: $s$. depth: $N\ge2$, whole or not, or `math.inf`.

    Examples:
        >>> import thalweg as tw
        >>> [round(float(tw.theory.sharpness(1e-6, 1.0, n)), 4) for n in (2, 3, 4)]
        [0.3181, 0.0201, 0.0036]

    Reference:
        arora2019implicit, section 3.
    """
    target = np.asarray(target, dtype=float)
    return mode_time(0.1 * target, 0.9 * target, target, depth) / escape_time(start, target, depth)


def _pace(depth: float) -> float:
    """N, and 1 at infinite depth, where times are multiplied by N."""
    if not depth >= 1:
        raise ValueError(f"depth must be at least 1, got {depth!r}")
    return 1.0 if math.isinf(depth) else float(depth)


def _on_the_way(good: Any) -> None:
    if not np.all(good):
        raise ValueError("the end must lie on the way of the mode from its start to its target, without reaching it")


class ModeTimes(AbstractPrediction):
    r"""Whitened regression from a balanced start that shares its singular vectors with the target, at any depth.

    With $W(0) = U\,\mathrm{diag}(u_i(0))V^\top$ and $\Phi = U\,\mathrm{diag}(s_i)V^\top$ the vectors stay, and each value
    follows `mode_path` by itself. The residual is $\|U^\top W(t)V - \mathrm{diag}(u_i(t))\|_F$ relative to the larger of
    $\|\Phi\|_F$ and $\|W(0)\|_F$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened(np.diag([2.0, 1.0]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(2, 2)), tw.Identity(0.1), tw.GradientFlow(1e-9),
        ...                 until=tw.Time(3.0), key=0)
        >>> tw.theory.compare(tw.theory.ModeTimes(), run).holds
        True

    Reference:
        saxe2014exact, section 1.3 and section 2, deeper multilayer dynamics; arora2018optimization, theorem 1.
    """

    name = "mode times"
    sentence = "From a decoupled balanced start each mode follows its own equation: the larger its target, the sooner it rises."
    source = Source("saxe2014exact", "sections 1.3 and 2")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        frame = _frame(path)
        return [
            Assumption("imbalance at the start", float(path.imbalance[0]), 1e-9),
            Assumption("distance of the inputs from white", frame.colour, 1e-9),
            Assumption("share of start and target off the diagonal", frame.coupling, 1e-9),
            Assumption("least value at the start over the largest", frame.below, 1e-9, "no negative one"),
        ]

    def lay(self, path: Points) -> Laid:
        if not isinstance(path.run.algorithm, GradientFlow):
            raise DoesNotApply("it is a law of gradient flow, and this run moves in finite steps")
        frame = _frame(path)
        start = np.maximum(frame.start, 0.0) if path.depth > 1 else frame.start
        predicted = mode_path(frame.speed * path.time[:, None], start, frame.target, path.depth)
        rotated = frame.left.T @ path.predictors @ frame.right
        measured = np.diagonal(rotated, axis1=1, axis2=2)
        apart = np.array(rotated)
        count = predicted.shape[1]
        apart[:, range(count), range(count)] -= predicted
        size = max(np.linalg.norm(frame.target), np.linalg.norm(frame.start))
        residual = np.linalg.norm(apart, axis=(1, 2)) / size
        return Laid(predicted, measured, residual, 100 * path.rtol, "singular value, signed")


@dataclasses.dataclass(frozen=True)
class _Frame:
    """The singular vectors that start and target share, their values in them, and how far they are from sharing them."""

    left: np.ndarray
    right: np.ndarray
    start: np.ndarray
    target: np.ndarray
    speed: float
    colour: float
    coupling: float

    @property
    def below(self) -> float:
        """How far the least value at the start is below 0."""
        return max(0.0, -float(self.start.min())) / (float(np.abs(self.start).max()) or 1.0)


def _frame(path: Points) -> _Frame:
    problem = path.run.objective.problem
    if not isinstance(problem, LinearRegression):
        raise DoesNotApply(f"it is a law of linear regression, and this problem is a {type(problem).__name__}")
    if not np.isfinite(path.predictors[0]).all():
        raise DoesNotApply("the start is not finite")
    start, moment = path.predictors[0], problem.input_moment
    speed = float(np.trace(moment)) / len(moment)
    left, right = shared_vectors([problem.target, start])
    turned = [left.T @ matrix @ right for matrix in (start, problem.target)]
    colour = float(np.linalg.norm(moment - speed * np.eye(len(moment))) / np.linalg.norm(moment))
    coupling = max(off_diagonal(matrix) for matrix in turned)
    return _Frame(left, right, np.diagonal(turned[0]), np.diagonal(turned[1]), speed, colour, coupling)
