"""What the families of networks on the tab of scales have in common: a problem, a start, and solutions that are exact."""

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from thalweg.explorer.experiments.base import Values
from thalweg.explorer.experiments.charts import Picture
from thalweg.explorer.knobs import BadKnob

FINEST = 1e-7
"""The loss that a run goes down to."""


@dataclasses.dataclass(frozen=True)
class Exact:
    """A solution that is computed without a path.

    Attributes:
        record: the name of the distance to it. label: on the page. rule: what stands at its norm. python: its predictor.
        coefficients: its vector. predictor: the same as the network gives it. gap: what its certificate leaves open.
    """

    record: str
    label: str
    rule: str
    python: str
    coefficients: np.ndarray
    predictor: np.ndarray
    gap: float

    @property
    def norm(self) -> float:
        """The sum of the sizes of its coefficients."""
        return float(np.abs(self.coefficients).sum())


@dataclasses.dataclass(frozen=True)
class Words:
    """How a family calls what it has.

    Attributes:
        one: of its coefficients. norm: the sum of their sizes. title: of its chart. now, paths, sizes, loss: captions.
    """

    one: str
    norm: str
    title: str
    now: str
    paths: str
    sizes: str
    loss: str


class AbstractFamily(abc.ABC):
    """A kind of network of which the limit of the flow is known for a start of any scale.

    Attributes:
        words: how it calls what it has. most_gradients: the work that a reader may ask for.
    """

    words: ClassVar[Words]
    most_gradients: ClassVar[int]

    @abc.abstractmethod
    def check(self, values: Values) -> None:
        """Raises `BadKnob` where values ask for more than can be followed here."""

    @abc.abstractmethod
    def planted(self, values: Values) -> np.ndarray:
        """The coefficients that the samples come from."""

    @abc.abstractmethod
    def asked(self, values: Values) -> Mapping[str, Any]:
        """The problem, the parametrization and the start, as `tw.follow` takes them."""

    @abc.abstractmethod
    def exact(self, values: Values) -> tuple[Exact, Exact, Exact]:
        """The limit for the scale, and what it tends to at small and at large scales."""

    @abc.abstractmethod
    def coefficients(self, values: Values, predictors: np.ndarray) -> np.ndarray:
        """Of each of several predictors, a row each."""

    @abc.abstractmethod
    def interval(self, values: Values) -> int:
        """Steps between records: a page needs a few hundred."""

    @abc.abstractmethod
    def label(self, values: Values) -> str:
        """Of the run, on the page."""

    @abc.abstractmethod
    def reference(self, values: Values) -> str:
        """What is known of the exact solutions, with their certificates."""

    @abc.abstractmethod
    def lines(self, values: Values) -> list[str]:
        """Python that makes `problem`, and prints and names the exact solutions."""

    @abc.abstractmethod
    def called(self, values: Values) -> tuple[str, str]:
        """Python of the parametrization and of the start."""

    def derived(self, values: Values, predictors: np.ndarray) -> Mapping[str, np.ndarray]:
        """Numbers beside the coefficients and their norm."""
        return {}

    def pictures(self) -> Sequence[Picture]:
        """Charts of matrices, where there are any."""
        return ()

    def pictured(self, values: Values, predictor: np.ndarray | None) -> Mapping[str, Any]:
        """Those of them that stay, or those of an instant."""
        return {}

    def added(self, values: Values, predictors: np.ndarray) -> str:
        """A sentence at the end of the run."""
        return ""


def at_least(values: Values, least: Mapping[int, float], why: str) -> None:
    """Raises `BadKnob` for a scale that is too small at its depth."""
    if values["scale"] < least[values["depth"]]:
        raise BadKnob(
            "scale",
            f"from a scale of {values['scale']:.2g} at depth {values['depth']} {why}; {least[values['depth']]:g} is the least at "
            "this depth",
        )
