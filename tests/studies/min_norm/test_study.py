"""The study of least solutions, on what it really computes: every claim holds and can tell, everything is drawn."""

import numpy as np
import pytest

import thalweg as tw
from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.min_norm import work as works
from thalweg.studies.min_norm.study import STUDY
from thalweg.studies.side_by_side import ended


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
    assert [len(plot.panels) for plot in STUDY.plots(STUDY.quick, evidence)] == [3, 3]


def test_the_goal_of_the_plane_is_by_hand(evidence: Evidence):
    """(u, u^2) with u + 2 u^2 = 1."""
    finals = evidence.one(family="plane").finals
    assert (finals["goal_1"], finals["goal_2"]) == pytest.approx((0.5, 0.25), abs=1e-13)


def test_runs_side_by_side_are_those_of_follow():
    problem, start = tw.LinearRegression(*works.PLANE, loss="half sum of squares"), np.ones(2)
    algorithms = [tw.MirrorDescent(tw.potentials.Entropy(), rate) for rate in (0.1, 0.05)]
    _, _, kept = ended([problem] * 2, algorithms, [start] * 2, most=20, keep=20)
    for path, algorithm in zip(kept, algorithms, strict=True):
        network = tw.DeepLinear(depth=1, shape=(1, 2))
        run = tw.follow(
            problem, network, [start[None]], algorithm, until=tw.Steps(20), record=[tw.Predictor()], at=tw.EverySteps(1), key=0
        )
        np.testing.assert_allclose(path, run.data.predictor.values[:, 0], rtol=1e-14)


def test_the_flow_of_steepest_descent_in_the_plane_is_gradient_flow():
    inputs, outputs = works.SPACE
    least = tw.LinearRegression(inputs, outputs).solution[0]
    np.testing.assert_allclose(works._steepest_flow(inputs, outputs, 2.0), least, atol=1e-10)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
