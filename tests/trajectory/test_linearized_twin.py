"""A run beside its linearized twin: where the twin ends, and how far apart they are."""

import numpy as np
import pytest

import thalweg as tw

X = np.random.default_rng(0).normal(size=(5, 3))
Y = np.random.default_rng(1).normal(size=(1, 3))
PROBLEM = tw.LinearRegression(X, Y)


def run_from(scale: float, **options) -> tw.Trajectory:
    common = {"until": tw.LossBelow(1e-12), "key": 0} | options
    return tw.follow(PROBLEM, tw.Diagonal(size=5), tw.Constant(scale), tw.GradientDescent(0.01), **common)


@pytest.fixture(scope="module")
def flow() -> tw.Trajectory:
    return run_from(0.5)


def test_the_twin_ends_at_the_solution_of_least_norm(flow: tw.Trajectory):
    """Its kernel is a multiple of the identity on coefficients."""
    twin = tw.linearized_twin(flow)  # by gradient flow
    assert twin.outcome.reached
    np.testing.assert_allclose(twin.predictor, Y @ np.linalg.pinv(X), atol=1e-4)
    assert np.abs(flow.predictor - twin.predictor).max() > 0.01


def test_a_twin_that_cannot_fit_stands_still():
    outputs = np.array([[1.0, 2.0, 3.0]])
    network = tw.Model(lambda p, x: p[0] ** 3 * x[0] + p[1] ** 3 * x[0] ** 2, [[1.0], [1.0], [2.0]])
    problem = tw.LinearRegression.whitened(outputs)
    run = tw.follow(problem, network, tw.Given(np.array([1.0, 0.1])), tw.GradientDescent(1e-2), until=tw.Steps(2000), key=0)
    twin = tw.linearized_twin(run, until=tw.Steady(1e-8), algorithm=tw.GradientDescent(1e-2))
    jacobian = np.array([[3.0, 0.03], [3.0, 0.03], [6.0, 0.12]])
    target = outputs[0] - np.asarray(network.predictor(np.array([1.0, 0.1])))[0]
    step = np.linalg.lstsq(jacobian, target, rcond=None)[0]
    least = 0.5 * np.sum((jacobian @ step - target) ** 2)
    assert twin.outcome.loss == pytest.approx(least, rel=1e-3)


def test_the_distance_falls_with_the_fourth_power_of_the_scale():
    """Depth 2: parameters to the second order; in the outputs of the two signs that order cancels."""
    apart = []
    for scale in (2.0, 4.0):
        descent = tw.GradientDescent(1e-4 / scale**2)
        common = {"until": tw.Steps(5000), "at": tw.EverySteps(1000), "record": [tw.Predictor()]}
        run = tw.follow(PROBLEM, tw.Diagonal(size=5), tw.Constant(scale), descent, key=0, **common)
        twin = tw.linearized_twin(run, algorithm=descent, **common)
        apart.append(tw.distance_to_linearized(run, twin))
    assert apart[0][0] == 0
    assert np.log2(apart[0][1:] / apart[1][1:]) == pytest.approx(np.full(5, 4.0), abs=0.2)


def test_bad_input(flow: tw.Trajectory):
    with pytest.raises(ValueError, match="the run did not record its predictor"):
        tw.distance_to_linearized(flow, flow)
    recorded = run_from(0.5, record=[tw.Predictor()])
    other = run_from(0.4, record=[tw.Predictor()])
    with pytest.raises(ValueError, match="at different times"):
        tw.distance_to_linearized(recorded, other)
    with pytest.raises(ValueError, match="the twin did not record"):
        tw.distance_to_linearized(recorded, flow)
