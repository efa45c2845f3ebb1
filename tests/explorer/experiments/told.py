"""What an experiment tells of its runs from beginning to end, and the runs that its Python makes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import thalweg as tw
from thalweg.explorer.experiments.base import AbstractExperiment, History, Lane
from thalweg.explorer.jobs import plain
from thalweg.explorer.knobs import read
from thalweg.trajectory.follow import Progress


@dataclass
class Told:
    """Everything that was told of a lane."""

    lane: Lane
    run: Any
    history: History
    frames: list[dict[str, Any]]
    closing: dict[str, Any]


@dataclass
class Whole:
    """Everything that was told of an experiment."""

    values: dict[str, Any]
    opening: dict[str, Any]
    references: dict[str, Any]
    lanes: dict[str, Told]


def everything(experiment: AbstractExperiment, asked: Mapping[str, str], pace: float = 1.0) -> Whole:
    """Follows all lanes as the server does; whatever is told goes through JSON. Another pace is compiled anew."""
    values = read(experiment.knobs, asked)
    experiment.check(values)
    lanes = experiment.lanes(values)
    opening = sent(experiment.opening(values, lanes))
    found = {}
    for lane in lanes:
        history, frames = History(), []

        def report(progress: Progress, lane: Lane = lane, history: History = history, frames: list[Any] = frames) -> None:
            history.add(progress.fresh)
            derived = experiment.derived(values, lane, progress.fresh)
            assert not set(derived) & set(progress.fresh)
            told = experiment.told(values, lane, progress, history)
            assert "records" not in told
            records = {**progress.fresh, **derived}
            frames.append(sent({**told, "records": {name: records[name] for name in records if name not in experiment.unsent}}))

        run = tw.follow(**lane.words, report=report, pace=pace)
        closing = sent(experiment.closing(values, lane, run, history))
        assert experiment.closing(values, lane, None, history)["sentence"]
        found[lane.name] = Told(lane, run, history, frames, closing)
    return Whole(values, opening, sent(experiment.references(values, lanes)), found)


def sent(told: Any) -> dict[str, Any]:
    """As it comes out at the other end of the line."""
    return json.loads(json.dumps(plain(told), allow_nan=False))


def check_snippet(experiment: AbstractExperiment, whole: Whole) -> None:
    """The Python of the experiment makes the same runs, number by number, bit for bit."""
    script = experiment.snippet(whole.values)
    names: dict[str, Any] = {}
    exec(compile(script, "snippet.py", "exec"), names)
    runs = names["runs"] if "runs" in names else {"run": names["run"]}
    assert set(runs) == set(whole.lanes)
    for name, told in whole.lanes.items():
        assert set(runs[name].data) == set(told.run.data)
        for record in told.run.data:
            same, ours = runs[name].data[record].values, told.run.data[record].values
            assert np.array_equal(same, ours, equal_nan=True), (name, record)
            assert np.array_equal(told.history[str(record)], ours, equal_nan=True), (name, record)
        assert runs[name].outcome == told.run.outcome


def check_charts(whole: Whole) -> None:
    """Whatever a chart draws is told, and nothing is told for charts that there are not."""
    charts = {chart["name"]: chart for chart in whole.opening["charts"]}
    assert len(charts) == len(whole.opening["charts"])
    records = set(next(iter(whole.lanes.values())).frames[0]["records"])
    for chart in charts.values():
        if chart["kind"] == "path":
            assert {series["record"] for series in chart["series"]} | {chart["x"]} <= records, chart["name"]
        if chart["kind"] in ("profile", "plane"):
            assert chart["record"] in records
    frames = [frame for told in whole.lanes.values() for frame in told.frames]
    for part in (whole.opening, whole.references, *frames):
        for kind in ("rules", "profiles", "planes", "pictures"):
            assert set(part.get(kind, {})) <= set(charts), (kind, part.get(kind))
    assert whole.references["sentence"]
    for told in whole.lanes.values():
        assert told.closing["sentence"].endswith(".")
        assert all(frame["sentence"] for frame in told.frames)
        lengths = {len(rows) for rows in told.frames[0]["records"].values()}
        assert len(lengths) == 1
