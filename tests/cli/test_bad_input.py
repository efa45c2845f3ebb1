"""Bad input: one line that says what is wrong, exit code 2, and nothing written or changed."""

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli.calls import TINY, call, contents, lines, no_downloads, started
from thalweg.lab.store import Store

APPLICATION = 0x7468616C


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a few things in it that are no studies and no stores."""
    monkeypatch.chdir(tmp_path)
    for name in ("THALWEG_STORE", "THALWEG_DATA"):
        monkeypatch.delenv(name, raising=False)
    no_downloads(monkeypatch)
    (tmp_path / "words.txt").write_text("no store")
    (tmp_path / "folder").mkdir()
    (tmp_path / "nothing.py").write_text("x = 1\n")
    (tmp_path / "broken.py").write_text("STUDY = (\n")
    (tmp_path / "raising.py").write_text("import thalweg\n\nSTUDY = thalweg.NoSuchThing\n")
    return tmp_path


BAD: list[tuple[Sequence[str], str]] = [
    (
        ["run", "matrix-complexion"],
        "did you mean 'matrix-completion'",
    ),
    (["run", "absent.py"], "there is no file 'absent.py' to read a study from"),
    (["run", "nothing.py"], "nothing.py defines no STUDY"),
    (["run", "broken.py"], "broken.py cannot be run: SyntaxError"),
    (["run", "raising.py"], "raising.py cannot be run, line 3: AttributeError"),
    (["run", TINY, "nothing"], "there is no study 'nothing'"),
    (["run", TINY, "--seeds", "0"], "seeds must be at least 1, got 0"),
    (["run", TINY, "--seeds", "-1"], "seeds must be at least 1, got -1"),
    (["run", TINY, "--seed", "-1"], "seed must be at least 0, got -1"),
    (["run", TINY, "--jobs", "0"], "jobs must be at least 1, got 0"),
    (["run", TINY, "--set", "side"], "--set takes path=value, got 'side'"),
    (["run", TINY, "--set", "sides=5"], "there is no parameter 'sides'; there are kinds, .*; did you mean 'side'?"),
    (["run", TINY, "--set", "side=5.5"], "side takes a whole number such as 4, got '5.5'"),
    (["run", TINY, "--set", "loud=1"], "loud takes True or False"),
    (["run", TINY, "--set", "inner=3"], "inner is a group of parameters; set one of inner.rate, inner.most"),
    (["run", TINY, "--set", "side.rate=3"], "side is a single value"),
    (["run", TINY, "--set", "shape=4"], "shape takes 2 values, got 1"),
    (["run", TINY, "--set", "scales=()"], "scales takes at least one value"),
    (["run", TINY, "--set", "rank=9"], "rank"),
    (["run", TINY, "--set", "inner.rate=-1"], "learning_rate must be greater than 0"),
    (["run", TINY, "--set", "scales=nan"], "scales takes a list of numbers such as"),
    (["run", "matrix-completion", "--set", "depths=0", "--store", "st"], "depth must be at least 1"),
    (["run", "matrix-completion", "--set", "observed=2000,10001", "--store", "st"], "observed"),
    (["run", "singular-values", "--set", "rtols=0", "--store", "st"], "rtol"),
    (["run", TINY, "--store", "words.txt"], "words.txt is a file, and a store is a folder"),
    (["run", TINY, "--store", "words.txt/below"], "words.txt is a file, and a store is a folder"),
    (["run", TINY, "--json", "absent/verdicts.json"], "--json absent/verdicts.json: there is no folder absent"),
    (["run", TINY, "--json", "folder"], "--json takes a file, folder is a folder"),
    (["run", TINY, "--json", "words.txt/verdicts.json"], "there is no folder words.txt"),
    (["verify", "matrix-complexion"], "there is no study 'matrix-complexion'"),
    (["verify", TINY, "--seeds", "0"], "seeds must be at least 1"),
    (["verify", TINY, "--set", "x=1"], "there is no parameter 'x'"),
    (["verify", TINY, "--json", "absent/v.json"], "there is no folder absent"),
    (["verify", TINY, "--store", "words.txt"], "words.txt is a file"),
    (["show", "matrix-complexion"], "there is no study 'matrix-complexion'"),
    (["show", TINY, "--set", "side="], "side takes a whole number such as 4, got ''"),
    (["show", TINY, "--json", "folder"], "--json takes a file, folder is a folder"),
    (["list", "--json", "absent/studies.json"], "there is no folder absent"),
    (["doctor", "--json", "absent/doctor.json"], "there is no folder absent"),
    (["report"], "there is no store at .*thalweg-store: run a study first"),
    (["report", "--store", "folder"], "there is no store at .*folder: run a study first"),
    (["report", "--store", "words.txt"], "words.txt is a file, and a store is a folder"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=lambda value: " ".join(value[:4])[-60:] if isinstance(value, list) else "")
def test_bad_input_is_one_line_and_nothing_is_written(place: Path, words: list[str], said: str):
    before = contents(place)
    result = call(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = lines(result.stderr)
    assert line.startswith("thalweg: ")
    assert re.search(said, line), line
    assert contents(place) == before


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", TINY, "--seeds", "x"],
        ["run", TINY, "--seed", "1.5"],
        ["run", TINY, "--slow"],
        ["report", TINY, "--json", "x"],
        ["show"],
        ["explain"],
    ],
    ids=" ".join,
)
def test_what_the_command_line_itself_cannot_read_is_a_usage_error(place: Path, words: list[str]):
    before = contents(place)
    result = call(*words)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr
    assert len(lines(result.stderr)[-1]) > 10
    assert contents(place) == before


def _store(place: Path) -> Path:
    Store(place / "store").close()
    return place / "store" / "index.sqlite"


def _spoil(index: Path, harm: str) -> str:
    if harm == "garbage":
        index.write_bytes(b"this is no database " * 500)
        return "is damaged or is not a store's"
    if harm == "cut":
        index.write_bytes(index.read_bytes()[:1500])
        return "damaged|malformed"
    index.unlink()
    with sqlite3.connect(index) as connection:
        connection.execute("CREATE TABLE runs (key TEXT)")
        connection.execute(f"PRAGMA application_id = {APPLICATION if harm == 'newer' else 7}")
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    return "made by a newer Thalweg" if harm == "newer" else "a database of some other program"


@pytest.mark.parametrize("harm", ["garbage", "cut", "newer", "foreign"])
@pytest.mark.parametrize("words", [["run", TINY, "--quick"], ["verify", TINY, "--quick"], ["report"]], ids=lambda words: words[0])
def test_a_store_that_cannot_be_used_is_left_as_it_is(place: Path, harm: str, words: list[str]):
    said = _spoil(_store(place), harm)
    before = contents(place)
    result = call(*words, "--store", "store")
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = lines(result.stderr)
    assert line.startswith("thalweg: ")
    assert re.search(said, line), line
    assert contents(place) == before


def test_a_report_of_an_empty_store_says_what_to_run(place: Path):
    _store(place)
    before = contents(place)
    result = call("report", "--store", "store")
    assert result.exit_code == 2
    (line,) = lines(result.stderr)
    assert line == "thalweg: the store holds no study yet; run one first: thalweg run matrix-completion --quick"
    assert contents(place) == before


def test_the_place_of_the_store_comes_from_the_environment(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("THALWEG_STORE", str(place / "words.txt"))
    result = call("run", TINY, "--quick")
    assert result.exit_code == 2
    assert "words.txt is a file, and a store is a folder" in result.stderr


def test_a_process_of_its_own_says_the_same(place: Path):
    before = contents(place)
    process = started("run", "matrix-complexion")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    (line,) = lines(err)
    assert line.startswith("thalweg: there is no study 'matrix-complexion'; did you mean 'matrix-completion'? There are matrix-")
    assert contents(place) == before
