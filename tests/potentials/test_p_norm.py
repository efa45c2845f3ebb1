"""Half the squared p-norm: its conjugate has the other power, it does not overflow, and its metric has its edges."""

import numpy as np
import pytest

import thalweg as tw


@pytest.mark.parametrize("p", [1.05, 1.5, 2.0, 4.0])
def test_the_value_is_half_the_square_of_the_norm(p: float):
    w = np.array([3.0, -1.0, 0.5])
    potential = tw.potentials.PNorm(p)
    assert potential.value(w) == pytest.approx(0.5 * np.linalg.norm(w, p) ** 2, rel=1e-14)
    q = p / (p - 1)
    assert potential.conjugate(w) == pytest.approx(0.5 * np.linalg.norm(w, q) ** 2, rel=1e-14)
    assert np.linalg.norm(potential.gradient(w), q) == pytest.approx(np.linalg.norm(w, p), rel=1e-14)


@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_sizes_of_the_range_of_numbers_do_no_harm(scale: float):
    potential, w = tw.potentials.PNorm(1.01), np.array([3.0, -1.0, 0.5])
    np.testing.assert_allclose(potential.gradient(scale * w) / scale, potential.gradient(w), rtol=1e-12)


def test_zero_goes_to_zero():
    for p in (1.5, 3.0):
        potential = tw.potentials.PNorm(p)
        assert np.abs(potential.gradient(np.zeros(3))).max() == 0
        assert np.abs(potential.inverse(np.zeros(3))).max() == 0
        assert potential.value(np.zeros(3)) == 0


def test_the_metric_at_zeros():
    g = np.array([1.0, 2.0])
    np.testing.assert_allclose(tw.potentials.PNorm(2).natural(np.zeros(2), g), g)
    assert np.isnan(tw.potentials.PNorm(1.5).natural(np.zeros(2), g)).all()
    assert np.isinf(tw.potentials.PNorm(3).natural(np.array([0.0, 1.0]), g)[0])
    np.testing.assert_allclose(tw.potentials.PNorm(1.5).natural(np.array([0.0, 1.0]), g), [0.0, 2.0], atol=1e-15)


@pytest.mark.parametrize(
    ("p", "error", "message"),
    [
        (1.0, ValueError, "p must be greater than 1, got 1"),
        (np.inf, ValueError, "p must be finite"),
        ([1.5, 2.0], TypeError, "p must be a single number"),
        ("two", TypeError, "p must be a number"),
    ],
)
def test_bad_powers_are_refused(p: object, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.potentials.PNorm(p)
