"""What an experiment of the page is: knobs, the runs they ask for, and what is told while these go on."""

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from thalweg.explorer.knobs import Knob
from thalweg.trajectory.follow import Progress
from thalweg.trajectory.trajectory import Trajectory

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Lane:
    """One run of an experiment.

    Attributes:
        name: in messages and files. label: on the page. words: what `tw.follow` is called with.
    """

    name: str
    label: str
    words: Mapping[str, Any]


@dataclass
class History:
    """What has been told of a lane so far: every number of every record, by name.

    Examples:
        >>> history = History()
        >>> history.add({"time": np.array([0.0, 1.0])})
        >>> history.add({"time": np.array([2.0])})
        >>> history["time"].tolist(), len(history)
        ([0.0, 1.0, 2.0], 3)
    """

    parts: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, fresh: Mapping[str, np.ndarray]) -> None:
        """Further records."""
        for name, rows in fresh.items():
            self.parts.setdefault(name, []).append(np.asarray(rows))

    def __getitem__(self, name: str) -> np.ndarray:
        if len(self.parts[name]) > 1:
            self.parts[name] = [np.concatenate(self.parts[name])]
        return self.parts[name][0]

    def __contains__(self, name: object) -> bool:
        return name in self.parts

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts.get("time", ()))


class AbstractExperiment(abc.ABC):
    """One tab of the page. Nothing of it knows of servers; whatever it tells is plain JSON."""

    name: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    knobs: ClassVar[Sequence[Knob]]
    unsent: ClassVar[frozenset[str]] = frozenset()
    """Names of records that exports hold and the page does not draw, too large to be sent to it."""

    @abc.abstractmethod
    def check(self, values: Values) -> None:
        """Raises `BadKnob` where values that are each in bounds do not go together."""

    @abc.abstractmethod
    def lanes(self, values: Values) -> Sequence[Lane]:
        """The runs that the values ask for."""

    @abc.abstractmethod
    def opening(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        """What can be told before the first step: sizes, the target, what will be drawn."""

    @abc.abstractmethod
    def references(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        """Exact solutions to draw beside the runs, with their certificates; it may take a second."""

    @abc.abstractmethod
    def told(self, values: Values, lane: Lane, progress: Progress, history: History) -> Mapping[str, Any]:
        """What goes with the fresh records of a lane: pictures, rules, and a sentence about what is being seen."""

    def derived(self, values: Values, lane: Lane, records: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Further numbers, each computed from one record alone: the page draws them, and exports hold them.

        Arguments:
            records: any of the lane, by name, a row each.

        Returns:
            As many rows, under names that no record has.
        """
        return {}

    @abc.abstractmethod
    def closing(self, values: Values, lane: Lane, run: Any, history: History) -> Mapping[str, Any]:
        """What is told when a lane has ended."""

    @abc.abstractmethod
    def snippet(self, values: Values) -> str:
        """A Python script that makes the same runs."""


def with_derived(experiment: AbstractExperiment, values: Values, lane: Lane, run: Trajectory) -> Trajectory:
    """A run whose data holds what is derived of them too."""
    records = {str(name): array.values for name, array in run.data.data_vars.items()}
    more = {
        name: (("record", *(f"{name}_{axis}" for axis in range(rows.ndim - 1))), rows, {"derived": "from the recorded numbers"})
        for name, rows in experiment.derived(values, lane, records).items()
    }
    return dataclasses.replace(run, data=run.data.assign(more))
