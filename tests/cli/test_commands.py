"""The commands on what is good: what they print, what they write, with which code they end."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from cli.calls import TINY, call, lines, no_downloads
from lab.in_process import work_here
from thalweg._references import parse
from thalweg.lab.carry_out import _keyed
from thalweg.lab.store import Store
from thalweg.studies.registry import MODULES, study

FIELDS = {
    "study",
    "claim",
    "grade",
    "source",
    "verdict",
    "published",
    "measured",
    "allowed",
    "margin",
    "reason",
    "seeds",
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, without data, without a network, and with the runs in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("THALWEG_STORE", raising=False)
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    no_downloads(monkeypatch)
    work_here(monkeypatch)
    return tmp_path


def tiny(command: str, *words: Any, kinds: str = "good,solved") -> Any:
    return call(command, TINY, "--quick", "--set", f"kinds={kinds}", *words)


def test_list_names_every_study_with_its_source_and_cost():
    result = call("list", "--json", "-")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert [one["study"] for one in told] == list(MODULES)
    assert set(told[0]) == {"study", "title", "question", "cost", "sources"}
    assert told[0]["sources"][0] == "arora2019implicit, section 4, figures 1 and 2"
    table = call("list").stdout
    assert all(name in table for name in MODULES)


@pytest.mark.parametrize("name", [*MODULES, TINY])
def test_show_tells_parameters_and_claims(name: str, place: Path):
    result = call("show", name, "--json", "shown.json")
    assert result.exit_code == 0
    shown = json.loads((place / "shown.json").read_text())
    found = study(name)
    assert shown["study"] == found.name
    assert shown["runs"] == len(found.cases(found.parameters, range(found.seeds[0])))
    assert [claim["claim"] for claim in shown["claims"]] == [claim.name for claim in found.claims(found.parameters)]
    assert all(claim["null"] and claim["mutants"] for claim in shown["claims"])
    assert found.title in result.stdout
    assert "fails on" in result.stdout


def test_show_takes_settings_and_the_quick_form():
    shown = json.loads(call("show", "singular-values", "--quick", "--set", "films.most=99", "--json", "-").stdout)
    assert shown["parameters"]["films.most"] == 99
    assert shown["parameters"]["rtols"] == [1e-5, 1e-8]
    assert shown["seeds"] == 2
    full = json.loads(call("show", "singular-values", "--json", "-").stdout)
    assert (full["parameters"]["films.most"], full["seeds"]) == (0, 5)


def test_run_prints_verdicts_and_writes_json(place: Path):
    result = tiny("run", "--json", "verdicts.json")
    assert result.exit_code == 0
    assert "A tiny study" in result.stdout
    assert "2 claims: 2 pass" in result.stdout
    told = json.loads((place / "verdicts.json").read_text())
    assert [one["claim"] for one in told] == ["good falls", "solved falls"]
    assert set(told[0]) >= FIELDS
    assert told[0] | {"measured": 0, "margin": 0, "low": 0, "high": 0} == {
        "study": "tiny",
        "claim": "good falls",
        "sentence": "The loss of good falls.",
        "grade": "figure",
        "source": "arora2019implicit, figure 1",
        "verdict": "pass",
        "published": "small",
        "measured": 0,
        "low": 0,
        "high": 0,
        "allowed": "at most 0.5",
        "margin": 0,
        "null_margin": -3.0,
        "mutants": {"a loss of one": -1.0},
        "reason": "",
        "seeds": [0],
        "mode": "quick",
    }
    assert told[0]["margin"] == pytest.approx((0.5 - told[0]["measured"]) / 0.5)
    assert (place / "thalweg-store" / "index.sqlite").is_file()
    assert sorted(path.name for path in place.iterdir()) == ["data", "thalweg-store", "verdicts.json"]


def test_json_to_standard_output_is_all_that_stands_there():
    result = tiny("run", "--json", "-", "--store", "st")
    assert len(json.loads(result.stdout)) == 2
    again = tiny("verify", "--json", "-", "--store", "st")
    assert json.loads(again.stdout) == json.loads(result.stdout)


def test_json_of_numbers_that_are_none_is_still_json():
    result = tiny("run", "--json", "-", "--set", "inner.rate=300", kinds="good")
    assert result.exit_code == 1

    def refused(text: str) -> Any:
        raise AssertionError(f"{text} is no JSON")

    (told,) = json.loads(result.stdout, parse_constant=refused)
    assert told["verdict"] == "fail"
    assert told["measured"] in ("nan", "inf")


def test_json_replaces_a_file_and_leaves_nothing_beside_it(place: Path):
    (place / "verdicts.json").write_text("old")
    assert tiny("run", "--json", "verdicts.json", kinds="solved").exit_code == 0
    assert json.loads((place / "verdicts.json").read_text())[0]["claim"] == "solved falls"
    assert sorted(path.name for path in place.iterdir()) == ["data", "thalweg-store", "verdicts.json"]


def test_json_goes_to_a_device_and_does_not_take_its_place():
    assert call("list", "--json", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("kinds", "bound", "run_ends", "verify_ends"),
    [
        ("good,solved", 0.5, 0, 0),
        ("good,solved", 1e-9, 1, 1),
        ("good,no-data", 0.5, 0, 0),
        ("no-data", 0.5, 0, 1),
        ("good,raises", 0.5, 1, 1),
        ("good", 3.0, 0, 1),  # the null passes too: inconclusive
    ],
)
def test_exit_codes_of_run_and_verify(kinds: str, bound: float, run_ends: int, verify_ends: int):
    words = ["--set", f"bound={bound}", "--store", "st"]
    assert tiny("run", *words, kinds=kinds).exit_code == run_ends
    result = tiny("verify", *words, kinds=kinds)
    assert result.exit_code == verify_ends
    if "no-data" in kinds:
        assert "the toy data are not at hand; set THALWEG_DATA" in " ".join(result.stdout.split())


def test_a_run_that_raises_is_told_where_runs_are_told():
    result = tiny("run", kinds="good,raises")
    assert "kind raises, seed 0: RuntimeError: no luck [/today]" in " ".join(result.stderr.split())
    assert "not run" in result.stdout


def test_without_a_network_ratings_are_missing_and_say_what_to_set():
    found = study("singular-values")
    keys, missing = _keyed(found, found.quick, [0], 0)
    assert len(keys) == 3 + 2 * 3
    assert [m.case.coordinates for m in missing] == [{"family": "movielens", "depth": depth} for depth in (3, 2, 1)]
    assert all(m.no_data and "set THALWEG_DATA" in m.reason for m in missing)


@pytest.mark.filterwarnings("always::thalweg.lab.store.StoreWarning")
def test_a_damaged_run_is_warned_of_in_a_line_and_done_again(place: Path):
    assert tiny("run", kinds="good").exit_code == 0
    (file,) = (place / "thalweg-store" / "runs").glob("*/*.nc")
    file.write_bytes(b"nothing")
    report = call("report", "--out", "early")
    assert report.exit_code == 0
    result = tiny("run", "--json", "-", kinds="good")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["verdict"] == "pass"
    (line,) = lines(result.stderr)
    assert re.match(r"thalweg: warning: .*was cut off or changed .*the run is to be done again", line)
    assert len(list((place / "thalweg-store" / "corrupt").iterdir())) == 1


def test_a_report_is_written_of_what_was_run(place: Path):
    assert tiny("run", kinds="good,no-data").exit_code == 0
    result = call("report", "--out", "told")
    assert result.exit_code == 0
    assert result.stdout == f"report: {place / 'told' / 'report.html'}\n"
    page = (place / "told" / "report.html").read_text()
    assert "A tiny study" in page
    assert "the toy data are not at hand" in page
    assert json.loads((place / "told" / "verdicts.json").read_text())[0]["claim"] == "good falls"
    assert {path.name for path in (place / "told" / "figures").iterdir()} == {"tiny-loss.svg", "tiny-loss.pdf"}
    assert (place / "told" / "tables" / "tiny-errors.tex").is_file()


def test_a_report_names_its_studies(place: Path):
    tiny("run", kinds="solved")
    assert call("report", "tiny", "--out", "one").exit_code == 0
    assert call("report", TINY, "--out", "two").exit_code == 0
    result = call("report", "singular-values", "--out", "three")
    assert result.exit_code == 2
    assert lines(result.stderr) == [
        "thalweg: the store holds no run of singular-values; run it first: thalweg run singular-values"
    ]
    assert not (place / "three").exists()
    (place / "file").write_text("mine")
    result = call("report", "--out", "file")
    assert result.exit_code == 2
    assert lines(result.stderr) == ["thalweg: the report needs a folder, file is a file; name another place"]
    assert (place / "file").read_text() == "mine"


def test_doctor_tells_what_it_finds(place: Path):
    result = call("doctor", "--json", "doctor.json")
    assert result.exit_code == 1  # THALWEG_DATA names an empty folder
    told = {one["what"]: one for one in json.loads((place / "doctor.json").read_text())}
    assert not told["data"]["well"]
    assert told["precision of commands"]["well"]
    assert "attention" in result.stdout
    (place / "data" / "ml-100k").mkdir()
    assert call("doctor").exit_code == 0
    assert not (place / "thalweg-store").exists()


def test_cite_prints_bibtex_of_studies_and_of_files_of_runs(place: Path):
    told = call("cite", "end-to-end").stdout
    keys = list(parse(told))
    assert keys[0] == "arora2018optimization"
    assert keys[-1] == "thalweg2026laboratory"
    assert tiny("run", "--store", place / "store").exit_code in (0, 1)
    (file, *_) = (place / "store").rglob("*.nc")
    assert "thalweg2026laboratory" in parse(call("cite", file).stdout)
    assert call("cite", "no-such-study").exit_code == 2
    assert call("cite", place / "none.nc").exit_code == 2


def test_cite_says_which_file_is_of_no_run(place: Path):
    xr.Dataset({"loss": ("record", [1.0])}).to_netcdf(place / "other.nc", engine="h5netcdf")
    (place / "words.txt").write_text("words")
    for name, said in (
        ("other.nc", "holds no provenance: it is not of a run of Thalweg"),
        ("words.txt", "words.txt cannot be read as NetCDF-4"),
        ("none.nc", "there is no file none.nc"),
        ("absent.py", "there is no file 'absent.py' to read a study from"),
    ):
        result = call("cite", "min-norm", name)
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = lines(result.stderr)
        assert said in line


def test_export_writes_an_event_file_for_each_run(place: Path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    assert tiny("run").exit_code in (0, 1)
    result = call("export", "--tensorboard", "events")
    assert result.exit_code == 0, result.stderr
    files = sorted((place / "events").rglob("*tfevents*"))
    assert f"event files: {len(files)}, in {(place / 'events').resolve()}" in result.stdout
    assert len({file.parent for file in files}) == len(files) >= 1
    read = accumulator.EventAccumulator(str(files[0].parent)).Reload()
    assert {"time", "loss"} <= set(read.Tags()["tensors"])


def test_export_says_what_it_lacks(place: Path, monkeypatch: pytest.MonkeyPatch):
    def told(*words: Any) -> str:
        result = call("export", *words)
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = lines(result.stderr)
        assert not (place / "events").exists()
        return line

    assert told() == "thalweg: name what to write: --tensorboard FOLDER"
    assert "there is no store at" in told("--tensorboard", "events", "--store", "nowhere")
    Store.open(place / "empty").close()
    assert "the store holds no study yet" in told("--tensorboard", "events", "--store", "empty")
    assert "the store holds no run of min-norm" in told("min-norm", "--tensorboard", "events", "--store", "empty")
    assert tiny("run", kinds="solved").exit_code in (0, 1)
    assert "none of these studies recorded a path" in told("--tensorboard", "events")
    assert tiny("run").exit_code in (0, 1)
    (place / "file").write_text("")
    assert "file" in told("--tensorboard", "file")
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.record_writer", None)
    assert told("--tensorboard", "events") == "thalweg: event files need TensorBoard: pip install 'thalweg[tensorboard]'"


def test_export_writes_nothing_where_one_folder_is_of_others(place: Path):
    pytest.importorskip("tensorboard")
    assert tiny("run").exit_code in (0, 1)
    assert call("export", "--tensorboard", "events").exit_code == 0
    files = sorted((place / "events").rglob("*tfevents*"))
    for file in files[:-1]:
        file.unlink()
    files[-1].rename(files[-1].with_name("events.out.tfevents.1.other"))
    result = call("export", "--tensorboard", "events")
    assert (result.exit_code, len(lines(result.stderr))) == (2, 1)
    assert "holds event files of others (events.out.tfevents.1.other)" in result.stderr
    assert [file.name for file in (place / "events").rglob("*tfevents*")] == ["events.out.tfevents.1.other"]


def test_cite_puts_several_things_together():
    both = parse(call("cite", "min-norm", TINY).stdout)
    assert set(both) == {*parse(call("cite", "min-norm").stdout), *parse(call("cite", TINY).stdout)}
    assert "tsitouras2011runge" not in parse(call("cite", TINY).stdout)  # it descends, and follows no flow
