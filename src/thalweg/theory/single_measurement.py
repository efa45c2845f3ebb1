"""One measurement: how each singular value depends on another along the path, by depth."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.problems.matrix_completion import MatrixCompletion
from thalweg.problems.matrix_sensing import MatrixSensing
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid


def related_singular_value(other: Any, start: Any, other_start: Any, ratio: Any, depth: float) -> np.ndarray:
    r"""The singular value $\sigma_r$ where another one is $\sigma_{r'}$, with $q = \rho_r/\rho_{r'}$ and 0 for the start.

    Depth 1, linear: $\sigma_r = \sigma_{r,0} + q(\sigma_{r'} - \sigma_{r',0})$. Depth 2, polynomial:
    $\sigma_r = \sigma_{r,0}(\sigma_{r'}/\sigma_{r',0})^q$. Otherwise, with an asymptote from depth 3 on:
    $\sigma_r = (q\sigma_{r'}^{-(N-2)/N} + C)^{-N/(N-2)}$, $C = \sigma_{r,0}^{-(N-2)/N} - q\sigma_{r',0}^{-(N-2)/N}$.

    Arguments:
        other: $\sigma_{r'}$, any shape; start, other_start: $\sigma_{r,0}$ and $\sigma_{r',0}$, positive.
        ratio: $q$; depth: $N \ge 1$, any number.

    Returns:
        $\sigma_r$, infinite where the path never takes $\sigma_{r'}$ that far.

    Examples:
        >>> from thalweg.theory import related_singular_value
        >>> [round(float(related_singular_value(2.0, 0.1, 0.1, 0.5, n)), 4) for n in (1, 2, 3)]
        [1.05, 0.4472, 0.3122]

    Reference:
        arora2019implicit, section 3.2, the example of one measurement.
    """
    other, start, other_start, ratio = (np.asarray(part, float) for part in (other, start, other_start, ratio))
    _check(depth, start, other_start)
    if depth == 2:
        return start * (other / other_start) ** ratio
    power = (depth - 2) / depth
    inside = ratio * other**-power + start**-power - ratio * other_start**-power
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(inside > 0, inside ** (-1 / power), np.inf if depth > 2 else 0.0)


def singular_value_cap(start: float, other_start: float, ratio: float, depth: float) -> tuple[float, float]:
    r"""The asymptotes at depth $N > 2$: the largest $\sigma_r$ and $\sigma_{r'}$ that the path allows; one of them is infinite.

    With $C > 0$ the first is $C^{-N/(N-2)}$, however large $\sigma_{r'}$ gets; with $C < 0$ the second is
    $(-C/q)^{-N/(N-2)}$. Up to depth 2 there are none.

    Examples:
        >>> from thalweg.theory import singular_value_cap
        >>> first, second = singular_value_cap(0.1, 0.1, 0.5, 3)
        >>> round(first, 9), second
        (0.8, inf)

    Reference:
        arora2019implicit, section 3.2, the example of one measurement.
    """
    _check(depth, np.asarray(start), np.asarray(other_start))
    if not ratio > 0:
        raise ValueError(f"ratio must be positive for both singular values to grow, got {ratio!r}")
    if depth <= 2:
        return np.inf, np.inf
    power = (depth - 2) / depth
    constant = start**-power - ratio * other_start**-power
    if constant == 0:
        return np.inf, np.inf
    if constant > 0:
        return float(constant ** (-1 / power)), np.inf
    return np.inf, float((-constant / ratio) ** (-1 / power))


class SingleMeasurement(AbstractPrediction):
    r"""With one measurement $A$ and singular vectors along those of $A$, every singular value is a function of one of them.

    The residual is $\max_r$ of the difference between $\sigma_r$ and the relation with the one that ends largest, relative
    to the largest so far.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixSensing(np.diag([1.0, 0.6, 0.3])[None], [3.0], loss="half sum of squares")
        >>> start = tw.Given([np.diag([0.1, 0.09, 0.08]) ** 0.5] * 2)
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(3, 3)), start, tw.GradientFlow(1e-9),
        ...                 until=tw.Time(10.0), record=[tw.Factors()], key=0)
        >>> tw.theory.compare(tw.theory.SingleMeasurement(), run).holds
        True

    Reference:
        arora2019implicit, section 3.2, the example of one measurement.
    """

    name = "one measurement"
    sentence = "With a single measurement each singular value is a function of another: linear, polynomial or with an asymptote."
    source = Source("arora2019implicit", "section 3.2, the example of one measurement")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        _, _, turned = _aligned(path)
        diagonals = np.einsum("pkk->pk", turned)
        off = np.linalg.norm(turned - diagonals[:, :, None] * np.eye(*turned.shape[1:]), axis=(1, 2))
        return [
            Assumption("singular vectors off those of the measurement", _relative(off, turned), 1e-9),
            Assumption("imbalance at the start", float(path.imbalance[0]), 1e-9),
        ]

    def lay(self, path: Points) -> Laid:
        if not isinstance(path.run.algorithm, GradientFlow):
            raise DoesNotApply("it is a law of gradient flow, and this run moves in finite steps")
        strength, positive, turned = _aligned(path)
        measured = np.einsum("pkk->pk", turned)[:, positive]
        if measured.min() <= 0 or measured.shape[1] < 2:
            raise DoesNotApply("it needs two directions of the measurement in which the product is positive all along")
        leader = int(np.argmax(measured[-1]))
        ratio = strength[positive] / strength[positive][leader]
        predicted = related_singular_value(measured[:, leader, None], measured[0], measured[0, leader], ratio, path.depth)
        apart = np.abs(measured - predicted).max(axis=1)
        residual = apart / np.maximum.accumulate(measured.max(axis=1))
        return Laid(predicted, measured, residual, 10 * path.depth * path.rtol, "singular value")


def _aligned(path: Points) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The singular values of the measurement, which of them are positive, and the products in its singular bases."""
    problem = path.run.objective.problem
    if not isinstance(problem, MatrixSensing | MatrixCompletion):
        raise DoesNotApply(f"it is a law of a single measurement, not of {type(problem).__name__}")
    if problem.count != 1:
        raise DoesNotApply(f"it is a law of a single measurement, and there are {problem.count}")
    left, strength, right = np.linalg.svd(_measurement(problem))
    turned = np.einsum("ik,pij,lj->pkl", left, path.predictors, right)
    return strength, strength > 1e-9 * strength[0], turned


def _measurement(problem: Any) -> np.ndarray:
    if isinstance(problem, MatrixCompletion):
        return np.where(np.isnan(problem.observed), 0.0, 1.0)
    if problem.dense is not None:
        return problem.dense[0]
    return np.outer(problem.left[0], problem.right[0])


def _relative(off: np.ndarray, turned: np.ndarray) -> float:
    return float(np.max(off / np.linalg.norm(turned, axis=(1, 2))))


def _check(depth: float, *starts: np.ndarray) -> None:
    if not 1 <= depth < np.inf:
        raise ValueError(f"depth must be at least 1, got {depth!r}")
    if not all((np.asarray(start) > 0).all() for start in starts):
        raise ValueError("singular values must be positive at the start: from zero they do not move at a depth above 1")
