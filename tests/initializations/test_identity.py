"""Multiples of the identity."""

import numpy as np
import pytest

import thalweg as tw
from trajectory.cases import imbalances, product


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_the_product_is_the_scale_on_the_diagonal(depth: int):
    factors = tw.Identity(0.3).sample(tw.DeepLinear(depth=depth, shape=(4, 4)), key=0)
    for factor in factors:
        np.testing.assert_array_equal(factor, 0.3 ** (1 / depth) * np.eye(4))
    np.testing.assert_allclose(product(factors), 0.3 * np.eye(4), rtol=1e-14)


def test_a_rectangular_start_through_the_smaller_side_is_balanced():
    factors = tw.Identity(0.3).sample(tw.DeepLinear(depth=3, shape=(3, 5)), key=0)
    np.testing.assert_allclose(product(factors), 0.3 * np.eye(3, 5), rtol=1e-14)
    assert max(np.abs(gap).max() for gap in imbalances(factors)) < 1e-15


def test_a_rectangular_start_through_the_larger_side_is_not_balanced():
    factors = tw.Identity(1.0).sample(tw.DeepLinear(depth=2, shape=(3, 3), hidden=5), key=0)
    assert max(np.abs(gap).max() for gap in imbalances(factors)) < 1e-15
    lopsided = tw.Identity(1.0).sample(tw.DeepLinear(depth=2, shape=(3, 5), hidden=5), key=0)
    assert np.abs(imbalances(lopsided)[0]).max() == 1.0


def test_the_key_does_not_matter():
    network = tw.DeepLinear(depth=2, shape=(2, 2))
    one, other = (tw.Identity(2.0).sample(network, key=key) for key in (0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
