"""The implicit bias of diagonal networks of any depth, against quadrature, its limits, and the flow that it describes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq

import thalweg as tw
from thalweg.potentials import AbstractSeparable, DiagonalBias, Hypentropy

DEPTHS = (2.01, 2.5, 3, 4, 5, 8, 100)


def steep(z: float, depth: float) -> float:
    """h_D as published."""
    power = depth / (depth - 2)
    return (1 - z) ** -power - (1 + z) ** -power


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_mirror_map_inverts_the_published_function(depth: float):
    unit = DiagonalBias(depth, 1.0)
    for z in (0.001, 0.3, -0.8, 0.97):
        b = steep(z, depth)
        assert float(unit.gradient(np.array(b))) == pytest.approx(z, rel=2e-12)
        assert float(unit.inverse(np.array(z))) == pytest.approx(b, rel=1e-12)


@pytest.mark.parametrize("depth", [2.5, 3, 5, 100])
@pytest.mark.parametrize("b", [0.3, 2.0, 17.0])
def test_the_density_is_the_integral_of_the_inverse(depth: float, b: float):
    integral = quad(lambda s: brentq(lambda z: steep(z, depth) - s, -1e-9, 1 - 1e-12), 0, b, limit=200)[0]
    assert float(DiagonalBias(depth, 1.0).density(np.array(b))) == pytest.approx(integral, rel=1e-7)
    assert float(DiagonalBias(1.2 * depth, 1.0).density(np.array(b))) != pytest.approx(integral, rel=1e-3)


@pytest.mark.parametrize("depth", [2, *DEPTHS])
def test_fenchel_and_young_agree_over_twenty_decades(depth: float):
    potential = DiagonalBias(depth, 0.7 ** (1 / depth))
    w = np.concatenate([-np.geomspace(1e-12, 1e8, 41), [0.0], np.geomspace(1e-12, 1e8, 41)])
    z = potential.gradient(w)
    gap = potential.density(w) + potential.conjugate_density(z) - z * w
    assert (np.abs(gap) <= 1e-13 * np.abs(z * w)).all()
    w = w[np.abs(w) < 1e3]
    other = potential.gradient(0.5 * w + 0.3)
    assert (potential.density(w) + potential.conjugate_density(other) > other * w).all()


@pytest.mark.parametrize("depth", [2.01, 3, 8])
def test_small_and_huge_arguments_keep_their_digits(depth: float):
    unit = DiagonalBias(depth, 1.0)
    power = depth / (depth - 2)
    tiny = np.array([1e-150, 1e-30, 1e-12])
    np.testing.assert_allclose(unit.gradient(tiny), tiny / (2 * power), rtol=1e-14)
    np.testing.assert_allclose(unit.density(tiny), tiny**2 / (4 * power), rtol=1e-14)
    np.testing.assert_allclose(unit.conjugate_density(tiny), power * tiny**2, rtol=1e-14)
    huge = np.array([1e100, 1e200])
    np.testing.assert_allclose(unit.gradient(huge), np.minimum(1 - huge ** (-1 / power), 1.0), rtol=1e-2)
    np.testing.assert_allclose(unit.density(huge), huge * (1 - depth / 2 * huge ** (2 / depth - 1)), rtol=1e-2)


def test_far_out_the_bias_is_the_absolute_value_less_a_power():
    """q_D(b) = |b| - (D/2) |b|^(2/D) + (D - 2)(1 - 2^(-D/(D-2))) plus less and less."""
    b = 1e12
    for depth in (3, 4, 8):
        constant = (depth - 2) * (1 - 2 ** (-depth / (depth - 2)))
        law = b - depth / 2 * b ** (2 / depth) + constant
        wrong = b - depth / 2 * b ** (1 / depth) + constant
        measured = float(DiagonalBias(depth, 1.0).density(np.array(b)))
        assert measured == pytest.approx(law, abs=2e-3)
        assert measured != pytest.approx(wrong, abs=1.0)


def test_depth_two_is_the_hyperbolic_entropy():
    shape = np.array([1.0, 0.5, 2.0])
    ours, known = DiagonalBias(2, 0.3, shape), Hypentropy(0.3 * shape)
    w = np.array([1.0, -0.2, 30.0])
    z = known.gradient(w)
    for name, at in (("value", w), ("density", w), ("gradient", w)):
        np.testing.assert_allclose(getattr(ours, name)(at), getattr(known, name)(at), rtol=1e-14)
    for name in ("inverse", "conjugate", "conjugate_density", "inverse_slope"):
        np.testing.assert_allclose(getattr(ours, name)(z), getattr(known, name)(z), rtol=1e-14)
    assert ours.dual_bound == np.inf
    assert float(ours.rate) == 4


def test_near_depth_two_it_is_close_to_the_hyperbolic_entropy_up_to_a_factor():
    w, close = np.array([0.3, -5.0]), 2 + 1e-6
    near = DiagonalBias(close, 0.5).value(w) * close / (close - 2)
    assert float(near) == pytest.approx(float(Hypentropy(0.5).value(w)), rel=1e-5)


@pytest.mark.parametrize("depth", [2, 3, 8])
def test_derivatives_are_those_of_the_functions(depth: float):
    potential = DiagonalBias(depth, 0.6, np.array([1.0, 1.5, 0.8, 1.0]))
    w = jnp.array([0.4, -1.3, 0.01, 9.0])
    z = potential.gradient(w)
    np.testing.assert_allclose(jax.grad(potential.value)(w), z, rtol=1e-8)
    np.testing.assert_allclose(jax.grad(potential.conjugate)(z), w, rtol=1e-8)
    flat = np.asarray(z)
    slopes = (potential.inverse(flat + 1e-6) - potential.inverse(flat - 1e-6)) / 2e-6
    np.testing.assert_allclose(potential.inverse_slope(flat), slopes, rtol=1e-6)
    covector = np.array([1.0, 2.0, -1.0, 0.5])
    np.testing.assert_allclose(potential.natural(np.asarray(w), covector), slopes * covector, rtol=1e-6)
    for name in ("density", "gradient"):
        np.testing.assert_allclose(getattr(potential, name)(np.asarray(w)), getattr(potential, name)(w), rtol=1e-12)


def test_duals_outside_the_bound_have_no_point():
    potential = DiagonalBias(3, 1.0)
    z = np.array([0.5, 1.0, -1.5])
    assert np.isfinite(potential.inverse(z)).tolist() == [True, False, False]
    assert np.isfinite(potential.inverse_slope(z)).tolist() == [True, False, False]
    assert potential.conjugate_density(z)[1:].tolist() == [np.inf, np.inf]
    assert isinstance(potential, AbstractSeparable)
    assert potential.dual_bound == 1.0
    np.testing.assert_allclose(DiagonalBias(3, 1.0, [0.5, 2.0]).dual_bound, [2.0, 0.5])


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_network_moves_along_the_mirror_flow_at_the_rate(depth: int):
    """With any gradient as a function of time, grad Q of the network's predictor is minus rate times its integral."""
    shape = np.array([1.0, 0.7, 1.4])
    potential = DiagonalBias(depth, 0.8, shape)

    def gradient(t: float) -> np.ndarray:
        return np.array([0.05, -0.1, 0.08]) * np.cos(t)

    def velocity(t: float, w: np.ndarray) -> np.ndarray:
        plus, minus = w.reshape(2, 3)
        return depth * np.concatenate([-(plus ** (depth - 1)) * gradient(t), minus ** (depth - 1) * gradient(t)])

    start = np.tile(0.8 * shape, 2)
    plus, minus = solve_ivp(velocity, (0, 1), start, rtol=1e-11, atol=1e-13).y[:, -1].reshape(2, 3)
    moved = potential.gradient(plus**depth - minus**depth)
    integral = np.array([0.05, -0.1, 0.08]) * np.sin(1.0)
    np.testing.assert_allclose(moved, -float(potential.rate) * integral, rtol=1e-8)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="depth must be at least 2, got 1"):
        DiagonalBias(1, 0.1)
    with pytest.raises(ValueError, match="scale must be positive"):
        DiagonalBias(3, 0.0)
    with pytest.raises(ValueError, match="shape must be positive"):
        DiagonalBias(3, 1.0, [1.0, -1.0])
    with pytest.raises(TypeError, match="depth must be a number"):
        DiagonalBias("deep", 1.0)  # pyright: ignore[reportArgumentType]
    assert tw.potentials.DiagonalBias is DiagonalBias
