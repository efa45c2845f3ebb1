"""What a reader may take along: numbers as CSV and NetCDF, and the Python that makes the same runs."""

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from thalweg.explorer.experiments.base import AbstractExperiment, Lane, Values, with_derived
from thalweg.explorer.jobs import Full, Jobs, Stopped, key_of
from thalweg.trajectory.follow import Progress, follow
from thalweg.trajectory.trajectory import Trajectory


@dataclass(frozen=True)
class Kind:
    """A format: its ending and its media type."""

    ending: str
    media: str


KINDS: Mapping[str, Kind] = {
    "csv": Kind("csv", "text/csv; charset=utf-8"),
    "netcdf": Kind("nc", "application/x-netcdf"),
    "python": Kind("py", "text/x-python; charset=utf-8"),
}


def export(jobs: Jobs, experiment: AbstractExperiment, values: Values, kind: str) -> bytes:
    """The content of a file; what is no longer kept is computed again.

    Raises:
        Full: too many wait for their turn, or it takes more time than there is for it.
    """
    if kind == "python":
        return experiment.snippet(values).encode()
    runs = runs_of(jobs, experiment, values)
    if kind == "csv":
        return _csv(runs)
    from thalweg._storage.files import dataset_bytes

    return dataset_bytes(_together(runs))


def runs_of(jobs: Jobs, experiment: AbstractExperiment, values: Values) -> Mapping[str, Any]:
    """The runs of an experiment by lane: those that are kept, or made again.

    Raises:
        Full: too many wait for their turn, or it takes more time than there is for it.
    """
    return jobs.kept(key_of(experiment, values)) or _again(jobs, experiment, values)


def _again(jobs: Jobs, experiment: AbstractExperiment, values: Values) -> Mapping[str, Any]:
    if jobs.turns.waiting > jobs.limits.jobs:
        raise Full("too many wait for their turn; try again in a moment")
    who = _Asker()
    runs = {lane.name: with_derived(experiment, values, lane, _alone(jobs, lane, who)) for lane in experiment.lanes(values)}
    jobs.keep(key_of(experiment, values), runs)
    return runs


class _Asker:
    """For whom turns are taken."""


def _alone(jobs: Jobs, lane: Lane, who: object) -> Trajectory:
    turns, spent, began = jobs.turns, 0.0, 0.0

    def report(progress: Progress) -> None:
        nonlocal spent, began
        spent += time.perf_counter() - began  # of its own turns: how many others there are is not for it to pay
        if spent > jobs.limits.seconds:
            raise Stopped("it takes too long")
        turns.let_others(lambda: False, who)
        began = time.perf_counter()

    turns.take(lambda: False, who)
    began = time.perf_counter()
    try:
        return follow(**lane.words, report=report, pace=0.1)
    except Stopped:
        raise Full(f"the run takes more than the {jobs.limits.seconds:g} seconds that there are for it here") from None
    finally:
        turns.leave()


def _together(runs: Mapping[str, Any]) -> Any:
    """One lane as its own dataset; several side by side, with the lane in the name of every variable."""
    import xarray as xr

    if len(runs) == 1:
        return next(iter(runs.values())).data
    parts = []
    for name, run in runs.items():
        own = {dim: f"{name}_{dim}" for dim in run.data.dims}
        parts.append(run.data.rename({variable: f"{name}_{variable}" for variable in run.data.data_vars} | own))
    merged = xr.merge(parts, combine_attrs="drop_conflicts")
    merged.attrs = {f"provenance_{name}": run.data.attrs["provenance"] for name, run in runs.items()}
    return merged


def _csv(runs: Mapping[str, Any]) -> bytes:
    import pandas as pd

    frames = [run.to_dataframe().assign(lane=name) for name, run in runs.items()]
    whole = pd.concat(frames)
    whole.insert(0, "lane", whole.pop("lane"))
    buffer = io.StringIO()
    whole.to_csv(buffer, index=False, float_format=lambda value: repr(float(np.float64(value))))
    return buffer.getvalue().encode()
