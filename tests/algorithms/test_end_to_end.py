"""The end-to-end rule as an algorithm: against plain numpy, gradient descent at depth 1, and deep factors to first order."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import precondition

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 12))
PROBLEM = tw.LinearRegression(X, RNG.normal(size=(3, 4)) @ X)
SINGLE = tw.DeepLinear(depth=1, shape=(3, 4))
START = 0.5 * RNG.normal(size=(3, 4))


def run(algorithm: Any, steps: int = 40, start: Any = START, problem: Any = PROBLEM, **more: Any) -> tw.Trajectory:
    return tw.follow(problem, SINGLE, [start], algorithm, until=tw.Steps(steps), key=0, **more)


@pytest.mark.parametrize("depth", [1.0, 2.0, 2.5, 4.0])
def test_each_step_is_the_rule(depth: float):
    w = START
    for _ in range(40):
        w = w - 0.02 * precondition(w, np.asarray(PROBLEM.loss_and_gradient(jnp.asarray(w))[1]), depth)
    found = run(tw.EndToEnd(depth, 0.02))
    np.testing.assert_allclose(found.predictor, w, rtol=1e-12)
    assert found.outcome.time == pytest.approx(0.8)
    assert found.outcome.gradients == 41
    assert float(found.data.loss[-1]) < float(found.data.loss[0])


def test_depth_one_is_gradient_descent():
    np.testing.assert_allclose(run(tw.EndToEnd(1, 0.05)).predictor, run(tw.GradientDescent(0.05)).predictor, rtol=1e-12)


def test_it_serves_any_loss():
    problem = tw.MatrixCompletion.random(shape=(3, 4), rank=1, observed=9, key=1)
    gradient = np.asarray(problem.loss_and_gradient(jnp.asarray(START))[1])
    found = run(tw.EndToEnd(3, 0.3), steps=1, problem=problem).predictor
    np.testing.assert_allclose(found, START - 0.3 * precondition(START, gradient, 3), rtol=1e-12)


@pytest.mark.parametrize("depth", [2, 3])
def test_deep_descent_differs_by_the_rate(depth: int):
    network = tw.DeepLinear(depth=depth, shape=(3, 4), hidden=6)
    factors = tw.Balanced(matrix=START).sample(network, key=0)
    apart = []
    for rate in (4e-3, 2e-3, 1e-3):
        until = tw.Time(0.4)
        deep = tw.follow(PROBLEM, network, factors, tw.GradientDescent(rate), until=until, key=0)
        end = tw.follow(PROBLEM, SINGLE, [START], tw.EndToEnd(depth, rate), until=until, key=0)
        apart.append(float(np.linalg.norm(deep.predictor - end.predictor)))
    assert np.polyfit(np.log([4, 2, 1]), np.log(apart), 1)[0] == pytest.approx(1.0, abs=0.15)
    wrong = tw.follow(PROBLEM, SINGLE, [START], tw.EndToEnd(depth + 1, 1e-3), until=tw.Time(0.4), key=0)
    assert np.linalg.norm(wrong.predictor - START) > 0
    assert apart[-1] < 0.05 * np.linalg.norm(wrong.predictor - end.predictor)


def test_at_zero_a_deep_rule_rests_and_a_shallow_one_moves():
    deep = run(tw.EndToEnd(2, 0.1), start=np.zeros((3, 4)))
    assert deep.outcome.kind == "at rest"
    assert deep.outcome.steps == 0
    assert np.abs(run(tw.EndToEnd(1, 0.1), start=np.zeros((3, 4))).predictor).max() > 0.1


def test_a_step_raises_the_rank_by_the_square_of_the_rate():
    """The velocity lies along matrices of the same rank; a finite step leaves them, as the product of factors does not."""
    flat = np.outer([1.0, 2.0, -1.0], [0.3, 0.1, 0.2, -0.4])

    def second(depth: float, rate: float) -> float:
        return float(np.linalg.svd(run(tw.EndToEnd(depth, rate), steps=1, start=flat).predictor, compute_uv=False)[1])

    assert second(3, 2e-3) / second(3, 1e-3) == pytest.approx(4, rel=0.05)
    assert second(1, 2e-3) / second(1, 1e-3) == pytest.approx(2, rel=0.05)


def test_depths_and_rates_in_one_batch_are_each_alone_and_one_compilation():
    depths, rates = [1.0, 2.0, 3.5, 2.0], [0.02, 0.02, 0.01, 0.03]
    each = [tw.EndToEnd(depth, rate) for depth, rate in zip(depths, rates, strict=True)]
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)
    objective = tw.Objective(PROBLEM, SINGLE)
    traces = []

    @jax.jit
    def end(algorithm: tw.EndToEnd) -> jax.Array:
        traces.append(algorithm)
        motion = algorithm.start(objective, [jnp.asarray(START)])
        horizon = jnp.asarray(jnp.inf)
        return jax.lax.fori_loop(0, 40, lambda _, now: algorithm.step(objective, now, horizon), motion).params[0]

    found = jax.vmap(end)(batch)
    for row, algorithm in zip(found, each, strict=True):
        np.testing.assert_allclose(row, run(algorithm).predictor, rtol=1e-12)
    for algorithm in each:
        end(algorithm)
    assert len(traces) == 1  # depth is a number, not structure


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: tw.EndToEnd(0.5, 0.1), ValueError, "depth must be at least 1, got 0.5"),
        (lambda: tw.EndToEnd(2, 0.0), ValueError, "learning_rate must be greater than 0"),
        (lambda: tw.EndToEnd(np.inf, 0.1), ValueError, "depth must be finite"),
        (lambda: tw.EndToEnd("deep", 0.1), TypeError, "depth must be a number"),
        (lambda: tw.EndToEndFlow(0), ValueError, "depth must be at least 1, got 0"),
        (lambda: tw.EndToEndFlow(2, 0.5), ValueError, "rtol must be below 0.1"),
        (lambda: tw.EndToEndFlow(2, -1e-6), ValueError, "rtol must be greater than 0"),
    ],
)
def test_bad_settings_are_refused(make: Any, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("algorithm", [tw.EndToEnd(2, 0.1), tw.EndToEndFlow(2)], ids=["steps", "flow"])
def test_a_parametrization_that_is_no_single_matrix_is_refused(algorithm: Any):
    network = tw.DeepLinear(depth=2, shape=(3, 4))
    name = type(algorithm).__name__
    with pytest.raises(ValueError, match=rf"{name} moves a single matrix, not .* DeepLinear of depth 2: take tw.DeepLinear\("):
        tw.follow(PROBLEM, network, tw.Gaussian(0.1), algorithm, until=tw.Steps(3), key=0)
