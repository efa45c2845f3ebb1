"""Two-layer regression from a decoupled start, laid over runs of gradient flow and of gradient descent."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.problems.linear_regression import LinearRegression
from thalweg.theory.decoupling import off_diagonal, shared_vectors
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid
from thalweg.theory.two_layer import two_layer_mode
from thalweg.theory.two_layer_descent import descent_mode


class TwoLayerModes(AbstractPrediction):
    r"""The closed form of the two-layer flow from a start that is balanced and shares its vectors with the moments.

    $U^\top\Sigma_xU$, $V^\top\Sigma_{yx}U$ and $V^\top W(0)U$ are diagonal and stay so; each component follows
    `two_layer_mode`. The residual is $\|V^\top W(t)U - \mathrm{diag}(w_i(t))\|_F$ relative to the largest $\|W\|_F$ so far.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.from_moments(np.diag([1.0, 0.5]), np.diag([2.0, 1.0]))
        >>> start = tw.Given(tw.theory.two_layer_start(np.eye(2), np.eye(2), 3.0))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(2, 2)), start, tw.GradientFlow(1e-9),
        ...                 until=tw.Time(3.0), key=0)
        >>> tw.theory.compare(tw.theory.TwoLayerModes(), run).holds
        True

    Reference:
        gidel2019implicit, continuous dynamics.
    """

    name = "two-layer modes"
    sentence = "From a decoupled balanced start two-layer flow learns each component on its own, in closed form."
    source = Source("gidel2019implicit", "continuous dynamics")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return _assumptions(path)

    def lay(self, path: Points) -> Laid:
        if not isinstance(path.run.algorithm, GradientFlow):
            raise DoesNotApply("it is a law of gradient flow, and this run moves in finite steps")
        frame = _frame(path)
        with np.errstate(divide="ignore"):
            delta = -0.5 * np.log(np.abs(frame.start))
        predicted = frame.sign * two_layer_mode(path.time[:, None], delta, frame.sigma, frame.lam)
        return _laid(path, frame, predicted, 100 * path.rtol)


class TwoLayerDescent(AbstractPrediction):
    r"""The recursion of two-layer gradient descent, $w\leftarrow w(1+\eta(\sigma-\lambda w))^2$, under the same assumptions.

    The residual is that of `TwoLayerModes`, and allowed to be rounding.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.from_moments(np.diag([1.0, 0.5]), np.diag([2.0, 1.0]))
        >>> start = tw.Given(tw.theory.two_layer_start(np.eye(2), np.eye(2), 3.0))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(2, 2)), start, tw.GradientDescent(0.05),
        ...                 until=tw.Steps(60), key=0)
        >>> tw.theory.compare(tw.theory.TwoLayerDescent(), run).holds
        True

    Reference:
        gidel2019implicit, discrete dynamics.
    """

    name = "two-layer descent"
    sentence = "From a decoupled balanced start two-layer gradient descent moves each component on its own, by one recursion."
    source = Source("gidel2019implicit", "discrete dynamics")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return _assumptions(path)

    def lay(self, path: Points) -> Laid:
        if not isinstance(path.run.algorithm, GradientDescent):
            raise DoesNotApply("it is a law of gradient descent with a fixed rate")
        frame = _frame(path)
        rate = float(path.run.algorithm.learning_rate)
        start = np.abs(frame.start)
        with np.errstate(over="ignore", invalid="ignore"):
            whole = descent_mode(int(path.steps[-1]), start, frame.sigma, frame.lam, rate)
        return _laid(path, frame, frame.sign * whole[path.steps], 1e-9)


@dataclasses.dataclass(frozen=True)
class _Frame:
    """The vectors that moments and start share, their diagonals (sigma in units of the sign at the start), the rest."""

    left: np.ndarray
    right: np.ndarray
    sign: np.ndarray
    start: np.ndarray
    sigma: np.ndarray
    lam: np.ndarray
    coupling: dict[str, float]


def _frame(path: Points) -> _Frame:
    problem = path.run.objective.problem
    if not isinstance(problem, LinearRegression):
        raise DoesNotApply(f"it is a law of linear regression, and this problem is a {type(problem).__name__}")
    if path.depth != 2:
        raise DoesNotApply(f"it is a law of two layers, and this network has {path.depth}")
    first = path.predictors[0]
    left, right = shared_vectors([problem.cross_moment, first])
    start, cross = (left.T @ matrix @ right for matrix in (first, problem.cross_moment))
    moment = right.T @ problem.input_moment @ right
    values = np.diagonal(start)
    sign = np.where(values < 0, -1.0, 1.0)
    lam = np.maximum(np.diagonal(moment)[: len(values)], 0.0)
    coupling = {"start": off_diagonal(start), "cross moment": off_diagonal(cross), "inputs' moment": off_diagonal(moment)}
    return _Frame(left, right, sign, values, sign * np.diagonal(cross), lam, coupling)


def _assumptions(path: Points) -> list[Assumption]:
    frame = _frame(path)
    found = [Assumption(f"share of the {name} off the diagonal", size, 1e-9) for name, size in frame.coupling.items()]
    return [Assumption("imbalance at the start", float(path.imbalance[0]), 1e-9), *found]


def _laid(path: Points, frame: _Frame, predicted: np.ndarray, allowed: float) -> Laid:
    turned = frame.left.T @ path.predictors @ frame.right
    measured = np.diagonal(turned, axis1=1, axis2=2)
    apart = np.array(turned)
    places = range(predicted.shape[1])
    apart[:, places, places] -= predicted
    size = np.maximum.accumulate(np.linalg.norm(turned, axis=(1, 2)))
    return Laid(predicted, measured, np.linalg.norm(apart, axis=(1, 2)) / size, allowed, "component")
