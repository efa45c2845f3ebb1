"""Completion by a deep factorization: what it recovers, and what each parameter does."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.base
from sklearn.exceptions import ConvergenceWarning

from thalweg.estimators import DeepMatrixCompletion, Progress, held_out_entries, held_out_rmse

clone: Any = sklearn.base.clone  # its own types say that it may give back a list


def planted(noise: float = 0.0, shape: tuple[int, int] = (40, 30), rank: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((shape[0], rank)) @ rng.standard_normal((rank, shape[1]))
    return X + noise * rng.standard_normal(shape)


def gappy(X: np.ndarray, seen: float = 0.5, seed: int = 1) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(X.shape) < seen, X, np.nan)


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("start", ["balanced", "gaussian"])
def test_an_exact_matrix_of_low_rank_is_recovered_by_depth(depth: int, start: str):
    X = planted()
    model = DeepMatrixCompletion(depth, start=start, centring="none", validation_fraction=None, scale=1e-3, random_state=0)
    error = np.sqrt(np.mean((model.fit_transform(gappy(X)) - X) ** 2) / np.mean(X**2))
    assert error < (0.1 if depth == 2 else 0.01)
    assert model.reasons_ == ["fit"]
    np.testing.assert_allclose(model.left_.T @ model.left_, np.eye(len(model.singular_values_)), atol=1e-10)
    np.testing.assert_allclose(model.right_.T @ model.right_, np.eye(len(model.singular_values_)), atol=1e-10)
    assert (np.diff(model.singular_values_) <= 0).all()


def test_noise_is_not_fitted_and_the_held_out_error_is_honest():
    X = planted()
    noisy = gappy(X + 0.5 * np.random.default_rng(2).standard_normal(X.shape), 0.6)
    stopped = DeepMatrixCompletion(depth=3, centring="none", random_state=0).fit(noisy)
    fitted = DeepMatrixCompletion(depth=3, centring="none", random_state=0, validation_fraction=None).fit(noisy)
    unseen = np.where(np.isnan(noisy), X, np.nan)
    assert held_out_rmse(stopped, unseen) < 0.7 * held_out_rmse(fitted, unseen)
    expected = np.hypot(held_out_rmse(stopped, unseen), 0.5)  # held-out entries carry noise of their own
    assert stopped.validation_rmse_[0] == pytest.approx(expected, rel=0.25)
    assert stopped.noise_ == pytest.approx(stopped.validation_rmse_[0] ** 2)


def test_refitting_on_all_entries_and_averaging_starts_help():
    X = planted(rank=3)
    errors: dict[tuple[bool, int], list[float]] = {(False, 1): [], (True, 1): [], (True, 5): []}
    for seed in range(3):
        noisy = gappy(X + 0.5 * np.random.default_rng(seed).standard_normal(X.shape), 0.4, seed)
        for (refit, n_starts), found in errors.items():
            model = DeepMatrixCompletion(
                refit=refit, n_starts=n_starts, centring="none", validation_fraction=0.2, scale=0.1, random_state=seed
            )
            found.append(held_out_rmse(model.fit(noisy), np.where(np.isnan(noisy), X, np.nan)))
            assert len(model.times_) == len(model.reasons_) == n_starts
    alone, refitted, averaged = (np.mean(found) for found in errors.values())
    assert refitted < alone
    assert averaged < 1.01 * refitted


def test_the_end_does_not_depend_on_the_tolerance_of_the_integration():
    noisy = gappy(planted(noise=0.5), 0.6)
    coarse, fine = (DeepMatrixCompletion(random_state=0, rtol=rtol).fit(noisy) for rtol in (1e-3, 1e-6))
    assert coarse.n_gradients_ < fine.n_gradients_
    assert coarse.times_[0] == pytest.approx(fine.times_[0], rel=0.05)
    filled = fine.transform(noisy)
    assert np.abs(coarse.transform(noisy) - filled).max() < 0.05 * np.abs(filled).max()


def test_the_penalty_at_depth_two_is_soft_thresholding_of_singular_values():
    X = planted(noise=0.3)
    model = DeepMatrixCompletion(penalty=4.0, centring="none", validation_fraction=None, tol=1e-4, rtol=1e-4, random_state=0).fit(
        X
    )
    u, s, vt = np.linalg.svd(X, full_matrices=False)
    expected = (u * np.maximum(s - 4.0, 0)) @ vt
    found = (model.left_ * model.singular_values_) @ model.right_.T
    assert np.abs(found - expected).max() < 0.01
    assert model.reasons_ == ["rest"]


def test_the_result_does_not_depend_on_units_nor_on_the_container():
    noisy = gappy(planted(noise=0.5), 0.6)
    model = DeepMatrixCompletion(random_state=0)
    once = model.fit_transform(noisy)
    np.testing.assert_allclose(clone(model).fit_transform(1000 * noisy + 7000), 1000 * once + 7000, rtol=1e-6)
    rows, columns = np.nonzero(~np.isnan(noisy))
    sparse = sp.coo_array((noisy[rows, columns], (rows, columns)), shape=noisy.shape)
    assert (clone(model).fit_transform(sparse) == once).all()
    assert (clone(model).fit_transform(noisy) == once).all()  # the same to the bit
    assert (clone(model).set_params(random_state=1).fit_transform(noisy) != once).any()


def test_a_transposed_matrix_has_a_transposed_completion():
    X = planted()
    seen = gappy(X, 0.6)
    model = DeepMatrixCompletion(3, centring="none", validation_fraction=None, scale=1e-3, random_state=0)
    difference = clone(model).fit_transform(seen.T).T - model.fit_transform(seen)
    assert np.abs(difference).max() < 0.02 * np.abs(X).max()


def test_single_precision_all_the_way():
    noisy = gappy(planted(noise=0.5), 0.6)
    double = DeepMatrixCompletion(random_state=0).fit(noisy)
    single = DeepMatrixCompletion(random_state=0, dtype="float32").fit(noisy.astype(np.float32))
    assert single.transform(noisy.astype(np.float32)).dtype == np.float32
    assert single.predict_entries([0], [0]).dtype == single.left_.dtype == np.float32
    assert single.validation_rmse_ == pytest.approx(double.validation_rmse_, rel=1e-2)


def test_weighting_moves_rare_columns_most():
    rng = np.random.default_rng(0)
    X = planted(rank=1, shape=(60, 40))
    often = np.linspace(0.9, 0.1, 40)
    seen = np.where(rng.random(X.shape) < often, X + 0.5 * rng.standard_normal(X.shape), np.nan)
    norms = []
    for weighting in (0.0, 0.5):
        model = DeepMatrixCompletion(
            rank=1, centring="none", weighting=weighting, penalty=6.0, validation_fraction=None, random_state=0
        ).fit(seen)
        norms.append(np.abs(model.right_[:, 0] * model.singular_values_[0]) / np.abs(X).max(axis=0))
    ratio = norms[1] / norms[0]
    assert ratio[-10:].mean() > 1.2 * ratio[:10].mean()


def test_progress_is_reported_and_printed(capsys: pytest.CaptureFixture[str]):
    reports: list[Progress] = []
    model = DeepMatrixCompletion(n_starts=2, random_state=0, progress=reports.append, verbose=True)
    model.fit(gappy(planted(noise=0.5)))
    assert {(one.start, one.phase) for one in reports} == {(s, p) for s in (0, 1) for p in ("held out", "refit")}
    assert all((one.held_out is None) == (one.phase == "refit") for one in reports)
    assert max(one.gradients for one in reports) <= model.n_gradients_
    assert "start 1, refit: time " in capsys.readouterr().out


def test_too_few_gradients_are_said():
    with pytest.warns(ConvergenceWarning, match="max_gradients=30 evaluations"):
        model = DeepMatrixCompletion(max_gradients=30, random_state=0).fit(gappy(planted()))
    assert model.reasons_ == ["gradients"]


def test_a_matrix_that_the_centring_says_all_of():
    X = np.add.outer(np.arange(5.0), np.arange(4.0))
    X[2, 3] = np.nan
    filled = DeepMatrixCompletion(shrinkage=0.0, random_state=0).fit_transform(X)
    assert filled[2, 3] == pytest.approx(5.0, abs=1e-3)
    constant = DeepMatrixCompletion(random_state=0).fit(np.full((4, 3), 2.0))
    assert len(constant.singular_values_) == 0
    assert constant.transform([[2.0, np.nan, np.nan]]).tolist() == [[2.0, 2.0, 2.0]]
    assert not DeepMatrixCompletion(centring="none", random_state=0).fit_transform(np.zeros((3, 3))).any()


@pytest.mark.parametrize(
    ("parameters", "error", "says"),
    [
        ({"depth": 1}, ValueError, "depth must be at least 2, got 1"),
        ({"depth": 2.0}, TypeError, "depth must be a whole number"),
        ({"rank": 0}, ValueError, "rank must be at least 1"),
        ({"rank": 31}, ValueError, "rank must be at most 30, the smaller side of X"),
        ({"scale": 0.0}, ValueError, "scale must be above 0"),
        ({"scale": "small"}, TypeError, "scale must be a real number"),
        ({"start": "identity"}, ValueError, "start must be one of 'balanced', 'gaussian'"),
        ({"centring": True}, ValueError, "centring must be one of"),
        ({"shrinkage": -1}, ValueError, "shrinkage must be a number of at least 0"),
        ({"penalty": -0.1}, ValueError, "penalty must be at least 0"),
        ({"weighting": 2.0}, ValueError, "weighting must be at least 0 and at most 1"),
        ({"validation_fraction": 1.0}, ValueError, "validation_fraction must be above 0 and below 1"),
        ({"patience": 1.0}, ValueError, "patience must be above 1"),
        ({"n_starts": 0}, ValueError, "n_starts must be at least 1"),
        ({"tol": np.nan}, ValueError, "tol must be above 0"),
        ({"max_gradients": 0}, ValueError, "max_gradients must be at least 1"),
        ({"rtol": 1e-15}, ValueError, "rtol must be at least 1e-09 and below 1"),
        ({"rtol": 1e-7, "dtype": "float32"}, ValueError, "rtol must be at least 1e-05"),
        ({"row_ridge": -1.0}, ValueError, "row_ridge must be at least 0"),
        ({"dtype": "float16"}, ValueError, "dtype must be 'float64' or 'float32'"),
        ({"progress": 3}, TypeError, "progress must be called"),
    ],
)
def test_bad_parameters_are_named_when_fitted(parameters: dict[str, Any], error: type[Exception], says: str):
    model = DeepMatrixCompletion(**parameters)
    with pytest.raises(error, match=says):
        model.fit(gappy(planted()))
    assert not hasattr(model, "left_")


def test_a_single_row_and_a_single_entry():
    assert DeepMatrixCompletion(random_state=0).fit_transform([[1.0, 2.0, np.nan]]).shape == (1, 3)
    assert DeepMatrixCompletion(random_state=0).fit_transform([[3.0, np.nan]]).tolist() == [[3.0, 3.0]]


def test_held_out_entries_of_movielens(data_folder: Any):
    from thalweg.data.movielens import movielens_100k

    ratings = movielens_100k(folder=data_folder / "ml-100k")
    some = (ratings.users < 150) & (ratings.items < 300)
    matrix = sp.coo_array((ratings.ratings[some], (ratings.users[some], ratings.items[some])), shape=(150, 300))
    train, held = held_out_entries(matrix, 0.2, random_state=0)
    model = DeepMatrixCompletion(rank=20, random_state=0).fit(train)
    spread = float(held.data.std())
    offsets = model.centring_.at(held.row, held.col) - held.data
    assert held_out_rmse(model, held) < np.sqrt(np.mean(offsets**2)) < 0.95 * spread
