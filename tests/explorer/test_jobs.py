"""Jobs: turns for all, an end when it is asked for, a pause that holds, and a sentence where something fails."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

import thalweg as tw
from explorer.waiting import until
from thalweg.explorer.experiments.base import AbstractExperiment, History, Lane, Values
from thalweg.explorer.jobs import Full, Job, Jobs, Limits, key_of, plain
from thalweg.explorer.knobs import Knob
from thalweg.trajectory.follow import Progress

LONG, SHORT = 2_000_000_000, 10


class Stub(AbstractExperiment):
    """Runs of a few numbers that go on for so many steps; `act` is called with each telling."""

    name: ClassVar[str] = "stub"
    title: ClassVar[str] = "Stub"
    question: ClassVar[str] = ""
    knobs: ClassVar[Sequence[Knob]] = ()

    def __init__(self, act: Callable[[Values], None] = lambda values: None, **more: Any):
        self.act, self.more = act, more

    def check(self, values: Values) -> None:
        return

    def lanes(self, values: Values) -> Sequence[Lane]:
        words = {
            "problem": tw.LinearRegression.whitened([[1.0, 2.0]]),
            "parametrization": tw.DeepLinear(depth=1, shape=(1, 2)),
            "start": tw.Given([np.zeros((1, 2))]),
            "algorithm": tw.GradientDescent(1e-9),
            "until": tw.Steps(values["steps"]),
            "at": tw.EverySteps(50),
            "key": 0,
            **self.more,
        }
        return [Lane(name, name, words) for name in values.get("lanes", ("run",))]

    def opening(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        return {"charts": []}

    def references(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        return {"sentence": "exact"}

    def told(self, values: Values, lane: Lane, progress: Progress, history: History) -> Mapping[str, Any]:
        self.act(values)
        return {"sentence": f"{len(history)} records"}

    def closing(self, values: Values, lane: Lane, run: Any, history: History) -> Mapping[str, Any]:
        return {"sentence": "ended" if run is not None else "stopped"}

    def snippet(self, values: Values) -> str:
        return ""


class Reader:
    """Takes every message as soon as it is there."""

    def __init__(self, jobs: Jobs, experiment: AbstractExperiment, values: Values):
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        self._news = threading.Event()
        self.job: Job = jobs.start(experiment, values, self._news.set)
        self._over = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while not self._over:
            self._news.wait(0.05)
            self._news.clear()
            while (message := self.job.take()) is not None:
                self.told.append(message)
            self._over = bool(self.told and self.told[-1][0] in ("done", "failed")) or bool(self.job.why)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        return [what for one, what in self.told if one == kind]


def free(jobs: Jobs) -> None:
    """Waits until nothing is computed at the only place."""
    assert jobs.turns.take(lambda: False)
    jobs.turns.leave()


def test_a_job_tells_its_run_and_is_kept():
    jobs, values = Jobs(Limits(places=1)), {"steps": 1000}
    reader = Reader(jobs, Stub(), values)
    until(lambda: "done" in reader.kinds())
    assert reader.kinds()[0] == "opened"
    assert reader.kinds()[-1] == "done"
    assert reader.of("reference") == [{"sentence": "exact"}]
    steps = np.concatenate([what["records"]["steps"] for what in reader.of("frame")])
    np.testing.assert_array_equal(steps, np.arange(0, 1001, 50))
    (ended,) = reader.of("ended")
    assert (ended["outcome"], ended["sentence"], ended["why"]) == ("reached", "ended", "")
    assert jobs.count() == 0
    kept = jobs.kept(key_of(Stub(), values))
    assert kept is not None
    np.testing.assert_array_equal(kept["run"].data.steps.values, steps)


def test_three_jobs_at_one_place_take_turns_in_order():
    log: list[int] = []
    jobs = Jobs(Limits(places=1))
    experiment = Stub(lambda values: log.append(values["who"]))
    readers = [Reader(jobs, experiment, {"steps": LONG, "who": who}) for who in range(3)]
    until(lambda: min(log.count(who) for who in range(3)) >= 12)
    jobs.leave()
    # Once all three are in line, each follows those that it followed before.
    began = max(log.index(who) for who in range(3)) + 6
    later = log[began : began + 24]
    assert {tuple(sorted(later[k : k + 3])) for k in range(0, 24, 3)} == {(0, 1, 2)}
    assert later == later[:3] * 8
    until(lambda: all(reader.job.why for reader in readers))


def test_lanes_of_one_job_are_told_apart():
    jobs = Jobs(Limits(places=2))
    reader = Reader(jobs, Stub(), {"steps": 300, "lanes": ("one", "other")})
    until(lambda: "done" in reader.kinds())
    assert reader.of("opened")[0]["lanes"] == [{"name": "one", "label": "one"}, {"name": "other", "label": "other"}]
    for lane in ("one", "other"):
        steps = np.concatenate([what["records"]["steps"] for what in reader.of("frame") if what["lane"] == lane])
        np.testing.assert_array_equal(steps, np.arange(0, 301, 50))


def test_stop_ends_a_job():
    jobs = Jobs(Limits(places=1))
    reader = Reader(jobs, Stub(), {"steps": LONG})
    until(lambda: "frame" in reader.kinds())
    assert jobs.find(reader.job.name) is reader.job
    reader.job.stop()
    assert reader.job.why == "nobody looks any longer"
    assert jobs.count() == 0
    assert jobs.find(reader.job.name) is None
    free(jobs)
    assert "done" not in reader.kinds()
    assert jobs.kept(key_of(Stub(), {"steps": LONG})) is None


def test_no_more_jobs_than_there_may_be():
    jobs = Jobs(Limits(jobs=1, places=1))
    reader = Reader(jobs, Stub(), {"steps": LONG})
    with pytest.raises(Full, match="as many as there may be at once"):
        jobs.start(Stub(), {"steps": SHORT}, lambda: None)
    reader.job.stop()
    other = Reader(jobs, Stub(), {"steps": SHORT})
    until(lambda: "done" in other.kinds())


def test_a_pause_holds_the_records_and_the_place_is_free():
    jobs, seen, ready = Jobs(Limits(places=1)), [], threading.Event()

    def act(values: Values) -> None:
        ready.wait(60)
        seen.append(1)
        if len(seen) == 3:
            reader.job.pause()

    reader = Reader(jobs, Stub(act), {"steps": LONG})
    ready.set()
    until(lambda: len(seen) == 3)
    for steps in (SHORT, SHORT + 1):  # others come and go at the only place
        other = Reader(jobs, Stub(), {"steps": steps})
        until(lambda other=other: "done" in other.kinds())
    assert len(seen) == 3
    reader.job.resume()
    until(lambda: len(seen) > 3)
    reader.job.stop()
    free(jobs)


def test_a_paused_job_can_be_stopped():
    jobs, seen, ready = Jobs(Limits(places=1)), [], threading.Event()

    def act(values: Values) -> None:
        ready.wait(60)
        seen.append(1)
        reader.job.pause()

    reader = Reader(jobs, Stub(act), {"steps": LONG})
    ready.set()
    until(lambda: len(seen) == 1)
    reader.job.stop()
    free(jobs)
    assert len(seen) == 1


def test_a_pause_that_comes_after_the_stop_holds_nothing():
    jobs, seen, ready = Jobs(Limits(places=1)), [], threading.Event()
    before = set(threading.enumerate())

    def act(values: Values) -> None:
        ready.wait(60)
        seen.append(1)
        reader.job.stop()
        reader.job.pause()  # as sent before the page was closed, and read after

    reader = Reader(jobs, Stub(act), {"steps": LONG})
    ready.set()
    until(lambda: len(seen) == 1)
    until(lambda: not set(threading.enumerate()) - before)
    assert len(seen) == 1


def test_who_is_told_of_the_end_can_begin_the_next_at_once():
    jobs, counts = Jobs(Limits(jobs=1, places=1)), []
    told: list[str] = []

    def wake() -> None:
        while ready.is_set() and (message := job.take()) is not None:
            told.append(message[0])
            if message[0] == "done":
                counts.append(jobs.count())

    def hold(values: Values) -> None:
        ready.wait(60)

    ready = threading.Event()
    job = jobs.start(Stub(hold), {"steps": SHORT}, wake)
    ready.set()
    until(lambda: "done" in told)
    assert counts == [0]


def test_a_run_does_not_wait_for_ever_for_a_reader_who_takes_nothing():
    jobs = Jobs(Limits(places=1, patience=0.0))
    job = jobs.start(Stub(), {"steps": LONG}, lambda: None)
    until(lambda: jobs.count() == 0)
    assert "nobody has taken" in job.why
    free(jobs)


def test_runs_are_kept_with_all_their_lanes_or_not_at_all():
    class Uneven(Stub):
        def lanes(self, values: Values) -> Sequence[Lane]:
            good, other = super().lanes({**values, "lanes": ("good", "other")})
            start = tw.Given([np.full((1, 2), 1e200)])
            return [good, Lane("other", "other", {**other.words, "start": start})]

    jobs, values = Jobs(Limits(places=1)), {"steps": SHORT}
    reader = Reader(jobs, Uneven(), values)
    until(lambda: "done" in reader.kinds())
    assert {what["lane"]: what["outcome"] for what in reader.of("ended")} == {"good": "reached", "other": "stopped"}
    assert jobs.kept(key_of(Uneven(), values)) is None


class Failing(Stub):
    """Fails where it is told to."""

    def __init__(self, where: str):
        super().__init__()
        self.where = where

    def _fail(self, where: str) -> None:
        if where == self.where:
            raise RuntimeError("out of paper")

    def lanes(self, values: Values) -> Sequence[Lane]:
        self._fail("lanes")
        return super().lanes(values)

    def references(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        self._fail("references")
        return super().references(values, lanes)

    def told(self, values: Values, lane: Lane, progress: Progress, history: History) -> Mapping[str, Any]:
        self._fail("told")
        return super().told(values, lane, progress, history)

    def closing(self, values: Values, lane: Lane, run: Any, history: History) -> Mapping[str, Any]:
        self._fail("closing")
        return super().closing(values, lane, run, history)


@pytest.mark.parametrize("where", ["lanes", "references", "told", "closing"])
def test_a_failure_is_told_in_a_sentence(where: str, capfd: pytest.CaptureFixture[str]):
    jobs = Jobs(Limits(places=1))
    reader = Reader(jobs, Failing(where), {"steps": SHORT})
    until(lambda: bool(reader.job.why))
    until(lambda: jobs.count() == 0)
    free(jobs)
    while (message := reader.job.take()) is not None:
        reader.told.append(message)
    until(lambda: "failed" in reader.kinds())
    assert "what went wrong stands in the log" in reader.of("failed")[0]["sentence"]
    assert "out of paper" not in str(reader.told)
    assert "RuntimeError: out of paper" in capfd.readouterr().err
    assert "done" not in reader.kinds()


def test_a_run_that_is_refused_says_why():
    jobs = Jobs(Limits(places=1))
    reader = Reader(jobs, Stub(start=tw.Given([np.full((1, 2), 1e200)])), {"steps": SHORT})
    until(lambda: "done" in reader.kinds())
    (ended,) = reader.of("ended")
    assert "the loss is not finite at the start" in ended["why"]
    assert ended["sentence"] == ended["why"]
    assert ended["outcome"] == "stopped"


def test_a_run_has_so_many_seconds():
    jobs = Jobs(Limits(places=1, seconds=0.0))
    reader = Reader(jobs, Stub(), {"steps": LONG})
    until(lambda: "done" in reader.kinds())
    (ended,) = reader.of("ended")
    assert "it has taken the 0 seconds" in ended["why"]
    assert ended["sentence"] == "stopped"


def test_the_oldest_that_is_kept_goes():
    jobs = Jobs(Limits(kept=2))
    for name in "abc":
        jobs.keep(("stub", name), {"run": name})
    assert [jobs.kept(("stub", name)) for name in "abc"] == [None, {"run": "b"}, {"run": "c"}]
    jobs.keep(("stub", "b"), {"run": "b again"})
    jobs.keep(("stub", "d"), {"run": "d"})
    assert [jobs.kept(("stub", name)) for name in "bcd"] == [{"run": "b again"}, None, {"run": "d"}]


def test_values_are_told_apart_whatever_their_order():
    assert key_of(Stub(), {"a": 1, "b": 2.0}) == key_of(Stub(), {"b": 2.0, "a": 1})
    assert key_of(Stub(), {"a": 1}) != key_of(Stub(), {"a": 2})


def test_plain_is_what_json_takes():
    told = plain({"a": np.array([[1.0, np.nan], [np.inf, 1 / 3]]), "b": np.int64(3), "c": ("x", np.float32(0.5), None, True)})
    assert told == {"a": [[1.0, None], [None, 0.33333333]], "b": 3, "c": ["x", 0.5, None, True]}
