"""The Runge-Kutta-Chebyshev method on equations with known solutions."""

import numpy as np
import pytest

from thalweg.estimators.stabilized import Instant, Stabilized, between


def linear(rates: np.ndarray):
    return lambda x: (0.5 * float(x @ (rates * x)), -rates * x)


def test_a_stiff_equation_takes_few_gradients():
    rates = np.geomspace(1.0, 1e5, 30)
    calls = []

    def field(x: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(0)
        return linear(rates)(x)

    flow = Stabilized(field, np.ones(30), rtol=1e-4)
    end = flow.until(1.0)
    assert np.abs(end.point - np.exp(-rates)).max() < 1e-3
    assert len(calls) < 5000  # an ordinary explicit method needs 50,000 for stability alone


def test_the_error_falls_with_the_tolerance():
    rates = np.array([1.0, 3.0, 10.0])
    errors = [
        np.abs(Stabilized(linear(rates), np.ones(3), rtol=rtol).until(0.5).point - np.exp(-rates / 2)).max()
        for rtol in (1e-3, 1e-5, 1e-7)
    ]
    assert errors[1] < 0.2 * errors[0]
    assert errors[2] < 0.2 * errors[1]


def test_a_saddle_is_left():
    flow = Stabilized(lambda x: (-0.5 * float(x @ x), x.copy()), np.array([1e-8, 0.0]), rtol=1e-6)
    assert flow.until(10.0).point[0] == pytest.approx(1e-8 * np.exp(10), rel=1e-3)


def test_a_field_that_is_zero_stays():
    flow = Stabilized(lambda x: (0.0, 0 * x), np.ones(2), rtol=1e-3)
    assert flow.until(100.0).point.tolist() == [1.0, 1.0]


def test_a_field_that_is_not_finite_ends_in_an_error():
    flow = Stabilized(linear(np.ones(2)), np.ones(2), rtol=1e-3)
    flow.field = lambda x: (np.nan, np.full_like(x, np.nan))
    with pytest.raises(FloatingPointError, match="cannot be followed beyond time 0"):
        flow.advance()


def test_between_is_exact_for_a_cubic():
    def at(t: float) -> Instant:
        return Instant(t, np.array([t**3 - t]), np.array([3 * t**2 - 1]), 0.0)

    assert between(at(1.0), at(3.0), 1.7)[0] == pytest.approx(1.7**3 - 1.7)
