"""A completion as a regressor whose samples are entries, for scikit-learn's own splitters, scorers and searches."""

from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted, column_or_1d

from thalweg.estimators.entries import Entries


class EntryRegressor(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """A completion learnt from coordinate triples: X is the places (row, column) of entries, y their values.

    Here a sample is an entry, so that scikit-learn's splitters hold out entries: `cross_val_score`, `GridSearchCV` and
    `learning_curve` mean what one expects of a recommender. (In the completion itself a sample is a row.) `entries_of`
    gives X and y from a matrix with gaps. `score` is, as of all regressors, the coefficient of determination; for errors
    say `scoring="neg_root_mean_squared_error"`.

    Arguments:
        completion: the estimator, such as `DeepMatrixCompletion()`; its parameters are `completion__rank` and so on.
        shape: rows and columns in all; None for those that the training places reach. Places beyond the shape are
            predicted as rows and columns without any seen entry are: by the rest of the centring.

    Attributes:
        completion_: the fitted completion.

    Examples:
        >>> import numpy as np
        >>> from sklearn.model_selection import GridSearchCV, KFold
        >>> from thalweg.estimators import DeepMatrixCompletion, EntryRegressor, entries_of
        >>> places, values = entries_of(np.outer(np.arange(1.0, 9.0), np.arange(1.0, 7.0)))
        >>> completion = DeepMatrixCompletion(validation_fraction=None, random_state=0)
        >>> search = GridSearchCV(EntryRegressor(completion), {"completion__centring": ["none", "global"]},
        ...                       cv=KFold(3, shuffle=True, random_state=0), scoring="neg_root_mean_squared_error")
        >>> search.fit(places, values).best_params_
        {'completion__centring': 'none'}
    """

    def __init__(self, completion: Any = None, *, shape: Any = None):
        self.completion = completion
        self.shape = shape

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from entries.

        Raises:
            ValueError: X is not a list of pairs of whole numbers from 0, a place outside the shape, or one given twice.
        """
        places = _pairs(X)
        values = column_or_1d(y)
        if values.dtype not in (np.float32, np.float64):
            values = values.astype(np.float64)
        if len(values) != len(places):
            raise ValueError(f"X and y must be equally long, got {len(places)} places and {len(values)} values")
        if not np.isfinite(values).all():
            raise ValueError("y must be finite: leave out entries that were not seen")
        reach = tuple(int(one) + 1 for one in places.max(axis=0))
        shape = reach if self.shape is None else tuple(int(side) for side in self.shape)
        if len(shape) != 2 or any(have > side for have, side in zip(reach, shape)):
            raise ValueError(
                f"shape must be a pair that holds the places up to {tuple(r - 1 for r in reach)}, got {self.shape!r}"
            )
        found = Entries.sorted(places[:, 0], places[:, 1], values, (shape[0], shape[1]))
        fresh: Any = clone(self._completion())
        self.completion_ = fresh.fit(sp.coo_array((found.values, (found.rows, found.columns)), shape=shape))
        self.n_features_in_ = 2
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The predicted values at places (row, column)."""
        check_is_fitted(self)
        places = _pairs(X)
        fitted, shape = self.completion_, (len(self.completion_.left_), self.completion_.n_features_in_)
        known = places < shape
        inside = known.all(axis=1)
        offsets = fitted.centring_
        predicted = np.full(len(places), offsets.mean, dtype=fitted.left_.dtype)
        only_row, only_column = known[:, 0] & ~inside, known[:, 1] & ~inside
        predicted[only_row] += offsets.row_offsets[places[only_row, 0]].astype(predicted.dtype)
        predicted[only_column] += offsets.column_offsets[places[only_column, 1]].astype(predicted.dtype)
        predicted[inside] = fitted.predict_entries(places[inside, 0], places[inside, 1])
        return predicted

    def _completion(self) -> Any:
        if self.completion is not None:
            return self.completion
        from thalweg.estimators.deep_matrix_completion import DeepMatrixCompletion

        return DeepMatrixCompletion()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # two columns of whole numbers, not any array of measurements
        return tags


def _pairs(X: Any) -> np.ndarray:
    places = np.asarray(X)
    if places.ndim != 2 or places.shape[1] != 2 or not len(places):
        raise ValueError(f"X must be a list of places (row, column), of shape (entries, 2); got shape {places.shape}")
    whole = places.astype(np.int64) if places.dtype.kind in "iuf" else None
    if whole is None or not np.array_equal(whole, places) or whole.min() < 0:
        raise ValueError("X must hold whole numbers from 0: the places (row, column) of entries")
    return whole
