"""Diagonal networks: the predictor, its gradient by hand, and the path that their bias describes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw

PLUS, MINUS = np.array([0.5, 1.2, 0.0]), np.array([0.4, 0.1, 2.0])


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_the_predictor_is_a_difference_of_powers(depth: int):
    network = tw.Diagonal(size=3, depth=depth)
    expected = [[p**depth - m**depth for p, m in zip(PLUS, MINUS, strict=True)]]
    np.testing.assert_allclose(network.predictor([PLUS, MINUS]), expected, rtol=1e-14)
    assert network.shape == (1, 3)
    assert network.shapes == [(3,), (3,)]


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_the_gradient_is_that_of_differentiation_and_by_hand(depth: int):
    rng = np.random.default_rng(0)
    problem = tw.LinearRegression(rng.normal(size=(3, 2)), rng.normal(size=(1, 2)))
    network = tw.Diagonal(size=3, depth=depth)
    loss, gradient = network.loss_and_gradient(problem, [PLUS, MINUS])
    by_jax = jax.grad(lambda w: problem.loss(network.predictor(w)))([jnp.asarray(PLUS), jnp.asarray(MINUS)])
    slope = np.asarray(problem.loss_and_gradient(network.predictor([PLUS, MINUS]))[1])[0]
    np.testing.assert_allclose(gradient[0], by_jax[0], rtol=1e-12)
    np.testing.assert_allclose(gradient[1], by_jax[1], rtol=1e-12)
    np.testing.assert_allclose(gradient[0], depth * PLUS ** (depth - 1) * slope, rtol=1e-12)
    np.testing.assert_allclose(gradient[1], -depth * MINUS ** (depth - 1) * slope, rtol=1e-12)
    assert float(loss) == pytest.approx(float(problem.loss(network.predictor([PLUS, MINUS]))))


def test_the_flow_is_that_of_its_dual_and_keeps_the_product_of_the_halves():
    rng = np.random.default_rng(1)
    problem = tw.LinearRegression(rng.normal(size=(4, 2)), rng.normal(size=(1, 2)))
    shape = np.array([1.0, 2.0, 0.5, 1.0])
    run = tw.follow(
        problem,
        tw.Diagonal(size=4),
        tw.Constant(0.5, shape),
        tw.GradientFlow(1e-9),
        until=tw.Time(3.0),
        record=[tw.Loss(), tw.Predictor()],
        key=0,
    )
    plus, minus = (np.asarray(half) for half in run.params)
    np.testing.assert_allclose(plus * minus, [0.25, 1.0, 0.0625, 0.25], rtol=1e-6)
    path = tw.theory.diagonal_flow(problem, depth=2, scale=0.5, shape=shape, times=[3.0])
    np.testing.assert_allclose(run.predictor, path.predictor[-1], atol=1e-7)
    assert float(run.data.loss[-1]) == pytest.approx(path.loss[-1] + float(problem.floor), rel=1e-6)


def test_sizes_and_depths_are_whole():
    with pytest.raises(ValueError, match="depth must be at least 1"):
        tw.Diagonal(size=3, depth=0)
    with pytest.raises(ValueError, match="size must be at least 1"):
        tw.Diagonal(size=0)
    with pytest.raises(TypeError, match="depth must be a whole number"):
        tw.Diagonal(size=3, depth=2.5)  # pyright: ignore[reportArgumentType]
