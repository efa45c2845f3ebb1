"""Regression by an even power: the loss by hand, the gradient by differentiation, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(3, 9)), RNG.normal(size=(2, 9)), jnp.asarray(RNG.normal(size=(2, 3)))


@pytest.mark.parametrize("power", [2, 4, 6])
def test_loss_and_gradient(power: int):
    problem = tw.PowerRegression(X, Y, power=power)
    by_hand = sum(sum(abs(float(W[k] @ X[:, i] - Y[k, i])) ** power for k in range(2)) for i in range(9)) / (power * 9)
    assert problem.shape == (2, 3)
    assert float(problem.loss(W)) == pytest.approx(by_hand, rel=1e-13)
    loss, gradient = problem.loss_and_gradient(W)
    assert float(loss) == pytest.approx(by_hand, rel=1e-13)
    np.testing.assert_allclose(gradient, jax.grad(problem.loss)(W), rtol=1e-12)


def test_the_power_two_is_linear_regression():
    ours, known = tw.PowerRegression(X, Y, power=2), tw.LinearRegression(X, Y)
    assert float(ours.loss(W)) == pytest.approx(float(known.loss(W)), rel=1e-12)
    np.testing.assert_allclose(ours.loss_and_gradient(W)[1], known.loss_and_gradient(W)[1], rtol=1e-12)
    assert float(tw.PowerRegression(X, Y, power=4).loss(W)) != pytest.approx(float(known.loss(W)))


def test_descent_reaches_what_can_be_reached():
    problem = tw.PowerRegression(np.eye(2), [[2.0, 1.0]], power=4)
    run = tw.follow(
        problem, tw.DeepLinear(depth=1, shape=(1, 2)), [np.zeros((1, 2))], tw.GradientDescent(0.2), until=tw.Steps(5000), key=0
    )
    np.testing.assert_allclose(run.predictor, [[2.0, 1.0]], atol=0.05)  # slowly: the curvature fades


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((X, Y, 3), ValueError, "power must be even, for an odd one has no least value; got 3"),
        ((X, Y, 0), ValueError, "power must be at least 2, got 0"),
        ((X, Y, 2.0), TypeError, "power must be a whole number, got 2.0"),
        ((X, Y[:, :4], 2), ValueError, r"got \(3, 9\) and \(2, 4\)"),
        ((X[:, :0], Y[:, :0], 2), ValueError, "inputs must be a matrix with at least one entry"),
        ((X, np.where(Y > 1, np.nan, Y), 2), ValueError, "outputs must be finite; . of its entries are not"),
        (("text", Y, 2), TypeError, "inputs must be an array of real numbers"),
    ],
)
def test_bad_input_is_refused(arguments: tuple, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        tw.PowerRegression(arguments[0], arguments[1], power=arguments[2])
