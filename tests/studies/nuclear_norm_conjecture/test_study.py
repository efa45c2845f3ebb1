"""The study of the nuclear norm conjecture, on what it really computes, and its certificates against known programs."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.nuclear_norm_conjecture import work as works
from thalweg.studies.nuclear_norm_conjecture.least_psd import LeastTrace, least_trace_psd
from thalweg.studies.nuclear_norm_conjecture.study import STUDY
from thalweg.studies.study import Case
from thalweg.theory import least_trace, sensing_limit


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return carried_out(STUDY, STUDY.quick, STUDY.cases(STUDY.quick, (0, 1)))


@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))
    assert [plot.name for plot in STUDY.plots(STUDY.quick, evidence)] == ["search", "counterexample"]


@pytest.mark.parametrize("number", range(4))
def test_on_diagonal_measurements_the_least_trace_is_the_linear_program(number: int):
    measurements, values, truth = works.instance((0, number), 6, 2, 3, True)
    found = least_trace_psd(measurements, values, truth)
    program = least_trace(np.einsum("aii->ai", measurements), values).value
    assert isinstance(found, LeastTrace)
    assert found.gap < 2e-6
    assert found.lower <= program * (1 + 1e-9)
    assert found.upper >= program * (1 - 1e-9)


def test_the_flow_on_diagonal_measurements_ends_at_the_closed_form():
    measurements, values, _ = works.instance((0, 1), 5, 2, 2, True)
    ended = works.symmetric_flow(measurements, values, 0.1)
    # U = alpha I moves as one factor does without the factor 2 in time, which the end does not see
    limit = sensing_limit(np.einsum("aii->ai", measurements), values, 0.1, 2).eigenvalues
    np.testing.assert_allclose(ended, np.diag(limit), atol=1e-6)


def test_lower_bounds_are_proved_whatever_is_known():
    measurements, values, truth = works.instance((0, 2), 5, 1, 6, False)
    found = least_trace_psd(measurements, values, truth)
    assert found.lower <= float(np.trace(truth)) + 1e-12
    alone, values_alone = np.eye(3)[None], np.array([2.0])
    assert least_trace_psd(alone, values_alone, np.diag([2.0, 0, 0])).lower == pytest.approx(2.0, rel=1e-5)


def test_the_counter_example_has_its_two_solutions():
    measurements, values, lone = works.entries(2.0)
    spread = np.array([[2.0, 1, 1, 2], [1, 2, 2, 1], [1, 2, 2, 1], [2, 1, 1, 2]])
    for solution, trace in ((lone, 10.0), (spread, 8.0)):
        np.testing.assert_allclose(np.einsum("aij,ij->a", measurements, solution), values)
        assert np.linalg.eigvalsh(solution).min() > -1e-12
        assert np.trace(solution) == trace


def test_scales_that_do_not_shrink_are_refused():
    parameters = dataclasses.replace(STUDY.quick, scales=(1e-3, 1e-1))
    with pytest.raises(ValueError, match="from large to small"):
        STUDY.build(parameters, Case({"family": "search"}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
