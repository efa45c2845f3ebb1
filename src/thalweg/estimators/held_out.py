"""Holding out entries, not rows: pairs of matrices, a scorer, and cross-validation over entries."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.utils import check_random_state

from thalweg._whole import whole
from thalweg.estimators.entries import Entries


class EntryFolds:
    """Folds of the seen entries: each is held out once, whatever row it is in.

    `split(X)` gives pairs of *matrices* of the kind and shape of X, one with the fold's entries hidden and one with them
    alone, for `cross_val_score_entries` or a loop of one's own. As the `cv` of scikit-learn's own searches, which take
    indices of samples, use `EntryRegressor` with its splitters.

    Arguments:
        n_splits: at least 2.
        random_state: of the shuffle.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import EntryFolds
        >>> for train, held in EntryFolds(2, random_state=0).split(np.array([[1.0, 2.0]])):
        ...     print(train, held)
        [[ 1. nan]] [[nan  2.]]
        [[nan  2.]] [[ 1. nan]]
    """

    def __init__(self, n_splits: int = 5, *, random_state: Any = None):
        self.n_splits = whole(n_splits, "n_splits", least=2)
        self.random_state = random_state

    def split(self, X: Any) -> Iterator[tuple[Any, Any]]:
        """Pairs (train, held out)."""
        entries = Entries.of(X)
        if len(entries) < self.n_splits:
            raise ValueError(f"{self.n_splits} folds need as many seen entries, X has {len(entries)}")
        fold = check_random_state(self.random_state).permutation(len(entries)) % self.n_splits
        for number in range(self.n_splits):
            yield _like(X, entries.at(fold != number)), _like(X, entries.at(fold == number))


def held_out_entries(X: Any, fraction: float = 0.1, *, random_state: Any = None) -> tuple[Any, Any]:
    """X with a fraction of its seen entries hidden, and a matrix of the same kind and shape with those alone.

    Raises:
        ValueError: a fraction that is not between 0 and 1, or that leaves one of the two without entries.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import held_out_entries
        >>> train, held = held_out_entries(np.arange(20.0).reshape(4, 5), 0.25, random_state=0)
        >>> int(np.isfinite(train).sum()), int(np.isfinite(held).sum())
        (15, 5)
    """
    if not (isinstance(fraction, float) and 0 < fraction < 1):
        raise ValueError(f"fraction must be a number between 0 and 1, got {fraction!r}")
    entries = Entries.of(X)
    train, held = entries.split(fraction, check_random_state(random_state))
    if not len(held):
        raise ValueError(f"a fraction of {fraction} of {len(entries)} seen entries is less than one of them")
    return _like(X, train), _like(X, held)


def held_out_rmse(estimator: Any, held: Any) -> float:
    """The root mean square error of a fitted completion at the entries seen in `held`.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import DeepMatrixCompletion, held_out_entries, held_out_rmse
        >>> X = np.outer(np.arange(1.0, 9.0), np.arange(1.0, 7.0))
        >>> train, held = held_out_entries(X, 0.2, random_state=0)
        >>> model = DeepMatrixCompletion(depth=3, centring="none", validation_fraction=None, random_state=0).fit(train)
        >>> held_out_rmse(model, held) < 1.0
        True
    """
    return -estimator.score(held)


def cross_val_score_entries(estimator: Any, X: Any, *, cv: Any = 5, random_state: Any = None) -> np.ndarray:
    """Minus the root mean square error on each fold of held-out entries, by clones of the estimator.

    Arguments:
        cv: how many folds, or an `EntryFolds`.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import DeepMatrixCompletion, cross_val_score_entries
        >>> X = np.outer(np.arange(1.0, 9.0), np.arange(1.0, 7.0))
        >>> model = DeepMatrixCompletion(centring="none", validation_fraction=None, random_state=0)
        >>> cross_val_score_entries(model, X, cv=3, random_state=0).shape
        (3,)
    """
    folds = cv if isinstance(cv, EntryFolds) else EntryFolds(cv, random_state=random_state)
    scores = []
    for train, held in folds.split(X):
        fresh: Any = clone(estimator)
        scores.append(-held_out_rmse(fresh.fit(train), held))
    return np.array(scores)


def entries_of(X: Any) -> tuple[np.ndarray, np.ndarray]:
    """The places of the seen entries, as rows (row, column), and their values: the X and y of an `EntryRegressor`.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import entries_of
        >>> places, values = entries_of(np.array([[1.0, np.nan], [np.nan, 4.0]]))
        >>> places.tolist(), values.tolist()
        ([[0, 0], [1, 1]], [1.0, 4.0])
    """
    entries = Entries.of(X)
    return np.stack([entries.rows, entries.columns], axis=1), entries.values


def _like(X: Any, entries: Entries) -> Any:
    """A matrix of the kind of X with these entries alone."""
    if sp.issparse(X):
        made: Any = sp.coo_array((entries.values, (entries.rows, entries.columns)), shape=entries.shape)
        return type(X)(made) if not isinstance(X, sp.coo_array) else made
    matrix = np.full(entries.shape, np.nan, dtype=entries.values.dtype)
    matrix[entries.rows, entries.columns] = entries.values
    if hasattr(X, "columns") and hasattr(X, "index"):
        import pandas as pd

        return pd.DataFrame(matrix, index=X.index, columns=X.columns)
    return matrix
