"""The closed form of two-layer components against integration; its limits; the start."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from thalweg.problems.random_matrices import orthonormal
from thalweg.theory import one_layer_mode, phase_transition, two_layer_mode, two_layer_start, vanishing_start_limit

TIMES = np.array([0.0, 0.5, 2.0, 7.0])


@pytest.mark.parametrize(
    ("sigma", "lam", "delta"),
    [(2.0, 1.0, 3.0), (0.5, 1.5, 1.0), (0.0, 1.3, 0.5), (0.0, 0.0, 0.5), (0.3, 0.0, 2.0), (-0.7, 0.4, 0.2)],
)
def test_components_are_the_solution(sigma: float, lam: float, delta: float):
    solved = solve_ivp(
        lambda t, w: 2 * w * (sigma - lam * w),
        (0, 7),
        [math.exp(-2 * delta)],
        method="DOP853",
        rtol=1e-12,
        atol=1e-14,
        t_eval=TIMES,
    )
    np.testing.assert_allclose(two_layer_mode(TIMES, delta, sigma, lam), solved.y[0], rtol=1e-10)


def test_the_form_is_the_printed_one_with_the_diagonals_named_right():
    sigma, lam, delta, t = 2.0, 0.7, 1.5, 1.1

    def printed(sigma: float, lam: float) -> float:
        grown = math.exp(2 * sigma * t - 2 * delta)
        return sigma * grown / (lam * (grown - math.exp(-2 * delta)) + sigma)

    ours = float(two_layer_mode(t, delta, sigma, lam))
    assert ours == pytest.approx(printed(sigma, lam), rel=1e-14)
    assert abs(ours - printed(lam, sigma)) > 0.1


def test_without_correlation_the_factor_two_is_there():
    w0, lam, t = math.exp(-1.0), 1.3, 2.0
    assert two_layer_mode(t, 0.5, 0.0, lam) == pytest.approx(w0 / (1 + 2 * lam * w0 * t), rel=1e-14)
    assert two_layer_mode(t, 0.5, 1e-12, lam) == pytest.approx(w0 / (1 + 2 * lam * w0 * t), rel=1e-10)
    assert abs(float(two_layer_mode(t, 0.5, 0.0, lam)) - w0 / (1 + lam * w0 * t)) > 0.05


def test_nothing_overflows():
    with np.errstate(all="raise", under="ignore"):
        assert two_layer_mode(1e9, 1.0, 3.0, 1.5) == 2.0
    assert two_layer_mode(0.0, 1e3, 3.0, 1.5) == 0.0
    assert two_layer_mode(1e3, math.inf, 3.0, 1.5) == 0.0
    assert two_layer_mode(1e9, 1.0, -3.0, 1.5) == 0.0
    assert two_layer_mode(1e9, 1.0, 3.0, 0.0) == math.inf


def test_one_layer():
    assert one_layer_mode(2.0, 3.0, 1.5, 0.2) == pytest.approx(2 * (1 - math.exp(-3)) + 0.2 * math.exp(-3))
    assert one_layer_mode(2.0, 3.0, 0.0, 0.2) == pytest.approx(6.2)
    half = -np.log(0.5) / 1.5
    assert one_layer_mode(half, np.array([0.1, 5.0]), 1.5) / np.array([0.1, 5.0]) * 1.5 == pytest.approx([0.5, 0.5])


def test_the_rescaled_limit_is_the_limit():
    sigma, lam = np.array([2.0, 1.0, 0.5, 0.0]), np.array([6.0, 0.5, 2.0, 1.0])
    for t in (0.3, 0.5, 0.8, 1.0, 1.5, 3.0):
        limit = vanishing_start_limit(t, sigma, lam)
        np.testing.assert_allclose(two_layer_mode(1e4 * t, 1e4, sigma, lam), limit, atol=1e-10)
    assert vanishing_start_limit(1.0, 1.0, 3.0) == 0.25
    assert vanishing_start_limit(2.0, 1.0, 0.0) == math.inf


def test_phase_transitions():
    assert phase_transition([2.0, 0.0, -1.0]).tolist() == [0.5, math.inf, math.inf]
    assert two_layer_mode(40 / 2.0, 40.0, 2.0, 6.0) == pytest.approx(2.0 / 8.0)


@pytest.mark.parametrize(("inputs", "outputs", "hidden"), [(4, 3, 5), (3, 4, None), (4, 4, 2)])
def test_the_start_is_balanced_decoupled_and_of_the_size_asked_for(inputs: int, outputs: int, hidden: int | None):
    rng = np.random.default_rng(0)
    u, v = orthonormal(rng, inputs, inputs), orthonormal(rng, outputs, outputs)
    width = hidden or min(inputs, outputs)
    delta = np.arange(1.0, 1 + min(inputs, outputs, width))
    first, second = two_layer_start(u, v, delta, hidden=hidden, key=3)
    assert first.shape == (width, inputs)
    assert second.shape == (outputs, width)
    np.testing.assert_allclose(second.T @ second, first @ first.T, atol=1e-15)
    expected = np.zeros((outputs, inputs))
    np.fill_diagonal(expected[: len(delta), : len(delta)], np.exp(-2 * delta))
    np.testing.assert_allclose(v.T @ second @ first @ u, expected, atol=1e-15)
    plain = two_layer_start(u, v, delta, hidden=hidden, key=None)
    np.testing.assert_allclose(plain[1] @ plain[0], second @ first, atol=1e-15)
    assert not np.allclose(plain[0], first)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: two_layer_mode(-1.0, 1.0, 1.0, 1.0), "negative"),
        (lambda: two_layer_mode(1.0, 1.0, 1.0, -1.0), "negative"),
        (lambda: one_layer_mode(1.0, np.nan, 1.0), "finite"),
        (lambda: two_layer_start(np.ones((2, 2)), np.eye(2), 1.0), "inputs must be orthogonal"),
        (lambda: two_layer_start(np.eye(2), np.eye(3)[:2], 1.0), "outputs must be a square"),
        (lambda: two_layer_start(np.eye(2), np.eye(2), [1.0, 2.0, 3.0]), "one number or 2"),
    ],
)
def test_bad_input(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
