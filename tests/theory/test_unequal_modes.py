"""Hyperbolas of unequal factors against independent integration."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from thalweg.theory import mode_path, unequal_modes

TIMES = np.array([0.0, 0.1, 1.0, 3.0, 12.0])
STARTS = [
    (1.0, 0.0, 2.0), (1e-6, 1e-6, 1.0), (1e-3, -1e-3, 1.0), (0.5, -0.5, 1.0), (2.0, 1.0, -1.0), (0.3, 0.3, 0.0),
    (0.3, -0.2, 0.0), (0.0, 0.0, 1.0), (3.0, 1e-8, 0.5), (1e-8, 3.0, 0.5), (-1.0, -0.5, 1.0), (-1.0, 0.4, 1.3),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "s"), STARTS)
def test_factors_are_the_solution(a: float, b: float, s: float):
    def slope(time: float, y: np.ndarray) -> list[float]:
        return [y[1] * (s - y[0] * y[1]), y[0] * (s - y[0] * y[1])]

    solved = solve_ivp(slope, (0, TIMES[-1]), [a, b], method="DOP853", rtol=1e-12, atol=1e-15, t_eval=TIMES)
    found = np.stack(unequal_modes(TIMES, a, b, s))
    np.testing.assert_allclose(found, solved.y, atol=1e-11)
    np.testing.assert_allclose(found[0] ** 2 - found[1] ** 2, a * a - b * b, atol=1e-13)


def test_equal_factors_are_a_balanced_mode():
    a, b = unequal_modes(TIMES, 0.1, 0.1, 2.0)
    np.testing.assert_allclose(a * b, mode_path(TIMES, 0.01, 2.0, 2), rtol=1e-13)


def test_unequal_factors_are_faster_than_the_balanced_mode_of_the_same_product():
    a, b = unequal_modes(0.7, 1.0, 0.01, 2.0)
    assert float(a * b) > 3 * float(mode_path(0.7, 0.01, 2.0, 2))


def test_late_times_neither_overflow_nor_lose_digits():
    a, b = unequal_modes([100.0, 1e9], 1e-9, 2e-9, 3.0)
    np.testing.assert_allclose(a * b, 3.0, rtol=1e-14)


def test_bad_input():
    with pytest.raises(ValueError, match="times must not be negative"):
        unequal_modes(-1.0, 1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="finite"):
        unequal_modes(1.0, np.nan, 1.0, 1.0)
