"""The joint eigenbasis diagonalises what commutes, and measures what does not."""

import numpy as np
import pytest

from thalweg.theory import JointEigenbasis, joint_eigenbasis


def commuting(seed: int, count: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(size, size)))[0]
    spectra = rng.normal(size=(count, size))
    return np.einsum("ik,ak,jk->aij", basis, spectra, basis), basis, spectra


@pytest.mark.parametrize("seed", range(5))
def test_commuting_matrices_are_diagonal_in_it(seed: int):
    matrices, basis, spectra = commuting(seed, 3, 6)
    found = joint_eigenbasis(matrices)
    assert isinstance(found, JointEigenbasis)
    assert max(found.commutator, found.asymmetry, found.remainder) < 1e-13
    overlap = np.abs(found.basis.T @ basis)
    order = overlap.argmax(axis=1)
    np.testing.assert_allclose(overlap[np.arange(6), order], 1, atol=1e-12)
    np.testing.assert_allclose(found.spectra, spectra[:, order], atol=1e-12)


def test_shared_eigenvalues_of_one_matrix_are_parted_by_another():
    matrices = np.stack([np.eye(3), np.diag([1.0, 1.0, 0.0]), np.diag([1.0, 2.0, 0.0])])
    found = joint_eigenbasis(matrices)
    assert found.remainder < 1e-14
    assert sorted(found.spectra[2].round(12)) == [0, 1, 2]


def test_the_commutator_is_that_of_two_matrices():
    first, second = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    found = joint_eigenbasis([first, second])
    byhand = np.linalg.norm(first @ second - second @ first) / (np.linalg.norm(first) * np.linalg.norm(second))
    assert found.commutator == pytest.approx(byhand)
    assert found.remainder > 0.1


def test_asymmetry_is_the_share_of_the_antisymmetric_part():
    matrix = np.array([[1.0, 1.0], [-1.0, 1.0]])
    assert joint_eigenbasis([matrix]).asymmetry == pytest.approx(np.sqrt(2) / 2)


def test_diagonals_are_those_of_rotated_matrices():
    matrices, _, _ = commuting(0, 2, 4)
    found = joint_eigenbasis(matrices)
    other = np.random.default_rng(1).normal(size=(4, 4))
    np.testing.assert_allclose(found.diagonals(other), np.diag(found.basis.T @ other @ found.basis), atol=1e-14)


@pytest.mark.parametrize(
    ("measurements", "words"),
    [
        (np.zeros((2, 3, 4)), "square matrices"),
        (np.eye(3), "square matrices"),
        (np.full((1, 2, 2), np.nan), "finite"),
        (np.zeros((1, 2, 2)), "zero matrix"),
    ],
)
def test_what_has_no_eigenbasis_is_refused(measurements: np.ndarray, words: str):
    with pytest.raises(ValueError, match=words):
        joint_eigenbasis(measurements)
