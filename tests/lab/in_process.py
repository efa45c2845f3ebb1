"""Runs in the process of the test, for what is around them: spawned workers have tests of their own."""

from collections.abc import Iterator, Sequence

import pytest

from thalweg.lab import carry_out as module
from thalweg.lab import workers
from thalweg.lab.workers import Ended, Task


class Going:
    """A sign to stop that is never given."""

    value = 0


def work_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the tasks of workers in the place of workers, one after the other."""
    monkeypatch.setattr(workers, "_stop", Going())

    def work(tasks: Sequence[Task], jobs: int) -> Iterator[Ended]:
        monkeypatch.setattr(workers, "_place", ([0] * jobs, 0))
        for index, task in enumerate(tasks):
            yield workers._carry_out(index, task)

    monkeypatch.setattr(module, "work", work)
