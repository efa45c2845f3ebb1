"""Reduced-rank regression against descent over factors, and against what a path learns first."""

import numpy as np
import pytest
from scipy.optimize import minimize

from thalweg.theory import common_decomposition, prediction_gains, reduced_rank_regression


def loss(w: np.ndarray, moment: np.ndarray, cross: np.ndarray) -> float:
    return 0.5 * float(np.trace(w @ moment @ w.T)) - float(np.sum(w * cross))


@pytest.mark.parametrize("rank", [1, 2])
def test_no_factors_of_the_rank_do_better(rank: int):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 30)), rng.normal(size=(3, 30))
    moment, cross = x @ x.T / 30, y @ x.T / 30

    def of(flat: np.ndarray) -> float:
        return loss(flat[: 3 * rank].reshape(3, rank) @ flat[3 * rank :].reshape(rank, 4), moment, cross)

    best = min(minimize(of, rng.normal(size=7 * rank), tol=1e-12).fun for _ in range(5))
    found = reduced_rank_regression(moment, cross, rank)
    assert np.linalg.matrix_rank(found) == rank
    assert loss(found, moment, cross) == pytest.approx(best, rel=1e-7)


def test_the_whole_solution_and_none():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, 5))
    moment, cross = x @ x.T, rng.normal(size=(2, 3))
    np.testing.assert_allclose(reduced_rank_regression(moment, cross, 2) @ moment, cross, atol=1e-10)
    assert not reduced_rank_regression(moment, cross, 0).any()


def test_inputs_of_low_rank_have_the_least_solution():
    moment, cross = np.diag([2.0, 0.0]), np.array([[1.0, 0.0], [3.0, 0.0]])
    np.testing.assert_allclose(reduced_rank_regression(moment, cross, 1), [[0.5, 0.0], [1.5, 0.0]], atol=1e-12)


def test_it_keeps_another_component_than_the_first_learnt():
    sigma, lam = np.array([2.0, 1.0]), np.array([10.0, 0.5])
    kept = reduced_rank_regression(np.diag(lam), np.diag(sigma), 1)
    learnt = common_decomposition(np.diag(lam), np.diag(sigma)).truncated(1)
    np.testing.assert_allclose(kept, [[0, 0], [0, 2]], atol=1e-12)
    np.testing.assert_allclose(learnt, [[0.2, 0], [0, 0]], atol=1e-12)
    gains = prediction_gains(sigma, lam)
    assert gains.tolist() == [0.4, 2.0]
    assert [-2 * loss(w, np.diag(lam), np.diag(sigma)) for w in (learnt, kept)] == pytest.approx(gains)


def test_bad_input():
    with pytest.raises(ValueError, match="rank must be at least 0"):
        reduced_rank_regression(np.eye(2), np.eye(2), -1)
    with pytest.raises(ValueError, match="lam must be above 0"):
        prediction_gains([1.0], [0.0])
