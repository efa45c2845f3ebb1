"""One case to its result: what is stored, what goes on from where, and what is kept when it ends badly."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab import tiny_study as tiny
from thalweg.lab import perform as module
from thalweg.lab.perform import StoreSnapshots, perform
from thalweg.lab.specification import case_key
from thalweg.lab.store import RunRecord, Store
from thalweg.studies.study import Case
from thalweg.trajectory.identity import identity_of

KEY = "0123456789abcdef"


def never() -> bool:
    return False


def after(count: int) -> Callable[[], bool]:
    """A stop that comes at the so many-th time of asking."""
    asked = iter(range(count))
    return lambda: next(asked, None) is None


def carry_out(store: Store, kind: str = "good", stopped: Callable[[], bool] = never, **changes: Any) -> RunRecord:
    parameters = tiny.Parameters(**changes)
    case = Case({"kind": kind}, 0)
    setup = tiny.build(parameters, case, 0)
    key = case_key(tiny.build, setup)
    perform(tiny.STUDY, case, setup, key, store, stopped=stopped)
    record = store.get(key)
    assert record is not None
    return record


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "store") as opened:
        yield opened


def test_a_followed_case_is_stored_with_its_numbers_and_its_provenance(store: Store):
    record = carry_out(store)
    data = record.dataset()
    assert record.state == "done"
    assert record.attempts == 1
    assert record.case == {"kind": "good", "seed": 0}
    assert record.finals["loss"] == float(data.loss[-1])
    assert record.finals["steps"] == 60
    assert record.finals["gradients"] == float(data.gradients[-1])
    assert record.finals["time"] == pytest.approx(6.0)
    assert record.finals["outcome"] == "reached"
    assert "singular_values" not in record.finals  # a vector is no final number
    problem: Any = tiny.build(tiny.Parameters(), Case({"kind": "good"}, 0), 0).problem
    assert record.finals["error"] == pytest.approx(float(np.mean((data.predictor.values - problem.target) ** 2)))
    np.testing.assert_array_equal(data.steps, [0, 20, 40, 60])
    provenance = json.loads(data.attrs["provenance"])
    assert provenance["case"] == {"kind": "good"}
    assert (provenance["seed"], provenance["precision"]) == (0, "float64")
    assert provenance["algorithm"]["learning_rate"] == 0.1


def test_a_solved_case_is_stored_with_its_solution(store: Store):
    record = carry_out(store, "solved")
    data = record.dataset()
    assert record.finals["loss"] <= 1e-6
    np.testing.assert_allclose(data.singular_values[0], np.linalg.svd(data.predictor.values, compute_uv=False))
    provenance = json.loads(data.attrs["provenance"])
    assert provenance["solver"] == "nuclear_norm"
    assert provenance["options"] == {"gap": 1e-6}


def test_what_is_done_is_not_done_again(store: Store):
    first = carry_out(store)
    assert carry_out(store) == first


def test_what_a_run_raises_is_kept_as_its_message_and_can_be_tried_again(store: Store):
    for attempt in (1, 2):
        with pytest.raises(RuntimeError, match="no luck"):
            carry_out(store, "raises")
        (record,) = store.query()
        assert (record.state, record.attempts) == ("failed", attempt)
        assert record.message == "RuntimeError: no luck [/today]"


def test_a_run_that_diverges_is_a_result(store: Store):
    record = carry_out(store, inner=tiny.Inner(rate=300.0))
    assert record.finals["outcome"] == "diverged"
    assert not np.isfinite(record.finals["loss"])


def test_a_stopped_run_keeps_its_state_and_ends_bit_for_bit_the_same(store: Store, tmp_path: Path):
    steps = 4000
    with pytest.raises(KeyboardInterrupt):
        carry_out(store, stopped=after(3), steps=steps)
    (record,) = store.query()
    assert (record.state, record.attempts) == ("interrupted", 1)
    assert "run the same command again" in record.message
    kept = store.load_snapshot(record.key)
    assert kept is not None
    (taken,) = (array for name, array in kept[0].items() if name == "record/steps")
    assert 0 < len(taken) < steps // 20
    gone_on = carry_out(store, steps=steps)
    assert gone_on.attempts == 2
    with Store(tmp_path / "other") as other:
        straight = carry_out(other, steps=steps)
    one, two = gone_on.dataset(), straight.dataset()
    assert all(one[name].values.tobytes() == two[name].values.tobytes() for name in two.data_vars)
    assert {n: v for n, v in gone_on.finals.items() if n != "seconds"} == {
        n: v for n, v in straight.finals.items() if n != "seconds"
    }


def test_a_finished_run_leaves_no_snapshot(store: Store):
    with pytest.raises(KeyboardInterrupt):
        carry_out(store, stopped=after(1), steps=4000)
    assert len(list((store.path / "snapshots").iterdir())) == 1
    carry_out(store, steps=4000)
    assert list((store.path / "snapshots").iterdir()) == []


def test_a_damaged_snapshot_is_as_good_as_none(store: Store):
    with pytest.raises(KeyboardInterrupt):
        carry_out(store, stopped=after(1), steps=4000)
    (file,) = (store.path / "snapshots").iterdir()
    file.write_bytes(file.read_bytes()[:-40])
    assert carry_out(store, steps=4000).state == "done"
    assert len(list((store.path / "corrupt").iterdir())) == 1


def test_a_snapshot_of_other_versions_is_as_good_as_none(store: Store):
    claim = store.claim(KEY, "tiny", {})
    assert claim is not None
    snapshots = StoreSnapshots(store, claim)
    assert snapshots.load() is None
    for changes, kept in (({}, True), ({"jax": "0.0.1"}, False), ({"float": "float32"}, False), ({"thalweg": "9"}, False)):
        snapshots.save({"a": np.ones(2)}, {"identity": {**identity_of("a run"), **changes}, "tick": 3})
        found = snapshots.load()
        assert (found is not None) is kept, changes
    snapshots.save({"a": np.ones(2)}, {})
    assert snapshots.load() is None


def test_a_stop_ends_the_wait_for_another_worker(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "POLL", 0.0)
    setup = tiny.build(tiny.Parameters(), Case({"kind": "good"}, 0), 0)
    with Store(store.path) as other:
        assert other.claim(case_key(tiny.build, setup), "tiny", {}) is not None
        with pytest.raises(KeyboardInterrupt):
            carry_out(store, stopped=after(3))
    assert carry_out(store).attempts == 2


def test_a_worker_whose_run_was_taken_over_waits_for_the_result(store: Store, monkeypatch: pytest.MonkeyPatch):
    """As on another machine, whose heartbeat came too late: the run is another's now, and is not called failed."""
    monkeypatch.setattr(module, "POLL", 0.0)
    real, done = module._followed, []

    def taken_over(setup, case, snapshots, report):
        dataset, finals = real(setup, case, snapshots, report)
        opened, claim = snapshots.store, snapshots.claim
        if not done:
            done.append(1)
            opened.interrupt(claim)
            with Store(store.path) as other:
                again = other.claim(claim.key, "tiny", {})
                assert again is not None
                other.finish(again, dataset, {**finals, "by": "another"}, 1.0)
            opened.heartbeat(claim)
        return dataset, finals

    monkeypatch.setattr(module, "_followed", taken_over)
    record = carry_out(store)
    assert (record.finals["by"], record.attempts) == ("another", 2)
