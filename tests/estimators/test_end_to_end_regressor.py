"""The end-to-end rule as an estimator, beside deep networks under descent, plain descent, and other programs."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

import thalweg as tw
from thalweg.estimators import EndToEndRegressor
from thalweg.estimators.end_to_end_regressor import center


def data(outputs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    return X, (X @ rng.normal(size=(4, outputs or 1)) + 0.3 * rng.normal(size=(30, outputs or 1))).squeeze()


def stepped(depth: int, power: int, rate: float, steps: int, start: np.ndarray, outputs: int | None) -> np.ndarray:
    X, y = data(outputs)
    model = EndToEndRegressor(depth, power=power, learning_rate=rate, init=start, fit_intercept=False, max_iter=steps, tol=0.0)
    with pytest.warns(ConvergenceWarning, match=f"{steps} steps were not enough"):
        return np.atleast_2d(model.fit(X, y).coef_)


@pytest.mark.parametrize(("depth", "power", "outputs"), [(1, 2, None), (2, 2, 3), (3, 4, None)])
def test_it_is_the_rule_and_at_small_rates_the_deep_network(depth: int, power: int, outputs: int | None):
    X, y = data(outputs)
    target, start = np.atleast_2d(y.T), 0.3 * np.random.default_rng(1).normal(size=(outputs or 1, 4))
    problem = tw.PowerRegression(X.T, target, power=power)
    apart = []
    for rate, steps in ((0.02, 50), (0.01, 100)):
        mine = stepped(depth, power, rate, steps, start, outputs)
        rule = tw.follow(
            problem, tw.DeepLinear(depth=1, shape=start.shape), tw.Given([start]), tw.EndToEnd(depth, rate),
            until=tw.Steps(steps), key=0,
        )  # fmt: skip
        np.testing.assert_allclose(mine, rule.predictor, atol=1e-12)
        network = tw.follow(
            problem, tw.DeepLinear(depth=depth, shape=start.shape), tw.Balanced(matrix=start), tw.GradientDescent(rate),
            until=tw.Steps(steps), key=0,
        )  # fmt: skip
        apart.append(float(np.abs(mine - network.predictor).max()))
        assert np.abs(mine - start).max() > 0.1
    if depth == 1:
        assert max(apart) < 1e-12
    else:
        assert apart[0] / apart[1] == pytest.approx(2.0, abs=0.4)  # of the order of the rate
        assert apart[1] < 0.05


def test_depth_saves_steps_where_plain_descent_is_held_up():
    X = np.eye(2)
    for ratio in (4.0, 10.0):
        y = np.array([ratio, 1.0])
        plain = min(steps(X, y, 1, [0.0, 0.0], share / ratio**2) for share in (0.5, 1.0, 1.5, 1.9))
        start = 0.5 / ratio
        deep = steps(X, y, 2, [start, 1e-3], 0.5 / start / ratio**2)
        assert deep <= 3
        assert plain > 5 * ratio**2


def steps(X: np.ndarray, y: np.ndarray, depth: int, start: list[float], rate: float) -> int:
    """Until both outputs are met to a fifth; the loss is a mean over two samples, so rates count twice."""
    met = 0.2**3 * y[1] ** 3 / float(np.linalg.norm(y**3))
    model = EndToEndRegressor(depth, power=4, learning_rate=2 * rate, init=start, fit_intercept=False, tol=met)
    return model.fit(X, y).n_iter_


@pytest.mark.parametrize("depth", [1, 2, 3.5])
@pytest.mark.parametrize("power", [2, 4, 6])
def test_it_ends_at_the_least_loss(depth: float, power: int):
    X, y = data()
    y = y + 2.0
    model = EndToEndRegressor(depth, power=power, random_state=0, tol=1e-7).fit(X, y)
    loss = lambda w: float(np.mean((X @ w[:4] + w[4] - y) ** power)) / power  # noqa: E731
    best = minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-12}).fun
    assert model.loss_[-1] == pytest.approx(best, rel=1e-4)
    assert loss(np.r_[model.coef_, model.intercept_]) == pytest.approx(model.loss_[-1], rel=1e-12)
    assert np.all(np.diff(model.loss_) < 0)
    assert model.converged_
    assert len(model.loss_) == model.n_iter_ + 1


def test_starts_are_drawn_from_the_random_state():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(3, 8)), rng.normal(size=3)
    one, same, other = (EndToEndRegressor(random_state=k).fit(X, y).coef_ for k in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3
    shrunk = EndToEndRegressor(random_state=1, init_scale=1e-6).fit(X, y).coef_
    least = np.linalg.lstsq(X - X.mean(axis=0), y - y.mean(), rcond=None)[0]
    assert np.abs(shrunk - least).max() < np.abs(other - least).max()


def test_a_rate_that_is_too_large_is_told_with_its_step():
    X, y = data()
    with pytest.warns(ConvergenceWarning, match=r"the rate 1000 is too large: step \d+ left the floating-point numbers"):
        model = EndToEndRegressor(2, learning_rate=1000.0, random_state=0).fit(X, y)
    assert np.isfinite(model.coef_).all()
    assert not model.converged_


def test_a_start_at_the_solution_stays():
    X, truth = data()[0], np.arange(1.0, 5.0)
    model = EndToEndRegressor(3, init=truth).fit(X, X @ truth)
    assert model.n_iter_ == 0
    np.testing.assert_array_equal(model.coef_, truth)


@pytest.mark.parametrize("power", [4, 6, 100])
def test_the_middle_of_errors(power: int):
    rng = np.random.default_rng(0)
    errors = np.c_[rng.normal(size=50), 1e6 + rng.exponential(size=50), np.full(50, 3.0)]
    found = center(errors, power)
    for column, middle in zip(errors.T, found):
        steep = np.sum((column - middle) ** (power - 1))
        assert abs(steep) <= 1e-6 * np.sum(np.abs(column - middle) ** (power - 1)) + 1e-300
    np.testing.assert_array_equal(center(errors, 2), errors.mean(axis=0))


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"depth": 0.5}, "depth must be at least 1"),
        ({"power": 3}, "power must be even, for an odd one has no least value; got 3"),
        ({"power": 2.0}, "power must be a whole number"),
        ({"learning_rate": -1.0}, "learning_rate must be above 0"),
        ({"learning_rate": "fast"}, "learning_rate must be a positive number or 'search', got 'fast'"),
        ({"init": np.zeros(4)}, "init must not be zero for a depth above 1"),
        ({"init": np.ones(3)}, r"init must be finite numbers of shape \(1, 4\), got an array of shape \(3,\)"),
        ({"init_scale": 0.0}, "init_scale must be above 0"),
        ({"tol": -1.0}, "tol must be at least 0"),
        ({"max_iter": 0}, "max_iter must be at least 1"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], says: str):
    with pytest.raises((ValueError, TypeError), match=says):
        EndToEndRegressor(**parameters).fit(*data())


def test_outputs_beyond_floating_point_numbers():
    X, y = data()
    with pytest.raises(ValueError, match="errors to the power 4 are too large"):
        EndToEndRegressor(power=4).fit(X, 1e100 * y)
