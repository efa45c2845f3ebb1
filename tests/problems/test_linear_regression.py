"""Linear regression: its loss against the residuals by hand, its gradient against autodiff, from data and from moments."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from thalweg.problems.conventions import CONVENTIONS

RNG = np.random.default_rng(0)
X, NOISE = RNG.normal(size=(4, 9)), RNG.normal(size=(3, 9))
Y = RNG.normal(size=(3, 4)) @ X + NOISE
POINT = jnp.asarray(RNG.normal(size=(3, 4)))
BY_HAND = {
    "mean of squares": lambda r: np.sum(r**2) / 9,
    "half mean of squares": lambda r: np.sum(r**2) / 18,
    "sum of squares": lambda r: np.sum(r**2),
    "half sum of squares": lambda r: np.sum(r**2) / 2,
}


def few() -> tw.LinearRegression:
    """Fewer samples than inputs: a second moment of rank 2."""
    return tw.LinearRegression(X[:, :2], Y[:, :2])


@pytest.mark.parametrize("loss", CONVENTIONS)
def test_the_loss_is_that_of_the_residuals_by_hand(loss: str):
    assert set(BY_HAND) == set(CONVENTIONS)
    problem = tw.LinearRegression(X, Y, loss=loss)
    assert problem.shape == (3, 4)
    assert float(problem.loss(POINT)) == pytest.approx(float(BY_HAND[loss](np.asarray(POINT) @ X - Y)), rel=1e-13)


@pytest.mark.parametrize("problem", [tw.LinearRegression(X, Y), few(), tw.LinearRegression.whitened(Y[:, :4])])
def test_the_gradient_is_that_of_autodiff_and_of_moments(problem: tw.LinearRegression):
    value, gradient = problem.loss_and_gradient(POINT)
    assert float(value) == pytest.approx(float(problem.loss(POINT)), rel=1e-14)
    np.testing.assert_allclose(gradient, jax.grad(problem.loss)(POINT), atol=1e-13)
    np.testing.assert_allclose(gradient, POINT @ problem.input_moment - problem.cross_moment, atol=1e-13)


def test_moments_are_means_over_samples():
    problem = tw.LinearRegression(X, Y)
    np.testing.assert_allclose(problem.input_moment, X @ X.T / 9, atol=1e-14)
    np.testing.assert_allclose(problem.cross_moment, Y @ X.T / 9, atol=1e-14)
    total = tw.LinearRegression(X, Y, loss="half sum of squares")
    np.testing.assert_allclose(total.input_moment, X @ X.T, atol=1e-13)
    np.testing.assert_allclose(tw.LinearRegression(X, Y, loss="mean of squares").input_moment, 2 * X @ X.T / 9, atol=1e-14)


def test_the_target_is_the_solution_of_least_norm_and_the_floor_its_loss():
    problem = tw.LinearRegression(X, Y)
    expected = np.linalg.lstsq(X.T, Y.T, rcond=None)[0].T
    np.testing.assert_allclose(problem.target, expected, atol=1e-12)
    assert float(problem.floor) == pytest.approx(np.sum((expected @ X - Y) ** 2) / 18, rel=1e-12)
    assert float(problem.loss(jnp.asarray(problem.target))) == pytest.approx(float(problem.floor), rel=1e-14)


def test_fewer_samples_than_inputs_leave_directions_that_do_not_count():
    problem = few()
    np.testing.assert_allclose(problem.target, Y[:, :2] @ np.linalg.pinv(X[:, :2]), atol=1e-12)
    assert float(problem.floor) == pytest.approx(0, abs=1e-25)
    assert np.linalg.matrix_rank(problem.input_moment) == 2
    away = RNG.normal(size=(3, 4)) @ (np.eye(4) - X[:, :2] @ np.linalg.pinv(X[:, :2]))
    assert float(problem.loss(POINT + away)) == pytest.approx(float(problem.loss(POINT)), rel=1e-12)
    repeated = tw.LinearRegression(X[:, [0, 1, 0]], Y[:, [0, 1, 0]])
    assert np.linalg.matrix_rank(repeated.input_moment) == 2
    np.testing.assert_allclose(repeated.target, problem.target, atol=1e-12)


def test_moments_are_as_good_as_data_but_for_the_floor():
    data = tw.LinearRegression(X, Y)
    made = tw.LinearRegression.from_moments(X @ X.T / 9, Y @ X.T / 9)
    np.testing.assert_allclose(made.target, data.target, atol=1e-12)
    assert float(made.loss(POINT)) == pytest.approx(float(data.loss(POINT) - data.floor), rel=1e-12)
    np.testing.assert_allclose(made.loss_and_gradient(POINT)[1], data.loss_and_gradient(POINT)[1], atol=1e-13)
    assert float(made.floor) == 0.0


def test_moments_may_be_singular():
    singular, whole = few(), tw.LinearRegression(X, Y)
    made = tw.LinearRegression.from_moments(singular.input_moment, singular.cross_moment)
    np.testing.assert_allclose(made.target, singular.target, atol=1e-11)
    with pytest.raises(ValueError, match="cross_moment must have its rows in the range of input_moment"):
        tw.LinearRegression.from_moments(singular.input_moment, whole.cross_moment)


def test_whitened_inputs_leave_the_distance_to_a_matrix():
    problem = tw.LinearRegression.whitened(Y[:, :4])
    assert float(problem.loss(POINT)) == pytest.approx(0.5 * np.sum((np.asarray(POINT) - Y[:, :4]) ** 2), rel=1e-14)
    np.testing.assert_array_equal(problem.target, Y[:, :4])
    np.testing.assert_array_equal(problem.input_moment, np.eye(4))


def test_the_flow_from_nothing_ends_at_the_solution_of_least_norm():
    problem = few()
    network, until = tw.DeepLinear(depth=1, shape=(3, 4)), tw.Time(200.0)
    run = tw.follow(problem, network, [np.zeros((3, 4))], tw.GradientFlow(1e-9), until=until, key=0)
    np.testing.assert_allclose(run.predictor, problem.target, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: tw.LinearRegression(X, Y[:, :5]), ValueError, "as many columns as there are samples"),
        (lambda: tw.LinearRegression(X[0], Y), ValueError, "inputs must be a matrix with at least one entry"),
        (lambda: tw.LinearRegression(X[:, :0], Y[:, :0]), ValueError, "inputs must be a matrix with at least one entry"),
        (lambda: tw.LinearRegression(np.full((4, 9), np.nan), Y), ValueError, "inputs must be finite; 36 of its entries"),
        (lambda: tw.LinearRegression(X, np.full((3, 9), np.inf)), ValueError, "outputs must be finite; 27"),
        (lambda: tw.LinearRegression(X, Y, loss="squares"), ValueError, "loss must be one of 'mean of squares'"),
        (lambda: tw.LinearRegression("ab", Y), TypeError, "inputs must be an array of real numbers"),
        (lambda: tw.LinearRegression.from_moments(np.eye(3), Y), ValueError, r"input_moment must be \(d_0, d_0\)"),
        (lambda: tw.LinearRegression.from_moments(X[:, :4], np.eye(4)), ValueError, "input_moment must be symmetric"),
        (lambda: tw.LinearRegression.from_moments(-np.eye(4), np.eye(4)), ValueError, "no negative eigenvalue, it has -1"),
        (lambda: tw.LinearRegression.whitened(np.ones(3)), ValueError, "target must be a matrix"),
    ],
)
def test_bad_input_is_refused(make: Any, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        make()
