"""Entries that are held out: disjoint, complete, of the kind that was given."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from thalweg.estimators import (
    DeepMatrixCompletion,
    Entries,
    EntryFolds,
    cross_val_score_entries,
    held_out_entries,
    held_out_rmse,
)

X = np.where(np.random.default_rng(0).random((9, 7)) < 0.6, np.random.default_rng(1).random((9, 7)), np.nan)
X[0, 0] = 0.0
SEEN = np.nonzero(~np.isnan(X))
KINDS: dict[str, Any] = {
    "array": X,
    "frame": pd.DataFrame(X, columns=list("abcdefg"), index=range(5, 14)),
    "coo": sp.coo_array((X[SEEN], SEEN), shape=X.shape),
    "csr": sp.csr_array(sp.coo_array((X[SEEN], SEEN), shape=X.shape)),
    "matrix": sp.csr_matrix(sp.coo_array((X[SEEN], SEEN), shape=X.shape)),
}


def places(matrix: Any) -> dict[tuple[int, int], float]:
    found = Entries.of(matrix)
    return dict(zip(zip(found.rows.tolist(), found.columns.tolist(), strict=True), found.values.tolist(), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_folds_hold_out_each_entry_once(kind: str):
    whole = places(KINDS[kind])
    found: dict[tuple[int, int], float] = {}
    for train, held in EntryFolds(4, random_state=0).split(KINDS[kind]):
        assert type(train) is type(held) is type(KINDS[kind])
        assert places(train).keys().isdisjoint(places(held))
        assert places(train) | places(held) == whole
        assert found.keys().isdisjoint(places(held))
        found |= places(held)
    assert found == whole


def test_one_part_held_out_is_reproducible_and_keeps_names():
    train, held = held_out_entries(KINDS["frame"], 0.3, random_state=5)
    assert list(train.columns) == list("abcdefg")
    assert list(held.index) == list(range(5, 14))
    again = held_out_entries(KINDS["frame"], 0.3, random_state=5)[1]
    assert places(held) == places(again)
    assert len(places(held)) == round(0.3 * len(SEEN[0]))


def test_scores_are_those_of_a_loop():
    model = DeepMatrixCompletion(random_state=0, centring="global")
    scores = cross_val_score_entries(model, KINDS["csr"], cv=3, random_state=1)
    for score, (train, held) in zip(scores, EntryFolds(3, random_state=1).split(X), strict=True):
        assert score == -held_out_rmse(DeepMatrixCompletion(random_state=0, centring="global").fit(train), held)
    assert (scores == cross_val_score_entries(model, X, cv=EntryFolds(3, random_state=1))).all()
    assert not hasattr(model, "left_")


@pytest.mark.parametrize("fraction", [0.0, 1.0, 1, "half", np.nan])
def test_bad_fractions(fraction: Any):
    with pytest.raises(ValueError, match="fraction must be a number between 0 and 1"):
        held_out_entries(X, fraction)


def test_too_little_to_hold_out():
    with pytest.raises(ValueError, match="less than one of them"):
        held_out_entries(np.eye(2), 0.01)
    with pytest.raises(ValueError, match="5 folds need as many seen entries, X has 4"):
        next(EntryFolds(5).split(np.eye(2)))
    with pytest.raises(ValueError, match="n_splits must be at least 2"):
        EntryFolds(1)
