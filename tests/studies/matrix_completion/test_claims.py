"""Each claim on completion passes on the published numbers, and fails on its null and on each of its mutants."""

import pytest

from studies.as_published import completion, some
from studies.claims_checked import check_can_tell, check_in_order, number
from thalweg.lab.judge import judge
from thalweg.studies.bounds import AtMost
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import NotThere
from thalweg.studies.matrix_completion.claims import EXACT, SLACK
from thalweg.studies.matrix_completion.study import STUDY, Parameters

FORMS = {"full": STUDY.parameters, "quick": STUDY.quick}
CLAIMS = [(form, claim.name) for form, parameters in FORMS.items() for claim in STUDY.claims(parameters)]


def claim(form: str, name: str) -> Claim:
    return next(one for one in STUDY.claims(FORMS[form]) if one.name == name)


@pytest.mark.parametrize(("form", "name"), CLAIMS)
def test_a_claim_passes_as_published_and_can_fail(form: str, name: str):
    check_can_tell(claim(form, name), completion(FORMS[form]))


@pytest.mark.parametrize("form", FORMS)
def test_all_verdicts_pass_as_published(form: str):
    verdicts = judge(STUDY, FORMS[form], form, completion(FORMS[form]), [])
    assert {verdict.claim: verdict.reason for verdict in verdicts if verdict.verdict != "pass"} == {}
    assert len(verdicts) == 16
    margins = [margin for verdict in verdicts for margin in (verdict.null_margin, *verdict.mutants.values())]
    assert all(margin is not None and margin < 0 for margin in margins)


@pytest.mark.parametrize("form", FORMS)
def test_claims_are_in_order(form: str):
    check_in_order(STUDY, FORMS[form])


def test_measured_numbers_are_the_published_ones():
    evidence = completion(STUDY.parameters)
    expected = {
        "nuclear norm fails on few entries": 0.106,
        "depth 2 beats the nuclear norm": 2.3e-2 / 0.106,
        "depths 3 and 4 recover": 2.7e-5,
        "depths 3 and 4 beat the nuclear norm a thousandfold": 2.7e-5 / 0.106,
        "nuclear norm is not what depth 2 minimises": 217.2 - 210.15,
        "depth 3 has the nuclear norm of the truth": 0.05,
        "depth 2 improves as the start shrinks": 0.65,
        "depth 3 does not depend on the start": 4 / 2.7,
        "the published 4e-6 is the threshold's": 1.0,
    }
    for name, value in expected.items():
        assert number(claim("full", name), evidence) == pytest.approx(value, rel=1e-6), name


def test_one_large_error_is_enough_to_fail_where_all_depths_are_claimed():
    evidence = completion(STUDY.parameters).replaced(lambda r: {"error": 2e-5}, observed=5000, method="depth 4", scale=1e-6)
    many = claim("full", "many entries are recovered by all")
    assert number(many, evidence) == 2e-5
    assert not many.allowed.holds(2e-5)


def test_a_slope_needs_two_thresholds():
    slope = claim("full", "the published 4e-6 is the threshold's")
    one = some(completion(STUDY.parameters, seeds=(0,)), lambda r: r.coordinates.get("threshold", 1e-6) == 1e-6)
    with pytest.raises(NotThere, match="1 are there"):
        slope.measure(one)


def test_a_smaller_matrix_has_a_bound_of_its_own_and_says_so():
    for side, limit, word in ((100, 1e-3, "a thousandth"), (40, 1e-2, "a hundredth")):
        claims = STUDY.claims(Parameters(side=side))
        beat = next(one for one in claims if one.name.startswith("depths 3 and 4 beat the nuclear norm"))
        assert beat.allowed == AtMost(limit)
        assert word in beat.sentence


def test_coordinates_of_the_two_programs_are_those_of_the_cases():
    methods = {case.coordinates["method"] for case in STUDY.cases(STUDY.parameters, [0])}
    assert methods == {EXACT, SLACK, "depth 2", "depth 3", "depth 4"}
