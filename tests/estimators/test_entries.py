"""Seen entries from arrays, data frames and sparse matrices."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from thalweg.estimators import Entries

GAPS = np.array([[1.0, np.nan, 0.0], [np.nan, np.nan, np.nan], [4.0, 5.0, np.nan]])
PLACES = [(0, 0), (0, 2), (2, 0), (2, 1)]
VALUES = [1.0, 0.0, 4.0, 5.0]


def coo(**options: Any) -> Any:
    rows, columns = zip(*PLACES[::-1], strict=True)
    return sp.coo_array((VALUES[::-1], (rows, columns)), shape=(3, 3), **options)


@pytest.mark.parametrize(
    "given",
    [
        GAPS,
        np.asfortranarray(GAPS),
        GAPS.tolist(),
        pd.DataFrame(GAPS, columns=["a", "b", "c"]),
        coo(),
        coo().tocsr(),
        coo().tocsc(),
        sp.coo_matrix(coo()),
        np.ma.masked_invalid(GAPS),
    ],
    ids=["array", "fortran", "list", "frame", "coo", "csr", "csc", "matrix", "masked"],
)
def test_the_same_entries_from_every_kind(given: Any):
    seen = Entries.of(given)
    assert list(zip(seen.rows, seen.columns, strict=True)) == PLACES
    assert seen.values.tolist() == VALUES  # a zero that is stored was seen
    assert seen.shape == (3, 3)
    np.testing.assert_array_equal(seen.csr().toarray(), np.nan_to_num(GAPS))
    assert seen.starts().tolist() == [0, 2, 2, 4]


def test_a_stored_nan_was_not_seen():
    matrix = coo()
    matrix.data[0] = np.nan
    assert len(Entries.of(matrix)) == 3


def test_precision_is_kept_and_integers_become_float64():
    assert Entries.of(GAPS.astype(np.float32)).values.dtype == np.float32
    assert Entries.of(coo().astype(np.float32)).values.dtype == np.float32
    assert Entries.of(np.array([[1, 2]])).values.dtype == np.float64


def test_a_split_parts_the_entries_and_keeps_their_order():
    seen = Entries.of(np.arange(60.0).reshape(6, 10))
    kept, held = seen.split(0.25, np.random.default_rng(0))
    assert (len(kept), len(held)) == (45, 15)
    assert sorted([*kept.values, *held.values]) == list(range(60))
    assert (np.diff(kept.values) > 0).all()
    assert len(Entries.of(np.ones((1, 1))).split(0.9, np.random.default_rng(0))[0]) == 1


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (np.full((2, 2), np.nan), "no seen entry among 2 x 2"),
        (sp.coo_array((3, 4)), "no seen entry among 3 x 4"),
        (np.array([[1.0, np.inf]]), "infinity"),
        (sp.csr_array(np.array([[1.0, np.inf]])), "infinity"),
        (np.ones(3), "Expected 2D array"),
        (np.ones((2, 0)), "0 feature"),
        (np.array([[1 + 1j]]), "Complex data"),
        (np.array([["a", "b"]]), "could not convert string"),
        (sp.coo_array(([1.0, 2.0], ([0, 0], [1, 1])), shape=(2, 2)), r"\(0, 1\) is given more than once"),
        (pd.DataFrame({"a": ["x", "y"]}), "could not convert string"),
    ],
)
def test_what_is_no_matrix_with_gaps_is_refused(bad: Any, says: str):
    with pytest.raises(ValueError, match=says):
        Entries.of(bad)
