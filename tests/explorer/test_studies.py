"""A study in a process of its own: whatever that process does, the page is told how it ended, and the next can begin."""

import json
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from explorer.waiting import until
from thalweg.explorer import study_process
from thalweg.explorer.jobs import Full
from thalweg.explorer.studies import Going, Studies

TELL = """
import json, os, signal, subprocess, sys, time
def tell(kind, **what):
    print(json.dumps([kind, what]), flush=True)
"""


def carried_out(code: str) -> Going:
    """A process of this code in place of a study's."""
    return Going("balancedness", "quick", None, lambda: None, (sys.executable, "-c", TELL + code))


def told(going: Going) -> list[tuple[str, Mapping[str, Any]]]:
    """All that it tells, to the end."""
    found: list[tuple[str, Mapping[str, Any]]] = []

    def over() -> bool:
        while (message := going.take()) is not None:
            found.append(message)
        return bool(found) and found[-1][0] in ("done", "failed")

    until(over)
    return found


def test_what_is_told_comes_in_order_past_anything_else_that_is_printed(capfd: pytest.CaptureFixture[str]):
    going = carried_out("tell('begun', todo=1); print('a library speaks'); tell('done', of=2)")
    assert told(going) == [("begun", {"todo": 1}), ("done", {"of": 2})]
    assert "a library speaks" in capfd.readouterr().err


def test_a_process_that_warns_without_end_is_not_held():
    assert told(carried_out("sys.stderr.write('warning ' * 200_000); tell('done', of=2)")) == [("done", {"of": 2})]


def test_a_process_that_is_killed_is_told_of_though_its_workers_hold_its_output():
    going = carried_out(
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); tell('begun', todo=1); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    kinds = told(going)
    assert [kind for kind, _ in kinds] == ["begun", "failed"]
    assert "what is done is kept" in kinds[-1][1]["sentence"]
    until(lambda: going.still() == "")


def test_what_a_failed_process_said_stands_in_the_log(capfd: pytest.CaptureFixture[str]):
    assert told(carried_out("raise RuntimeError('out of paper')"))[-1][0] == "failed"
    seen: list[str] = []
    until(lambda: seen.append(capfd.readouterr().err) or "RuntimeError: out of paper" in "".join(seen))


def test_a_stop_interrupts_it_and_then_another_can_begin():
    going = carried_out(
        """
try:
    tell("begun", todo=1)
    time.sleep(600)
except KeyboardInterrupt:
    tell("failed", sentence="stopped")
"""
    )
    until(lambda: going.take() == ("begun", {"todo": 1}))
    assert "is being carried out for a reader" in going.still()
    going.stop()
    going.stop()
    assert told(going) == [("failed", {"sentence": "stopped"})]
    assert going.still() == ""


def test_one_that_is_done_is_in_nobodys_way_though_its_process_takes_its_time():
    going = carried_out("tell('done', of=2); time.sleep(600)")
    told(going)
    assert going.still() == ""
    going._process.kill()


def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    studies, first = Studies(tmp_path), carried_out("tell('begun', todo=1); time.sleep(600)")
    monkeypatch.setattr(studies, "_going", first)
    with pytest.raises(Full, match="balancedness is being carried out"):
        studies.run("balancedness", "quick", lambda: None)
    studies.leave()
    assert first.leaving
    with pytest.raises(LookupError, match="no such study"):
        studies.run("../balancedness", "quick", lambda: None)
    told(first)


def test_pictures_are_asked_for_at_once_while_the_store_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    studies, states = Studies(tmp_path), iter(range(10**9))
    monkeypatch.setattr(studies, "_verdicts", lambda: {("x", "quick"): {"claim": {"verdict": next(states)}}})
    monkeypatch.setattr("thalweg.explorer.studies.recall", lambda store, names: [type("Run", (), {"mode": "quick"})])
    monkeypatch.setattr("thalweg.explorer.studies.chapters", lambda runs: ["chapter"])
    found: list[Any] = []

    def ask() -> None:
        found.extend(studies._chapter("x", "quick") for _ in range(300))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == ["chapter"] * 1200


def test_a_store_that_cannot_be_used_is_said_without_the_names_of_folders(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    (tmp_path / "store").write_text("not a store")
    study_process.main(["balancedness", "quick", str(tmp_path / "store")])
    out, err = capfd.readouterr()
    (kind, what) = json.loads(out.splitlines()[-1])
    assert kind == "failed"
    assert "the log of the server says why" in what["sentence"]
    assert str(tmp_path) not in out
    assert str(tmp_path) in err
