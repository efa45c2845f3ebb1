"""Predictions: what a published result says of a path, under which assumptions, and how far the path is from it."""

import abc
import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from thalweg._references import Source
from thalweg._shown import headed, shown, table
from thalweg.drawing.markup import as_text
from thalweg.drawing.plot import Line, Panel, Plot, Rule
from thalweg.theory.points import Points, points
from thalweg.trajectory.trajectory import Trajectory


class DoesNotApply(ValueError):
    """A law that cannot be laid over a run at all; the message says why.

    Examples:
        >>> from thalweg.theory import DoesNotApply
        >>> issubclass(DoesNotApply, ValueError)
        True
    """


@shown
@dataclasses.dataclass(frozen=True)
class Assumption:
    """One hypothesis of a result as a number.

    Arguments:
        name: what is measured, for example `imbalance`.
        size: what it is; allowed: up to what the hypothesis counts as met, which makes room for rounding.
        needs: what the result asks for, in words.

    Examples:
        >>> from thalweg.theory import Assumption
        >>> print(Assumption("imbalance", 0.0314, 1e-9))
        imbalance 3.1e-02 where the law needs 0: residuals below are not a test of it
        >>> Assumption("imbalance", 0.0, 1e-9).holds
        True
    """

    name: str
    size: float
    allowed: float
    needs: str = "0"

    @property
    def holds(self) -> bool:
        """Whether it is met; a size that is not a number is not."""
        return bool(self.size <= self.allowed)

    def __str__(self) -> str:
        if self.holds:
            return f"{self.name} {self.size:.1e} where the law needs {self.needs}: met"
        return f"{self.name} {self.size:.1e} where the law needs {self.needs}: residuals below are not a test of it"


@shown
@dataclasses.dataclass(frozen=True)
class Laid:
    """What a law says and what is, along a path.

    Arguments:
        predicted, measured: what is drawn, `(points,)` or `(points, curves)`.
        residual: how far apart they are at each point, relative to a size that the law states, `(points,)`.
        allowed: the largest residual at which the law counts as kept on this run.
        quantity: what the two are, for an axis.

    Examples:
        >>> import numpy as np
        >>> from thalweg.theory import Laid
        >>> found = Laid(np.ones(2), np.array([1.0, 1.5]), np.array([0.0, 0.5]), 0.1, "singular value")
        >>> bool(found.residual.max() <= found.allowed)
        False
    """

    predicted: np.ndarray
    measured: np.ndarray
    residual: np.ndarray
    allowed: float
    quantity: str


class AbstractPrediction(abc.ABC):
    """A law of paths. A new one writes `assumptions` and `lay`, and says where it was published.

    `lay` raises `DoesNotApply` where the law has no meaning for the run (another algorithm, another kind of problem).
    An assumption that fails by an amount does not stop it: the residual is computed, and is not a test of the law.

    Examples:
        >>> import thalweg as tw
        >>> law = tw.theory.Conservation()
        >>> isinstance(law, tw.theory.AbstractPrediction), law.name
        (True, 'conservation of imbalance')
    """

    name: ClassVar[str]
    sentence: ClassVar[str]
    source: ClassVar[Source]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name}>"

    def _repr_html_(self) -> str:
        return headed(self.name, sentence=f"{as_text(self.sentence)} {self.source}")

    @abc.abstractmethod
    def assumptions(self, path: Points) -> Sequence[Assumption]:
        """The hypotheses, measured."""

    @abc.abstractmethod
    def lay(self, path: Points) -> Laid:
        """The law beside the path."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A law laid over a run.

    Arguments:
        prediction: the law; time: the instants, `(points,)`; laid: what it says and what is.
        assumptions: its hypotheses, measured.

    Examples:
        >>> import numpy as np
        >>> from thalweg.theory import Assumption, Comparison, Conservation, Laid
        >>> laid = Laid(np.ones(2), np.ones(2), np.zeros(2), 1e-8, "imbalance")
        >>> found = Comparison(Conservation(), np.arange(2.0), laid, [Assumption("fuss", 0.0, 1e-9)])
        >>> found.worst, found.tests, found.holds
        (0.0, True, True)
    """

    prediction: AbstractPrediction
    time: np.ndarray
    laid: Laid
    assumptions: Sequence[Assumption]

    @property
    def residual(self) -> np.ndarray:
        """The residual at each point."""
        return self.laid.residual

    @property
    def worst(self) -> float:
        """The largest residual along the path; not a number where one of them is none."""
        return float(np.max(self.laid.residual))

    @property
    def tests(self) -> bool:
        """Whether all assumptions are met, so that the residual tests the law."""
        return all(assumption.holds for assumption in self.assumptions)

    @property
    def holds(self) -> bool:
        """Whether the residual is within what the law allows on this run."""
        return bool(self.worst <= self.laid.allowed)

    def _cited(self) -> list[str]:
        return [self.prediction.source.key]

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        law, told = self.prediction, table((), [(a.name, str(a)) for a in self.assumptions]) if self.assumptions else ""
        return headed(law.name, told, sentence=f"{as_text(law.sentence)} {self}. {law.source}")

    def __str__(self) -> str:
        head = f"{self.prediction.name}: residual {self.worst:.1e} along the path, allowed {self.laid.allowed:.1e}"
        failing = [str(assumption) for assumption in self.assumptions if not assumption.holds]
        return "; ".join([head, *failing]) if failing else f"{head}: {'kept' if self.holds else 'not kept'}"

    def plot(self) -> Plot:
        """The law and the path in one picture, the residual beside them."""
        measured = self.laid.measured.reshape(len(self.time), -1)
        predicted = self.laid.predicted.reshape(len(self.time), -1)
        shown = range(min(measured.shape[1], 8))
        lines = [Line(self.time, measured[:, i], "measured" if i == 0 else None, group=0) for i in shown]
        lines += [Line(self.time, predicted[:, i], "predicted" if i == 0 else None, group=1, style="dash") for i in shown]
        residual = [Line(self.time, np.maximum(self.laid.residual, 1e-17), "residual", group=2)]
        name = self.prediction.name
        caption = f"{self.prediction.sentence} {self}. Source: {self.prediction.source}."
        left = Panel(name, "time", self.laid.quantity, lines)
        allowed = [Rule(self.laid.allowed, "allowed")] if self.laid.allowed > 0 else []
        right = Panel("how far apart", "time", "residual", residual, allowed, y_scale="log")
        return Plot(name.replace(" ", "-"), name.capitalize(), caption, [left, right])


def compare(prediction: AbstractPrediction, run: Trajectory | Points) -> Comparison:
    """Lays a law over a run.

    Arguments:
        prediction: the law.
        run: of a deep linear network; its points are those recorded with `Factors`, or it is followed again.

    Raises:
        DoesNotApply: the law has no meaning for this run; the message says why.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened(np.diag([2.0, 1.0]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(2, 2)), tw.Gaussian(0.5), tw.GradientFlow(1e-9),
        ...                 until=tw.Time(3.0), key=0)
        >>> tw.theory.compare(tw.theory.Conservation(), run).holds
        True
    """
    path = run if isinstance(run, Points) else points(run)
    assumptions = prediction.assumptions(path)
    return Comparison(prediction, path.time, prediction.lay(path), assumptions)
