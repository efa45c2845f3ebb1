"""Schatten quasi-norms on the faces of least nuclear norm, by finite differences and by hand."""

import numpy as np
import pytest

from thalweg.theory import (
    degenerate_instance,
    feasible_directions,
    least_along,
    schatten_derivatives,
    schatten_power,
    sensing_limit,
    vertices,
)

POWERS = (0.1, 0.3, 0.5, 2 / 3, 0.9)


@pytest.mark.parametrize("power", POWERS)
def test_derivatives_are_those_of_differences(power: float):
    rng = np.random.default_rng(0)
    lam, move = rng.uniform(0.2, 1, 5), rng.normal(size=5)
    h = 1e-4
    below, here, above = (schatten_power(lam + t * move, power) for t in (-h, 0, h))
    first, second = schatten_derivatives(lam, move, power)
    assert first == pytest.approx((above - below) / (2 * h), rel=1e-5)
    assert second == pytest.approx((above - 2 * here + below) / h**2, rel=1e-4)
    assert second < 0


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("size", [3, 4, 6])
def test_the_limit_of_the_flow_is_no_local_minimum(power: float, depth: int, size: int):
    for second in (False, True):
        spectra, values = degenerate_instance(size, second=second)
        lam = sensing_limit(spectra, values, 1e-3, depth).eigenvalues
        assert lam.min() > 1e-3
        for direction in feasible_directions(spectra):
            np.testing.assert_allclose(spectra @ direction, 0, atol=1e-14)
            slope, bend = schatten_derivatives(lam, direction, power)
            assert bend < 0
            down = -1e-4 * np.sign(slope or 1.0)
            assert schatten_power(lam + down * direction, power) < schatten_power(lam, power)
        corners = vertices(spectra, values)
        np.testing.assert_allclose(corners.sum(axis=1), lam.sum(), rtol=1e-9)
        assert schatten_power(corners, power).min() < schatten_power(lam, power)


def test_the_depth_three_limit_has_the_largest_two_thirds_power():
    spectra, values = degenerate_instance(3, second=True)
    lam = sensing_limit(spectra, values, 1e-4, 3).eigenvalues
    direction = feasible_directions(spectra)[0]
    assert abs(schatten_derivatives(lam, direction, 2 / 3)[0]) < 1e-7
    assert abs(schatten_derivatives(lam, direction, 0.3)[0]) > 1e-3


def test_vertices_by_hand():
    found = vertices(*degenerate_instance(3, second=True))
    expected = [[0.1, 0, 0.9], [0.25, 0.75, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_least_along_a_segment_is_at_an_end():
    least, where = least_along([0.4, 0.6], [1.0, -1.0], 0.5)
    assert least == pytest.approx(1.0)
    assert where in (pytest.approx(-0.4), pytest.approx(0.6))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: schatten_derivatives([1.0], [1.0], 1.0), "power must be between 0 and 1"),
        (lambda: schatten_power([1.0], 0.0), "power must be between 0"),
        (lambda: schatten_derivatives([0.0, 1.0], [1.0, -1.0], 0.5), "must be positive"),
        (lambda: least_along([1.0, 1.0], [1.0, 0.0], 0.5), "has no end"),
        (lambda: degenerate_instance(2), "size must be at least 3"),
        (lambda: vertices(np.ones((1, 17)), [1.0]), "at most 16"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
