"""One output: the rule against the factors and the general preconditioner; momentum against steps as they are made."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import DoesNotApply, MomentumForm, SingleOutputRule, compare, precondition
from thalweg.theory.single_output import coefficients, direction, memory
from theory.points_at import balanced, points_at, regression


@pytest.mark.parametrize("depth", [1, 2, 2.5, 3, 8])
@pytest.mark.parametrize("size", [1, 4])
def test_the_direction_is_the_general_one_for_a_row(depth: float, size: int):
    rng = np.random.default_rng(0)
    w, g = rng.normal(size=size), rng.normal(size=size)
    found = direction(w, g, depth)
    np.testing.assert_allclose(found, precondition(w[None], g[None], depth)[0], rtol=1e-12)
    along = np.vdot(found, w) / np.vdot(g, w)
    assert along == pytest.approx(depth * np.linalg.norm(w) ** (2 - 2 / depth))
    if size > 1:
        across = found - np.vdot(found, w) / np.vdot(w, w) * w
        expected = g - np.vdot(g, w) / np.vdot(w, w) * w
        np.testing.assert_allclose(across, np.linalg.norm(w) ** (2 - 2 / depth) * expected, atol=1e-13)


def test_at_zero_nothing_moves_but_a_single_layer():
    g = np.array([1.0, -2.0])
    assert direction(np.zeros(2), g, 2).tolist() == [0.0, 0.0]
    assert direction(np.zeros(2), g, 1).tolist() == [1.0, -2.0]
    with pytest.raises(ValueError, match="depth must be at least 1"):
        direction(g, g, 0.9)


@pytest.mark.parametrize("depth", [2, 3, 5])
@pytest.mark.parametrize("hidden", [1, 6])
def test_the_law_holds_of_balanced_factors_of_any_width(depth: int, hidden: int):
    network, factors = balanced((1, 5), depth, hidden=hidden)
    found = compare(SingleOutputRule(), points_at(regression((1, 5)), network, tw.GradientFlow(1e-12), factors))
    assert found.tests
    assert found.worst < 1e-14
    wrong = [direction(w[0], w[0], depth + 1) - direction(w[0], w[0], depth) for w in points_of(factors)]
    assert np.abs(wrong).max() > 1e-3


def points_of(factors: list[list[np.ndarray]]) -> list[np.ndarray]:
    return [np.linalg.multi_dot(f[::-1]) for f in factors]


def layer(rng: np.random.Generator) -> tuple[np.ndarray, float, np.ndarray]:
    return rng.normal(size=4), float(rng.normal()), rng.normal(size=4)


@pytest.mark.parametrize("rate", [1e-3, 0.1, 1.0])
def test_a_step_is_an_adaptive_rate_and_a_multiple_of_the_weights(rate: float):
    rng = np.random.default_rng(1)
    for _ in range(20):
        first, second, g = layer(rng)
        rho, gamma = coefficients(first, second, g, rate)
        w = first * second
        after = (first - rate * second * g) * (second - rate * np.vdot(first, g))
        size = max(np.abs(w).max(), np.abs(rho * g).max(), np.abs(gamma * w).max())
        np.testing.assert_allclose(w - rho * g - gamma * w, after, rtol=0, atol=1e-15 * size * 8)
        published = w - rate * second**2 * g - gamma * w
        missing = rate**2 * second * np.vdot(first, g) * g  # what the published coefficient leaves out
        np.testing.assert_allclose(after - published, missing, rtol=0, atol=1e-14 * size)


def iterates(steps: int, rate: float, scale: float) -> tuple[np.ndarray, np.ndarray, list[tuple[float, float]]]:
    """Weights, gradients and coefficients along descent on an l2 loss, from a small start."""
    moment, goal = np.diag([1.0, 0.5, 0.2]), np.array([1.0, -0.7, 0.4])
    first, second = scale * np.array([0.5, -0.2, -0.3]), scale
    weights, gradients, found = [first * second], [], []
    for _ in range(steps):
        g = moment @ (first * second - goal)
        gradients.append(g)
        found.append(coefficients(first, second, g, rate))
        first, second = first - rate * second * g, second - rate * float(np.vdot(first, g))
        weights.append(first * second)
    return np.array(weights), np.array(gradients), found


def test_unrolled_it_is_momentum_with_the_start_kept():
    weights, gradients, found = iterates(400, 0.05, 0.2)
    rho, gamma = np.array(found).T
    mu, nu = memory(rho, gamma)
    law = weights[:-1] - rho[:, None] * gradients - mu @ gradients - nu[:, None] * weights[0]
    np.testing.assert_allclose(law, weights[1:], rtol=0, atol=1e-12)
    without = law + nu[:, None] * weights[0]
    assert np.abs(without - weights[1:]).max() > 1e-3  # the published form drops the start
    assert np.abs(mu[1:, 0]).min() > 0
    growing = np.linalg.norm(weights[:20], axis=1)
    assert (np.diff(growing) > 0).all()
    assert (gamma[:19] < 0).all()
    assert (mu[1:19][np.tril_indices(18, -1)] > 0).all()  # momentum, while the weights grow


def test_memory_by_hand():
    mu, nu = memory([1.0, 2.0, 3.0], [0.5, 0.25, -1.0])
    np.testing.assert_allclose(mu, [[0, 0, 0], [-0.25 * 1, 0, 0], [1.0 * 1 * 0.75, 1.0 * 2, 0]])
    np.testing.assert_allclose(nu, [0.5, 0.25 * 0.5, -1 * 0.5 * 0.75])
    with pytest.raises(ValueError, match="two rows of one length"):
        memory([1.0], [1.0, 2.0])


def test_the_scalar_factor_must_not_be_zero():
    with pytest.raises(ZeroDivisionError, match="scalar factor is 0"):
        coefficients(np.ones(2), 0.0, np.ones(2), 0.1)


def test_the_law_of_momentum_on_points_of_a_run():
    network = tw.DeepLinear(depth=2, shape=(1, 5), hidden=1)
    rng = np.random.default_rng(3)
    factors = [[rng.normal(size=(1, 5)), rng.normal(size=(1, 1))] for _ in range(4)]
    found = compare(MomentumForm(), points_at(regression((1, 5)), network, tw.GradientDescent(0.3), factors))
    assert found.worst < 1e-14
    assert found.holds
    np.testing.assert_allclose(found.laid.predicted, found.laid.measured, rtol=1e-9)


def test_laws_say_where_they_do_not_apply():
    descent, flow = tw.GradientDescent(0.1), tw.GradientFlow(1e-9)
    wide, factors = balanced((1, 5), 2, hidden=3)
    two, others = balanced((2, 5), 2)
    zero = [[np.ones((1, 5)), np.zeros((1, 1))]]
    narrow = tw.DeepLinear(depth=2, shape=(1, 5), hidden=1)
    with pytest.raises(DoesNotApply, match="one hidden unit"):
        compare(MomentumForm(), points_at(regression((1, 5)), wide, descent, factors))
    with pytest.raises(DoesNotApply, match="of one output, and this network has 2"):
        compare(MomentumForm(), points_at(regression((2, 5)), two, descent, others))
    with pytest.raises(DoesNotApply, match="of one output, and this network has 2"):
        compare(SingleOutputRule(), points_at(regression((2, 5)), two, flow, others))
    with pytest.raises(DoesNotApply, match="scalar factor is 0"):
        compare(MomentumForm(), points_at(regression((1, 5)), narrow, descent, zero))
    with pytest.raises(DoesNotApply, match="law of gradient flow"):
        compare(SingleOutputRule(), points_at(regression((1, 5)), wide, descent, factors))
