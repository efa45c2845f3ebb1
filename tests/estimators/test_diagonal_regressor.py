"""From ridge-like to sparse: the diagonal regressor beside other programs, trained networks, and least squares."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold

import thalweg as tw
from thalweg.estimators import DiagonalRegressor
from thalweg.estimators.diagonal_training import Training, trained


@pytest.fixture(scope="module")
def sparse() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X, truth = rng.normal(size=(30, 60)), np.r_[3.0, -2.0, 1.0, np.zeros(57)]
    return X, X @ truth + 0.5, truth


def least_l1(X: np.ndarray, y: np.ndarray) -> float:
    found = linprog(np.ones(2 * X.shape[1]), A_eq=np.hstack([X, -X]), b_eq=y)
    assert found.success
    return float(found.fun)


@pytest.mark.parametrize("depth", [2, 2.5, 3, 6])
def test_small_scales_are_basis_pursuit_and_large_ones_ridge_without_penalty(sparse: Any, depth: float):
    X, y, truth = sparse
    few = DiagonalRegressor(depth, scale=1e-8 ** (1 / depth)).fit(X, y)
    inner, outer = X - X.mean(axis=0), y - y.mean()
    assert np.abs(few.coef_).sum() == pytest.approx(least_l1(inner, outer), rel=1e-3)
    np.testing.assert_allclose(few.coef_, truth, atol=2e-4)
    assert few.intercept_ == pytest.approx(0.5, abs=1e-3)
    many = DiagonalRegressor(depth, scale=100.0).fit(X, y)
    np.testing.assert_allclose(many.coef_, Ridge(alpha=1e-9).fit(X, y).coef_, atol=1e-4)
    for model in (few, many):
        np.testing.assert_allclose(model.predict(X), y, atol=1e-10)
        assert model.gap_ <= 1e-9
        assert model.rank_ == 29


def test_the_norms_change_places_along_scales(sparse: Any):
    X, y, _ = sparse
    models = [DiagonalRegressor(scale=scale).fit(X, y).coef_ for scale in (1e-3, 1e-2, 0.1, 1.0, 10.0)]
    assert np.all(np.diff([np.abs(w).sum() for w in models]) > 0)
    assert np.all(np.diff([np.linalg.norm(w) for w in models]) < 0)


@pytest.mark.parametrize("depth", [2, 3, 5])
@pytest.mark.parametrize("scale", [0.03, 0.3, 3.0])
def test_trained_and_exact_agree(sparse: Any, depth: int, scale: float):
    X, y, _ = sparse
    options: dict[str, Any] = {"depth": depth, "scale": scale, "fit_intercept": False}
    exact, path = DiagonalRegressor(**options).fit(X, y), DiagonalRegressor(**options, solver="trained", tol=1e-12).fit(X, y)
    np.testing.assert_allclose(path.coef_, exact.coef_, atol=1e-4)
    other = DiagonalRegressor(depth, scale=4 * scale, fit_intercept=False).fit(X, y)
    assert np.abs(path.coef_ - other.coef_).max() > 10 * np.abs(path.coef_ - exact.coef_).max()


def test_a_network_under_gradient_descent_ends_there(sparse: Any):
    X, y, _ = sparse
    problem = tw.LinearRegression(X.T, y[None])
    rate = 0.05 / np.linalg.norm(problem.root, 2) ** 2
    run = tw.follow(
        problem, tw.Diagonal(size=60, depth=2), tw.Constant(0.5), tw.GradientDescent(rate), until=tw.LossBelow(1e-12), key=0
    )
    model = DiagonalRegressor(scale=0.5, fit_intercept=False).fit(X, y)
    np.testing.assert_allclose(run.predictor[0], model.coef_, atol=0.05)
    apart = [
        np.abs(run.predictor[0] - DiagonalRegressor(scale=s, fit_intercept=False).fit(X, y).coef_).max() for s in (0.25, 1.0)
    ]
    assert min(apart) > 3 * np.abs(run.predictor[0] - model.coef_).max()


def test_the_path_is_that_of_the_flow(sparse: Any):
    X, y, _ = sparse
    left = DiagonalRegressor(scale=0.3, solver="trained", tol=0.05, fit_intercept=False).fit(X, y)
    problem = tw.LinearRegression(X.T, y[None])
    path = tw.theory.diagonal_flow(problem, depth=2, scale=0.3, times=[0.0, float(left.time_[0])])
    np.testing.assert_allclose(left.coef_, path.predictor[-1, 0], atol=1e-4)
    assert 0.01 < path.loss[-1] / path.loss[0] <= 0.05


@pytest.mark.parametrize("solver", ["exact", "trained"])
def test_more_samples_than_features_leave_nothing_open(solver: str):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 6)), rng.normal(size=(40, 2))
    plain = LinearRegression().fit(X, y)
    for scale in (1e-2, 1.0):
        model = DiagonalRegressor(scale=scale, solver=solver, tol=1e-12).fit(X, y)
        np.testing.assert_allclose(model.coef_, plain.coef_, atol=1e-5)
        np.testing.assert_allclose(model.intercept_, plain.intercept_, atol=1e-5)


@pytest.mark.parametrize("solver", ["exact", "trained"])
def test_without_a_fit_the_limit_is_the_least_potential_among_least_squares(solver: str):
    rng = np.random.default_rng(2)
    basis = rng.normal(size=(8, 20))
    X, y = np.repeat(basis, 2, axis=0), rng.normal(size=16)  # each sample twice, with two different outputs
    model = DiagonalRegressor(scale=1e-5, solver=solver, tol=1e-11, fit_intercept=False).fit(X, y)
    means = y.reshape(8, 2).mean(axis=1)
    np.testing.assert_allclose(basis @ model.coef_, means, atol=1e-4)
    assert np.abs(model.coef_).sum() == pytest.approx(least_l1(basis, means), rel=1e-3)
    assert model.rank_ == 8


def test_early_stopping_keeps_noise_out():
    rng = np.random.default_rng(3)
    truth = np.r_[2.0, -2.0, np.zeros(48)]
    X, X_new = rng.normal(size=(40, 50)), rng.normal(size=(500, 50))
    y = X @ truth + 0.7 * rng.normal(size=40)
    options: dict[str, Any] = {"scale": 1e-2, "solver": "trained", "random_state": 0, "tol": 1e-4, "validation_fraction": 0.25}
    whole, stopped = (DiagonalRegressor(**options, early_stopping=early).fit(X, y) for early in (False, True))
    errors = [np.mean((model.predict(X_new) - X_new @ truth) ** 2) for model in (whole, stopped)]
    assert errors[1] < 0.2 * errors[0]
    assert stopped.validation_errors_.shape == (1,)
    assert not hasattr(whole, "validation_errors_")
    again, other = (DiagonalRegressor(early_stopping=True).set_params(**options | {"random_state": k}).fit(X, y) for k in (0, 1))
    np.testing.assert_array_equal(again.coef_, stopped.coef_)
    assert not np.array_equal(other.coef_, stopped.coef_)


def test_cross_validation_finds_the_scale(sparse: Any):
    X, y, _ = sparse
    model = DiagonalRegressor(scale="cv", cv=KFold(3)).fit(X, y)
    assert model.cv_errors_.shape == (9, 3)
    assert np.all(np.diff(model.scales_) > 0)
    assert model.scale_ == model.scales_[np.argmin(model.cv_errors_.mean(axis=1))] < 0.05
    np.testing.assert_array_equal(model.coef_, DiagonalRegressor(scale=model.scale_).fit(X, y).coef_)


@pytest.mark.parametrize("solver", ["exact", "trained"])
def test_cross_validation_is_that_of_a_grid_search(sparse: Any, solver: str):
    X, y, _ = sparse
    grid = [0.02, 0.2, 2.0]
    mine = DiagonalRegressor(scale="cv", scales=grid, cv=3, solver=solver).fit(X, np.c_[y, X[:, 5]])
    search = GridSearchCV(DiagonalRegressor(solver=solver), {"scale": grid}, scoring="neg_mean_squared_error", cv=3)
    search.fit(X, np.c_[y, X[:, 5]])
    theirs = -np.stack([search.cv_results_[f"split{k}_test_score"] for k in range(3)], axis=1)
    np.testing.assert_allclose(mine.cv_errors_, theirs, rtol=1e-5)
    assert mine.scale_ == search.best_params_["scale"]


@pytest.mark.parametrize("solver", ["exact", "trained"])
def test_what_does_not_vary_is_left_at_zero(solver: str):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5, 8)), np.c_[np.full(5, 3.0), rng.normal(size=5)]
    model = DiagonalRegressor(solver=solver).fit(X, y)
    assert not model.coef_[0].any()
    assert model.coef_[1].all()
    assert model.intercept_[0] == 3.0
    flat = DiagonalRegressor(solver=solver).fit(np.ones((4, 2)), [1.0, 2.0, 3.0, 4.0])
    assert flat.coef_.tolist() == [0.0, 0.0]
    assert flat.predict([[1.0, 1.0]]).tolist() == [2.5]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"depth": 1}, "depth must be at least 2"),
        ({"depth": "two"}, "depth must be a real number"),
        ({"scale": 0.0}, "scale must be above 0"),
        ({"scale": "auto"}, "scale must be a positive number or 'cv', got 'auto'"),
        ({"scale": 1e-150}, r"scale\*\*depth must be from 1e-200 to 1e200"),
        ({"solver": "sgd"}, "solver must be 'exact' or 'trained', got 'sgd'"),
        ({"tol": 0.0}, "tol must be at least 1e-13"),
        ({"early_stopping": True}, "early_stopping is of solver='trained'"),
        ({"validation_fraction": 1.0}, "validation_fraction must be above 0 and below 1"),
        ({"scale": "cv", "scales": [0.1, -1.0]}, "scales must be positive"),
        ({"scale": "cv", "scales": []}, "scales must be positive"),
        ({"depth": 6, "scale": 1e-4}, "at the scale 0.0001 and depth 6 coefficients are so far above"),
        ({"max_iter": 0}, "max_iter must be at least 1"),
        ({"max_iter": 0, "solver": "trained"}, "max_iter must be at least 1"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_bad_parameters(sparse: Any, parameters: dict[str, Any], says: str):
    with pytest.raises((ValueError, TypeError), match=says):
        DiagonalRegressor(**parameters).fit(*sparse[:2])


@pytest.mark.parametrize(
    ("solver", "says"), [("exact", "not certified|certified; the largest"), ("trained", "3 steps of the solver")]
)
def test_too_few_steps_are_told(sparse: Any, solver: str, says: str):
    X, y, _ = sparse
    with pytest.warns(ConvergenceWarning, match=f"DiagonalRegressor: .*({says})"):
        DiagonalRegressor(scale=1e-3, solver=solver, max_iter=3).fit(X, y)


def test_a_flow_of_one_coefficient_has_a_closed_form():
    # w = u^2 - v^2 from u = v = a moves by dw/dt = -4 sqrt(w^2 + 4 a^4)(w - 1)
    found = trained(np.array([[1.0]]), np.array([1.0]), depth=2, scale=0.5, tol=0.25, max_iter=1000)
    assert isinstance(found, Training)
    w = np.linspace(0, found.coefficients[0], 20001)
    speed = 4 * np.sqrt(w**2 + 4 * 0.5**4) * (1 - w)
    assert found.time == pytest.approx(np.trapezoid(1 / speed, w), rel=1e-4)
    assert 0.5 <= found.coefficients[0] < 0.6
