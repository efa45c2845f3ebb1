"""The hyperbolic entropy: the limits of its scale, and no cancellation at small arguments."""

import numpy as np
import pytest

import thalweg as tw

W = np.array([1.0, -0.5, 0.25])


def test_a_large_scale_is_the_euclidean_norm():
    for scale in (10.0, 100.0):
        value = tw.potentials.Hypentropy(scale).value(W)
        assert value == pytest.approx(np.sum(W**2) / (4 * scale**2), rel=scale**-4)


def test_a_small_scale_is_the_sum_of_absolute_values():
    """$Q/\\ln(1/\\alpha^2) - \\|w\\|_1$ is of the order of one over the logarithm, with $\\sum|w|(\\ln|w| - 1)$ before it."""
    for scale in (1e-3, 1e-6, 1e-12):
        log = -2 * np.log(scale)
        value = tw.potentials.Hypentropy(scale).value(W) / log
        next_order = np.sum(np.abs(W) * (np.log(np.abs(W)) - 1)) / log
        assert value == pytest.approx(np.abs(W).sum() + next_order, rel=1e-5)


def test_the_value_is_the_published_formula():
    """With the sign that makes it real everywhere, $2 - \\sqrt{4 + z^2} + z\\,\\mathrm{arcsinh}(z/2)$."""
    scale = 0.7
    z = W / scale**2
    published = scale**2 * np.sum(2 - np.sqrt(4 + z**2) + z * np.arcsinh(z / 2))
    assert tw.potentials.Hypentropy(scale).value(W) == pytest.approx(published, rel=1e-13)


def test_small_arguments_keep_their_digits():
    tiny = 1e-9 * W
    assert tw.potentials.Hypentropy(1.0).value(tiny) == pytest.approx(np.sum(tiny**2) / 4, rel=1e-12)


def test_the_natural_gradient_by_hand():
    g = np.array([1.0, 2.0, -1.0])
    expected = np.sqrt(W**2 + 4 * 0.3**4) * g
    np.testing.assert_allclose(tw.potentials.Hypentropy(0.3).natural(W, g), expected, rtol=1e-13)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.inf, [0.1, 0.0]])
def test_bad_scales_are_refused(scale: object):
    with pytest.raises(ValueError, match="scale must be positive and finite"):
        tw.potentials.Hypentropy(scale)
