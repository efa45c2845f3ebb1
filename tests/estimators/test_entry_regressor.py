"""Samples are entries: scikit-learn's splitters, scorers and searches hold out entries."""

from typing import Any

import numpy as np
import pytest
import sklearn.base
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from thalweg.estimators import DeepMatrixCompletion, EntryRegressor, entries_of

clone: Any = sklearn.base.clone  # its own types say that it may give back a list


def example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((25, 2)) @ rng.standard_normal((2, 20)) + 0.2 * rng.standard_normal((25, 20))
    X[rng.random(X.shape) < 0.3] = np.nan
    return X, *entries_of(X)


def test_it_is_the_completion_of_the_matrix():
    X, places, values = example()
    shuffled = np.random.default_rng(1).permutation(len(values))
    completion = DeepMatrixCompletion(random_state=0)
    regressor = EntryRegressor(completion, shape=X.shape).fit(places[shuffled], values[shuffled])
    expected = clone(completion).fit(X).predict_entries(places[:, 0], places[:, 1])
    assert (regressor.predict(places) == expected).all()
    assert not hasattr(completion, "left_")
    assert regressor.score(places, values) > 0.9


def test_a_search_over_entries_finds_the_centring_and_scores_held_out_entries():
    X, places, values = example()
    completion = DeepMatrixCompletion(random_state=0)
    folds = KFold(3, shuffle=True, random_state=0)
    grid = {"completion__rank": [1, 4], "completion__centring": ["none"]}
    search = GridSearchCV(EntryRegressor(completion, shape=X.shape), grid, cv=folds, scoring="neg_root_mean_squared_error").fit(
        places, values
    )
    assert search.best_params_["completion__rank"] == 4
    by_hand = []
    for train, test in folds.split(places):
        matrix = np.full(X.shape, np.nan)
        matrix[tuple(places[train].T)] = values[train]
        model = clone(search.best_estimator_.completion).fit(matrix)
        by_hand.append(np.sqrt(np.mean((model.predict_entries(*places[test].T) - values[test]) ** 2)))
    assert -search.best_score_ == pytest.approx(np.mean(by_hand))


def test_places_that_training_did_not_reach_are_predicted_by_the_centring():
    _, places, values = example()
    regressor = EntryRegressor(DeepMatrixCompletion(random_state=0)).fit(places, values)
    offsets = regressor.completion_.centring_
    predicted = regressor.predict([[99, 99], [3, 99], [99, 4]])
    np.testing.assert_allclose(
        predicted, [offsets.mean, offsets.mean + offsets.row_offsets[3], offsets.mean + offsets.column_offsets[4]]
    )
    scores = cross_val_score(EntryRegressor(DeepMatrixCompletion(random_state=0)), places, values, cv=3)
    assert np.isfinite(scores).all()  # folds in the order of rows: the last rows are in no training part


def test_float32_in_gives_float32_out():
    _, places, values = example()
    regressor = EntryRegressor().fit(places, values.astype(np.float32))
    assert regressor.predict(places).dtype == np.float32


@pytest.mark.parametrize(
    ("places", "values", "options", "says"),
    [
        ([[0, 1, 2]], [1.0], {}, r"X must be a list of places \(row, column\)"),
        (np.empty((0, 2)), [], {}, r"X must be a list of places \(row, column\)"),
        ([[0.5, 1.0]], [1.0], {}, "X must hold whole numbers from 0"),
        ([[-1, 1]], [1.0], {}, "X must hold whole numbers from 0"),
        ([["a", "b"]], [1.0], {}, "X must hold whole numbers from 0"),
        ([[0, 1]], [1.0, 2.0], {}, "got 1 places and 2 values"),
        ([[0, 1]], [np.nan], {}, "y must be finite"),
        ([[0, 1], [0, 1]], [1.0, 2.0], {}, r"the entry \(0, 1\) is given more than once"),
        ([[0, 5]], [1.0], {"shape": (3, 3)}, r"shape must be a pair that holds the places up to \(0, 5\)"),
        ([[0, 5]], [1.0], {"shape": (3,)}, "shape must be a pair"),
    ],
)
def test_what_is_no_list_of_entries_is_refused(places: Any, values: Any, options: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        EntryRegressor(**options).fit(places, values)
