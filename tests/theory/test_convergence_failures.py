"""The two starts from which descent fails: the hypothesis that each keeps, and what becomes of it."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import (
    convergence_certificate,
    deficiency_margin,
    imbalances,
    indefinite_floor,
    sufficient_spread,
    unbalanced_start,
)


def product_descent(factors: np.ndarray, target: np.ndarray, rate: float, steps: int) -> np.ndarray:
    """Losses of gradient descent on diagonal factors, `(N, d)`: every diagonal entry by itself."""
    losses = []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps + 1):
            w = np.prod(factors, axis=0)
            losses.append(0.5 * np.sum((w - target) ** 2))
            others = np.stack([np.prod(np.delete(factors, j, axis=0), axis=0) for j in range(len(factors))])
            factors = factors - rate * (w - target) * others
    return np.array(losses)


@pytest.mark.parametrize("depth", [2, 4])
@pytest.mark.parametrize("rate", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
def test_without_balance_every_rate_diverges(depth: int, rate: float):
    factors = unbalanced_start(depth, 3, spread=sufficient_spread(rate))
    product = np.linalg.multi_dot(factors[::-1])
    assert deficiency_margin(product, np.eye(3)) == pytest.approx(0.75)
    losses = product_descent(np.array([np.diag(f) for f in factors]), np.ones(3), rate, 40)
    assert not np.all(np.isfinite(losses))
    spread = unbalanced_start(depth, 3, spread=1 + 1e-9)
    balanced = product_descent(np.array([np.diag(f) for f in spread]), np.ones(3), rate, 40)
    assert np.all(np.diff(balanced) < 0)


def test_the_certificate_names_the_imbalance():
    found = convergence_certificate(tw.LinearRegression.whitened(np.eye(3)), unbalanced_start(2, 3, spread=30.0), 1e-9)
    assert found.margin == pytest.approx(0.75)
    assert "imbalance" in found.failures[0]


@pytest.mark.parametrize("rate", [0.3, 0.1, 0.01])
def test_without_a_margin_the_loss_stays_above_the_floor(rate: float):
    target = np.array([1.0, -0.7])
    for depth in (2, 4):
        losses = product_descent(np.ones((depth, 2)), target, rate, 3000)
        floor = indefinite_floor(np.diag(target), depth)
        assert floor == pytest.approx(0.245)
        assert losses.min() >= floor - 1e-12
        if depth == 2:
            assert losses[-1] == pytest.approx(floor, abs=1e-9)
    odd = product_descent(np.ones((3, 2)), target, 0.9, 3000)  # a step that jumps over 0 at odd depth
    assert odd.min() < 0.245


def test_the_second_start_is_balanced_and_without_margin():
    assert max(np.linalg.norm(d) for d in imbalances([np.eye(2)] * 4)) == 0.0
    assert deficiency_margin(np.eye(2), np.diag([1.0, -0.7])) < 0


def test_the_floor_counts_negative_eigenvalues_in_any_basis():
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    target = rotation @ np.diag([2.0, -0.3, -0.4]) @ rotation.T
    assert indefinite_floor((target + target.T) / 2, 2) == pytest.approx(0.125)
    assert indefinite_floor(np.eye(2), 2) == 0.0


def test_what_the_examples_are_not_made_for_is_refused():
    with pytest.raises(ValueError, match="even depth, got 3"):
        unbalanced_start(3, 2, spread=10.0)
    with pytest.raises(ValueError, match="even depth, got 3"):
        indefinite_floor(np.eye(2), 3)
    with pytest.raises(ValueError, match="symmetric"):
        indefinite_floor(np.array([[0.0, 1.0], [0.0, 0.0]]), 2)
    with pytest.raises(ValueError, match="margin must be below 1"):
        unbalanced_start(2, 2, spread=10.0, margin=1.0)
    with pytest.raises(ValueError, match="spread must be greater than 1"):
        unbalanced_start(2, 2, spread=1.0)
