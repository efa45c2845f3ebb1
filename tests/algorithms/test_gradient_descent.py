"""Gradient descent: its step against formulas written out, and how it departs from the flow."""

import numpy as np
import pytest

import thalweg as tw
from trajectory.cases import (
    NETWORK,
    PROBLEM,
    START,
    distance,
    flow,
    gradients,
    imbalances,
    loss_of,
    path,
    product,
    slope,
)


def by_hand(factors: list[np.ndarray], rate: float) -> list[np.ndarray]:
    """One step for depth 3, each gradient written out."""
    first, second, third = factors
    residual = np.where(np.isnan(PROBLEM.observed), 0.0, third @ second @ first - np.nan_to_num(PROBLEM.observed))
    outer = 2 / 17 * residual
    return [
        first - rate * (third @ second).T @ outer,
        second - rate * third.T @ outer @ first.T,
        third - rate * outer @ (second @ first).T,
    ]


def in_turn(factors: list[np.ndarray], rate: float) -> list[np.ndarray]:
    """The mutant: each layer sees the layers before it already moved."""
    moved = [factor.copy() for factor in factors]
    for j in range(len(moved)):
        moved[j] = moved[j] - rate * gradients(PROBLEM, moved)[j]
    return moved


def one_step(factors: list[np.ndarray], rate: float) -> list[np.ndarray]:
    run = path(tw.GradientDescent(rate), tw.Steps(1), start=tw.Given(factors))
    return [np.asarray(factor) for factor in run.params]


def test_one_step_is_the_formula_for_all_layers_at_once():
    factors = START.sample(NETWORK, key=1)
    moved = one_step(factors, 0.5)
    assert distance(moved, by_hand(factors, 0.5)) < 1e-15
    assert distance(moved, in_turn(factors, 0.5)) > 1e-3


def test_a_hundred_steps_are_a_hundred_steps():
    factors = START.sample(NETWORK, key=1)
    run = path(tw.GradientDescent(0.2), tw.Steps(100))
    for _ in range(100):
        factors = by_hand(factors, 0.2)
    assert distance(run.params, factors) < 1e-13
    assert run.outcome.gradients == 101
    assert run.outcome.time == pytest.approx(20.0, rel=1e-14)
    np.testing.assert_allclose(run.predictor, product(factors), rtol=0, atol=1e-13)
    assert run.outcome.loss == pytest.approx(loss_of(PROBLEM, product(factors)), rel=1e-12)


def test_imbalance_drifts_by_the_square_of_the_rate_times_the_gap_of_squared_gradients():
    factors, rate = START.sample(NETWORK, key=1), 0.3
    for _ in range(5):
        slopes = gradients(PROBLEM, factors)
        moved, mutant = one_step(factors, rate), in_turn(factors, rate)
        drifts = [rate**2 * (slopes[j + 1].T @ slopes[j + 1] - slopes[j] @ slopes[j].T) for j in (0, 1)]
        begin = imbalances(factors)
        assert distance(imbalances(moved), [b + d for b, d in zip(begin, drifts, strict=True)]) < 1e-14
        missed = distance(imbalances(mutant), [b + d for b, d in zip(begin, drifts, strict=True)])
        assert missed > 0.1 * distance(drifts, [np.zeros_like(drift) for drift in drifts]) > 1e-6
        factors = moved


def test_drift_of_one_step_is_of_second_order_in_the_rate():
    factors = START.sample(NETWORK, key=1)
    rates = [0.2, 0.1, 0.05, 0.025]
    drifts = [distance(imbalances(one_step(factors, rate)), imbalances(factors)) for rate in rates]
    assert slope(rates, drifts) == pytest.approx(2.0, abs=1e-6)


def test_drift_at_a_fixed_time_is_of_first_order_in_the_rate():
    rates = [0.02, 0.01, 0.005]
    drifts = []
    for rate in rates:
        run = path(tw.GradientDescent(rate), tw.Steps(round(5 / rate)))
        drifts.append(abs(float(run.data.imbalance[-1] - run.data.imbalance[0])))
    assert slope(rates, drifts) == pytest.approx(1.0, abs=0.05)


def test_descent_approaches_the_flow_at_first_order():
    reference = flow(5.0, 1e-11)
    rates = [0.02, 0.01, 0.005]
    gaps = []
    for rate in rates:
        run = path(tw.GradientDescent(rate), tw.Steps(round(5 / rate)))
        assert run.outcome.time == pytest.approx(5.0, rel=1e-14)
        gaps.append(distance(run.params, reference.params))
    assert slope(rates, gaps) == pytest.approx(1.0, abs=0.05)
    assert gaps[-1] > 1e-4


@pytest.mark.parametrize(
    ("rate", "error", "message"),
    [
        (-1.0, ValueError, "learning_rate must be greater than 0, got -1"),
        (0.0, ValueError, "learning_rate must be greater than 0, got 0"),
        (np.nan, ValueError, "learning_rate must be finite, got nan"),
        ("fast", TypeError, "learning_rate must be a number, got 'fast'"),
        ([0.1, 0.2], TypeError, r"learning_rate must be a single number, got an array of shape \(2,\)"),
    ],
)
def test_a_bad_rate_is_refused(rate: object, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.GradientDescent(rate)
