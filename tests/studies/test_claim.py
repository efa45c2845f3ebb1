"""Claims that could not fail, or could not be kept, are refused when they are made."""

import json
from typing import Any

import pytest

from thalweg.studies.bounds import AtMost
from thalweg.studies.claim import GRADES, REDUCTIONS, Claim, Erratum, Mutant, Source, Verdict

SAME = Mutant("nothing changed", lambda evidence: evidence)


def claim(**changes: Any) -> Claim:
    given = {
        "name": "small",
        "sentence": "It is small.",
        "source": Source("arora2019implicit", "theorem 3"),
        "grade": "theorem",
        "measure": lambda evidence: 0.0,
        "allowed": AtMost(1.0),
        "null": SAME,
        "mutants": [SAME],
    }
    return Claim(**{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"grade": "guess"}, ValueError, "grade must be one of theorem, figure, table, got 'guess'"),
        ({"reduce": "mean"}, ValueError, "reduce must be one of median, max, min, got 'mean'"),
        ({"mutants": []}, ValueError, "claim 'small' has no mutant: a check that cannot fail"),
        ({"name": ""}, ValueError, "needs a name"),
        ({"least_seeds": 0}, ValueError, "least_seeds must be at least 1, got 0"),
        ({"least_seeds": 2.5}, TypeError, "least_seeds must be a whole number, got 2.5"),
    ],
)
def test_a_claim_that_cannot_be_checked_is_refused(changes: dict[str, Any], error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        claim(**changes)


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_all_grades_and_reductions_are_taken(grade: str, reduce: str):
    made = claim(grade=grade, reduce=reduce)
    assert (made.grade, made.reduce, made.least_seeds, dict(made.needs)) == (grade, reduce, 1, {})


def test_an_erratum_says_what_was_printed_where_and_what_is_right():
    assert claim().erratum is None
    erratum = Erratum("$T = 1/\\sigma$", "a poster", "$T = 1/\\ln(1 + \\sigma)$")
    assert claim(erratum=erratum).erratum == erratum
    for name in ("printed", "where", "corrected"):
        with pytest.raises(ValueError, match=f"needs its text '{name}'"):
            Erratum(**{"printed": "a", "where": "b", "corrected": "c", name: " "})


def test_a_source_says_where():
    assert str(Source("arora2019implicit", "figure 3")) == "arora2019implicit, figure 3"


def test_a_verdict_is_json_with_the_fields_of_the_command_line():
    verdict = Verdict(
        study="s",
        claim="c",
        sentence="It is.",
        grade="table",
        source="arora2019implicit, figure 1",
        verdict="pass",
        published="1",
        measured=1.0,
        low=0.5,
        high=1.5,
        allowed="at most 2",
        margin=0.5,
        null_margin=-1.0,
        mutants={"wrong": -2.0},
        reason="",
        seeds=(0, 1),
        mode="full",
    )
    written = json.loads(json.dumps(verdict.as_json()))
    wanted = {"study", "claim", "grade", "source", "verdict", "published", "measured", "allowed", "margin", "reason", "seeds"}
    assert wanted <= set(written)
    assert written["seeds"] == [0, 1]
    assert written["mutants"] == {"wrong": -2.0}
