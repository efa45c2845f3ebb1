"""A scheduler that is killed in the middle and started again, Ctrl-C, and a client that is killed, from the command line."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.calls import TINY, call, lines, started
from lab.clusters import Processes, alive, processes, until
from lab.test_cluster import begun, records

STUDY = ("run", TINY, "--quick", "--seeds", "2")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Processes]:
    """A scheduler without workers yet."""
    with processes(tmp_path) as made:
        yield made


def ended(process: subprocess.Popen[str]) -> tuple[int, str, list[str]]:
    out, err = process.communicate(timeout=240)
    return process.returncode, out, lines(err)


def states(store: Path) -> dict[str, tuple[str, int]]:
    found: Any = records(store).values() if (store / "index.sqlite").is_file() else ()
    return {f"{one.case['kind']}-{one.case['seed']}": (one.state, one.attempts) for one in found}


def test_what_is_done_outlives_the_client_and_the_scheduler(cluster: Processes, tmp_path: Path):
    """Ctrl-C first, then a client that is killed, then the scheduler; each time the same command goes on."""
    hold, store = tmp_path / "hold", tmp_path / "store"
    hold.mkdir()
    words = (*STUDY, "--set", "kinds=good,held", "--set", f"marker={hold}", "--store", str(store), "--on", cluster.address)

    told = call(*words)
    assert told.exit_code == 2
    assert told.stderr.startswith(f"thalweg: the scheduler at {cluster.address} has no workers: start some with `dask worker ")
    assert told.stderr.count("\n") == 1
    assert not store.exists()

    worker = cluster.worker("w0", "--no-nanny")
    cluster.joined(1)

    first = started(*words)
    ((_, process, _),) = until(lambda: begun(hold))
    os.killpg(first.pid, signal.SIGINT)
    code, out, err = ended(first)
    assert (code, out) == (130, "")
    assert err[-1].startswith(f"interrupted; what was done is kept. To go on: thalweg run {TINY} --quick")
    assert f"--on {cluster.address}" in err[-1]
    assert not any("Traceback" in line for line in err)
    until(lambda: not alive(process))  # it would wait for a long time still
    assert set(states(store).values()) == {("done", 1), ("interrupted", 1)}

    second = started(*words)
    process = until(lambda: [pid for _, pid, _ in begun(hold) if pid != process])[0]
    os.killpg(second.pid, signal.SIGKILL)
    ended(second)
    until(lambda: not alive(process))  # nobody wants its run any longer

    third = started(*words)
    until(lambda: len(begun(hold)) == 3)
    os.kill(cluster.started[0].pid, signal.SIGKILL)
    code, out, err = ended(third)
    assert (code, out) == (130, "")
    assert err[-1].startswith(
        f"thalweg: the connection to the scheduler at {cluster.address} was lost; what was done is kept. To go on: "
    )
    assert not any("Traceback" in line for line in err)
    worker.kill()
    worker.wait()

    cluster.scheduler()
    cluster.worker("w1", "--no-nanny")
    cluster.joined(1)
    (hold / "go").touch()
    told = call(*words, "--json", "-")
    assert told.exit_code == 0
    assert told.stdout.count('"verdict": "pass"') == 2
    assert {name: attempts for name, (_, attempts) in states(store).items() if name.startswith("good")} == {
        "good-0": 1,
        "good-1": 1,
    }
    assert {state for state, _ in states(store).values()} == {"done"}
