"""The study of depth and loss, on what it really computes."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.problems.classification import Classification
from thalweg.studies.claim import Claim
from thalweg.studies.depth_and_loss import work as works
from thalweg.studies.depth_and_loss.study import STUDY
from thalweg.studies.diagonal_training import trained
from thalweg.studies.evidence import Evidence
from thalweg.studies.study import Case
from thalweg.theory import diagonal_flow


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return carried_out(STUDY, STUDY.quick, STUDY.cases(STUDY.quick, (0,)))


@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))
    assert [len(plot.panels) for plot in STUDY.plots(STUDY.quick, evidence)] == [2, 2, 1, 2]


def test_the_flow_in_its_clock_is_the_flow():
    """The same directions as in the time of the loss, where that can be followed."""
    x = np.array([[1.0, 0.2], [0.3, 0.9], [-0.2, 0.4]])
    clock, beta = works.grown(x, 3, 0.5, 20.0, rtol=1e-9, count=5)
    np.testing.assert_allclose(np.linalg.norm(beta, axis=1), 0.5 * np.expm1(clock), rtol=1e-2, atol=1e-12)
    path = diagonal_flow(Classification(x, [1, 1]), depth=3, scale=0.5 ** (1 / 3), times=np.geomspace(1e-3, 1e4, 400))
    along = np.linalg.norm(path.predictor[:, 0], axis=1)
    same = [np.interp(np.linalg.norm(beta[-1]), along, path.predictor[:, 0, k]) for k in range(3)]
    np.testing.assert_allclose(beta[-1], same, rtol=1e-3)


def test_the_least_quasi_norm_is_on_the_best_support():
    x, y = np.array([[1.0], [2.0], [0.5]]), np.array([2.0])
    np.testing.assert_allclose(works._least_quasi_norm(x, y, 0.5), [0.0, 1.0, 0.0])


def test_crossings_are_between_the_solved_ones():
    units = np.array([1.0, 0.1, 0.01])
    assert works._crossing(units, np.array([0.25, 0.0025, 0.001])) == pytest.approx(-0.5)
    assert works._crossing(units, np.array([0.01, 0.01, 0.01])) == 0
    assert works._crossing(units, np.array([1.0, 1.0, 1.0])) == -3


def test_training_that_does_not_come_to_rest_says_so():
    with pytest.raises(ArithmeticError, match="before it came to rest"):
        trained([[1.0]], [np.nan], 2, [0.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("changed", "family", "complaint"),
    [
        ({"curve_depths": (3, 5)}, "curves", "must hold 2"),
        ({"sparse_depths": (2, 3)}, "sparse", "three depths"),
        ({"sparse_samples": (50,)}, "sparse", "two numbers of samples"),
    ],
)
def test_parameters_that_the_claims_cannot_read_are_refused(changed: dict[str, Any], family: str, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        STUDY.build(dataclasses.replace(STUDY.quick, **changed), Case({"family": family}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
