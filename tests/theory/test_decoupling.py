"""Common singular vectors, also where each matrix alone repeats a singular value."""

import numpy as np
import pytest

from thalweg.problems.random_matrices import orthonormal
from thalweg.theory import off_diagonal, shared_vectors


def test_matrices_that_share_vectors_become_diagonal_together():
    rng = np.random.default_rng(0)
    u, v = orthonormal(rng, 5, 5), orthonormal(rng, 3, 3)
    matrices = [(u[:, :3] * values) @ v.T for values in ([2.0, 2.0, 1.0], [0.5, 0.1, 0.1])]
    left, right = shared_vectors(matrices)
    turned = [left.T @ matrix @ right for matrix in matrices]
    assert max(map(off_diagonal, turned)) < 1e-13
    assert sorted(np.diagonal(turned[0]).round(9)) == [1.0, 2.0, 2.0]
    for square in (left, right):
        np.testing.assert_allclose(square.T @ square, np.eye(len(square)), atol=1e-13)


def test_matrices_that_do_not_share_vectors_do_not():
    left, right = shared_vectors([np.diag([2.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])])
    assert off_diagonal(left.T @ np.diag([2.0, 1.0]) @ right) > 0.1


def test_off_diagonal():
    assert off_diagonal(np.zeros((2, 3))) == 0.0
    assert off_diagonal(np.array([[0.0, 2.0]])) == 1.0
    assert off_diagonal(np.array([[4.0, 0.0, 0.0], [0.0, 0.0, 3.0]])) == pytest.approx(0.6)


def test_a_zero_matrix_among_them_is_left_out():
    left, right = shared_vectors([np.zeros((2, 2)), np.diag([1.0, 3.0])])
    assert off_diagonal(left.T @ np.diag([1.0, 3.0]) @ right) < 1e-15


@pytest.mark.parametrize("matrices", [[], [np.eye(2), np.eye(3)], [np.ones(3)]])
def test_bad_input(matrices):
    with pytest.raises(ValueError, match="of one shape"):
        shared_vectors(matrices)
