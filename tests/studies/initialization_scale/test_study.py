"""The study of the scale of the start, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

import thalweg as tw
from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.initialization_scale.study import STUDY
from thalweg.studies.initialization_scale.work import compressed, first_to_converge, margins, start
from thalweg.studies.small_networks import residual_and_slopes


def computed(seeds: tuple[int, ...]) -> Evidence:
    return carried_out(STUDY, STUDY.quick, STUDY.cases(STUDY.quick, seeds))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return computed((0, 1))


@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))


def test_the_full_form_is_the_published_setting_but_for_the_cap():
    full = STUDY.parameters
    assert (full.inputs, full.hidden, full.threshold) == (128, 32, 1e-5)
    np.testing.assert_allclose([full.deviations[0], full.deviations[-1]], [1e-3, 1.0])
    np.testing.assert_allclose([full.rates[0], full.rates[-1]], [1e-4, 1.0])


def test_settings_that_mean_nothing_are_refused():
    case = STUDY.cases(STUDY.quick, (0,))[0]
    with pytest.raises(ValueError, match="rising order"):
        STUDY.build(dataclasses.replace(STUDY.quick, deviations=(1.0, 0.1, 0.01)), case, 0)
    with pytest.raises(ValueError, match="above 0"):
        STUDY.build(dataclasses.replace(STUDY.quick, threshold=0.0), case, 0)


def test_cases_have_keys_of_their_own():
    works = [STUDY.build(STUDY.quick, case, 0) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len({case_key(STUDY.build, work) for work in works}) == len(works)


@pytest.mark.parametrize("kind", ["independent", "balanced"])
def test_descent_in_fewer_inputs_is_the_same_descent(kind: str):
    rng = np.random.default_rng(0)
    factors, target = start(rng, kind, 3, 0.2, 40, 5), rng.normal(size=(1, 40)) / 7
    small, goal = compressed(factors, target)
    assert small[0].shape[1] == factors[0].shape[0] + 1
    for _ in range(50):
        residual, slopes = residual_and_slopes(factors, target)
        factors = [f - 0.1 * g for f, g in zip(factors, slopes, strict=True)]
        other, moves = residual_and_slopes(small, goal)
        small = [f - 0.1 * g for f, g in zip(small, moves, strict=True)]
        assert np.linalg.norm(other) == pytest.approx(np.linalg.norm(residual), rel=1e-10)


def test_steps_are_those_of_the_library():
    """One of the networks of a batch, followed by the library's own gradient descent."""
    rng = np.random.default_rng(1)
    factors, target = start(rng, "independent", 3, 0.3, 6, 4), rng.normal(size=(1, 6))
    batch = [np.stack([f] * 3) for f in factors]
    steps, best = first_to_converge(
        batch, np.stack([target] * 3), np.array([1e-3, 0.05, 50.0]), np.array([0, 1, 2]), 1e-4, 5000, lambda progress: None
    )
    assert np.isinf(steps[2])
    assert np.isnan(best[2])
    assert best[1] == 0.05
    problem, network = tw.LinearRegression.whitened(target), tw.DeepLinear(depth=3, shape=(1, 6), hidden=4)
    run = tw.follow(problem, network, tw.Given(factors), tw.GradientDescent(0.05), until=tw.LossBelow(1e-4), key=0)
    assert int(steps[1]) == run.outcome.steps


def test_of_a_group_the_first_counts():
    factors, target = [np.full((2, 1, 1), 0.5), np.full((2, 1, 1), 0.5)], np.ones((2, 1, 1))
    alone = [
        first_to_converge([f[:1] for f in factors], target[:1], np.array([rate]), np.array([0]), 1e-6, 9999, lambda p: None)[0][0]
        for rate in (0.01, 0.3)
    ]
    both, best = first_to_converge(factors, target, np.array([0.01, 0.3]), np.array([0, 0]), 1e-6, 9999, lambda p: None)
    assert both[0] == min(alone) == alone[1]
    assert best[0] == 0.3


def test_margins_without_matrices_are_those_with_matrices():
    work = margins(lambda progress: None, depth=3, deviations=(0.1,), draws=4000, inputs=20, hidden=6, key=0)[1]
    rng = np.random.default_rng(2)
    found = []
    for _ in range(4000):
        w = rng.normal(size=(1, 6)) @ rng.normal(size=(6, 6)) @ rng.normal(size=(6, 20)) * 0.1**3
        found.append(np.sum(w**2) < 2 * w[0, 0])
    assert work["margin_small"] == pytest.approx(np.mean(found), abs=0.035)
