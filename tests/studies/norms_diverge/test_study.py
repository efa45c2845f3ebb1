"""The study of diverging norms, on what it really computes, and its singular coordinates against the factors themselves."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.norms_diverge import work as works
from thalweg.studies.norms_diverge.coordinates import balanced_factors, balanced_path, factor_path
from thalweg.studies.norms_diverge.study import STUDY
from thalweg.studies.study import Case


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
    assert [plot.name for plot in STUDY.plots(STUDY.quick, evidence)] == ["entry", "rank"]


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_singular_coordinates_follow_the_factors(depth: int, sign: str):
    start = works.starts((0, depth), 0.2, 0.2)[sign]
    chart = balanced_path(start, depth, 0.05)
    plain, determinant = factor_path(balanced_factors(start, depth), 0.05, rtol=1e-10)
    assert chart.time[-1] == pytest.approx(plain.time[-1], rel=1e-6)
    np.testing.assert_allclose(chart.products[-1], plain.products[-1], atol=1e-6)
    np.testing.assert_allclose(chart.products[0], start, atol=1e-12)
    np.testing.assert_allclose(np.exp(chart.logs[-1]), np.linalg.svd(chart.products[-1], compute_uv=False), rtol=1e-8)
    assert (np.sign(determinant) == (1 if sign == "positive" else -1)).all()


def test_the_entry_is_read_between_points():
    path = balanced_path(works.starts((0, 0), 0.1, 0.1)["positive"], 3, 1e-4)
    at = len(path.loss) // 2
    assert path.at(float(path.loss[at])) == pytest.approx(abs(path.products[at, 0, 0]), rel=1e-9)
    middle = float(np.sqrt(path.loss[-1] * path.loss[-2]))
    ends = np.abs(path.products[-2:, 0, 0])
    assert ends.min() <= path.at(middle) <= ends.max()


def test_depths_without_the_published_are_refused():
    parameters = dataclasses.replace(STUDY.quick, depths=(2, 3))
    with pytest.raises(ValueError, match=r"\[4\] are missing"):
        STUDY.build(parameters, Case({"family": "paths"}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
