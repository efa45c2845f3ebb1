"""Offsets against the normal equations solved densely."""

from typing import Any

import numpy as np
import pytest

from thalweg.estimators import Centring, Entries
from thalweg.estimators.centring import KINDS


def example(seed: int = 0) -> Entries:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((9, 6)) + np.arange(6) + 3 * np.arange(9)[:, None]
    X[rng.random(X.shape) < 0.5] = np.nan
    X[4] = np.nan
    X[:, 2] = np.nan
    return Entries.of(X)


@pytest.mark.parametrize("shrinkage", [(3.0, 0.5), (1e-3, 20.0)])
def test_both_solves_the_normal_equations(shrinkage: tuple[float, float]):
    seen = example()
    m, n = seen.shape
    design = np.zeros((len(seen), m + n))
    design[np.arange(len(seen)), seen.rows] = 1
    design[np.arange(len(seen)), m + seen.columns] = 1
    ridge = np.diag([shrinkage[0]] * m + [shrinkage[1]] * n)
    expected = np.linalg.solve(design.T @ design + ridge, design.T @ (seen.values - seen.values.mean()))
    found = Centring.fit(seen, "both", shrinkage)
    np.testing.assert_allclose(found.row_offsets, expected[:m], atol=1e-8)
    np.testing.assert_allclose(found.column_offsets, expected[m:], atol=1e-8)


def test_without_shrinkage_it_is_least_squares():
    seen = example()
    found = Centring.fit(seen, "both", 0.0)
    left = seen.values - found.at(seen.rows, seen.columns)
    assert np.abs(np.bincount(seen.rows, left)).max() < 1e-8  # each row's, and each column's, residuals add to zero
    assert np.abs(np.bincount(seen.columns, left)).max() < 1e-8


def test_rows_and_columns_are_shrunk_means_and_the_empty_are_zero():
    seen = example()
    for kind, places in (("rows", seen.rows), ("columns", seen.columns)):
        found = Centring.fit(seen, kind, 2.0)
        offsets = found.row_offsets if kind == "rows" else found.column_offsets
        here = places == 0
        assert offsets[0] == pytest.approx((seen.values[here] - found.mean).sum() / (here.sum() + 2))
    for shrinkage in (0.0, 2.0):
        found = Centring.fit(seen, "both", shrinkage)
        assert found.row_offsets[4] == 0
        assert found.column_offsets[2] == 0
        assert Centring.fit(seen, "rows", shrinkage).row_offsets[4] == 0


def test_less_and_global():
    seen = example()
    assert not Centring.fit(seen, "none").at(seen.rows, seen.columns).any()
    np.testing.assert_allclose(Centring.fit(seen, "global").at(seen.rows, seen.columns), seen.values.mean())


def test_a_new_row_equal_to_a_fitted_one_has_its_offset():
    seen = example()
    for kind in KINDS:
        found = Centring.fit(seen, kind, 2.0)
        for row in (0, 4, 8):
            here = seen.rows == row
            offset = found.of_new_row(seen.columns[here], seen.values[here])
            assert offset == pytest.approx(found.row_offsets[row], abs=1e-8)


def test_averages():
    one, two = Centring.fit(example(0)), Centring.fit(example(1))
    mean = one.averaged([two])
    rows, columns = np.array([0, 1]), np.array([1, 3])
    np.testing.assert_allclose(mean.at(rows, columns), (one.at(rows, columns) + two.at(rows, columns)) / 2)


@pytest.mark.parametrize(
    ("kind", "shrinkage", "says"),
    [
        ("median", 1.0, "centring must be one of 'none', 'global'"),
        ("both", -1.0, "shrinkage must be a number of at least 0"),
        ("both", (1.0, 2.0, 3.0), "shrinkage must be"),
        ("both", "much", "shrinkage must be"),
        ("rows", np.nan, "shrinkage must be"),
    ],
)
def test_bad_parameters(kind: str, shrinkage: Any, says: str):
    with pytest.raises(ValueError, match=says):
        Centring.fit(example(), kind, shrinkage)
