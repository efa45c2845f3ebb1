"""The study of homogeneous models, on what it really computes, and its descent against the package's derivatives."""

import dataclasses

import jax
import numpy as np
import pytest

import thalweg as tw
from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.homogeneous_margin import networks
from thalweg.studies.homogeneous_margin import work as works
from thalweg.studies.homogeneous_margin.study import STUDY
from thalweg.studies.study import Case


def brought_back(cases: list[Case]) -> Evidence:
    return carried_out(STUDY, STUDY.quick, cases)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return brought_back(list(STUDY.cases(STUDY.quick, (0,))))


@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


def test_digits_and_the_packages_own_descent():
    pytest.importorskip("sklearn")
    found = brought_back([Case({"family": family}, 0) for family in ("digits", "package")])
    asked = dataclasses.replace(STUDY.quick, digits=True, package=True)
    more = [claim for claim in STUDY.claims(asked) if claim.needs["family"] in ("digits", "package")]
    assert len(more) == 3
    for claim in more:
        check_can_tell(claim, found)
    check_renders(STUDY, STUDY.quick, found)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))
    assert [plot.name for plot in STUDY.plots(STUDY.quick, evidence)] == ["rates", "residuals", "ends", "biases"]


@pytest.mark.parametrize("rule", ["steady", "constant"])
def test_one_step_is_one_of_the_package(rule: str):
    samples, start = works.drawn((0, 0), 2, 2)
    moved = networks.descended(samples, start, 1, 0.3, rule).weights[-1]
    for which in range(4):
        network = tw.TwoLayerReLU(samples.inputs[which].T, works.WIDTH, bias=False, output_bias=False)
        problem = tw.Classification.of_outputs(samples.labels[which])
        objective = tw.Objective(problem if rule == "constant" else problem.log, network)
        params = {"W1": start.first[which], "W2": start.second[[which]]}
        gradient = objective.loss_and_gradient(params)[1]
        rows = networks.slopes_of(samples, start, which)[2]
        rate = 0.3 if rule == "constant" else 0.3 / (rows**2).sum(axis=1).max()
        np.testing.assert_allclose(moved.first[which], params["W1"] - rate * np.asarray(gradient["W1"]), atol=1e-13)
        np.testing.assert_allclose(moved.second[which], params["W2"][0] - rate * np.asarray(gradient["W2"])[0], atol=1e-13)


def test_slopes_are_those_of_reverse_differentiation():
    samples, start = works.drawn((0, 1), 1, 1)
    theta, margins, rows = networks.slopes_of(samples, start, 0)
    network = tw.TwoLayerReLU(samples.inputs[0].T, works.WIDTH, bias=False, output_bias=False)
    params = {"W1": start.first[0], "W2": start.second}
    slopes = jax.jacrev(lambda inner: samples.labels[0] * network.predictor(inner)[0])(params)
    flat = np.hstack([np.asarray(slopes["W1"]).reshape(len(margins), -1), np.asarray(slopes["W2"]).reshape(len(margins), -1)])
    np.testing.assert_allclose(rows, flat, atol=1e-13)
    np.testing.assert_allclose(rows @ theta, 2 * margins, atol=1e-12)


def test_the_adaptive_rate_never_raises_the_loss():
    samples, start = works.drawn((0, 2), 2, 2)
    path = networks.descended(samples, start, 300, 1.0, "adaptive")
    assert (np.diff(path.log, axis=0) <= 0).all()


def test_the_least_size_by_hand():
    assert works.least_size(np.array([4.0, 0.0]), 2) == pytest.approx(np.sqrt(8.0))
    assert works.least_size(np.array([8.0]), 3) == pytest.approx(np.sqrt(12.0))


def test_keys_of_cases_differ():
    asked = dataclasses.replace(STUDY.parameters, digits=False)
    keys = [case_key(STUDY.build, STUDY.build(asked, case, 0)) for case in STUDY.cases(asked, (0, 1))]
    assert len(set(keys)) == len(keys)
