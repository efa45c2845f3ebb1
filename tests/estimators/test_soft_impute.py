"""Completion by a penalty on the nuclear norm, and by the least nuclear norm, as estimators."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from thalweg.estimators import NuclearNormCompletion, OnPath, SoftImpute, held_out_rmse, load
from thalweg.estimators.soft_impute import GAIN
from thalweg.exact import least_nuclear_norm, soft_impute

ESTIMATORS = [SoftImpute(), SoftImpute(penalty=0.5, centring="none"), NuclearNormCompletion(gap=1e-3)]
EXPECTED_TO_FAIL: dict[str, str] = {}
"""Checks by name, each with the reason."""
BOTH = pytest.mark.parametrize("model", [SoftImpute(random_state=0), NuclearNormCompletion(slack=0.1)], ids=["soft", "least"])


def planted(noise: float = 0.3, shape: tuple[int, int] = (40, 30), rank: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((shape[0], rank)) @ rng.standard_normal((rank, shape[1]))
    return X + noise * rng.standard_normal(shape)


def gappy(X: np.ndarray, seen: float = 0.5, seed: int = 1) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(X.shape) < seen, X, np.nan)


def anew(model: Any) -> Any:
    """An estimator with the same parameters, not fitted yet."""
    return clone(model)


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda estimator: EXPECTED_TO_FAIL)
def test_a_check_of_scikit_learn(estimator: Any, check: Any):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_the_checks_are_collected(estimator: Any):
    checks: Any = estimator_checks_generator(estimator)
    names = {getattr(check, "func", check).__name__ for _, check in checks}
    assert len(names) >= 40
    assert {"check_transformer_general", "check_estimator_sparse_array", "check_methods_subset_invariance"} <= names
    assert EXPECTED_TO_FAIL.keys() <= names


def test_a_given_penalty_is_the_certified_solution():
    X = gappy(planted())
    model: Any = SoftImpute(penalty=1.5, centring="none", gap=1e-7).fit(X)
    exact = soft_impute(X, 1.5, gap=1e-7)
    np.testing.assert_allclose((model.left_ * model.singular_values_) @ model.right_.T, exact.predictor, atol=1e-10)
    assert (model.penalty_, model.gap_) == (1.5, exact.gap)
    assert model.ranks_.tolist() == [exact.rank]
    assert np.isnan(model.path_errors_).all()


def test_the_path_is_chosen_from_by_held_out_entries_and_fitted_to_all():
    X = planted(noise=0.0)
    seen = gappy(X + 0.5 * np.random.default_rng(2).standard_normal(X.shape), 0.6)
    told: list[OnPath] = []
    model: Any = SoftImpute(centring="none", random_state=0, progress=told.append).fit(seen)
    best = int(np.argmin(model.path_errors_))
    assert best > 0
    least = np.minimum.accumulate(np.append(np.inf, model.path_errors_))
    gains = model.path_errors_ < (1 - GAIN) * least[:-1]
    assert gains[-2:].tolist() == [False, False]
    assert all(gains[at : at + 2].any() for at in range(len(gains) - 2))
    assert model.penalty_ == model.penalties_[best]
    assert model.noise_ == pytest.approx(model.path_errors_[best] ** 2)
    assert (np.diff(model.penalties_) < 0).all()
    np.testing.assert_array_equal((model.path_singular_values_ > 0).sum(axis=1), model.ranks_)
    assert [(one.phase, one.penalty, one.rank) for one in told[: len(model.ranks_)]] == [
        ("held out", penalty, rank) for penalty, rank in zip(model.penalties_, model.ranks_, strict=True)
    ]
    assert [one.phase for one in told[len(model.ranks_) :]] == ["refit"] * (best + 1)
    again = soft_impute(seen, model.penalty_, gap=1e-7)
    np.testing.assert_allclose((model.left_ * model.singular_values_) @ model.right_.T, again.predictor, atol=0.02)
    unseen = np.where(np.isnan(seen), X, np.nan)
    ends = [SoftImpute(penalty=float(p), centring="none").fit(seen) for p in (model.penalties_[0], 0.1 * model.penalty_)]
    assert all(held_out_rmse(model, unseen) < held_out_rmse(end, unseen) for end in ends)


def test_a_path_ends_at_the_rank_that_it_may_have():
    X = gappy(planted(noise=1.0), 0.8)
    model: Any = SoftImpute(max_rank=3, patience=100, random_state=0).fit(X)
    assert model.ranks_[-1] >= 3
    assert (model.ranks_[:-1] < 3).all()


def test_the_least_nuclear_norm_agrees_with_what_was_seen():
    X = planted(noise=0.0)
    seen = gappy(X, 0.6)
    model: Any = NuclearNormCompletion(centring="none", gap=1e-7).fit(seen)
    known = ~np.isnan(seen)
    rows, columns = np.nonzero(known)
    np.testing.assert_allclose(model.predict_entries(rows, columns), X[known], atol=1e-10)
    assert model.value_ == pytest.approx(least_nuclear_norm(seen, gap=1e-7).value)
    assert model.gap_ <= 1e-7
    assert model.dual_value_ <= model.value_ <= np.linalg.norm(X, "nuc") * (1 + 1e-7)
    assert np.abs(model.transform(seen) - X).max() < 0.3
    slack: Any = NuclearNormCompletion(centring="none", slack=0.2).fit(seen)
    assert np.abs(slack.predict_entries(rows, columns) - X[known]).max() <= 0.2 + 1e-9
    assert slack.value_ < model.value_


@BOTH
def test_containers_files_and_units(model: Any, tmp_path: Path):
    X = gappy(planted(), 0.6)
    fitted = anew(model).fit(X)
    filled = fitted.transform(X)
    rows, columns = np.nonzero(~np.isnan(X))
    sparse = sp.coo_array((X[rows, columns], (rows, columns)), shape=X.shape)
    assert (anew(model).fit_transform(sparse) == filled).all()
    frame = pd.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])])
    named = anew(model).set_output(transform="pandas").fit(frame)
    assert (named.transform(frame).to_numpy() == filled).all()
    assert list(named.get_feature_names_out()) == list(frame.columns)
    fitted.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert (again.transform(X) == filled).all()
    assert type(again) is type(model)
    assert again.gap_ == fitted.gap_
    joblib.dump(fitted, tmp_path / "model.joblib")
    assert (joblib.load(tmp_path / "model.joblib").transform(X) == filled).all()
    assert anew(model).fit(X.astype(np.float32)).transform(X.astype(np.float32)).dtype == np.float32
    scaled = anew(model)
    if isinstance(model, NuclearNormCompletion):
        scaled.set_params(slack=100 * model.slack)
    np.testing.assert_allclose(scaled.fit_transform(100 * X), 100 * filled, rtol=1e-6, atol=1e-3)


@BOTH
def test_rows_of_the_fit_and_new_rows(model: Any):
    X = planted(noise=0.0)
    fitted = anew(model).set_params(centring="none").fit(gappy(X, 0.7))
    fresh = np.random.default_rng(5).standard_normal((6, 2)) @ np.linalg.svd(X, full_matrices=False)[2][:2] * 5
    filled = fitted.transform(gappy(fresh, 0.6))
    assert np.sqrt(np.mean((filled - fresh) ** 2)) < 0.3 * np.sqrt(np.mean(fresh**2))


@BOTH
def test_matrices_that_the_centring_says_all_of(model: Any):
    constant = anew(model).fit(np.full((4, 3), 2.0))
    assert len(constant.singular_values_) == 0
    assert constant.transform([[2.0, np.nan, np.nan]]).tolist() == [[2.0, 2.0, 2.0]]
    assert anew(model).fit_transform([[3.0, np.nan]]).tolist() == [[3.0, 3.0]]


def test_too_few_iterations_are_said():
    X = gappy(planted())
    with pytest.warns(ConvergenceWarning, match="not certified to the gap 1.0e-08"):
        model: Any = SoftImpute(penalty=0.3, max_iterations=1, gap=1e-8).fit(X)
    assert model.gap_ > 1e-8
    with pytest.warns(ConvergenceWarning, match="not certified as the least"):
        NuclearNormCompletion(max_iterations=2, gap=1e-8).fit(X)


BAD = [
    (SoftImpute(penalty=0.0), ValueError, "penalty must be above 0"),
    (SoftImpute(penalty="much"), TypeError, "penalty must be a real number"),  # pyright: ignore[reportArgumentType]
    (SoftImpute(penalty=1.0, penalties=[1.0]), ValueError, "not both"),
    (SoftImpute(penalties=[]), ValueError, "penalties must descend"),
    (SoftImpute(penalties=[1.0, 2.0]), ValueError, "penalties must descend"),
    (SoftImpute(penalties=[1.0, -2.0]), ValueError, "each of the penalties must be above 0"),
    (SoftImpute(n_penalties=1), ValueError, "n_penalties must be at least 2"),
    (SoftImpute(ratio=1.0), ValueError, "ratio must be above 0 and below 0.9"),
    (SoftImpute(validation_fraction=0.0), ValueError, "validation_fraction must be above 0"),
    (SoftImpute(patience=0), ValueError, "patience must be at least 1"),
    (SoftImpute(max_rank=0), ValueError, "max_rank must be at least 1"),
    (SoftImpute(gap=0.0), ValueError, "gap must be at least 1e-08"),
    (SoftImpute(max_iterations=0), ValueError, "max_iterations must be at least 1"),
    (SoftImpute(centring="all"), ValueError, "centring must be one of"),
    (SoftImpute(progress=3), TypeError, "progress must be called"),  # pyright: ignore[reportArgumentType]
    (SoftImpute(row_ridge=-1.0), ValueError, "row_ridge must be at least 0"),
    (NuclearNormCompletion(slack=-1.0), ValueError, "slack must be at least 0"),
    (NuclearNormCompletion(gap=2.0), ValueError, "gap must be at least 1e-12 and below 1"),
    (NuclearNormCompletion(max_iterations=2.5), TypeError, "max_iterations must be a whole number"),  # pyright: ignore[reportArgumentType]
    (NuclearNormCompletion(row_ridge=-1.0), ValueError, "row_ridge must be at least 0"),
]


@pytest.mark.parametrize(("model", "kind", "said"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_bad_parameters_are_named_when_fitted(model: Any, kind: type[Exception], said: str):
    with pytest.raises(kind, match=said):
        anew(model).fit(gappy(planted()))


@BOTH
@pytest.mark.parametrize(
    ("X", "said"),
    [
        ([[np.nan, np.nan]], "no seen entry"),
        ([[np.inf, 1.0]], "infinity"),
        ([1.0, 2.0], "2D array"),
        ([["a"]], "could not|dtype"),
    ],
)
def test_bad_matrices_are_named(model: Any, X: Any, said: str):
    with pytest.raises(ValueError, match=said):
        anew(model).fit(X)


def test_a_matrix_too_large_to_be_laid_out_is_refused():
    one = sp.coo_array(([1.0], ([0], [0])), shape=(3000, 2000))
    with pytest.raises(ValueError, match="3000 x 2000 cells.*SoftImpute works on the seen entries alone"):
        NuclearNormCompletion().fit(one)
