"""What the linear regressors share: scikit-learn's own checks, its tools, precision, files, bad input."""

import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from thalweg.estimators import DiagonalRegressor, EndToEndRegressor, ModelFileError, load
from thalweg.estimators.linear_regressor import centred, told_as_scikit_learn_does

ESTIMATORS = [
    DiagonalRegressor(),
    DiagonalRegressor(3, scale="cv", cv=2),
    DiagonalRegressor(solver="trained", early_stopping=True, validation_fraction=0.2),
    EndToEndRegressor(),
    EndToEndRegressor(3, power=4, tol=1e-3),
]
EXPECTED_TO_FAIL: dict[str, str] = {}
"""Checks by name, each with the reason."""
each = pytest.mark.parametrize("model", [DiagonalRegressor(), EndToEndRegressor(random_state=0)], ids=lambda m: type(m).__name__)


def fresh(model: Any) -> Any:
    return clone(model)


def told(estimator: Any) -> str:
    return f"{type(estimator).__name__}({', '.join(f'{k}={v}' for k, v in estimator.get_params().items())})"


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda estimator: EXPECTED_TO_FAIL)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_check_of_scikit_learn(estimator: Any, check: Any):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=told)
def test_the_checks_are_collected(estimator: Any):
    checks: Any = estimator_checks_generator(estimator)
    names = [getattr(check, "func", check).__name__ for _, check in checks]
    assert len(names) >= 50
    assert {"check_regressors_train", "check_regressor_multioutput", "check_fit2d_predict1d"} <= set(names)
    assert EXPECTED_TO_FAIL.keys() <= set(names)


def data(samples: int = 60, features: int = 5, outputs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(samples, features))
    noise = 0.1 * rng.normal(size=(samples, outputs or 1))
    y = X @ rng.normal(size=(features, outputs or 1)) + 2.0 + noise
    return X, y if outputs else y[:, 0]


@each
def test_pipelines_searches_and_scores(model: Any):
    X, y = data()
    name = type(model).__name__.lower()
    search = GridSearchCV(make_pipeline(StandardScaler(), model), {f"{name}__depth": [2, 3]}, cv=KFold(3)).fit(X, y)
    assert search.best_score_ > 0.98
    assert cross_val_score(search.best_estimator_, X, y, cv=3).min() > 0.98


@each
def test_names_of_columns_are_kept(model: Any):
    X, y = data()
    frame = pd.DataFrame(X, columns=list("abcde"))
    fitted = fresh(model).fit(frame, y)
    assert list(fitted.feature_names_in_) == list("abcde")
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame[list("edcba")])


@each
def test_float32_is_float64_rounded(model: Any):
    X, y = (part.astype(np.float32) for part in data())
    narrow, wide = fresh(model).fit(X, y), fresh(model).fit(X.astype(np.float64), y.astype(np.float64))
    assert narrow.coef_.dtype == narrow.predict(X).dtype == np.float32
    assert wide.predict(X.astype(np.float64)).dtype == np.float64
    np.testing.assert_array_equal(narrow.coef_, wide.coef_.astype(np.float32))


@each
@pytest.mark.parametrize("outputs", [None, 1, 3])
def test_files_and_joblib_predict_the_same_bits(model: Any, outputs: int | None, tmp_path: Path):
    X, y = data(outputs=outputs)
    fitted = fresh(model).fit(pd.DataFrame(X, columns=list("abcde")), y)
    frame = pd.DataFrame(X, columns=list("abcde"))
    assert fitted.predict(frame).shape == y.shape
    assert fitted.coef_.shape == ((5,) if outputs is None else (outputs, 5))
    fitted.save(tmp_path / "model.npz")
    joblib.dump(fitted, tmp_path / "model.joblib")
    for again in (load(tmp_path / "model.npz"), joblib.load(tmp_path / "model.joblib")):
        assert again.get_params() == fitted.get_params()
        assert again.predict(frame).tobytes() == fitted.predict(frame).tobytes()
        assert again.score(frame, y) == fitted.score(frame, y)
        assert sorted(vars(again)) == sorted(vars(fitted))


def test_what_a_file_does_not_hold(tmp_path: Path):
    X, y = data()
    with pytest.raises(NotFittedError):
        DiagonalRegressor().save(tmp_path / "model.npz")
    with pytest.raises(TypeError, match="cv is a KFold, which a model file does not hold"):
        DiagonalRegressor(scale="cv", cv=KFold(2)).fit(X, y).save(tmp_path / "model.npz")
    assert not (tmp_path / "model.npz").exists()
    (tmp_path / "model.npz").write_bytes(b"no model")
    with pytest.raises(ModelFileError):
        load(tmp_path / "model.npz")


def test_arrays_among_parameters_are_kept_as_lists(tmp_path: Path):
    X, y = data()
    fitted = EndToEndRegressor(init=np.ones(5)).fit(X, y)
    fitted.save(tmp_path / "model.npz")
    np.testing.assert_array_equal(load(tmp_path / "model.npz").fit(X, y).coef_, fitted.coef_)


@each
def test_several_outputs_are_of_their_shape(model: Any):
    X, y = data(outputs=3)
    together = fresh(model).fit(X, y)
    best = np.linalg.lstsq(np.c_[X, np.ones(len(X))], y, rcond=None)[0]
    np.testing.assert_allclose(together.coef_, best[:-1].T, atol=1e-4)
    np.testing.assert_allclose(together.intercept_, best[-1], atol=1e-4)


@each
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda X, y: (X * np.nan, y), "NaN"),
        (lambda X, y: (X, np.where(y == y[0], np.inf, y)), "infinity"),
        (lambda X, y: (X[:-1], y), "inconsistent numbers of samples"),
        (lambda X, y: (X[0], y), "2D array"),
        (lambda X, y: (X[:0], y[:0]), "0 sample"),
    ],
)
def test_bad_data(model: Any, spoil: Any, says: str):
    with pytest.raises(ValueError, match=says):
        fresh(model).fit(*spoil(*data()))


@each
def test_the_intercept_is_asked_for_plainly(model: Any):
    with pytest.raises(TypeError, match="fit_intercept must be True or False, got 'yes'"):
        fresh(model).set_params(fit_intercept="yes").fit(*data())


def test_centring_and_telling():
    X, y = data(outputs=2)
    assert np.abs(centred(X, y, True)[0].mean(axis=0)).max() < 1e-15
    np.testing.assert_array_equal(centred(X, y, False)[0], X)
    with pytest.warns(ConvergenceWarning, match="Name: not there yet"), told_as_scikit_learn_does("Name"):
        warnings.warn("not there yet", RuntimeWarning, stacklevel=1)
    with pytest.warns(FutureWarning, match="soon"), told_as_scikit_learn_does("Name"):
        warnings.warn("soon", FutureWarning, stacklevel=1)
