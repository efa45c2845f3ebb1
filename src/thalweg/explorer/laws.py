"""What the known laws say of the runs of an experiment: laid over them when a reader asks."""

import collections
import threading
from collections.abc import Mapping
from typing import Any

from thalweg.explorer.experiments.base import AbstractExperiment, Lane, Values
from thalweg.explorer.exports import runs_of
from thalweg.explorer.jobs import Full, Jobs, key_of
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.studies.verdicts import short_source
from thalweg.theory import overlay

POINTS = 16
"""Points of a path at which laws are looked at."""
KEPT = 32
"""Experiments whose laws are kept."""
PATIENCE = 60.0
"""Seconds that a reader waits for the laws of another."""


class Laws:
    """The laws of all readers: laid over the runs of one at a time, as nothing can stop it half way.

    Arguments:
        jobs: whose runs, and whose places at the processor.
    """

    def __init__(self, jobs: Jobs):
        self._jobs, self._lock = jobs, threading.Lock()
        self._kept: collections.OrderedDict[tuple[str, str], Mapping[str, Any]] = collections.OrderedDict()

    def laid(self, experiment: AbstractExperiment, values: Values) -> Mapping[str, Any]:
        """For each lane the laws that apply, with residual and bound, and the others with the reason.

        Raises:
            Full: others have asked before, or the runs take more time than there is for them.
        """
        key = key_of(experiment, values)
        if not self._lock.acquire(timeout=PATIENCE):
            raise Full("laws are being laid over the runs of other readers; try again in a moment")
        try:
            if key not in self._kept:
                self._kept[key] = {"lanes": self._lanes(experiment, values)}
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]
        finally:
            self._lock.release()

    def _lanes(self, experiment: AbstractExperiment, values: Values) -> list[Mapping[str, Any]]:
        lanes = [lane for lane in experiment.lanes(values) if isinstance(lane.words["parametrization"], DeepLinear)]
        if not lanes:
            return []
        runs = runs_of(self._jobs, experiment, values)
        self._jobs.turns.take(lambda: False)
        try:
            return [_laid(lane, runs[lane.name]) for lane in lanes if lane.name in runs]
        finally:
            self._jobs.turns.leave()


def _laid(lane: Lane, run: Any) -> Mapping[str, Any]:
    found = overlay(run, count=POINTS)
    kept = [
        {
            "law": one.prediction.name,
            "sentence": one.prediction.sentence,
            "source": short_source(str(one.prediction.source)),
            "residual": one.worst,
            "allowed": one.laid.allowed,
            "holds": one.holds,
        }
        for one in found.comparisons
    ]
    return {"lane": lane.label, "laid": kept, "left_out": [{"law": law, "why": why} for law, why in found.left_out.items()]}
