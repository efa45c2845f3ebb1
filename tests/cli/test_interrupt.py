"""Runs that are interrupted, killed or shared: what was done is kept, and ends bit for bit where it would have."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.calls import TINY, lines, started
from thalweg.lab.store import RunRecord, Store

LONG = ("--quick", "--jobs", "1", "--set", "kinds=good", "--set", "inner.rate=1e-7")


def words(steps: int, store: Path, *more: str) -> tuple[str, ...]:
    """A run whose descent is slow enough not to come to rest."""
    changed = (f"steps={steps}", f"every={steps // 10}", "bound=1")
    return ("run", TINY, *LONG, *(word for one in changed for word in ("--set", one)), *more, "--store", str(store))


def until(ready: Callable[[], Any], seconds: float = 120.0) -> Any:
    """What `ready` says once it says anything."""
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
    return found


def records(store: Path) -> list[RunRecord]:
    if not (store / "index.sqlite").is_file():
        return []
    with Store(store, "r") as opened:
        return opened.query()


def running(store: Path) -> bool:
    return any(record.state == "running" for record in records(store))


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def same_bits(one: Path, other: Path) -> bool:
    (first,), (second,) = records(one), records(other)
    mine, theirs = first.dataset(), second.dataset()
    same = all(mine[name].values.tobytes() == theirs[name].values.tobytes() for name in theirs.data_vars)
    return same and first.key == second.key and list(mine.data_vars) == list(theirs.data_vars)


def check_ends_the_same(steps: int, folder: Path, interrupted: Path) -> None:
    """Going on in the one store comes to the same bits as an uninterrupted run in another."""
    again, straight = started(*words(steps, interrupted)), None
    try:
        assert ended(again)[0] == 0
        straight = started(*words(steps, folder / "straight"))
        assert ended(straight)[0] == 0
    finally:
        for process in (again, straight):
            if process is not None:
                process.kill()
    assert same_bits(interrupted, folder / "straight")
    assert [record.attempts for record in records(interrupted)] == [2]
    assert list((interrupted / "snapshots").iterdir()) == []


def test_control_c_keeps_the_state_and_says_how_to_go_on(tmp_path: Path):
    steps, store = 1_000_000, tmp_path / "store"
    process = started(*words(steps, store, "--json", str(tmp_path / "verdicts.json")))
    try:
        until(lambda: running(store))
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        code, out, err = ended(process)
    finally:
        process.kill()
    assert code == 130
    assert out == ""
    assert "Traceback" not in err
    said = lines(err)[-1]
    assert said.startswith("interrupted; what was done is kept. To go on: thalweg run ")
    assert f"--set steps={steps}" in said
    assert f"--store {store}" in said
    assert not (tmp_path / "verdicts.json").exists()
    (record,) = records(store)
    assert (record.state, record.attempts) == ("interrupted", 1)
    assert (store / "snapshots" / f"{record.key}.npz").is_file()
    check_ends_the_same(steps, tmp_path, store)


@pytest.mark.slow
def test_a_killed_tree_of_processes_loses_five_seconds_at_most(tmp_path: Path):
    steps, store = 5_000_000, tmp_path / "store"
    process = started(*words(steps, store))
    try:
        snapshot = until(lambda: next(iter((store / "snapshots").glob("*.npz")), None))
        os.killpg(process.pid, signal.SIGKILL)
        code, _, _ = ended(process)
    finally:
        process.kill()
    assert code == -signal.SIGKILL
    assert snapshot.is_file()
    (record,) = records(store)
    assert record.state == "running"  # nobody was left to say otherwise; the next one finds its process gone
    check_ends_the_same(steps, tmp_path, store)


def test_two_processes_on_one_store_do_each_run_once(tmp_path: Path):
    store = tmp_path / "store"
    command = ("run", TINY, "--seeds", "2", "--jobs", "1", "--set", "kinds=good,solved", "--store", str(store), "--json", "-")
    both = [started(*command), started(*command)]
    try:
        (code, told, _), (other_code, other_told, _) = (ended(process) for process in both)
    finally:
        for process in both:
            process.kill()
    assert (code, other_code) == (0, 0)
    assert told == other_told
    assert '"verdict": "pass"' in told
    assert [(record.state, record.attempts) for record in records(store)] == [("done", 1)] * 4


@pytest.mark.parametrize("after", [0.0, 0.08])
def test_control_c_before_any_run_ends_at_once_without_a_traceback(tmp_path: Path, after: float):
    """Workers that are only just starting are not to tell of it either."""
    process = started(*words(1_000_000, tmp_path / "store"))
    try:
        until(lambda: (tmp_path / "store" / "index.sqlite").is_file())
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        code, out, err = ended(process)
    finally:
        process.kill()
    assert (code, out) == (130, "")
    assert "Traceback" not in err
    assert "To go on: thalweg run " in lines(err)[-1]
