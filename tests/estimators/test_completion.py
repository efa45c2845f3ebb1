"""What every completion shares: filling old and new rows, single entries, scores, names, pipelines."""

import io
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.base
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from thalweg.estimators import Centring, DeepMatrixCompletion, Entries
from thalweg.estimators.completion import AbstractCompletion, Learnt

clone: Any = sklearn.base.clone  # its own types say that it may give back a list


class Given(AbstractCompletion):
    """A completion whose model is given, so that what follows from it can be computed by hand."""

    def __init__(self, left: Any, right: Any, noise: float = 1e-12, row_ridge: float | None = None, centring: str = "none"):
        self.left, self.right, self.noise = left, right, noise
        self.row_ridge, self.centring, self.shrinkage, self.random_state = row_ridge, centring, 0.0, None

    def _learn(self, entries: Entries) -> Learnt:
        return Learnt(Centring.fit(entries, self.centring, 0.0), self.left, self.right, self.noise)


def given(**options: Any) -> tuple[Given, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((8, 2)), rng.standard_normal((6, 2))
    seen = left @ right.T
    seen[rng.random(seen.shape) < 0.3] = np.nan
    return Given(left, right, **options).fit(seen), left @ right.T, seen


def test_fitted_rows_and_new_rows_are_filled():
    model, X, seen = given()
    np.testing.assert_allclose(model.transform(seen), X, atol=1e-10)
    new = np.array([[1.5, -2.0]]) @ model.right.T
    gap = new.copy()
    gap[0, 2:] = np.nan
    np.testing.assert_allclose(model.transform(gap), new, atol=1e-8)
    filled = model.transform(np.vstack([seen, gap]))
    np.testing.assert_allclose(filled, np.vstack([X, new]), atol=1e-8)
    assert (filled[:8] == model.transform(seen)).all()  # whatever else is in X


def test_seen_entries_stay():
    model, _, seen = given()
    changed = seen + 100.0
    filled = model.transform(changed)
    known = ~np.isnan(seen)
    assert (filled[known] == changed[known]).all()


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("row_ridge", [None, 0.3])
def test_a_new_row_is_the_ridge_estimate_of_the_learnt_row_space(count: int, row_ridge: float | None):
    model, X, _ = given(noise=0.05, row_ridge=row_ridge)
    rng = np.random.default_rng(count)
    row = np.full((1, 6), np.nan)
    row[0, :count] = rng.standard_normal(count)
    # the posterior mean of a Gaussian row with the second moments of the fitted rows
    moments = (model.left @ model.right.T).T @ (model.left @ model.right.T) / 8
    noise = 0.05 if row_ridge is None else row_ridge
    weights = np.linalg.solve(moments[:count, :count] + noise * np.eye(count), row[0, :count])
    np.testing.assert_allclose(model.transform(row)[0, count:], moments[count:, :count] @ weights, atol=1e-8)
    assert X.shape == (8, 6)


def test_an_empty_row_and_an_empty_column_are_predicted_by_the_centring():
    X = np.add.outer(np.arange(6.0), np.arange(5.0)) + np.random.default_rng(0).standard_normal((6, 5))
    X[2], X[:, 3] = np.nan, np.nan
    model = DeepMatrixCompletion(random_state=0).fit(X)
    offsets = model.centring_
    assert not model.left_[2].any()
    assert not model.right_[3].any()
    np.testing.assert_allclose(model.predict_entries([0], [3]), offsets.mean + offsets.row_offsets[0])
    np.testing.assert_allclose(model.transform(X)[2], offsets.mean + offsets.column_offsets)
    np.testing.assert_allclose(model.transform(np.full((1, 5), np.nan))[0], offsets.mean + offsets.column_offsets)


def test_entries_are_those_of_the_matrix():
    model, X, seen = given()
    rows, columns = np.divmod(np.arange(48), 6)
    np.testing.assert_allclose(model.predict_entries(rows, columns).reshape(8, 6), X, atol=1e-12)
    assert model.predict_entries([], []).shape == (0,)
    assert model.score(seen) > -1e-12
    assert model.score(X + 0.5) == pytest.approx(-0.5)
    single = np.full((8, 6), np.nan)
    single[3, 4] = X[3, 4] + 2
    assert model.score(sp.csr_array(sp.coo_array(([X[3, 4] + 2], ([3], [4])), shape=(8, 6)))) == pytest.approx(
        model.score(single)
    )


@pytest.mark.parametrize(
    ("rows", "columns", "says"),
    [
        ([8], [0], r"rows must be within 0\.\.7, got 8 to 8"),
        ([-1], [0], r"rows must be within 0\.\.7, got -1"),
        ([0], [6], r"columns must be within 0\.\.5"),
        ([0.5], [1], "rows must be a list of whole numbers"),
        ([[0]], [[1]], "rows must be a list of whole numbers"),
        ([0, 1], [1], "equally long lists, got 2 and 1"),
    ],
)
def test_places_that_are_none(rows: Any, columns: Any, says: str):
    model, _, _ = given()
    with pytest.raises(ValueError, match=says):
        model.predict_entries(rows, columns)


def test_a_score_is_of_the_rows_fitted_alone():
    model, X, _ = given()
    with pytest.raises(ValueError, match="entries of the 8 rows fitted, X has 4: hold out entries instead of rows"):
        model.score(X[:4])


def test_names_of_a_frame_are_kept_and_compared():
    X = pd.DataFrame(given()[2], columns=list("abcdef"), index=[f"row {k}" for k in range(8)])
    model = DeepMatrixCompletion(random_state=0).set_output(transform="pandas")
    filled = model.fit_transform(X)
    assert list(filled.columns) == list(model.get_feature_names_out()) == list("abcdef")
    assert list(filled.index) == list(X.index)
    assert not filled.isna().to_numpy().any()
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform(X[list("bacdef")])


def test_the_first_step_of_a_pipeline_and_of_a_search():
    rng = np.random.default_rng(0)
    full = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 8))
    y = full[:, 0] - 2 * full[:, 5]
    X = np.where(rng.random(full.shape) < 0.8, full, np.nan)
    pipeline = make_pipeline(DeepMatrixCompletion(random_state=0, centring="none"), StandardScaler(), Ridge(1e-3))
    search = GridSearchCV(pipeline, {"deepmatrixcompletion__depth": [2, 3]}, cv=3).fit(X, y)
    assert search.best_score_ > 0.8  # here a sample is a row, and y is of rows
    assert search.predict(X[:5]).shape == (5,)


def test_the_same_bits_after_joblib_and_after_a_file(tmp_path: Path):
    X = pd.DataFrame(given(centring="none")[2], columns=list("abcdef")).astype(np.float32)
    model = DeepMatrixCompletion(random_state=3, shrinkage=(2.0, 3.0), n_starts=2, progress=print).fit(X)
    stream = io.BytesIO()
    joblib.dump(clone(model).set_params(progress=None).fit(X), stream)
    stream.seek(0)
    model.save(tmp_path / "model.npz")
    from thalweg.estimators import load

    new = X.iloc[:3] + 1
    for again in (joblib.load(stream), load(tmp_path / "model.npz")):
        assert (again.transform(X) == model.transform(X)).all()
        assert (again.transform(new) == model.transform(new)).all()
        assert (again.predict_entries([0, 1], [2, 3]) == model.predict_entries([0, 1], [2, 3])).all()
        assert again.score(X) == model.score(X)
        assert list(again.feature_names_in_) == list("abcdef")
        assert again.get_params() == model.get_params() | {"progress": None}
        assert again.reasons_ == model.reasons_
        assert again.transform(X).dtype == np.float32


def test_a_fit_leaves_its_input_alone_and_warns_of_nothing():
    _, _, seen = given()
    before = seen.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DeepMatrixCompletion(random_state=0).fit(seen).transform(seen)
    np.testing.assert_array_equal(seen, before)
