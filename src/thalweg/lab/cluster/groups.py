"""Runs that wait for a worker. Short ones of equal shape go to it together, as one task of Dask."""

import statistics
from collections import deque
from collections.abc import Iterable
from typing import Any

from thalweg.lab.workers import Task

SECONDS = 5.0
"""What a group of several runs takes at most, by what runs of its shape took: as much is done again where its worker dies."""
MOST = 64
"""Runs in a group."""
LAST = 9
"""Runs of a shape from whose median the next ones are judged; the first in each process take longer, as it compiles."""


class Groups:
    """Runs by shape. The first of a shape goes alone, as nobody knows how long it takes; later ones in groups.

    Groups shrink as fewer runs are left, so that all workers end together; a run that was lost goes alone from then on,
    after the others.
    """

    def __init__(self, tasks: Iterable[Task]):
        self._waiting: dict[Any, deque[Task]] = {}
        self._alone: deque[Task] = deque()
        self._took: dict[Any, deque[float]] = {}
        self._count = 0
        for task in tasks:
            self.add(task)

    def __len__(self) -> int:
        return self._count

    def add(self, task: Task, alone: bool = False) -> None:
        """A run waits, last of its shape or, alone, last of all."""
        (self._alone if alone else self._waiting.setdefault(shape_of(task), deque())).append(task)
        self._count += 1

    def took(self, task: Task, seconds: float) -> None:
        """A run of this shape took so long on its worker, all in all."""
        self._took.setdefault(shape_of(task), deque(maxlen=LAST)).append(seconds)

    def next(self, threads: int, like: Any = None) -> list[Task]:
        """The runs to send next, of the shape `like` if there are any; other shapes take turns."""
        if not self._waiting:
            self._count -= 1
            return [self._alone.popleft()]
        shape = like if like in self._waiting else next(iter(self._waiting))
        waiting = self._waiting.pop(shape)
        chosen = [waiting.popleft() for _ in range(self._size(shape, len(waiting), threads))]
        if waiting:
            self._waiting[shape] = waiting  # its next turn comes after those of the others
        self._count -= len(chosen)
        return chosen

    def _size(self, shape: Any, there: int, threads: int) -> int:
        if shape not in self._took:
            return 1
        fitting = int(SECONDS / max(statistics.median(self._took[shape]), SECONDS / MOST))
        return max(1, min(fitting, there, self._count // (2 * threads)))


def shape_of(task: Task) -> Any:
    """What two runs have alike that go together: their plan and their shape."""
    return task.plan, task.shape
