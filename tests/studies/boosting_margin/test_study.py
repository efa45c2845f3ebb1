"""The study of boosting, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.exact import hard_margin
from thalweg.lab.specification import case_key
from thalweg.studies.boosting_margin import work as works
from thalweg.studies.boosting_margin.study import STUDY
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.study import Case


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
    assert [len(plot.panels) for plot in STUDY.plots(STUDY.quick, evidence)] == [2, 4, 4]


def test_the_margins_are_those_of_a_loop_of_the_textbook(evidence: Evidence):
    """After 1000 iterations, as another program of AdaBoost has them."""
    for shrinkage, known in ((1.0, 0.3325), (0.5, 0.3735), (0.25, 0.3715), (0.125, 0.3688)):
        p, row = np.full(8, 1 / 8), np.zeros(8)
        for _ in range(1000):
            edges = p @ works.ANSWERS
            j = int(np.argmax(edges))
            row[j] += shrinkage * 0.5 * np.log((1 + edges[j]) / (1 - edges[j]))
            p = np.exp(-(works.ANSWERS @ row - (works.ANSWERS @ row).min()))
            p = p / p.sum()
        margin = float((works.ANSWERS @ row).min() / row.sum())
        assert margin == pytest.approx(known, abs=5e-5)
        assert evidence.final(f"early_{shrinkage:g}", family="matrix") == pytest.approx(margin, abs=1e-9)


def test_the_largest_margin_is_exact():
    """Weights of coefficients and of samples in whole numbers of sixteenths prove 3/8 from both sides."""
    found = hard_margin(works.problem(works.ANSWERS), 1)
    coefficients, weights = found.predictor[0], found.dual
    assert (works.ANSWERS @ coefficients).min() == pytest.approx(3 / 8, abs=1e-14)
    assert np.abs(works.ANSWERS.T @ weights).max() == pytest.approx(3 / 8, abs=1e-14)
    sixteenths = np.round(16 * coefficients)
    assert ((works.ANSWERS @ sixteenths).min(), np.abs(sixteenths).sum()) == (6, 16)


def test_the_margin_of_a_cycle_by_the_golden_ratio_is_one_third():
    edge = 1 / works.GOLDEN
    assert pytest.approx(0.5 * np.log((1 + edge) / (1 - edge))) == works.STEP
    # three turns shrink every weight on the cycle alike: the loss by the product of sqrt(1 - edge^2)
    assert -0.5 * np.log(1 - edge**2) / works.STEP == pytest.approx(1 / 3)


def test_periods():
    assert works._period(np.array([1, 0, 2] * 10)) == 3
    assert works._period(np.arange(20)) == 20


def test_margins_at_zero_are_zero():
    np.testing.assert_array_equal(works.margins(np.zeros((2, 8)), works.ANSWERS), 0)


def test_shrinkages_without_those_compared_are_refused():
    parameters = dataclasses.replace(STUDY.quick, shrinkages=(0.5, 0.25, 0.125))
    with pytest.raises(ValueError, match=r"must begin with 1 and 0.5"):
        STUDY.build(parameters, Case({"family": "matrix"}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
