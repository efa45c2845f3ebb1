"""The report on disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import thalweg.report
from report.examples import completion, errors, run, singular_values, verdict
from thalweg.report import ReportNotWritten, write_report
from thalweg.report.write import contents


def small():
    return run("small", verdicts=[verdict()], tables=[errors()])


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_all_files_in_a_path_with_spaces(tmp_path: Path):
    folder = tmp_path / "a folder" / "my report"
    page = write_report([completion(), singular_values()], folder)
    assert page == folder / "report.html"
    assert below(folder) == {
        "report.html",
        "verdicts.json",
        *(f"figures/{name}.{kind}" for kind in ("svg", "pdf") for name in (
            "matrix-completion-scales-2000", "matrix-completion-spectra", "singular-values-rise", "singular-values-law",
        )),
        "tables/matrix-completion-completion-2000.tex",
        "tables/matrix-completion-verdicts.tex",
        "tables/singular-values-final-values.tex",
        "tables/singular-values-verdicts.tex",
    }  # fmt: skip
    assert len(json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))) == 8
    assert [path.name for path in folder.parent.iterdir()] == ["my report"]


def test_links_lead_to_files(tmp_path: Path):
    page = write_report([small()], tmp_path / "r").read_text(encoding="utf-8")
    assert 'href="tables/small-completion-2000.tex"' in page
    assert (tmp_path / "r" / "tables" / "small-completion-2000.tex").is_file()


def test_the_same_bytes_every_time():
    first = contents([small()])
    assert contents([small()]) == first


def test_a_second_report_replaces_the_first_and_nothing_else(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("kept")
    write_report([run("first")], tmp_path)
    write_report([small()], tmp_path)
    assert "small" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "mine.txt").read_text() == "kept"
    assert below(tmp_path) >= {"mine.txt", "report.html", "tables/small-verdicts.tex"}
    assert not list(tmp_path.glob(".thalweg*"))


def test_a_study_that_cannot_be_drawn_leaves_no_trace(tmp_path: Path):
    broken = run(tables=[errors().__class__("t", "T", "", ["a", "b"], [["one"]])])
    with pytest.raises(ValueError, match="has 1 cells"):
        write_report([broken], tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_report([run("first")], tmp_path / "r")
    before = (tmp_path / "r" / "report.html").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReportNotWritten, match=r"could not be written to .*No space left on device.*free some space"):
        write_report([small()], tmp_path / "r")
    with pytest.raises(ReportNotWritten, match="No space left"):
        write_report([small()], tmp_path / "new")
    assert (tmp_path / "r" / "report.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
    assert below(tmp_path / "r") == {"report.html", "verdicts.json"}


def test_a_file_in_the_way(tmp_path: Path):
    (tmp_path / "r").write_text("a file")
    with pytest.raises(ReportNotWritten, match="needs a folder, .* is a file; name another place"):
        write_report([], tmp_path / "r")
    assert (tmp_path / "r").read_text() == "a file"


@pytest.mark.skipif(os.name == "nt", reason="rights of files are those of POSIX")
def test_files_are_readable_as_others_are(tmp_path: Path):
    (tmp_path / "other").mkdir()
    write_report([], tmp_path / "r")
    assert (tmp_path / "r").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_printing_verdicts_waits_for_no_drawing():
    code = "import sys; from thalweg.report import render; print({'plotly', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="no attribute 'write_reports'"):
        thalweg.report.write_reports  # noqa: B018
