"""The published form of the bound, and the least rate that a deviation asks for."""

import numpy as np
import pytest

from thalweg.theory import perturbation_bound, perturbation_rate


def test_the_least_rate_makes_the_bound_touch():
    time, deviation = np.array([0.5, 1.0, 3.0]), np.array([1e-3, 4e-3, 2e-2])
    rate = perturbation_rate(time, deviation, 1e-3)
    ratio = deviation / perturbation_bound(time, 1e-3, rate)
    assert ratio.max() == pytest.approx(1.0)
    assert np.all(ratio <= 1 + 1e-12)
    assert perturbation_rate(time, 2 * deviation, 2e-3) == pytest.approx(rate)


def test_the_square_of_time():
    assert perturbation_bound(2.0, 0.1, 0.5) == pytest.approx(0.1 * np.exp(2.0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: perturbation_bound(-1.0, 0.1, 1.0), "negative"),
        (lambda: perturbation_rate([0.0], [0.1], 0.1), "times positive"),
        (lambda: perturbation_rate([1.0], [0.1, 0.2], 0.1), "one length"),
        (lambda: perturbation_rate([1.0], [0.1], 0.0), "epsilon must be positive"),
    ],
)
def test_bad_input(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
