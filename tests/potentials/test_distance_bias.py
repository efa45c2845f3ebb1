"""The explicit bias of depth 2, against its definition, the published quartic, and the implicit bias of depth 4."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import thalweg as tw
from thalweg.potentials import DiagonalBias, DistanceBias, Hypentropy


@pytest.mark.parametrize("b", [-30.0, -0.4, 0.02, 1.0, 7.0, 200.0])
def test_it_is_the_least_squared_distance(b: float):
    size = abs(b)
    # over the larger weight u; the smaller one is sqrt(u^2 - |b|), and both signs of it count
    best = np.inf
    for sign in (1, -1):

        def distance(u: float, sign: int = sign) -> float:
            return float((u - 1) ** 2 + (sign * np.sqrt(max(u**2 - size, 0.0)) - 1) ** 2)

        bounds = (np.sqrt(size), np.sqrt(size) + 3)
        found = minimize_scalar(distance, bounds=bounds, method="bounded", options={"xatol": 1e-12})
        best = min(best, distance(found.x))
    assert float(DistanceBias(1.0).density(np.array(b))) == pytest.approx(best, rel=1e-7)
    scaled = DistanceBias(0.3, 2.0)
    assert float(scaled.value(np.array([0.36 * b]))) == pytest.approx(0.36 * best, rel=1e-7)


@pytest.mark.parametrize("b", [1e-3, 0.1, 1.0, 10.0, 100.0])
def test_it_is_the_smaller_real_root_of_the_quartic(b: float):
    roots = np.roots([1, -6, 12 - 2 * b**2, -(8 + 10 * b**2), b**2 + b**4])
    real = np.sort(roots[np.abs(roots.imag) < 1e-6 * np.abs(roots)].real)
    r = float(DistanceBias(1.0).density(np.array(b)))
    assert len(real) == 2
    assert r == pytest.approx(real[0], rel=1e-6)
    assert r != pytest.approx(real[1], rel=1e-3)


def test_it_is_the_implicit_bias_of_depth_four():
    b = np.geomspace(1e-10, 1e12, 100)
    explicit, implicit = DistanceBias(0.49), DiagonalBias(4, 0.7)
    for name in ("density", "gradient"):
        np.testing.assert_allclose(getattr(explicit, name)(b), getattr(implicit, name)(b), rtol=1e-13)
    z = np.linspace(-0.999, 0.999, 51)
    for name in ("inverse", "conjugate_density", "inverse_slope"):
        np.testing.assert_allclose(getattr(explicit, name)(z), getattr(implicit, name)(z), rtol=1e-12)
    three = DiagonalBias(3, 0.7)
    assert np.abs(explicit.gradient(b) - three.gradient(b)).max() > 0.01


def test_it_is_not_that_of_depth_two_nor_of_depth_four_where_starts_are_uneven():
    b, shape = np.array([1.0, 1.0]), np.array([1.0, 2.0])
    explicit = DistanceBias(0.49, shape).gradient(b)
    implicit = DiagonalBias(4, 0.7, np.sqrt(shape)).gradient(b)
    assert explicit[0] / implicit[0] == pytest.approx(1.0)
    assert explicit[1] / implicit[1] == pytest.approx(2.0)
    two = Hypentropy(0.49).gradient(np.array([0.1, 10.0]))
    ours = DistanceBias(0.49).gradient(np.array([0.1, 10.0]))
    assert abs(two[1] / two[0] - ours[1] / ours[0]) > 0.5


def test_small_and_large_arguments():
    unit = DistanceBias(1.0)
    assert float(unit.density(np.array(1e-6))) == pytest.approx(1e-12 / 8, rel=1e-9)
    assert float(unit.density(np.array(1e10))) == pytest.approx(1e10 - 2e5 + 1.5, abs=1e-3)


def test_weights_are_those_of_the_least_distance():
    potential = DistanceBias(0.5, [1.0, 2.0, 1.0])
    w = np.array([0.3, -4.0, 100.0])
    plus, minus = potential.weights(w)
    np.testing.assert_allclose(plus**2 - minus**2, w, rtol=1e-12)
    distance = (plus - 0.5 * potential.shape) ** 2 + (minus - 0.5 * potential.shape) ** 2
    np.testing.assert_allclose(distance, potential.density(w), rtol=1e-12)


def test_derivatives_are_those_of_the_functions():
    potential = DistanceBias(0.6, np.array([1.0, 1.5, 0.8]))
    w = jnp.array([0.4, -1.3, 9.0])
    z = potential.gradient(w)
    np.testing.assert_allclose(jax.grad(potential.value)(w), z, rtol=1e-8)
    np.testing.assert_allclose(jax.grad(potential.conjugate)(z), w, rtol=1e-8)
    np.testing.assert_allclose(potential.inverse(z), w, rtol=1e-10)
    flat = np.asarray(z)
    slopes = (potential.inverse(flat + 1e-6) - potential.inverse(flat - 1e-6)) / 2e-6
    np.testing.assert_allclose(potential.inverse_slope(flat), slopes, rtol=1e-6)
    np.testing.assert_allclose(potential.density(w) + potential.conjugate_density(z), z * w, rtol=1e-10)


def test_duals_outside_the_bound_have_no_point_and_bad_input_is_named():
    potential = tw.potentials.DistanceBias(1.0)
    assert potential.dual_bound == 1.0
    assert np.isnan(potential.inverse(np.array([1.0, -2.0]))).all()
    assert np.isnan(potential.inverse_slope(np.array([1.0, -2.0]))).all()
    assert np.isinf(potential.conjugate_density(np.array([1.0, -2.0]))).all()
    with pytest.raises(ValueError, match="scale must be positive"):
        DistanceBias(-1.0)
    with pytest.raises(ValueError, match="shape must be positive"):
        DistanceBias(1.0, [0.0])
