"""Worker processes that die, that raise, that outlive their parent; and that change no number by how many they are."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lab import tiny_study as tiny
from thalweg.lab.carry_out import _keyed, run, run_all
from thalweg.lab.plan import Plan
from thalweg.lab.store import Store
from thalweg.lab.workers import ATTEMPTS, Ended, _affinity, _interrupts_held, cores
from thalweg.studies.registry import study

FILE = Path(tiny.__file__)


def plan(*settings: str, **more: Any) -> Plan:
    return Plan(str(FILE), quick=True, settings=settings, **more)


def test_importing_workers_imports_no_jax():
    script = "import sys, thalweg.lab.workers; print([name for name in ('jax', 'numpy', 'xarray') if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_each_of_several_workers_has_a_core_and_one_has_them_all():
    assert cores() == len(os.sched_getaffinity(0))
    assert _affinity(1) == [None]
    assert set(_affinity(2 * cores())) == os.sched_getaffinity(0)
    assert len(_affinity(2 * cores() + 1)) == 2 * cores() + 1


def test_ctrl_c_waits_while_workers_are_started():
    done = []

    def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        done.append("started")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), _interrupts_held():
        interrupted()
    assert done == ["started"]
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == ["started"]


def test_processes_that_are_started_meanwhile_do_not_hear_of_ctrl_c():
    script = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with _interrupts_held():
        told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "True"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_run_that_dies_is_blamed_alone_and_one_that_died_once_is_done_again(tmp_path: Path):
    """One worker, so that the others wait behind the one that dies; each of them is done."""
    marker, heard = tmp_path / "marker", []
    kinds = "dies,good,dies-once,raises,no-data,wide"
    came = run(plan(f"kinds={kinds}", f"marker={marker}"), tmp_path / "store", jobs=1, ended=heard.append)
    assert marker.read_text() == "died"
    assert {result.coordinates["kind"] for result in came.evidence} == {"good", "dies-once", "wide"}
    reasons = {missing.case.coordinates["kind"]: (missing.reason, missing.no_data) for missing in came.missing}
    assert reasons == {
        "dies": (f"its worker process died {ATTEMPTS} times; memory may be short, see `thalweg doctor`", False),
        "raises": ("RuntimeError: no luck [/today]", False),
        "no-data": ("the toy data are not at hand; set THALWEG_DATA", True),
    }
    verdicts = {verdict.claim: verdict for verdict in came.verdicts}
    assert {name: verdict.verdict for name, verdict in verdicts.items()} == {
        "good falls": "pass",
        "dies-once falls": "pass",
        "wide falls": "pass",
        "dies falls": "not run",
        "raises falls": "not run",
        "no-data falls": "not run",
    }
    assert verdicts["dies falls"].reason == reasons["dies"][0]
    states = {one.task.case.coordinates["kind"]: one.state for one in heard if isinstance(one, Ended)}
    assert states == {"good": "done", "dies-once": "done", "wide": "done", "dies": "failed", "raises": "failed"}
    assert came.computed == 3
    with Store(tmp_path / "store", "r") as store:
        told = {record.case["kind"]: record.state for record in store.query()}
    assert told == {"good": "done", "dies-once": "done", "wide": "done", "raises": "failed"}


def test_numbers_do_not_depend_on_how_many_workers_there_are(tmp_path: Path):
    stores = []
    for jobs in (1, 2):
        place = tmp_path / f"{jobs}"
        run(plan("kinds=good,wide", "steps=200"), place, jobs=jobs)
        with Store(place, "r") as store:
            stores.append({record.key: record for record in store.query(state="done")})
    one, two = stores
    assert set(one) == set(two)
    assert len(one) == 2
    for key, record in one.items():
        mine, other = record.dataset(), two[key].dataset()
        assert all(mine[name].values.tobytes() == other[name].values.tobytes() for name in mine.data_vars)
        assert {**record.finals, "seconds": 0} == {**two[key].finals, "seconds": 0}


def test_a_script_needs_no_guard_against_being_run_again_by_workers(tmp_path: Path):
    script = tmp_path / "script.py"
    call = f"tw.lab.run({str(FILE)!r}, {str(tmp_path / 'store')!r}, quick=True, settings=['kinds=good'], jobs=1)"
    script.write_text(f"import thalweg as tw\nprint('once')\nprint({call}.verdicts[0].verdict, __file__ == {str(script)!r})\n")
    told = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == ["once", "pass True"]
    assert told.stderr == ""


def test_workers_of_a_killed_parent_keep_their_state_and_leave(tmp_path: Path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom thalweg.lab.plan import Plan\nfrom thalweg.lab.carry_out import run\n"
        "if __name__ == '__main__':\n"
        "    settings = ('kinds=good,wide', 'steps=2000000000', 'every=100000000')\n"
        "    run(Plan(sys.argv[1], quick=True, settings=settings), Path(sys.argv[2]), jobs=1)\n"
    )
    (tmp_path / "main.py").write_text(script)
    place = tmp_path / "store"
    parent = subprocess.Popen([sys.executable, str(tmp_path / "main.py"), str(FILE), str(place)])
    try:
        worker = until(lambda: next((record.owner.pid for record in running(place) if record.owner), 0))
        parent.kill()
    finally:
        parent.kill()
        parent.wait()
    until(lambda: not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text().split()[2])
    with Store(place, "r") as store:
        (record,) = store.query()
    assert record.state == "interrupted"
    assert (place / "snapshots" / f"{record.key}.npz").is_file()


def running(place: Path) -> list[Any]:
    if not (place / "index.sqlite").is_file():
        return []
    with Store(place, "r") as store:
        return store.query(state="running")


def until(ready: Any, seconds: float = 60.0) -> Any:
    """What `ready` says once it says anything."""
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
    return found


def test_the_parameters_of_a_file_are_not_those_of_its_module_here():
    """So that the runs above do show that a worker can read what it could not import."""
    found = study(str(FILE))
    assert type(found.parameters).__module__ not in (tiny.__name__, "__main__")
    assert dataclasses.asdict(found.parameters) == dataclasses.asdict(tiny.Parameters())


def test_several_studies_share_their_workers_and_each_is_judged_when_its_last_run_ends(tmp_path: Path):
    heard: list[Any] = []
    plans = [plan("kinds=good"), plan("kinds=good,wide", "steps=70"), plan("kinds=good", "rank=1")]
    came = run_all(
        plans, tmp_path, jobs=1, ended=lambda p, one: heard.append((plans.index(p), one.task.case.coordinates["kind"]))
    )
    assert [len(one.evidence.results) for one in came] == [1, 2, 1]
    assert heard[:2] == [(0, "good"), (2, "good")]  # asked for twice, run once
    assert sorted(heard[2:]) == [(1, "good"), (1, "wide")]
    assert all(verdict.verdict == "pass" for one in came for verdict in one.verdicts)


def test_a_run_that_another_process_is_at_is_put_off_to_the_end(tmp_path: Path):
    asked = plan("kinds=good,wide")
    study_, parameters, seeds = asked.resolved()
    keys, _ = _keyed(study_, parameters, seeds, asked.root)
    first = next(iter(keys))
    with Store(tmp_path) as other:
        lease = other.claim(first, "tiny", {})
        assert lease is not None
        heard: list[str] = []

        def ended(one: Ended) -> None:
            heard.append(one.task.key)
            if one.task.key != first:
                other.interrupt(lease)

        came = run(asked, tmp_path, jobs=1, ended=ended)
    assert heard[-1] == first
    assert len(heard) == 2
    assert came.computed == 2
