"""Starts of one shape at any scale."""

import numpy as np
import pytest

import thalweg as tw


def test_both_halves_start_alike_and_the_predictor_at_zero():
    network = tw.Diagonal(size=3, depth=3)
    plus, minus = tw.Constant(0.1, [1.0, 2.0, 3.0]).sample(network)
    np.testing.assert_allclose(plus, [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(plus, minus)
    np.testing.assert_array_equal(network.predictor([plus, minus]), np.zeros((1, 3)))


def test_the_start_grows_with_the_scale_and_needs_no_key():
    network = tw.Diagonal(size=2)
    once, more = tw.Constant(0.1).sample(network, key=0), tw.Constant(10.0).sample(network, key=1)
    np.testing.assert_allclose(more[0], 100 * once[0])
    assert [half.shape for half in once] == [(2,), (2,)]


@pytest.mark.parametrize("shape", [0.0, [1.0, -1.0], [1.0, np.inf], np.ones((2, 2))])
def test_shapes_are_positive_numbers(shape: object):
    with pytest.raises(ValueError, match="shape must be positive numbers"):
        tw.Constant(0.1, shape)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="scale must be greater than 0"):
        tw.Constant(0.0)
    with pytest.raises(ValueError, match="has 3 coordinates, the network 2"):
        tw.Constant(0.1, np.ones(3)).sample(tw.Diagonal(size=2))
    with pytest.raises(TypeError, match="not the parameters of"):
        tw.Constant(0.1).sample(tw.DeepLinear(depth=2, shape=(2, 2)))
