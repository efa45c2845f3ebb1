"""Normalized descent against plain numpy, its rates towards the largest margin, and the clock of the flow."""

import numpy as np
import pytest

import thalweg as tw
from algorithms.separable import planted, row, softmin_slope

PROBLEM = planted()
RECORD = [tw.NormalizedMargin(), tw.Predictor()]


def path(algorithm, steps: int, problem: tw.Classification = PROBLEM, **more) -> tw.Trajectory:
    network, start = row()
    return tw.follow(problem, network, start, algorithm, until=tw.Steps(steps), key=0, record=RECORD, **more)


@pytest.mark.parametrize("schedule", ["constant", "1/sqrt(t)"])
@pytest.mark.parametrize("by", ["loss", "norm"])
def test_steps_are_those_of_the_rule(by: str, schedule: str):
    run = path(tw.NormalizedGradientDescent(0.7, by=by, schedule=schedule), 200)
    w, spent, time = np.zeros(4), 0.0, 0.0
    for t in range(1, 201):
        log_loss, slope = softmin_slope(PROBLEM, w)
        rate = 0.7 / np.sqrt(t) if schedule == "1/sqrt(t)" else 0.7
        length = np.linalg.norm(slope) if by == "norm" else 1.0
        w, spent, time = w - rate / length * slope, spent + rate / (length * np.exp(log_loss)), time + rate
    np.testing.assert_allclose(run.predictor[0], w, rtol=1e-11)
    assert run.outcome.time == pytest.approx(time, rel=1e-12)
    assert float(run.data.log_time[-1]) == pytest.approx(np.log(spent), rel=1e-10)
    assert run.outcome.gradients == 201


@pytest.mark.parametrize(("schedule", "order"), [("constant", 1.0), ("1/sqrt(t)", 0.5)])
def test_the_gap_shrinks_at_the_published_rate(schedule: str, order: float):
    best = tw.exact.hard_margin(PROBLEM).value
    run = path(tw.NormalizedGradientDescent(1.0, schedule=schedule), 20_000)
    gap = np.interp([1000, 10_000], run.data.steps, best - run.data.normalized_margin)
    assert np.log10(gap[0] / gap[1]) == pytest.approx(order, abs=0.15)


def test_margins_grow_where_the_loss_has_underflowed():
    run = path(tw.NormalizedGradientDescent(8.0), 5000)
    assert float(PROBLEM.margins(run.predictor).min()) > 1000
    assert run.outcome.loss == 0.0
    assert run.outcome.kind == "reached"
    in_logs = path(tw.NormalizedGradientDescent(8.0), 5000, PROBLEM.log)
    np.testing.assert_array_equal(in_logs.predictor, run.predictor)
    assert in_logs.outcome.loss == pytest.approx(softmin_slope(PROBLEM, run.predictor[0])[0], rel=1e-12)


def test_it_is_descent_on_the_logarithm_for_any_parametrization():
    network = tw.DeepLinear(depth=3, shape=(1, 4))
    paths = [
        tw.follow(problem, network, tw.Gaussian(0.7), algorithm, until=tw.Steps(150), key=2)
        for problem, algorithm in (
            (PROBLEM, tw.NormalizedGradientDescent(0.03)),
            (PROBLEM.log, tw.GradientDescent(0.03)),
            (PROBLEM, tw.GradientDescent(0.03)),
        )
    ]
    np.testing.assert_allclose(paths[0].predictor, paths[1].predictor, rtol=1e-11)
    assert np.abs(paths[0].predictor - paths[2].predictor).max() > 1e-3


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
def test_the_logistic_loss_has_the_same_limit(loss: str):
    problem = planted(1, loss=loss)
    run = path(tw.NormalizedGradientDescent(1.0), 5000, problem)
    assert float(run.data.normalized_margin[-1]) == pytest.approx(tw.exact.hard_margin(problem).value, rel=2e-3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be greater than 0, got 0"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be a number"),
        ({"by": "max"}, ValueError, "by must be 'loss' or 'norm', what the gradient is divided by; got 'max'"),
        ({"schedule": "1/t"}, ValueError, r"schedule must be one of 'constant', '1/sqrt\(t\)'; got '1/t'"),
    ],
)
def test_bad_settings_are_refused(arguments: dict, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.NormalizedGradientDescent(**({"learning_rate": 1.0} | arguments))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("algorithm", [tw.NormalizedGradientDescent(1.0), tw.DualMomentum(1.0), tw.LogTimeFlow(1e-3)])
def test_a_loss_without_a_logarithm_is_refused(algorithm):
    problem = tw.LinearRegression.whitened(np.ones((1, 4)))
    network, start = row()
    with pytest.raises(ValueError, match=r"logarithm of the loss, which LinearRegression does not have; .* tw\.Classification"):
        tw.follow(problem, network, start, algorithm, until=tw.Steps(1), key=0)
