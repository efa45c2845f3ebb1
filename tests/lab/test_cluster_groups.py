"""Short runs of equal shape go to a worker together; what it does not come to is handed back undone."""

from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pytest

import thalweg as tw
from lab import tiny_study as tiny
from thalweg.lab.cluster import slots
from thalweg.lab.cluster.groups import MOST, SECONDS, Groups
from thalweg.lab.cluster.shape import shape
from thalweg.lab.workers import Task
from thalweg.studies.study import Case, Work


def waiting(count: int, **of: str) -> list[Task]:
    """Runs of one shape, of seeds 0, 1, ..."""
    return [
        Task("tiny", None, Case({}, seed), 0, f"{seed:032x}", Path("store"), of.get("plan", "p"), of.get("shape", "s"))
        for seed in range(count)
    ]


def built(kind: str, seed: int, **more: Any) -> str:
    return shape(tiny.build(tiny.Parameters(kinds=kind, **more), Case({"kind": kind}, seed), 0))


def test_runs_that_differ_in_numbers_alone_are_of_one_shape():
    assert built("good", 0) == built("good", 1) == built("good", 1, inner=tiny.Inner(rate=0.2))
    assert len({built("good", 0), built("wide", 0), built("solved", 0), built("good", 0, side=5)}) == 4


def test_the_seed_and_the_counts_of_a_computation_are_numbers_its_arrays_have_shapes():
    def work(**arguments: Any) -> str:
        function: Any = tiny.build
        return shape(Work(function, arguments))

    assert work(seed=0, count=3, rates=np.ones(2)) == work(seed=1, count=4, rates=np.zeros(2))
    assert work(seed=0) != work(seed=0, count=3)
    assert work(rates=np.ones(2)) != work(rates=np.ones(3))
    assert work(algorithm=tw.GradientDescent(0.1)) == work(algorithm=tw.GradientDescent(0.2))
    assert work(algorithm=tw.GradientDescent(0.1)) != work(algorithm=tw.HeavyBall(0.1))


def test_the_first_of_a_shape_goes_alone_and_later_ones_by_what_they_took():
    runs = waiting(1000)
    groups = Groups(runs)
    first = groups.next(2)
    assert [len(first), len(groups.next(2)), len(groups)] == [1, 1, 998]
    groups.took(first[0], 60.0)
    assert len(groups.next(2)) == 1
    for _ in range(2):
        groups.took(first[0], SECONDS / 10)
    assert len(groups.next(2)) == 10
    for _ in range(10):
        groups.took(first[0], 0.0)
    assert [run.case.seed for run in groups.next(2)] == list(range(13, 13 + MOST))


def test_groups_shrink_as_fewer_runs_are_left():
    groups = Groups(waiting(100))
    groups.took(groups.next(4)[0], 0.0)
    sizes = []
    while groups:
        sizes.append(len(groups.next(4)))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 12
    assert sizes[-8:] == [1] * 8
    assert sum(sizes) == 99


def test_shapes_and_plans_take_turns_unless_one_is_asked_for_and_lost_runs_come_last_and_alone():
    first, second, third = waiting(3, shape="a"), waiting(3, shape="b"), waiting(3, plan="q")
    groups = Groups([*first, *second, *third])
    for runs in (first, second, third):
        groups.took(runs[0], 0.0)
    lost = groups.next(9)
    groups.add(lost[0], alone=True)
    assert lost[0] is first[0]
    order = [groups.next(9, ("p", "a"))[0], *(groups.next(9)[0] for _ in range(8))]
    assert order == [first[1], second[0], third[0], first[2], second[1], third[1], second[2], third[2], first[0]]
    assert not groups


class Process:
    """In place of one that computes: says how each run ended, and dies where it is told to."""

    device = "cpu"

    def __init__(self, *deeds: Any):
        self.deeds, self.asked, self.code = list(deeds), [], None
        self.popen = self

    def poll(self) -> int | None:
        return self.code

    def ask(self, header: dict[str, Any], state: bytes, unwanted: Any) -> tuple[dict[str, Any], bytes]:
        self.asked.append((header["key"], state))
        deed = self.deeds.pop(0)
        if deed == "dies":
            self.code = -9
            raise slots.ProcessDied("exit code -9")
        if callable(deed):
            deed()
        return {"state": "done"}, deed if isinstance(deed, bytes) else b"file"


@pytest.fixture
def carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a worker says of a group of four runs, which a process like the above does; its last word is whether it is kept."""

    class Worker:
        address, local_directory, state = "tcp://a:1", str(tmp_path), type("State", (), {"tasks": {}})

        def get_current_task(self) -> str:
            return "key"

    def carry_out(process: Process, **more: Any) -> tuple[list[str], list[bytes], bool]:
        kept: list[Process] = []
        monkeypatch.setattr(distributed, "get_worker", Worker)
        monkeypatch.setattr(slots, "_check", lambda asked: None)
        monkeypatch.setattr(slots, "_taken", lambda asked: process)
        monkeypatch.setattr(slots, "_give_back", kept.append)
        tasks = [{"index": number, "case": "", "key": str(number)} for number in range(4)]
        asked = {"token": "t", "shared": None, "seconds": 1e6, "device": "cpu", "plan": {}, "tasks": tasks, **more}
        reply, contents = slots.carry_out(asked, [b"0", b"1", b"2", b"3"])
        assert reply["worker"] == "tcp://a:1"
        assert process.asked == [(str(number), str(number).encode()) for number in range(len(process.asked))]
        return [answer["state"] for answer in reply["runs"]], contents, kept == [process]

    return carry_out


def test_a_group_is_done_one_after_the_other(carried: Any):
    assert carried(Process(b"a", b"b", b"c", b"d")) == (["done"] * 4, [b"a", b"b", b"c", b"d"], True)


def test_a_process_that_dies_costs_its_own_run_and_hands_the_rest_back(carried: Any):
    assert carried(Process(b"a", "dies")) == (["done", "died", "left", "left"], [b"a", b"", b"", b""], False)


def test_a_group_whose_time_is_over_hands_the_rest_back_but_does_its_first_run(carried: Any):
    assert carried(Process(b"a"), seconds=-1.0)[0] == ["done", "left", "left", "left"]


def test_files_that_are_large_do_not_wait_for_one_another(carried: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slots, "LARGE", 5)
    assert carried(Process(b"abc", b"def"))[0] == ["done", "done", "left", "left"]


def test_what_is_stopped_is_handed_back(carried: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slots, "_stopped", set())
    assert carried(Process(b"a", lambda: slots._stopped.add("t")))[0] == ["done", "done", "left", "left"]
    assert carried(Process())[0] == ["left"] * 4
