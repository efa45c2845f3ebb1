"""Constraints: the same vectors whatever form they come in, and those that contradict each other refused."""

from typing import Any

import numpy as np
import pytest

import thalweg as tw
from thalweg.exact.constraints import constraints


def test_dependent_constraints_leave_the_same_vectors():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(3, 7))
    given = constraints((np.vstack([matrix, matrix[:2] + matrix[1:]]), np.concatenate([[1.0, 2.0, 3.0], [3.0, 5.0]])))
    assert given.rows.shape == (3, 7)
    gram = given.rows @ given.rows.T
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-13)
    np.testing.assert_allclose(given.turn @ given.rows, np.vstack([matrix, matrix[:2] + matrix[1:]]), atol=1e-13)
    vector = np.linalg.pinv(matrix) @ [1.0, 2.0, 3.0]
    np.testing.assert_allclose(given.rows @ vector, given.levels, atol=1e-13)


def test_a_regression_and_its_samples_are_met_by_the_same_vectors():
    rng = np.random.default_rng(1)
    inputs, outputs = rng.normal(size=(6, 3)), rng.normal(size=(1, 3))
    given = constraints(tw.LinearRegression(inputs, outputs))
    vector = np.linalg.pinv(inputs.T) @ outputs[0] + np.linalg.svd(inputs.T)[2][-1]
    np.testing.assert_allclose(given.rows @ vector, given.levels, atol=1e-13)
    np.testing.assert_array_equal(given.turn, np.eye(3))


@pytest.mark.parametrize(
    ("problem", "error", "match"),
    [
        (([[1.0, 0.0], [2.0, 0.0]], [1.0, 1.0]), ValueError, "no vector meets all constraints"),
        (tw.LinearRegression([[1.0, 2.0]], [[1.0, 1.0]]), ValueError, "no vector meets all constraints"),
        (tw.LinearRegression(np.eye(2), np.eye(2)), ValueError, "one output, it has 2"),
        (([[0.0, 0.0]], [0.0]), ValueError, "all zero"),
        (tw.LinearRegression([[0.0]], [[0.0]]), ValueError, "all zero"),
        (([[1.0, 0.0]], [1.0, 2.0]), ValueError, r"A must be \(m, d\)"),
        (([1.0, 0.0], [1.0]), ValueError, r"A must be \(m, d\)"),
        (([[np.nan, 0.0]], [1.0]), ValueError, "finite"),
        (([["a", "b"]], [1.0]), TypeError, "A must be an array of real numbers"),
        (np.eye(3), TypeError, "or a pair"),
        (None, TypeError, "or a pair"),
    ],
)
def test_what_cannot_be_met_is_refused(problem: Any, error: type[Exception], match: str):
    with pytest.raises(error, match=match):
        constraints(problem)
