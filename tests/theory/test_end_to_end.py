"""The end-to-end dynamics: velocities of products of balanced factors against the rule for the product alone."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import DoesNotApply, EndToEndDynamics, compare
from thalweg.theory.preconditioner import powers
from theory.points_at import balanced, points_at, regression

FLOW = tw.GradientFlow(1e-12)


@pytest.mark.parametrize("shape", [(4, 4), (3, 6), (6, 3), (1, 4), (6, 1)], ids=str)
@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("rank", [None, 1])
def test_balanced_factors_move_their_product_by_the_rule(shape: tuple[int, int], depth: int, rank: int | None):
    network, factors = balanced(shape, depth, count=2, rank=rank)
    found = compare(EndToEndDynamics(), points_at(regression(shape), network, FLOW, factors))
    assert found.tests
    assert found.worst < 1e-13
    assert found.holds


@pytest.mark.parametrize("loss", ["powers", "completion"])
def test_it_holds_whatever_the_loss(loss: str):
    shape = (4, 5)
    rng = np.random.default_rng(2)
    problem = {
        "powers": tw.PowerRegression(rng.normal(size=(5, 12)), rng.normal(size=(4, 12)), power=4),
        "completion": tw.MatrixCompletion.random(shape=shape, rank=2, observed=14, key=0),
    }[loss]
    network, factors = balanced(shape, 3, hidden=9)
    assert compare(EndToEndDynamics(), points_at(problem, network, FLOW, factors)).worst < 1e-13


def test_widths_below_the_smaller_side_keep_the_rank_down_and_the_law():
    shape, network = (4, 5), tw.DeepLinear(depth=3, shape=(4, 5), hidden=2)
    rng = np.random.default_rng(0)
    s = np.diag([1.4, 0.6])
    u, v = np.linalg.qr(rng.normal(size=(4, 2)))[0], np.linalg.qr(rng.normal(size=(5, 2)))[0]
    factors = [[s @ v.T, s, u @ s]]
    assert compare(EndToEndDynamics(), points_at(regression(shape), network, FLOW, factors)).worst < 1e-13
    with pytest.raises(ValueError, match="hidden widths of at least 4"):
        tw.Balanced(0.1).sample(network, key=0)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_two_orders_of_exponents_are_one_sum_and_a_mixture_is_another(depth: int):
    network, factors = balanced((4, 4), depth, count=1)
    path = points_at(regression((4, 4)), network, FLOW, factors)
    w, g, actual = path.predictors[0], path.gradients[0], -path.velocities[0]

    def total(left, right) -> np.ndarray:
        found = np.zeros_like(w)
        for j in range(1, depth + 1):
            after, before = powers(w, right(j) / depth, left(j) / depth)
            found += before @ g @ after
        return found

    size = np.abs(actual).max()
    paper = total(lambda j: j - 1, lambda j: depth - j)
    slides = total(lambda j: depth - j, lambda j: j - 1)
    mixed = total(lambda j: j - 1, lambda j: j - 1)
    np.testing.assert_allclose(paper, actual, atol=1e-13 * size)
    np.testing.assert_allclose(slides, actual, atol=1e-13 * size)
    assert np.abs(mixed - actual).max() > 1e-2 * size


def test_an_imbalance_is_an_assumption_that_fails_by_its_size():
    network, factors = balanced((3, 4), 3, count=1)
    tilted = [[factors[0][0] * 1.1, factors[0][1], factors[0][2] / 1.1]]
    found = compare(EndToEndDynamics(), points_at(regression((3, 4)), network, FLOW, tilted))
    assert not found.tests
    assert found.assumptions[0].size > 0.05
    assert found.worst > 1e-3
    assert "imbalance" in str(found)


def test_it_is_no_law_of_steps():
    network, factors = balanced((3, 4), 2)
    with pytest.raises(DoesNotApply, match="this run is of GradientDescent"):
        compare(EndToEndDynamics(), points_at(regression((3, 4)), network, tw.GradientDescent(0.1), factors))


def test_where_nothing_moves_the_residual_is_zero():
    network = tw.DeepLinear(depth=2, shape=(2, 2))
    still = points_at(tw.LinearRegression.whitened(np.eye(2)), network, FLOW, [[np.eye(2), np.eye(2)]])
    assert compare(EndToEndDynamics(), still).worst == 0.0
