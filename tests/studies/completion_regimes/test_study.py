"""The study of regimes of completion, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import jax
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from studies.claims_checked import check_can_tell, check_in_order, check_renders
from thalweg import (
    DeepLinear,
    Entrywise,
    Given,
    GradientFlow,
    LossBelow,
    MatrixSensing,
    Unbiased,
    UnbiasedOrthogonal,
    follow,
)
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.completion_regimes import work as works
from thalweg.studies.completion_regimes.commuting import ended, off_stationary
from thalweg.studies.completion_regimes.study import STUDY
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.study import Case, Work


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    found = []
    for case in STUDY.cases(STUDY.quick, (0,)):
        work = STUDY.build(STUDY.quick, case, 0)
        assert isinstance(work, Work)
        data, finals = work.function(None, **work.arguments)
        found.append(Result(case.coordinates, case.seed, finals, lambda data=data: data))
    return Evidence(found)


@pytest.mark.slow
@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


@pytest.mark.slow
def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    assert [len(plot.panels) for plot in STUDY.plots(STUDY.quick, evidence)] == [4, 1, 2, 1, 1]


def test_nothing_is_drawn_of_nothing():
    check_renders(STUDY, STUDY.quick, Evidence([]))


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def seen(matrix: np.ndarray, target: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return 2 * mask * (matrix - target)


@pytest.mark.parametrize("start", [Entrywise(0.5), Unbiased(0.5)])
@pytest.mark.parametrize("width", [4, 6, 40])
def test_folded_factors_have_the_path_of_the_wide_ones(start: Entrywise | Unbiased, width: int):
    rng = np.random.default_rng(0)
    target, mask = np.outer(rng.normal(size=3), rng.normal(size=4)), rng.random((3, 4)) < 0.7
    factors = start.sample(DeepLinear(depth=2, shape=(3, 4), hidden=width), key=1)
    short = works.folded(*factors)
    assert [factor.shape for factor in short] == [(7, 4), (3, 7)]

    def end(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        inner = len(first)

        def velocity(_: float, flat: np.ndarray) -> np.ndarray:
            one, two = flat[: 4 * inner].reshape(inner, 4), flat[4 * inner :].reshape(3, inner)
            slope = seen(two @ one, target, mask)
            return -np.concatenate([(two.T @ slope).ravel(), (slope @ one.T).ravel()])

        flat = np.concatenate([first.ravel(), second.ravel()])
        final = solve_ivp(velocity, (0, 0.7), flat, rtol=1e-10, atol=1e-12).y[:, -1]
        return final[4 * inner :].reshape(3, inner) @ final[: 4 * inner].reshape(inner, 4)

    np.testing.assert_allclose(end(*short), end(*factors), atol=1e-8)
    assert np.abs(end(*factors) - factors[1] @ factors[0]).max() > 0.01


def test_the_kernel_is_the_one_of_derivatives():
    network = DeepLinear(depth=2, shape=(2, 3), hidden=5)
    factors = Entrywise(1.0).sample(network, key=0)
    blocks = jax.jacobian(lambda parts: network.predictor(parts).ravel())(factors)
    rows = np.hstack([np.asarray(block).reshape(6, -1) for block in blocks])
    np.testing.assert_allclose(works.tangent_kernel(*factors), rows @ rows.T, rtol=1e-12, atol=1e-12)


def test_instances_are_of_the_two_kinds():
    found = works.instances((0, 0), 8, 40, 7.3, (1, 1))
    (one, least), (other, lower) = found
    assert least.value == pytest.approx(7.3, rel=1e-6)
    assert lower.value < 0.99 * 7.3
    assert least.certified
    assert lower.certified
    assert all(np.linalg.matrix_rank(problem.target) == 1 and problem.count == 40 for problem in (one, other))
    with pytest.raises(ValueError, match="too few draws of both kinds among 1000"):
        works.instances((0, 0), 2, 4, 7.3, (1, 1))


@pytest.mark.slow
def test_the_flow_of_measurements_is_the_one_of_the_package():
    rng = np.random.default_rng(3)
    measurements, target = rng.normal(size=(2, 3, 3)), rng.normal(size=(3, 3))
    values = np.einsum("iab,ab->i", measurements, target)
    network = DeepLinear(depth=2, shape=(3, 3), hidden=6)
    begun = UnbiasedOrthogonal(0.4).sample(network, key=0)
    problem = MatrixSensing(measurements, values)
    run = follow(problem, network, Given(begun), GradientFlow(1e-9), until=LossBelow(1e-18), key=0)
    np.testing.assert_allclose(ended(measurements, values, begun), run.predictor, atol=1e-6)


def test_by_hand_one_measurement_of_the_identity_is_stationary():
    assert off_stationary(2 * np.eye(3), np.eye(3)[None], 0.1) < 1e-14
    assert off_stationary(np.diag([2.0, 1.0, 1.0]), np.eye(3)[None], 0.1) > 0.05


@pytest.mark.parametrize("change", [{"scales": (0.01, 3.0, 10.0)}, {"scales": (0.001, 0.01, 3.0)}, {"widths": (10, 20)}])
def test_parameters_that_claims_cannot_read_are_refused(change: dict):
    parameters = dataclasses.replace(STUDY.quick, **change)
    with pytest.raises(ValueError, match=r"scales must ascend to 10|two widths of 20 or more"):
        STUDY.build(parameters, Case({"family": "completion"}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
