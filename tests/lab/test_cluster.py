"""Studies on a Dask cluster of three workers: the bits of one machine, through workers that are slow, killed or unfit."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import thalweg as tw
from lab import tiny_study as tiny
from lab.clusters import Processes, alive, processes, until
from thalweg.lab.carry_out import run_all
from thalweg.lab.cluster.errors import ClusterError
from thalweg.lab.plan import Plan
from thalweg.lab.store import Store
from thalweg.lab.workers import ATTEMPTS, Ended

FILE = Path(tiny.__file__)
WORKERS = 3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Three workers, the first of them under a nanny, which starts it again when it dies."""
    with processes(tmp_path_factory.mktemp("cluster")) as made:
        for number in range(WORKERS):
            made.worker(f"w{number}", "--nanny" if number == 0 else "--no-nanny")
        made.joined(WORKERS)
        yield made


def plan(*settings: str, **more: Any) -> Plan:
    return Plan(str(FILE), quick=True, settings=settings, **more)


def records(store: Path) -> dict[str, Any]:
    with Store(store, "r") as opened:
        return {record.key: record for record in opened.query()}


def begun(folder: Path) -> list[tuple[str, int, int]]:
    """The cases that were held, with the process that was at it and the worker that this process belongs to."""
    found = [path for path in folder.glob("begun *") if path.read_text()]
    return [(path.name.split()[1], int(path.name.split()[2]), int(path.read_text())) for path in found]


def test_a_cluster_comes_to_the_bits_of_one_machine(cluster: Processes, tmp_path: Path):
    asked, heard, counts = plan("kinds=good,solved,raises,no-data,wide", seeds=2), [], []
    here = tw.lab.run(asked, tmp_path / "here", jobs=1)
    there = tw.lab.run(
        asked, tmp_path / "there", client=cluster.address, ended=heard.append, begun=lambda *told: counts.append(told)
    )
    assert [v.as_json() for v in there.verdicts] == [v.as_json() for v in here.verdicts]
    assert {(str(m.case), m.reason, m.no_data) for m in there.missing} == {
        (str(m.case), m.reason, m.no_data) for m in here.missing
    }
    assert there.computed == here.computed == 6
    assert counts == [(8, 8)]
    assert sorted(one.state for one in heard) == ["done"] * 6 + ["failed"] * 2
    same_bits(records(tmp_path / "here"), records(tmp_path / "there"))
    again = tw.lab.run(asked, tmp_path / "there", client=cluster.address)
    assert again.computed == 0


def same_bits(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The runs of two stores are the same, but for the seconds that they took."""
    assert set(one) == set(other)
    for key, record in one.items():
        assert other[key].state == record.state
        if record.state == "done":
            mine, theirs = record.dataset(), other[key].dataset()
            assert list(mine.variables) == list(theirs.variables)
            assert all(mine[name].values.tobytes() == theirs[name].values.tobytes() for name in mine.variables)
            assert {**record.finals, "seconds": 0} == {**other[key].finals, "seconds": 0}


def test_short_runs_of_one_shape_go_together_and_come_to_the_same_bits(
    cluster: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """However slow the machine is: groups are cut by how many runs are left alone."""
    from thalweg.lab.cluster import cluster as asking
    from thalweg.lab.cluster import groups

    sizes: list[int] = []
    submit = asking.Cluster.submit

    def counted(self: Any, tasks: Any, *more: Any) -> Any:
        sizes.append(len(tasks))
        return submit(self, tasks, *more)

    for module in (asking, groups):
        monkeypatch.setattr(module, "SECONDS", 1e6)
    monkeypatch.setattr(asking.Cluster, "submit", counted)
    asked, heard = plan("kinds=good", seeds=30), []
    there = tw.lab.run(asked, tmp_path / "there", client=cluster.address, ended=heard.append)
    assert there.computed == sum(sizes) == len(heard) == 30
    assert max(sizes) > 2
    assert len(sizes) < 25
    assert {record.attempts for record in records(tmp_path / "there").values()} == {1}
    sizes.clear()
    monkeypatch.setattr(groups, "MOST", 1)
    tw.lab.run(asked, tmp_path / "alone", client=cluster.address)
    assert sizes == [1] * 30
    same_bits(records(tmp_path / "alone"), records(tmp_path / "there"))


def test_runs_that_were_meant_for_a_worker_that_has_gone_are_done_by_others(
    cluster: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from thalweg.lab.cluster import cluster as asking

    submit: Any = asking.Cluster.submit
    monkeypatch.setattr(asking.Cluster, "submit", lambda self, *asked: submit(self, *asked[:2], "tcp://127.0.0.1:1"))
    assert tw.lab.run(plan("kinds=good"), tmp_path / "store", client=cluster.address).computed == 1


def test_a_slow_worker_holds_nobody_else_up(cluster: Processes, tmp_path: Path):
    """The first run to come is held until all of the others are done."""
    heard: list[Ended] = []

    def ended(one: Ended) -> None:
        heard.append(one)
        if len(heard) == 6:
            (tmp_path / "go").touch()

    came = tw.lab.run(
        plan("kinds=one-held", f"marker={tmp_path}", seeds=7), tmp_path / "store", client=cluster.address, ended=ended
    )
    assert came.computed == 7
    assert len(begun(tmp_path)) == 7
    assert len({worker for _, _, worker in begun(tmp_path)}) == WORKERS


def test_a_process_that_dies_costs_its_own_run_and_is_given_up_at_last(cluster: Processes, tmp_path: Path):
    asked = plan("kinds=dies,good,dies-once", f"marker={tmp_path / 'marker'}")
    came = tw.lab.run(asked, tmp_path / "store", client=cluster.address)
    assert {result.coordinates["kind"] for result in came.evidence} == {"good", "dies-once"}
    (missing,) = came.missing
    assert missing.reason == f"its worker process died {ATTEMPTS} times; memory may be short, see `thalweg doctor`"
    attempts = {record.case["kind"]: (record.state, record.attempts) for record in records(tmp_path / "store").values()}
    assert attempts == {"good": ("done", 1), "dies-once": ("done", 2), "dies": ("interrupted", 3)}


def test_an_interrupt_keeps_what_is_done_and_the_state_of_the_rest(cluster: Processes, tmp_path: Path):
    endless = ("steps=2000000000", "every=100000000", "inner.rate=1e-7")
    plans = [plan("kinds=good"), plan("kinds=wide", *endless)]

    def ended(_: Plan, one: Ended) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(plans, tmp_path / "store", client=cluster.address, ended=ended)
    states = {record.case["kind"]: record for record in records(tmp_path / "store").values()}
    assert {kind: record.state for kind, record in states.items()} == {"good": "done", "wide": "interrupted"}
    with Store(tmp_path / "store", "r") as store:
        assert store.load_snapshot(states["wide"].key) is not None
    assert tw.lab.run(plans[0], tmp_path / "store", client=cluster.address).computed == 0


def test_large_results_may_take_the_way_of_a_shared_folder(cluster: Processes, tmp_path: Path):
    from distributed import Client

    shared = tmp_path / "shared"
    shared.mkdir()
    with Client(cluster.address, set_as_default=False) as client:
        came = tw.lab.run(FILE, tmp_path / "store", quick=True, settings=["kinds=good"], client=client, shared=shared)
        assert client.status == "running"
    assert [verdict.verdict for verdict in came.verdicts] == ["pass"]
    assert sorted(path.name for path in shared.iterdir()) == ["results"]
    assert list((shared / "results").iterdir()) == []


def test_a_worker_with_other_code_is_named_before_anything_is_run(cluster: Processes, tmp_path: Path):
    copy = tmp_path / "code" / "thalweg"
    shutil.copytree(Path(tw.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    seeds = copy / "_seeds.py"
    seeds.write_text(seeds.read_text() + "\n# another version\n")
    cluster.worker("other", "--no-nanny", PYTHONPATH=str(tmp_path / "code"))
    try:
        cluster.joined(WORKERS + 1)
        with pytest.raises(
            ClusterError, match=r"^the worker tcp://127.0.0.1:\d+ cannot take part: it has source of thalweg \w+ "
        ):
            tw.lab.run(plan("kinds=good"), tmp_path / "store", client=cluster.address)
        assert not (tmp_path / "store").exists()
    finally:
        cluster.leave("other")
    cluster.joined(WORKERS)


def test_a_study_that_does_not_read_on_a_worker_is_told_so_before_anything_is_run(cluster: Processes, tmp_path: Path):
    study = tmp_path / "mine.py"
    there = 'getattr(sys.modules["__main__"].__spec__, "name", "") == "thalweg.lab.cluster.process"'
    study.write_text(f"import sys\nif {there}:\n    import of_this_machine_alone\n" + FILE.read_text())
    words = (
        r"^the worker tcp://127.0.0.1:\d+ cannot take part: it cannot read the study: ValueError: mine.py cannot be run, line 3: "
        r"ModuleNotFoundError: No module named 'of_this_machine_alone' \(and 2 more workers with a trouble\)$"
    )
    with pytest.raises(ClusterError, match=words):
        tw.lab.run(study, tmp_path / "store", client=cluster.address)
    assert not (tmp_path / "store").exists()


def test_a_client_that_is_closed_is_refused(cluster: Processes, tmp_path: Path):
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        pass
    with pytest.raises(ValueError, match="^client is closed: open one, or give the address of its scheduler$"):
        tw.lab.run(plan("kinds=good"), tmp_path / "store", client=client)
    assert not (tmp_path / "store").exists()


def test_what_does_not_fit_is_refused_before_anything_is_run(cluster: Processes, tmp_path: Path):
    store = tmp_path / "store"
    broken = tmp_path / "broken.py"
    broken.write_text("import os, thalweg.nowhere\n" + FILE.read_text())
    for error, words, study, more in (
        (ValueError, "no shared folder", FILE, {"shared": tmp_path / "none"}),
        (ValueError, "broken.py cannot be run, line 1: ModuleNotFoundError", broken, {}),
        (ValueError, "a cluster has its own", FILE, {"jobs": 2}),
        (ValueError, "there is no parameter 'nothing'", plan("nothing=1"), {}),
        (TypeError, "client must be a distributed.Client or the address", FILE, {"client": 3}),
    ):
        with pytest.raises(error, match=words):
            tw.lab.run(study, store, **{"client": cluster.address, **more})
    assert not store.exists()


def test_a_worker_that_is_killed_costs_its_own_run_and_no_other(cluster: Processes, tmp_path: Path):
    """All workers are held; the one that began first is killed, and the rest are let go once its process is gone too."""
    killed: list[str] = []

    def watch() -> None:
        first = until(lambda: len(begun(tmp_path)) >= WORKERS and begun(tmp_path))[0]
        case, process, worker = first
        os.kill(worker, signal.SIGKILL)
        until(lambda: not alive(process))
        killed.append(case)
        (tmp_path / "go").touch()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        came = tw.lab.run(plan("kinds=held", f"marker={tmp_path}", seeds=6), tmp_path / "store", client=cluster.address)
    finally:
        (tmp_path / "go").touch()
        thread.join()
    assert len(killed) == 1
    assert came.computed == 6
    began = [name for name, _, _ in begun(tmp_path)]
    assert sorted(began) == sorted([*{f"held-{seed}" for seed in range(6)}, *killed])
    assert [verdict.verdict for verdict in came.verdicts] == ["pass"]
