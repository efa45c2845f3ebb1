"""`thalweg complete`: a table in, a table and a page out; or one line that says why not, and nothing written."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli.calls import call, contents, lines


def table(path: Path, rows: int = 15, columns: int = 10, share: float = 0.75) -> np.ndarray:
    """A small table of rank one with gaps and names, written to a file; the whole matrix."""
    rng = np.random.default_rng(0)
    whole = np.outer(rng.uniform(1, 3, rows), rng.uniform(1, 3, columns)) + 0.05 * rng.standard_normal((rows, columns))
    frame = pd.DataFrame(whole, index=[f"r{i}" for i in range(rows)], columns=[f"c{j}" for j in range(columns)])
    frame.where(rng.random(whole.shape) < share).to_csv(path, index_label="who")
    return whole


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "some.csv")
    (tmp_path / "folder").mkdir()
    (tmp_path / "taken.csv").write_text("mine")
    (tmp_path / "taken.html").write_text("mine")
    (tmp_path / "full.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "gaps.csv").write_text("a,b\n,\n,\n")
    (tmp_path / "words.csv").write_text("a,b\n1,x\n,2\n")
    (tmp_path / "few.csv").write_text("a,b\n1,\n3,4\n")
    (tmp_path / "twice.csv").write_text("u,v,x\na,b,1\na,b,2\nc,b,3\n")
    (tmp_path / "infinite.csv").write_text("a,b\n1,inf\n,2\n")
    (tmp_path / "notes.txt").write_text("1,2")
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY broken")
    return tmp_path


def test_a_table_is_completed_from_end_to_end(place: Path):
    before = contents(place)
    result = call("complete", "some.csv", "--quick", "--json", "found.json")
    assert result.exit_code == 0, result.stderr
    after = contents(place)
    assert sorted(set(after) - set(before)) == ["found.json", "some.completed.csv", "some.completed.html"]
    assert all(after[name] == content for name, content in before.items())
    given, filled = (pd.read_csv(name, index_col="who") for name in ("some.csv", "some.completed.csv"))
    assert list(filled.columns) == list(given.columns)
    assert list(filled.index) == list(given.index)
    seen = given.notna().to_numpy()
    np.testing.assert_array_equal(filled.to_numpy()[seen], given.to_numpy()[seen])
    error = np.sqrt(np.mean((filled.to_numpy() - table(place / "again.csv"))[~seen] ** 2))
    assert error < 0.3
    found = json.loads(Path("found.json").read_text())
    assert found["chosen"] in ("soft-impute", "nuclear-norm", "deep")
    assert found["verdict"] in Path("some.completed.html").read_text()
    assert found["verdict"].split(".")[0] in " ".join(result.stdout.split())
    names = ["mean", "columns", "offsets", "soft-impute", "nuclear-norm", "deep"]
    assert [one["method"] for one in found["methods"]] == names
    assert "completed table: some.completed.csv" in result.stdout


def test_json_on_standard_output_is_all_that_is_printed_and_a_seed_repeats(place: Path):
    words = ("complete", "some.csv", "--method", "offsets", "--seed", "3", "--json", "-", "--out", "one.tsv")
    first = call(*words)
    again = call(*words, "--force")
    first_found, found = json.loads(first.stdout), json.loads(again.stdout)
    for one in (*first_found["methods"], *found["methods"]):
        one.pop("seconds")
    assert first_found == found
    assert found["seed"] == 3
    assert Path("one.tsv").read_text().startswith("who\tc0\t")
    assert Path("one.html").is_file()


BAD = [
    (["absent.csv"], "there is no file absent.csv"),
    (["folder"], "folder must end in .csv, .tsv, .parquet, .npy"),
    (["notes.txt"], "notes.txt must end in"),
    (["empty.csv"], "empty.csv is empty"),
    (["full.csv"], "full.csv: no entry is missing, there is nothing to complete"),
    (["gaps.csv"], "gaps.csv holds no number at all"),
    (["words.csv"], "words.csv, line 2: 'x' is no number"),
    (["infinite.csv"], "infinite.csv: the entry of row 0, column b is infinite"),
    (["few.csv"], "the table has 3 seen entries; 20 are the least"),
    (["twice.csv", "--layout", "long"], "twice.csv, line 3: the entry of row a and column b stands more than once"),
    (["broken.npy"], "broken.npy is no array of numbers"),
    (["some.csv", "--method", "magic"], "method must be best or one of mean, columns, offsets"),
    (["some.csv", "--layout", "square"], "layout must be one of auto, wide, long"),
    (["some.csv", "--seed", "-1"], "seed must be at least 0, got -1"),
    (["some.csv", "--out", "some.csv", "--force"], "--out some.csv is the table itself, which is never written over"),
    (["some.csv", "--out", "taken.csv"], "--out taken.csv is there already; name another place, or replace it by --force"),
    (["some.csv", "--report", "taken.html"], "--report taken.html is there already"),
    (["some.csv", "--report", "page.pdf"], "--report page.pdf must end in .html"),
    (["some.csv", "--out", "absent/x.csv"], "--out absent/x.csv: there is no folder absent"),
    (["some.csv", "--out", "table.xlsx"], "table.xlsx must end in .csv"),
    (["some.csv", "--json", "taken.csv"], "--json taken.csv is there already"),
    (["some.csv", "--json", "folder"], "--json takes a file, folder is a folder"),
    (["some.csv", "--out", "x.csv", "--json", "x.csv"], "the same file cannot be two things"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_bad_input_is_one_line_and_nothing_is_written(place: Path, words: list[str], said: str):
    before = contents(place)
    result = call("complete", *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = lines(result.stderr)
    assert line.startswith("thalweg: ")
    assert re.search(said, line), line
    assert contents(place) == before


def test_without_the_extra_it_says_what_to_install(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "thalweg.estimators.complete_file", None)
    result = call("complete", "some.csv")
    assert result.exit_code == 2
    assert "pip install 'thalweg[sklearn]'" in result.stderr


def test_a_page_that_cannot_be_put_in_its_place_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch):
    before = contents(place)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "some.completed.csv")

    monkeypatch.setattr("thalweg.estimators.complete_file.write_table", full)
    result = call("complete", "some.csv", "--method", "mean")
    assert result.exit_code == 2
    assert "No space left on device: some.completed.csv" in result.stderr
    assert contents(place) == before


def test_an_interrupt_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch):
    before = contents(place)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("thalweg.estimators.complete_file.completion_page", interrupted)
    result = call("complete", "some.csv", "--method", "mean")
    assert result.exit_code == 130
    assert result.stdout == ""
    assert lines(result.stderr) == ["interrupted; nothing was written"]
    assert contents(place) == before


STALLED = """
import sys, time
import thalweg.estimators.complete_file as module

def page(*_):
    print("ready", flush=True)
    time.sleep(600)

module.completion_page = page
from thalweg.cli import main
main()
"""


def test_control_c_in_a_process_of_its_own_leaves_nothing(place: Path):
    before = contents(place)
    words = [sys.executable, "-c", STALLED, "complete", "some.csv", "--method", "mean", "--json", "found.json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert lines(err) == ["interrupted; nothing was written"]
    assert contents(place) == before
