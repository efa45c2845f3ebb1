"""Verdicts together: counted, as a data frame, as HTML and as LaTeX."""

import pytest

from report.examples import verdict
from thalweg.report.latex import verdicts_to_latex
from thalweg.studies.verdicts import Verdicts, caught, counted, known, null_fails, short_source


@pytest.fixture
def verdicts() -> Verdicts:
    odd = verdict("second & last", "fail", 0.5, reason="it is <too large>", mutants={"one": 1.0, "two": -1.0})
    return Verdicts([verdict(), odd])


def test_they_are_counted(verdicts: Verdicts):
    assert repr(verdicts) == "<Verdicts: 2 claims: 1 pass, 1 fail>" == f"<Verdicts: {counted(verdicts)}>"
    assert [caught(one) for one in verdicts] == [(2, 2), (1, 2)]
    assert null_fails(verdicts[0]) is True
    assert verdicts == list(verdicts)


def test_a_data_frame_has_a_row_for_each_claim(verdicts: Verdicts):
    frame = verdicts.to_dataframe()
    assert frame.verdict.to_dict() == {"depths 3 and 4 recover": "pass", "second & last": "fail"}
    assert frame.mutants_caught.tolist() == [2, 1]
    assert frame.seeds.tolist() == [5, 5]
    assert frame.measured.tolist() == [2.61e-5, 0.5]


def test_a_notebook_shows_them_escaped(verdicts: Verdicts):
    page = verdicts._repr_html_()
    assert "it is &lt;too large&gt;" in page
    assert "Arora et al. (2019), figure 1 (2000 entries); table" in page
    assert page.count("<tr>") == 3


def test_latex_is_that_of_the_report(verdicts: Verdicts):
    from report.examples import completion

    run = completion()
    assert run.to_latex() == verdicts_to_latex(run)
    assert Verdicts(run.verdicts).to_latex("A caption.", "tab:mine").splitlines()[2:4] == [
        r"  \caption{A caption.}",
        r"  \label{tab:mine}",
    ]
    assert len(run.to_dataframe()) == len(run.verdicts)
    assert repr(run).startswith(f"<StudyRun of {run.study.name}, ")
    assert "\n" not in repr(run)
    assert counted(run.verdicts) in run._repr_html_()


def test_sources_are_short():
    assert short_source("nobody2000nothing, theorem 1") == "nobody2000nothing, theorem 1"
    assert known("nobody2000nothing") is None
