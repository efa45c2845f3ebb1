"""When to record: schedules in steps or in time."""

import abc
from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._module import Module, number, static
from thalweg._whole import whole

NEVER = np.inf


class AbstractSchedule(Module):
    """An increasing list of ticks at which the path is recorded, beside its first and its last point.

    Ticks are in `steps` or in `time`. Gradient flow lands on ticks in time exactly, it never interpolates; a discrete
    algorithm records at the first step that reaches the tick.
    """

    @property
    @abc.abstractmethod
    def unit(self) -> str:
        """`steps` or `time`."""

    @abc.abstractmethod
    def ticks(self, first: int, count: int) -> np.ndarray:
        """The ticks numbered `first` to `first + count - 1`; infinity where there are no more."""


class EverySteps(AbstractSchedule):
    """Record every so many steps.

    Examples:
        >>> import thalweg as tw
        >>> tw.EverySteps(10).ticks(0, 3)
        array([10., 20., 30.])
    """

    interval: int = static()

    def __init__(self, interval: int = 1):
        self.interval = whole(interval, "interval")

    @property
    def unit(self) -> str:
        return "steps"

    def ticks(self, first: int, count: int) -> np.ndarray:
        return self.interval * np.arange(first + 1, first + count + 1, dtype=np.float64)


class LogSteps(AbstractSchedule):
    """Record at steps that grow geometrically, so many to a factor of ten, each step at most once.

    Examples:
        >>> import thalweg as tw
        >>> tw.LogSteps(per_decade=4).ticks(0, 7)
        array([ 1.,  2.,  3.,  6., 10., 18., 32.])
    """

    per_decade: int = static()

    def __init__(self, per_decade: int = 40):
        self.per_decade = whole(per_decade, "per_decade")

    @property
    def unit(self) -> str:
        return "steps"

    def ticks(self, first: int, count: int) -> np.ndarray:
        most = min((first + count + 1) + 4 * self.per_decade, 15 * self.per_decade)
        steps = np.unique(np.round(10.0 ** (np.arange(most + 1) / self.per_decade)))
        chosen = steps[first : first + count]
        return np.concatenate([chosen, np.full(count - len(chosen), NEVER)])


class EveryTime(AbstractSchedule):
    """Record at equal intervals of time.

    Examples:
        >>> import thalweg as tw
        >>> tw.EveryTime(2.5).ticks(0, 3)
        array([2.5, 5. , 7.5])
    """

    interval: np.ndarray

    def __init__(self, interval: Any):
        self.interval = number(interval, "interval", above=0)

    @property
    def unit(self) -> str:
        return "time"

    def ticks(self, first: int, count: int) -> np.ndarray:
        return float(self.interval) * np.arange(first + 1, first + count + 1, dtype=np.float64)


class LogTimes(AbstractSchedule):
    """Record at times that grow geometrically from the first, so many to a factor of ten.

    Examples:
        >>> import thalweg as tw
        >>> tw.LogTimes(0.1, per_decade=1).ticks(0, 3).round(12)
        array([ 0.1,  1. , 10. ])
    """

    first: np.ndarray
    per_decade: int = static()

    def __init__(self, first: Any, *, per_decade: int = 20):
        self.first = number(first, "first", above=0)
        self.per_decade = whole(per_decade, "per_decade")

    @property
    def unit(self) -> str:
        return "time"

    def ticks(self, first: int, count: int) -> np.ndarray:
        return float(self.first) * 10.0 ** (np.arange(first, first + count) / self.per_decade)


class AtTimes(AbstractSchedule):
    """Record at given times.

    Raises:
        ValueError: times that are not positive and increasing.

    Examples:
        >>> import thalweg as tw
        >>> tw.AtTimes([1.0, 3.0]).ticks(0, 3)
        array([ 1.,  3., inf])
    """

    times: np.ndarray

    def __init__(self, times: Sequence[float]):
        self.times = reals(times, "times")
        if self.times.ndim != 1 or not np.all(np.isfinite(self.times)):
            raise ValueError("times must be a list of finite numbers")
        if len(self.times) and (self.times[0] <= 0 or np.any(np.diff(self.times) <= 0)):
            raise ValueError("times must be positive and increasing; the start is always recorded")

    @property
    def unit(self) -> str:
        return "time"

    def ticks(self, first: int, count: int) -> np.ndarray:
        chosen = np.asarray(self.times[first : first + count])
        return np.concatenate([chosen, np.full(count - len(chosen), NEVER)])
