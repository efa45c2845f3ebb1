"""The 2 by 2 example: its bounds by search, and the law against scipy's flow."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import DoesNotApply, NormsDiverge, compare, distance_to_rank_one_bound, unseen_entry_bound
from thalweg.theory.norms_diverge import effective_rank, half_sum_of_squares
from theory.scipy_paths import followed

OBSERVED = np.array([[np.nan, 1.0], [1.0, 0.0]])


def path(factors: list[np.ndarray], end: float = 400.0, algorithm=None, observed: np.ndarray = OBSERVED):
    def gradient(w: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(OBSERVED), 0.0, w - np.nan_to_num(OBSERVED))

    times = np.concatenate([[0.0], np.geomspace(0.1, end, 25)])
    return followed(tw.MatrixCompletion(observed, loss="half sum of squares"), gradient, factors, times, algorithm=algorithm)


@pytest.mark.parametrize("loss", [0.49, 0.4, 0.3, 0.1, 1e-2, 1e-4])
def test_no_matrix_of_positive_determinant_beats_the_bound_and_one_meets_it(loss: float):
    rng = np.random.default_rng(0)
    residual = rng.normal(size=(20000, 3))
    residual *= np.sqrt(2 * loss) / np.linalg.norm(residual, axis=1, keepdims=True)
    near, far, corner = 1 + residual[:, 0], 1 + residual[:, 1], np.abs(residual[:, 2])
    least = np.where(near * far > 0, near * far / corner, 0.0)
    bound = float(unseen_entry_bound(loss))
    assert (least[near * far > 0] >= bound * (1 - 1e-12)).all()
    assert least[near * far > 0].min() < 1.02 * bound + 0.01


def test_the_bound_leads_with_one_over_the_root_of_twice_the_loss():
    losses = np.array([1e-6, 1e-8])
    np.testing.assert_allclose(unseen_entry_bound(losses) * np.sqrt(losses), 1 / np.sqrt(2), rtol=3e-3)
    assert unseen_entry_bound([0.5, 2.0]).tolist() == [0, 0]
    assert unseen_entry_bound(0.375) == pytest.approx(float(unseen_entry_bound(0.375 + 1e-12)))
    with pytest.raises(ValueError, match="positive"):
        unseen_entry_bound(0.0)


def test_matrices_of_positive_determinant_are_near_rank_one():
    rng = np.random.default_rng(1)
    found = rng.normal(size=(20000, 2, 2)) + np.where(np.isnan(OBSERVED), 0, np.nan_to_num(OBSERVED))
    found[:, 0, 0] *= 30
    loss = half_sum_of_squares(found)
    kept = found[(np.linalg.det(found) > 0) & (loss < 0.5)]
    assert len(kept) > 300
    distance = np.linalg.svd(kept, compute_uv=False)[:, 1]
    assert (distance <= distance_to_rank_one_bound(half_sum_of_squares(kept))).all()
    other = found[(np.linalg.det(found) < 0) & (loss < 0.5)]
    over = np.linalg.svd(other, compute_uv=False)[:, 1] > distance_to_rank_one_bound(half_sum_of_squares(other))
    assert over.any()


@pytest.mark.parametrize("depth", [2, 3])
def test_the_law_holds_from_a_positive_determinant(depth: int):
    made = path([0.3 * np.eye(2)] * depth)
    comparison = compare(NormsDiverge(), made)
    assert comparison.holds
    assert comparison.tests
    ratio = comparison.laid.measured[-1] * np.sqrt(half_sum_of_squares(made.predictors[-1]))
    assert ratio == pytest.approx(np.sqrt(0.5), rel=0.02)
    assert effective_rank(np.linalg.svd(made.predictors[-1], compute_uv=False)) < 1.05
    wrong = 1 / np.sqrt(half_sum_of_squares(made.predictors))
    assert (made.predictors[10:, 0, 0] < wrong[10:]).all(), "a bound with the half left out would be broken"


def test_from_a_negative_determinant_the_path_ends_at_a_finite_matrix():
    flipped = [0.3 * np.diag([1.0, -1.0]), 0.3 * np.eye(2)]
    made = path(flipped)
    assert np.abs(made.predictors[-1]).max() < 2
    with pytest.raises(DoesNotApply, match="not positive at the start"):
        compare(NormsDiverge(), made)


def test_a_path_that_crosses_is_not_kept():
    made = path([0.3 * np.eye(2)] * 2, end=2.0)
    made.factors[-1] = [np.diag([1.0, -1.0]) @ made.factors[-1][0], made.factors[-1][1]]
    comparison = compare(NormsDiverge(), made)
    assert not comparison.holds


def test_imbalance_is_measured():
    made = path([0.3 * np.eye(2), 0.6 * np.eye(2)], end=1.0)
    assert not compare(NormsDiverge(), made).tests


def test_runs_that_it_is_not_of_are_left_out():
    start = [0.3 * np.eye(2)] * 2
    with pytest.raises(DoesNotApply, match="finite steps"):
        compare(NormsDiverge(), path(start, end=1.0, algorithm=tw.GradientDescent(0.1)))
    with pytest.raises(DoesNotApply, match="one problem"):
        compare(NormsDiverge(), path(start, end=1.0, observed=np.array([[np.nan, 1.0], [1.0, 0.5]])))
    with pytest.raises(DoesNotApply, match="square factors"):
        compare(NormsDiverge(), path([0.3 * np.eye(3, 2), 0.3 * np.eye(2, 3)], end=1.0))


def test_effective_rank_by_hand():
    assert effective_rank([1.0, 1.0, 1.0]) == pytest.approx(3)
    assert effective_rank([3.0, 1.0]) == pytest.approx(np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25))))
