"""The study of margins, on what it really computes: every claim holds and can tell, its paths are the package's."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
import pytest

import thalweg as tw
from studies.claims_checked import check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.max_margin import descents, work
from thalweg.studies.max_margin.study import STUDY
from thalweg.studies.study import DataMissing, Work


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    found = []
    for case in STUDY.cases(STUDY.quick, (0, 1)):
        try:
            made = STUDY.build(STUDY.quick, case, 0)
        except DataMissing:
            continue
        assert isinstance(made, Work)
        data, finals = made.function(lambda progress: None, **made.arguments)
        found.append(Result(case.coordinates, case.seed, finals, lambda data=data: data))
    return Evidence(found)


@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    if not any(all(r.coordinates.get(k) == v for k, v in claim.needs.items()) for r in evidence):
        pytest.skip("the digits are not at hand")
    check_can_tell(claim, evidence)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))
    assert [plot.name for plot in STUDY.plots(STUDY.quick, evidence)] == ["gaps", "flow", "directions"]


def instance() -> tuple[np.ndarray, Any]:
    return work.instance(np.random.default_rng(0), 12, 4, 0.3)


@pytest.mark.parametrize(
    ("make", "algorithm", "loss"),
    [
        (lambda rows: descents.descent(rows, 0.5), tw.GradientDescent(0.5), "logistic"),
        (lambda rows: descents.normalized(rows, 0.3), tw.NormalizedGradientDescent(0.3), "exponential"),
        (
            lambda rows: descents.normalized(rows, 0.3, 0.5),
            tw.NormalizedGradientDescent(0.3, schedule="1/sqrt(t)"),
            "exponential",
        ),
        (lambda rows: descents.momentum(rows, 0.1), tw.DualMomentum(0.1), "exponential"),
        (
            lambda rows: descents.adam(rows, 0.1, 1e-300, (0.9, 0.99)),
            tw.Optax(optax.adam(lambda count: 0.1 / jnp.sqrt(count + 1), b2=0.99, eps=1e-300)),
            "exponential",
        ),
    ],
    ids=["descent", "normalized", "falling rates", "momentum", "adam"],
)
def test_paths_are_those_of_the_package(make: Any, algorithm: Any, loss: str):
    signed, _ = instance()
    rows = np.ascontiguousarray(signed.T)
    problem = tw.Classification(signed, np.ones(12), loss=loss)
    run = tw.follow(
        problem, tw.DeepLinear(depth=1, shape=(1, 4)), tw.Given([np.zeros((1, 4))]), algorithm, until=tw.Steps(60), key=0
    )
    ours = descents.walked(make(rows), np.array([60]))[0]
    np.testing.assert_allclose(ours, run.predictor[0], rtol=1e-6 if isinstance(algorithm, tw.Optax) else 1e-9)


def test_sign_and_coordinate_steps_by_hand():
    rows = np.array([[1.0, -0.5], [0.5, 2.0]])
    slope = descents.slope_of(rows, np.zeros(2))
    np.testing.assert_allclose(slope, [-0.75, -0.75])
    sign = descents.walked(descents.sign(rows, 0.1), np.array([1, 2]))
    np.testing.assert_allclose(sign[0], [0.1, 0.1])
    np.testing.assert_allclose(np.abs(sign[1] - sign[0]), 0.1 / np.sqrt(2))
    one = descents.walked(descents.coordinate(rows, 0.5), np.array([1]))[0]
    np.testing.assert_allclose(one, [0.5 * 0.375, 0.0])  # entries over the largest, which is 2


def test_the_instance_is_separable_and_its_limits_are_apart():
    signed, best = instance()
    assert min(solution.value for solution in best.values()) > 0
    for at, solution in best.items():
        for norm in best:
            found = work.share(signed, best, solution.predictor, norm)
            assert found == pytest.approx(1.0, abs=1e-9) if norm == at else found <= work.APART


def test_the_limit_of_the_gap_by_hand():
    """Two support vectors with equal weights: entropy and least surprise agree, and the gap vanishes faster."""
    even = tw.exact.hard_margin(tw.Classification(np.eye(2), [1, 1]))
    assert work.limit_of_gap(even) == pytest.approx(0.0, abs=1e-12)
    odd = tw.exact.hard_margin(tw.Classification(np.diag([3.0, 4.0]), [1, 1]))
    expected = 2.4 * (-0.64 * np.log(0.64) - 0.36 * np.log(0.36) + np.log(0.64))
    assert work.limit_of_gap(odd) == pytest.approx(expected, rel=1e-12)


def test_slopes_of_powers():
    x = np.geomspace(1, 1000, 30)
    assert work.slope(x, 3 * x**-2.0, 10, 1000) == pytest.approx(-2.0)
    assert work.slope(x, -x, 10, 1000) == 0.0


def test_keys_of_cases_differ():
    keys = []
    for case in STUDY.cases(STUDY.quick, (0, 1)):
        try:
            keys.append(case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)))
        except DataMissing:
            continue
    assert len(set(keys)) == len(keys) >= 3
