"""Whether a study came to what was expected: data that cannot be had excuse a claim, nothing else does."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from thalweg.lab.finished import Missing, StudyRun
from thalweg.lab.verified import expected
from thalweg.studies.claim import Verdict
from thalweg.studies.evidence import Evidence
from thalweg.studies.registry import study
from thalweg.studies.study import Case

ABSENT = Missing(Case({"kind": "films"}, 0), "set THALWEG_DATA", no_data=True)
DIED = Missing(Case({"kind": "flow"}, 0), "its worker died")


def verdict(kind: str, reason: str) -> Verdict:
    numbers: dict[str, Any] = dict.fromkeys(("published", "measured", "low", "high", "margin", "null_margin"))
    words = dict.fromkeys(("study", "claim", "sentence", "grade", "source", "allowed", "mode"), "word")
    return Verdict(**numbers, **words, verdict=kind, reason=reason, mutants={}, seeds=())


def came(*kinds: str | tuple[str, str], missing: Sequence[Missing] = ()) -> StudyRun:
    given = [(kind, "") if isinstance(kind, str) else kind for kind in kinds]
    return StudyRun(
        study=study("singular-values"),
        parameters=None,
        mode="full",
        root=0,
        seeds=[0],
        evidence=Evidence([]),
        missing=missing,
        verdicts=[verdict(kind, reason) for kind, reason in given],
        seconds=0.0,
        computed=0,
        provenance={},
    )


@pytest.mark.parametrize(
    ("run", "as_expected"),
    [
        (came("pass", "pass"), True),
        (came("pass", "fail"), False),
        (came("pass", "inconclusive"), False),
        (came("pass", "not run"), False),
        (came("pass", ("not run", "set THALWEG_DATA"), missing=[ABSENT]), True),
        (came("pass", ("not run", "its worker died"), missing=[ABSENT, DIED]), False),
        (came("pass", ("inconclusive", "set THALWEG_DATA"), missing=[ABSENT]), False),
        (came("pass", ("fail", "set THALWEG_DATA"), missing=[ABSENT]), False),
        (came(("not run", "set THALWEG_DATA"), missing=[ABSENT]), False),
        (came(), False),
    ],
)
def test_what_is_expected_of_a_study(run: StudyRun, as_expected: bool):
    assert expected(run) is as_expected


def test_the_reason_must_be_that_of_missing_data():
    run = came("pass", ("not run", "set THALWEG_DATA"), missing=[dataclasses.replace(ABSENT, no_data=False)])
    assert expected(run) is False
