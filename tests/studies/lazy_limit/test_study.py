"""The study of large starts, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.lazy_limit.flows import Student, displacement, ended, kernel_flow
from thalweg.studies.lazy_limit.study import STUDY
from thalweg.studies.lazy_limit.work import closed, regression, slope
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
    assert [len(plot.panels) for plot in STUDY.plots(STUDY.quick, evidence)] == [3, 3, 4]


def test_displacements_are_those_of_the_parameters_themselves():
    """At a small scale, where nothing cancels, against the flow of the weights in their own clock."""
    inputs, targets = regression(np.random.default_rng(0), 3, 4)
    scale, depth, times = 1.5, 3, np.linspace(0.0, 2.0, 5)

    def field(_: float, w: np.ndarray) -> np.ndarray:
        slopes = inputs.T @ (inputs @ (w[:4] ** depth - w[4:] ** depth) - targets)
        return -depth * w ** (depth - 1) * np.concatenate([slopes, -slopes])

    clock = times / scale ** (2 * depth - 2)
    found = solve_ivp(field, (0, clock[-1]), scale * np.ones(8), t_eval=clock, rtol=1e-11, atol=1e-12).y.T
    path, beta = displacement(depth, scale, inputs, targets, times)
    np.testing.assert_allclose(path, scale ** (depth - 1) * (found - scale), atol=1e-8)
    np.testing.assert_allclose(beta, found[:, :4] ** depth - found[:, 4:] ** depth, atol=1e-8)


def test_the_kernel_flow_solves_its_equation():
    rng = np.random.default_rng(1)
    jacobian, residual = rng.normal(size=(3, 5)), rng.normal(size=3)
    times = np.array([0.0, 0.3, 0.3 + 1e-5, 1000.0])
    path = kernel_flow(jacobian, residual, times)
    assert not path[0].any()
    speed = (path[2] - path[1]) / 1e-5
    np.testing.assert_allclose(speed, -jacobian.T @ (jacobian @ path[1] - residual), rtol=1e-3)
    np.testing.assert_allclose(path[-1], np.linalg.pinv(jacobian) @ residual, atol=1e-10)


def test_ends_are_those_of_the_hyperbolic_sine():
    """At depth 2 the end is 2 alpha^2 sinh of something in the range of the inputs."""
    inputs, targets = regression(np.random.default_rng(2), 2, 5)
    scale = 0.1
    plus, minus = ended(2, scale, inputs, targets)
    np.testing.assert_allclose(plus * minus, scale**2, rtol=1e-6)
    dual = np.arcsinh((plus**2 - minus**2) / (2 * scale**2))
    assert np.linalg.norm(dual - np.linalg.pinv(inputs) @ inputs @ dual) < 1e-6 * np.linalg.norm(dual)


@pytest.mark.parametrize("smooth", [True, False])
def test_the_student_goes_back_as_it_goes_forth(smooth: bool):
    student = Student(np.random.default_rng(3), samples=5, units=6, smooth=smooth, start="copies")
    assert np.abs(student.outputs(student.start)).max() < 1e-14
    rng = np.random.default_rng(4)
    w, slopes = rng.normal(size=18), rng.normal(size=5)
    quotients = [(student.outputs(w + 1e-6 * e) - student.outputs(w - 1e-6 * e)) @ slopes / 2e-6 for e in np.eye(18)]
    np.testing.assert_allclose(student.back(w, slopes), quotients, atol=1e-8)
    centred = Student(np.random.default_rng(3), samples=5, units=6, smooth=smooth, start="centred")
    assert not centred.outputs(centred.start).any()
    biased = Student(np.random.default_rng(3), samples=5, units=6, smooth=smooth, start="biased")
    assert np.abs(biased.outputs(biased.start)).max() > 1e-2


def test_slopes_and_the_closed_form_by_hand():
    assert slope([1.0, 2.0, 4.0], [3.0, 12.0, 48.0]) == pytest.approx(2)
    assert closed(1.0, 4) == pytest.approx((np.sqrt(2) - 1) / (np.sqrt(2) + 1))


def test_settings_without_what_is_needed_are_refused():
    with pytest.raises(ValueError, match="must hold 1"):
        STUDY.build(dataclasses.replace(STUDY.quick, run_scales=(0.2, 5)), Case({"family": "models"}, 0), 0)
    with pytest.raises(ValueError, match="three scales or more"):
        STUDY.build(dataclasses.replace(STUDY.quick, scales=(4, 16)), Case({"family": "instance"}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
