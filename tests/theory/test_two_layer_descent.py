"""The recursion against gradient descent on matrices; bounds that hold, and those that do not."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.theory import (
    descent_bounds,
    descent_mode,
    descent_transition,
    published_descent_bounds,
    sequential_learning_rate,
    two_layer_mode,
    two_layer_start,
)

RATES, STARTS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.45), (1e-6, 1e-3, 1e-1)


def test_the_recursion_is_gradient_descent_on_the_factors():
    sigma, lam, rate = np.array([2.0, 1.0, 0.4]), np.array([1.0, 3.0, 0.5]), 0.1
    first, second = two_layer_start(np.eye(3), np.eye(3), [1.0, 2.0, 0.5], key=5)
    start = np.diagonal(second @ first).copy()
    for _ in range(40):
        slope = second @ first @ np.diag(lam) - np.diag(sigma)
        first, second = first - rate * second.T @ slope, second - rate * slope @ first.T
    np.testing.assert_allclose(second @ first, np.diag(descent_mode(40, start, sigma, lam, rate)[-1]), atol=1e-12)


def test_small_steps_are_the_flow():
    gaps = []
    for steps in (1000, 2000):
        path = descent_mode(steps, np.exp(-4.0), 1.5, 0.6, 4.0 / steps)
        gaps.append(np.abs(path - two_layer_mode(np.linspace(0, 4, steps + 1), 2.0, 1.5, 0.6)).max())
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(("product", "share"), [*itertools.product(RATES, STARTS)])
def test_bounds_hold_at_every_step(product: float, share: float):
    sigma, lam = 1.7, 2.3
    steps = int(50 / product)
    start, rate = share * sigma / lam, product / sigma
    path, t = descent_mode(steps, start, sigma, lam, rate), np.arange(steps + 1)
    lower, upper = descent_bounds(t, start, sigma, lam, rate)
    assert np.all(lower <= path * (1 + 1e-12))
    assert np.all(path <= upper * (1 + 1e-12))
    looser, broken = published_descent_bounds(t, start, sigma, lam, rate)
    assert np.all(looser <= lower * (1 + 1e-12))
    assert path[0] == pytest.approx(float(lower[0]))
    assert np.max(path - broken) > 0


@pytest.mark.parametrize(("product", "excess"), [(0.01, 1.77e-5), (0.45, 7.53e-3)])
def test_the_published_upper_bound_fails_by_known_amounts(product: float, excess: float):
    path = descent_mode(4000, 0.1, 1.0, 1.0, product)
    upper = published_descent_bounds(np.arange(4001), 0.1, 1.0, 1.0, product)[1]
    assert np.max(path - upper) == pytest.approx(excess, rel=5e-3)


def test_the_printed_numerator_is_off_by_sigma():
    lower, upper = published_descent_bounds(0, 0.01, 2.0, 1.0, 0.1, as_printed=True)
    assert (float(lower), float(upper)) == pytest.approx((0.005, 0.005))


@given(x=st.floats(1e-3, 0.499), logarithm=st.floats(-8.0, 8.0))
def test_a_step_multiplies_y_by_a_number_between_the_two(x: float, logarithm: float):
    y = 10**logarithm
    share = 1 / (1 + y)
    # exact in y: 1 + y' = (1 + y) / (1 + x y share)^2
    factor = ((1 + y) / (1 + x * y * share) ** 2 - 1) / y
    slack = 4e-16 * (1 + 1 / y)
    assert 1 - 2 * x - slack <= factor <= (1 + x) ** -2 + slack


def test_the_transition_is_the_logarithm():
    path = descent_mode(1000, np.exp(-100.0), 1.0, 1.0, 0.1)
    half = int(np.argmax(path > 0.5))
    assert half == pytest.approx(50 * float(descent_transition(1.0, 0.1)), rel=0.01)
    assert abs(half - 50 / 0.1) > 20
    x = np.array([0.01, 0.1, 0.4])
    exact = descent_transition(x, 1.0)
    assert np.all(1 / (x + x**2 / 2) < exact)
    assert np.all(exact < 1 / (x - 2 * x**2))


def test_the_gap_keeps_published_exponents_in_order():
    sigma = np.array([2.0, 1.9, 1.0])
    rate = sequential_learning_rate(sigma)
    assert rate == pytest.approx(0.1 / (8 + 1.805))

    def in_order(rate: float) -> bool:
        late, early = 1 / (rate * sigma - 2 * (rate * sigma) ** 2), 1 / (rate * sigma + (rate * sigma) ** 2 / 2)
        return bool(np.all(late[:-1] < early[1:]))

    assert in_order(0.999 * rate)
    assert not in_order(1.001 * rate)
    assert np.all(np.diff(descent_transition(sigma, 0.2)) > 0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: descent_bounds(1, 0.1, 1.0, 1.0, 0.6), "between 0 and 1/2"),
        (lambda: descent_bounds(1, 1.1, 1.0, 1.0, 0.1), "between 0 and sigma / lam"),
        (lambda: published_descent_bounds(-1, 0.1, 1.0, 1.0, 0.1), "not negative"),
        (lambda: descent_mode(-1, 0.1, 1.0, 1.0, 0.1), "steps must be at least 0"),
        (lambda: descent_transition(0.0, 0.1), "must be positive"),
        (lambda: sequential_learning_rate([1.0, 1.0]), "different positive"),
    ],
)
def test_bad_input(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
