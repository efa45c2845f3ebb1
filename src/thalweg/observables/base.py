"""What an observable is: one array computed at an instant of the path."""

import abc

from jax import Array

from thalweg._module import Module, static
from thalweg._whole import whole
from thalweg.parametrizations.base import Objective, Params


class AbstractObservable(Module):
    """One array computed from the objective and the parameters at an instant, inside the compiled loop."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """The name of the variable in the record."""

    @property
    def dims(self) -> tuple[str, ...]:
        """The names of the axes of the array; a scalar has none."""
        return ()

    def check(self, objective: Objective) -> None:
        """Refuse, before the run, an objective that it cannot be computed of; nothing to refuse unless it says so."""

    @abc.abstractmethod
    def __call__(self, objective: Objective, params: Params) -> Array:
        """The array, of the same shape at every instant."""


class AbstractLeading(AbstractObservable):
    """What belongs to each of the largest singular values, of which the first so many are recorded."""

    count: int = static()

    def __init__(self, count: int):
        self.count = whole(count, "count")

    @property
    def dims(self) -> tuple[str, ...]:
        return ("rank",)
