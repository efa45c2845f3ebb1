"""What the first runs of the page need is compiled before anyone asks for it, and not twice when someone does meanwhile."""

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Any

from thalweg.explorer.experiments.base import AbstractExperiment, Values
from thalweg.explorer.knobs import read
from thalweg.trajectory.follow import follow

POLL = 0.02
"""Seconds after which who waits looks whether the run is still wanted."""


class _Compiled(Exception):
    """The first chunk of a run is there, and so is its program."""


class WarmUp:
    """Compiles the runs of experiments as their knobs stand at first, one experiment after another."""

    def __init__(self) -> None:
        self._now, self._changed = "", threading.Condition()

    def go(self, experiments: Iterable[AbstractExperiment], pace: float) -> None:
        """Compiles them.

        Arguments:
            experiments: in the order in which readers are likely to ask for them. pace: of their reports, as of runs.
        """
        try:
            for experiment in experiments:
                self._turn_to(experiment.name)
                for lane in experiment.lanes(read(experiment.knobs, {})):
                    with contextlib.suppress(_Compiled):
                        follow(**lane.words, report=_enough, pace=pace)
        finally:
            self._turn_to("")

    def wait(self, experiment: AbstractExperiment, values: Values, given_up: Callable[[], bool]) -> None:
        """Where just these programs are being compiled, waits for them: a second compilation beside it would take longer.

        Arguments:
            experiment, values: of a run that is to begin. given_up: whether nobody wants it any longer.
        """
        if self._now != experiment.name or _shape(values) != _shape(read(experiment.knobs, {})):
            return
        with self._changed:
            while self._now == experiment.name and not given_up():
                self._changed.wait(POLL)

    def _turn_to(self, name: str) -> None:
        with self._changed:
            self._now = name
            self._changed.notify_all()


def _shape(values: Values) -> dict[str, Any]:
    """All values but the one that changes no program for certain."""
    return {name: value for name, value in values.items() if name != "seed"}


def _enough(progress: object) -> None:
    raise _Compiled


WARM_UP = WarmUp()
"""That of this process: compiled programs are its own too."""
