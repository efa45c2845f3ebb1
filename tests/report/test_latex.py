"""Tables for papers."""

import re

import pytest

from report.examples import awkward, completion, errors, final_values
from thalweg.drawing.plot import Table
from thalweg.report.latex import table_to_latex, verdicts_to_latex


def check_compiles(text: str) -> None:
    """What TeX would stumble over: special characters, braces or dollars without a partner, cells beyond the columns."""
    bare = re.sub(r"\\[\\&%$#_{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert not re.search(r"[%#~]", bare)
    outside = re.sub(r"\$[^$]*\$", "", bare)
    assert not re.search(r"[\^_<>]", outside)
    assert bare.isascii() or not re.search("[α-ωΑ-Ω≤≥×→−∞]", outside)
    assert re.findall(r"\\(?:begin|end)\{(\w+)\}", text) == ["table", "tabular", "tabular", "table"]
    body = bare.split("\\toprule")[1].split("\\bottomrule")[0]
    cells = {line.count("&") for line in body.splitlines() if "&" in line}
    assert len(cells) == 1


@pytest.mark.parametrize("table", [errors(), final_values(), awkward().study.tables(None, awkward().evidence)[0]])
def test_tables_compile(table: Table):
    check_compiles(table_to_latex(table))


@pytest.mark.parametrize("run", [completion(), awkward()])
def test_verdicts_compile(run):
    text = verdicts_to_latex(run)
    check_compiles(text)
    assert all(f"{word}" in text for word in ("fail", "inconclusive", "not run"))


def test_published_numbers_stand_beneath():
    lines = table_to_latex(errors()).splitlines()
    at = next(index for index, line in enumerate(lines) if "depth 3, start" in line)
    assert r"$2.61\times10^{-5}$ {\footnotesize [$1.9\times10^{-5}$, $3.4\times10^{-5}$]}" in lines[at]
    assert lines[at + 1].split("&")[0].strip() == r"\quad\emph{published}"
    assert r"\emph{$2.7\times10^{-5}$} & \emph{219.4} & \emph{4.95}" in lines[at + 1]


def test_notes_are_lettered_once():
    text = table_to_latex(errors())
    assert text.count(r"\textsuperscript{a}") == 3
    assert text.count("a: not run") == 1


def test_booktabs_and_label():
    text = table_to_latex(errors(), "tab:mine")
    assert r"\label{tab:mine}" in text
    assert r"\begin{tabular}{lrrrr}" in text
    assert text.index(r"\toprule") < text.index(r"\midrule") < text.index(r"\bottomrule")
    assert r"\num" not in text


def test_a_row_that_begins_with_a_bracket():
    assert "{}[1, 2] & 3" in table_to_latex(Table("t", "T", "", ["a", "b"], [["[1, 2]", "3"]]))


def test_a_row_that_does_not_fit():
    with pytest.raises(ValueError, match="the row 'short' of the table 't' has 1 cells, its header 2"):
        table_to_latex(Table("t", "T", "", ["a", "b"], [["short"]]))
