"""The frame of the cross moment, its ties, and what is left off the diagonal."""

import numpy as np
import pytest

from thalweg.problems.random_matrices import orthonormal
from thalweg.theory import CommonDecomposition, common_decomposition


def moments(sigma: list[float], lam: list[float], inputs: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    u, v = orthonormal(rng, inputs, inputs), orthonormal(rng, outputs, outputs)
    cross = (v[:, : len(sigma)] * sigma) @ u[:, : len(sigma)].T
    return (u * lam) @ u.T, cross


@pytest.mark.parametrize(
    ("sigma", "lam", "outputs"),
    [([2.0, 1.0, 0.5], [1.0, 1.5, 0.7, 0.4], 3), ([2.0, 2.0, 0.5], [1.0, 1.5, 0.7, 0.4], 3),
     ([2.0, 0.0, 0.0], [1.0, 1.5, 0.7, 0.4], 3),
     ([1.0, 1.0, 1.0, 1.0], [4.0, 3.0, 2.0, 1.0], 6), ([2.0, 1.0], [1.0, 4.0, 3.0, 2.0], 2)],
)  # fmt: skip
def test_moments_with_a_common_decomposition_have_it(sigma: list[float], lam: list[float], outputs: int):
    moment, cross = moments(sigma, lam, 4, outputs)
    found = common_decomposition(moment, cross)
    assert isinstance(found, CommonDecomposition)
    assert found.delta < 1e-13
    np.testing.assert_allclose(found.sigma, sorted(sigma, reverse=True), atol=1e-13)
    diagonal = np.zeros((outputs, 4))
    np.fill_diagonal(diagonal, found.sigma)
    np.testing.assert_allclose(found.outputs @ diagonal @ found.inputs.T, cross, atol=1e-13)
    whole = np.diag(np.diagonal(found.inputs.T @ moment @ found.inputs))
    np.testing.assert_allclose(found.inputs @ (whole + found.remainder) @ found.inputs.T, moment, atol=1e-13)


def test_lambda_belongs_to_the_same_component():
    moment, cross = moments([2.0, 1.0, 0.5], [1.0, 1.5, 0.7, 0.4], 4, 3)
    np.testing.assert_allclose(common_decomposition(moment, cross).lam, [1.0, 1.5, 0.7], atol=1e-13)


def test_delta_is_the_share_off_the_diagonal():
    moment, cross = np.array([[2.0, 0.3], [0.3, 1.0]]), np.diag([3.0, 1.0])
    found = common_decomposition(moment, cross)
    assert found.delta == pytest.approx(np.sqrt(2) * 0.3 / np.linalg.norm(moment))
    np.testing.assert_allclose(np.abs(found.remainder), [[0, 0.3], [0.3, 0]], atol=1e-14)


def test_truncation_keeps_the_largest_sigma():
    moment, cross = moments([2.0, 1.0, 0.5], [10.0, 0.5, 0.7, 0.4], 4, 3)
    found = common_decomposition(moment, cross)
    assert np.linalg.svd(found.truncated(1), compute_uv=False)[0] == pytest.approx(0.2)
    np.testing.assert_allclose(found.truncated(3) @ moment, cross, atol=1e-12)
    assert not found.truncated(0).any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: common_decomposition(np.eye(2), np.eye(3)), "input_moment must be"),
        (lambda: common_decomposition(np.array([[1.0, 2.0], [0.0, 1.0]]), np.eye(2)), "symmetric"),
        (lambda: common_decomposition(np.eye(2), np.eye(2)).truncated(3), "at most 2"),
        (lambda: common_decomposition(np.diag([0.0, 1.0]), np.diag([2.0, 1.0])).truncated(1), "no finite value"),
    ],
)
def test_bad_input(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
