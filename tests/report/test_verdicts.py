"""Verdicts in the terminal and as JSON."""

import io
import json
from typing import Literal

import pytest
from rich.cells import cell_len
from rich.console import Console

from report.examples import awkward, completion, every_run, run, verdict
from thalweg.report import render, verdicts_json


def printed(runs, width: int = 80, encoding: str = "utf-8", color: Literal["standard"] | None = None) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    render(runs, Console(file=file, width=width, force_terminal=color is not None, color_system=color))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_eighty_columns_without_colour():
    text = printed([completion()])
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    for word in ("✓ pass", "✗ fail", "? inconclusive", "○ not run", "0.0648", "[0.0312, 0.109]", "at least"):
        assert word in text
    assert text.rstrip().endswith("6 claims: 3 pass, 1 fail, 1 inconclusive, 1 not run")


@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(width: int):
    assert max(map(cell_len, printed(every_run(), width).splitlines())) <= width


def test_reasons_stand_beneath():
    text = " ".join(printed([completion()]).split())
    assert "✗ fail depth 2 gains from smaller starts: measured 0.318, allowed at most 0.25" in text
    assert "○ not run ratings: MovieLens-100K is not at hand; set THALWEG_DATA to the folder" in text
    assert "! 3 cases did not run: MovieLens-100K is not at hand (family movielens, depth 1, seed 0;" in text


def test_wide_terminals_show_the_sentences():
    sentence = "From the smallest start depths 3 and 4"
    assert sentence in printed([completion()], 140)
    assert sentence not in printed([completion()], 80)


def test_a_terminal_that_knows_ascii_only():
    text = printed([completion(), run("empty")], encoding="ascii")
    assert "x fail" in text
    assert "o not run" in text
    assert text.isascii()


def test_colour_where_there_is_some():
    assert "\x1b[1;31m✗ fail" in printed([completion()], color="standard")


def test_brackets_are_no_markup():
    odd = run(verdicts=[verdict("[red]name[/red]", "fail", reason="[bold]reason[/]")])
    text = printed([odd])
    assert "[red]name[/red]" in text
    assert "[bold]reason[/]" in text


def test_json_is_the_verdicts():
    found = json.loads(verdicts_json([completion()]))
    assert [part["verdict"] for part in found] == ["pass"] * 3 + ["fail", "inconclusive", "not run"]
    assert found[0]["measured"] == 9.7e-8
    assert found[0]["seeds"] == [0, 1, 2, 3, 4]
    wanted = {"study", "claim", "grade", "source", "verdict", "published", "measured", "allowed", "margin", "reason"}
    assert wanted | {"seeds"} <= set(found[0])


def test_json_has_no_nan():
    found = json.loads(verdicts_json([awkward()]), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert [part["measured"] for part in found] == ["nan", "inf", 1.0, None]
    assert found[1]["margin"] == "-inf"
