"""Each claim on singular values passes on the published numbers, and fails on its null and on each of its mutants."""

import numpy as np
import pytest
import xarray as xr

from studies.as_published import singular_values, some
from studies.claims_checked import check_can_tell, check_in_order, number
from thalweg.lab.finished import Missing
from thalweg.lab.judge import judge
from thalweg.studies.bounds import AtMost
from thalweg.studies.claim import Claim
from thalweg.studies.singular_values.claims import alignment, crossing, path_residual, rise, sequence, take_off
from thalweg.studies.singular_values.study import STUDY
from thalweg.studies.study import Case

FORMS = {"full": STUDY.parameters, "quick": STUDY.quick}
CLAIMS = [(form, claim.name) for form, parameters in FORMS.items() for claim in STUDY.claims(parameters)]


def claim(form: str, name: str) -> Claim:
    return next(one for one in STUDY.claims(FORMS[form]) if one.name == name)


@pytest.mark.parametrize(("form", "name"), CLAIMS)
def test_a_claim_passes_as_published_and_can_fail(form: str, name: str):
    check_can_tell(claim(form, name), singular_values(FORMS[form]))


@pytest.mark.parametrize(("form", "count"), [("full", 18), ("quick", 13)])
def test_all_verdicts_pass_as_published(form: str, count: int):
    verdicts = judge(STUDY, FORMS[form], form, singular_values(FORMS[form]), [])
    assert {verdict.claim: verdict.reason for verdict in verdicts if verdict.verdict != "pass"} == {}
    assert len(verdicts) == count


@pytest.mark.parametrize("form", FORMS)
def test_claims_are_in_order(form: str):
    check_in_order(STUDY, FORMS[form])


def test_measured_numbers_are_the_published_ones():
    evidence = singular_values(STUDY.parameters)
    expected = {
        "spectrum at depth 1": 7.8 / 8.7,
        "spectrum at depth 2": 6.0 / 24.8,
        "spectrum at depth 3": 0.25 / 33.2,
        "singular vectors align with the gradient": 1.4e-3 / 1.2e-4,
        "ratings: depth generalises": 1.450 / 13.728069,
        "ratings: depth 3 generalises best": 1.398 / 1.450,
        "ratings: largest singular value at depth 2": 1.0,
        "the residual is the solver's": 1.0,
        "velocities follow the law": 0.2e-9,
    }
    for name, value in expected.items():
        assert number(claim("full", name), evidence) == pytest.approx(value, rel=1e-6), name
    assert number(claim("full", "take-off at depth 3"), evidence) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("form", FORMS)
def test_without_ratings_their_claims_are_not_run_and_the_others_stand(form: str):
    missing = [Missing(Case({"family": "movielens", "depth": d}, 0), "set THALWEG_DATA", no_data=True) for d in (1, 2, 3)]
    verdicts = judge(STUDY, FORMS[form], form, singular_values(FORMS[form], films=False), missing)
    absent = {verdict.claim for verdict in verdicts if verdict.verdict == "not run"}
    assert absent == {verdict.claim for verdict in verdicts if verdict.claim.startswith("ratings")}
    assert all(verdict.reason == "set THALWEG_DATA" for verdict in verdicts if verdict.claim in absent)
    assert {verdict.verdict for verdict in verdicts if verdict.claim not in absent} == {"pass"}


@pytest.mark.parametrize("family", ["descent", "flow", "path"])
def test_a_failed_run_makes_the_claims_that_read_its_family_inconclusive(family: str):
    lost = next(r for r in singular_values(STUDY.quick) if r.coordinates["family"] == family and r.seed == 1)
    rest = some(singular_values(STUDY.quick), lambda r: (r.coordinates, r.seed) != (lost.coordinates, lost.seed))
    missing = [Missing(Case(lost.coordinates, lost.seed), "RuntimeError: no")]
    verdicts = {v.claim: v for v in judge(STUDY, STUDY.quick, "quick", rest, missing)}
    touched = {one.name for one in STUDY.claims(STUDY.quick) if one.needs["family"] == family}
    assert len(touched) >= 1
    for name, verdict in verdicts.items():
        assert verdict.verdict == ("inconclusive" if name in touched else "pass"), (name, verdict.reason)


def test_a_bound_on_ratings_is_the_one_that_the_sentence_states():
    for form, limit in (("full", 0.05), ("quick", 0.15)):
        one = claim(form, "ratings: one direction stands out")
        assert one.allowed == AtMost(limit)
        assert f"most {limit:g} of it" in one.sentence


def test_crossings_are_interpolated():
    steps, values = np.array([0.0, 10.0, 20.0, 30.0]), np.array([0.0, 1.0, 3.0, 4.0])
    assert crossing(steps, values, 0.5) == 15.0
    assert crossing(steps, values, 1.0) == 30.0
    assert crossing(steps, values, 0.0) == 0.0


def test_rise_take_off_and_sequence_of_straight_lines():
    steps = np.arange(0, 1001, 10)
    first, second = np.clip((steps - 200) / 100, 0, 1), 2 * np.clip((steps - 600) / 100, 0, 1)
    record = xr.Dataset({"steps": ("record", steps), "singular_values": (("record", "index"), np.stack([first, second], 1))})
    assert take_off(record, 0) == pytest.approx(250)
    assert rise(record, 1) == pytest.approx(80)
    assert sequence(record, 2) == pytest.approx(400 / 80)


def test_alignment_is_read_where_the_diagonal_peaks():
    record = xr.Dataset({"alignment": (("record", "part"), np.array([[1.0, 0.01], [5.0, 1.0], [2.0, 4.0]]))})
    assert alignment(record) == 5.0


def test_the_sum_of_velocities_is_second_order_in_the_interval():
    def residual(step: float) -> float:
        time = np.arange(0, 10 + step / 2, step)
        values, speed = np.sin(time)[:, None], np.cos(time)[:, None]
        variables = {"singular_values": (("record", "index"), values), "predicted_velocity": (("record", "index"), speed)}
        return path_residual(xr.Dataset({"time": ("record", time), **variables}))

    order = np.log2(residual(0.2) / residual(0.1))
    assert order == pytest.approx(2, abs=0.1)
