"""Modes of inputs: given ones by their singular values, random ones by a quadrature that is exact at every edge."""

import numpy as np
import pytest
from scipy.integrate import quad

from thalweg.theory import InputModes

RATIOS = (0.02, 0.25, 0.5, 0.9, 0.999, 1.0, 1.0001, 2.0, 30.0)


def mean(modes: InputModes, values: np.ndarray) -> float:
    return float(modes.weights @ values)


@pytest.mark.parametrize("ratio", RATIOS)
def test_moments_are_those_of_the_law(ratio: float):
    modes = InputModes.marchenko_pastur(ratio)
    assert modes.weights.sum() == pytest.approx(1, rel=1e-13)
    assert mean(modes, modes.values) == pytest.approx(ratio, rel=1e-13)
    assert mean(modes, modes.values**2) == pytest.approx(ratio + ratio**2, rel=1e-13)
    assert mean(modes, modes.values**3) == pytest.approx(ratio + 3 * ratio**2 + ratio**3, rel=1e-13)
    assert modes.frozen == pytest.approx(max(0.0, 1 - ratio), abs=1e-15)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("held", [1e-8, 1e-3, 1.0, 50.0])
def test_its_resolvent_is_the_root_of_a_quadratic_equation(ratio: float, held: float):
    r"""The transform $\int\rho/(\lambda + z)$ has a closed form, which knows of no quadrature and has its mass at 0 within it."""
    modes = InputModes.marchenko_pastur(ratio)
    b = held + ratio - 1
    root = np.sqrt(b**2 + 4 * held)
    closed = 2 / (b + root) if b > 0 else (root - b) / (2 * held)
    assert mean(modes, 1 / (modes.values + held)) == pytest.approx(closed, rel=1e-10)


@pytest.mark.parametrize(("ratio", "time"), [(0.5, 3.0), (2.0, 20.0), (1.0, 1e3), (0.999, 1e6)])
def test_decay_is_that_of_adaptive_quadrature(ratio: float, time: float):
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2

    def integrand(s: float) -> float:  # in the singular value, by another rule; the density of s has no pole
        value = low + s**2
        return np.exp(-value * time) * np.sqrt(max(high - value, 0.0)) * s**2 / (np.pi * value)

    top = min(np.sqrt(high - low), np.sqrt(40 / time))
    found, _ = quad(integrand, 0, top, limit=400, epsrel=1e-11)
    modes = InputModes.marchenko_pastur(ratio)
    reached = modes.values > 0
    assert mean(modes, np.where(reached, np.exp(-modes.values * time), 0)) == pytest.approx(found, rel=1e-8)


def test_given_inputs_have_the_eigenvalues_of_their_gram_matrix():
    x = np.random.default_rng(0).normal(size=(7, 4))
    modes = InputModes.of(x)
    np.testing.assert_allclose(np.sort(modes.values), np.maximum(np.linalg.eigvalsh(x @ x.T), 0), atol=1e-12)
    assert (modes.ratio, modes.frozen) == (4 / 7, pytest.approx(3 / 7))
    assert InputModes.of(x[:, [0, 0, 1]]).frozen == pytest.approx(5 / 7)
    assert InputModes.of(np.zeros((3, 2))).frozen == pytest.approx(1.0)


def test_many_random_inputs_come_to_the_law_with_variance_one_over_their_length():
    n, ratio = 240, 0.5
    x = np.random.default_rng(1).normal(size=(n, int(ratio * n)))
    limit, found = InputModes.marchenko_pastur(ratio), InputModes.of(x / np.sqrt(n))
    wrong = InputModes.of(x / np.sqrt(ratio * n))  # variance over the number of samples
    grid = np.array([0.2, 1.0, 2.0])
    expected = np.array([mean(limit, np.exp(-limit.values * t)) for t in grid])
    np.testing.assert_allclose([mean(found, np.exp(-found.values * t)) for t in grid], expected, rtol=1e-2)
    assert abs(mean(wrong, np.exp(-wrong.values)) / expected[1] - 1) > 0.05


@pytest.mark.parametrize("ratio", [0, -1, np.nan, np.inf])
def test_a_ratio_that_is_none_is_refused(ratio: float):
    with pytest.raises(ValueError, match="ratio must be"):
        InputModes.marchenko_pastur(ratio)


@pytest.mark.parametrize("inputs", [np.ones(3), np.ones((0, 2)), np.full((2, 2), np.nan)])
def test_inputs_that_are_no_finite_matrix_are_refused(inputs: np.ndarray):
    with pytest.raises(ValueError, match="inputs must be a finite matrix with an input a column"):
        InputModes.of(inputs)
