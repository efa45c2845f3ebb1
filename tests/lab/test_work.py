"""Work: a case that is any function. What its key depends on, what is kept of it, how it is stopped."""

import dataclasses
import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import thalweg as tw
from lab import tiny_study as tiny
from thalweg.lab.perform import perform
from thalweg.lab.specification import case_key
from thalweg.lab.store import RunRecord, Store
from thalweg.studies.registry import study
from thalweg.studies.study import Case, Report, Work

CASE = Case({"kind": "good"}, 0)
NETWORK = tw.DeepLinear(depth=2, shape=(3, 3))


def powers(report: Report, *, base: float, count: int, label: str = "") -> tuple[xr.Dataset, dict[str, Any]]:
    """A law in closed form."""
    values = base ** np.arange(count)
    return xr.Dataset({"value": ("record", values)}), {"last": float(values[-1]), "label": label}


def other_powers(report: Report, *, base: float, count: int) -> tuple[xr.Dataset, dict[str, Any]]:
    return powers(report, base=base, count=count)


def two_paths(report: Report, *, steps: int) -> tuple[xr.Dataset, dict[str, float]]:
    """Two descents, one after the other, that can be stopped."""
    runs = [
        tw.follow(
            tw.LinearRegression.whitened(np.eye(3)),
            NETWORK,
            tw.Gaussian(scale),
            tw.GradientDescent(0.01),
            until=tw.Steps(steps),
            key=0,
            report=report,
        )
        for scale in (0.1, 0.2)
    ]
    return runs[0].data[["loss"]], {"gap": float(np.abs(runs[0].predictor - runs[1].predictor).max())}


def raising(report: Report) -> tuple[xr.Dataset, dict[str, float]]:
    raise RuntimeError("no luck")


def without_records(report: Report) -> tuple[xr.Dataset, dict[str, float]]:
    return xr.Dataset({"value": ("other", np.ones(2))}), {}


def never() -> bool:
    return False


def after(count: int) -> Callable[[], bool]:
    """A stop that comes at the so many-th time of asking."""
    asked = iter(range(count))
    return lambda: next(asked, None) is None


BASE = Work(powers, {"base": 2.0, "count": 5})


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "store") as opened:
        yield opened


def carry_out(store: Store, work: Work, stopped: Callable[[], bool] = never) -> RunRecord:
    key = case_key(tiny.build, work)
    perform(tiny.STUDY, CASE, work, key, store, stopped=stopped)
    record = store.get(key)
    assert record is not None
    return record


def test_the_same_work_has_the_same_key():
    assert case_key(tiny.build, Work(powers, {"count": 5, "base": np.float64(2.0)})) == case_key(tiny.build, BASE)


@pytest.mark.parametrize(
    "work",
    [
        Work(powers, {"base": 2.5, "count": 5}),
        Work(powers, {"base": 2.0, "count": 6}),
        Work(powers, {"base": 2.0, "count": 5, "label": ""}),
        Work(powers, {"base": np.array([2.0]), "count": 5}),
        Work(powers, {"base": tw.Gaussian(2.0), "count": 5}),
        Work(other_powers, {"base": 2.0, "count": 5}),
    ],
)
def test_arguments_and_function_change_the_key(work: Work):
    assert case_key(tiny.build, work) != case_key(tiny.build, BASE)


def test_the_file_of_the_function_changes_the_key(tmp_path: Path):
    """The study is in one file and its work in another: an edit of either is computed anew."""
    text = Path(tiny.__file__).read_text(encoding="utf-8")
    added = "\n\ndef work(report, *, base):\n    return base, {}\n"
    keys = []
    for name, edited in (("a", text + added), ("b", text + added), ("c", text + added.replace("base, {}", "-base, {}"))):
        place = tmp_path / name / "mine.py"
        place.parent.mkdir()
        place.write_text(edited, encoding="utf-8")
        module = sys.modules[study(str(place)).build.__module__]
        keys.append(case_key(tiny.build, Work(module.work, {"base": 1.0})))
    assert keys[0] == keys[1]
    assert keys[2] != keys[0]


@pytest.mark.parametrize("function", [functools.partial(powers, base=2.0), np.sum, "powers", tiny.Parameters])
def test_a_function_that_is_none_is_refused(function: Any):
    with pytest.raises(TypeError, match="a Work needs a plain function, whose file stands for its code"):
        case_key(tiny.build, Work(function, {"count": 5}))


def test_arguments_whose_content_cannot_be_told_are_refused():
    with pytest.raises(TypeError):
        case_key(tiny.build, Work(powers, {"base": object(), "count": 5}))


def test_what_it_returns_is_kept_with_its_provenance(store: Store):
    record = carry_out(store, dataclasses.replace(BASE, arguments={**BASE.arguments, "label": "two"}))
    assert (record.state, record.attempts) == ("done", 1)
    assert record.finals == {"last": 16.0, "label": "two"}
    data = record.dataset()
    np.testing.assert_array_equal(data.value, [1, 2, 4, 8, 16])
    provenance = json.loads(data.attrs["provenance"])
    assert provenance["function"].endswith("test_work.powers")
    assert provenance["arguments"] == {"base": 2.0, "count": 5, "label": "two"}
    assert (provenance["case"], provenance["seed"]) == ({"kind": "good"}, 0)


def test_what_is_done_is_not_done_again(store: Store):
    first = carry_out(store, BASE)
    assert carry_out(store, BASE) == first


def test_paths_that_it_follows_are_stopped_and_begun_anew(store: Store):
    work = Work(two_paths, {"steps": 2000})
    with pytest.raises(KeyboardInterrupt):
        carry_out(store, work, stopped=after(1))
    (record,) = store.query()
    assert (record.state, record.attempts) == ("interrupted", 1)
    assert "run the same command again" in record.message
    done = carry_out(store, work)
    assert (done.state, done.attempts) == ("done", 2)
    assert 0 < done.finals["gap"] < 1


def test_what_it_raises_is_kept_as_its_message(store: Store):
    with pytest.raises(RuntimeError, match="no luck"):
        carry_out(store, Work(raising, {}))
    (record,) = store.query()
    assert (record.state, record.message) == ("failed", "RuntimeError: no luck")


def test_a_dataset_without_records_is_refused(store: Store):
    with pytest.raises(ValueError, match="the records of a run need the dimension 'record'"):
        carry_out(store, Work(without_records, {}))
