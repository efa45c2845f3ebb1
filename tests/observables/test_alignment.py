"""Alignment of the singular vectors with the gradient, against numpy."""

import numpy as np
import pytest

import thalweg as tw
from observables.cases import SHAPES, factors, objective
from trajectory.cases import gradient_of, product


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_alignment_is_the_mean_on_and_off_the_diagonal(shape: tuple[int, int]):
    where, point = objective(shape), factors(shape)
    predictor = product(point)
    u, _, vt = np.linalg.svd(predictor, full_matrices=False)
    rotated = np.abs(u.T @ gradient_of(where.problem, predictor) @ vt.T)
    side = len(rotated)
    on, off = np.mean(np.diag(rotated)), np.mean(rotated[~np.eye(side, dtype=bool)])
    np.testing.assert_allclose(tw.Alignment()(where, point), [on, off], rtol=1e-12)
    assert (tw.Alignment().name, tw.Alignment().dims) == ("alignment", ("part",))


def test_one_row_has_nothing_off_the_diagonal():
    problem = tw.MatrixCompletion([[1.0, 2.0]])
    where = tw.Objective(problem, tw.DeepLinear(depth=1, shape=(1, 2)))
    on, off = tw.Alignment()(where, [np.array([[1.0, 0.0]])])
    assert (float(on), float(off)) == (0.0, 0.0)
