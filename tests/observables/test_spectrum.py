"""Singular values and vectors against numpy."""

import numpy as np
import pytest

import thalweg as tw
from observables.cases import SHAPES, factors, objective
from trajectory.cases import product


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_singular_values(shape: tuple[int, int]):
    point = factors(shape)
    values = np.linalg.svd(product(point), compute_uv=False)
    np.testing.assert_allclose(tw.SingularValues()(objective(shape), point), values, rtol=1e-12)
    np.testing.assert_allclose(tw.SingularValues(2)(objective(shape), point), values[:2], rtol=1e-13)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_singular_vectors_are_columns_that_rebuild_the_predictor(shape: tuple[int, int]):
    point, where = factors(shape), objective(shape)
    left, right = (np.asarray(vectors(3)(where, point)) for vectors in (tw.LeftSingularVectors, tw.RightSingularVectors))
    values = np.asarray(tw.SingularValues(3)(where, point))
    assert (left.shape, right.shape) == ((shape[0], 3), (shape[1], 3))
    np.testing.assert_allclose(left.T @ left, np.eye(3), atol=1e-13)
    np.testing.assert_allclose(right.T @ right, np.eye(3), atol=1e-13)
    u, s, vt = np.linalg.svd(product(point), full_matrices=False)
    np.testing.assert_allclose((left * values) @ right.T, (u[:, :3] * s[:3]) @ vt[:3], atol=1e-12 * s[0])
    one = np.asarray(tw.LeftSingularVectors(1)(where, point))
    assert np.abs(one.T @ u[:, :1]).item() == pytest.approx(1.0, abs=1e-12)


def test_names_and_axes():
    parts = [tw.SingularValues(), tw.LeftSingularVectors(2), tw.RightSingularVectors(2)]
    assert [(part.name, part.dims) for part in parts] == [
        ("singular_values", ("rank",)),
        ("left_singular_vectors", ("output", "rank")),
        ("right_singular_vectors", ("input", "rank")),
    ]


COUNTED = [tw.SingularValues, tw.LeftSingularVectors, tw.RightSingularVectors, tw.PredictedVelocity, tw.MeasuredVelocity]


@pytest.mark.parametrize("observable", COUNTED)
@pytest.mark.parametrize(
    ("count", "error", "message"),
    [
        (0, ValueError, "count must be at least 1, got 0"),
        (2.0, TypeError, r"count must be a whole number, got 2\.0"),
        ("all", TypeError, "count must be a whole number, got 'all'"),
    ],
)
def test_a_bad_count_is_refused(observable: type, count: object, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        observable(count)
