"""Random orthogonal starts."""

import numpy as np
import pytest

import thalweg as tw
from trajectory.cases import imbalances, product


@pytest.mark.parametrize("shape", [(5, 5), (3, 6), (6, 3)])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_all_singular_values_are_the_scale(depth: int, shape: tuple[int, int]):
    factors = tw.Orthogonal(0.05).sample(tw.DeepLinear(depth=depth, shape=shape), key=0)
    values = np.linalg.svd(product(factors), compute_uv=False)
    np.testing.assert_allclose(values, 0.05, rtol=1e-13)
    for factor in factors:
        np.testing.assert_allclose(np.linalg.svd(factor, compute_uv=False), 0.05 ** (1 / depth), rtol=1e-13)
    assert max([np.abs(gap).max() for gap in imbalances(factors)], default=0.0) < 1e-14


def test_other_widths_do_not_keep_that():
    wide = tw.Orthogonal(1.0).sample(tw.DeepLinear(depth=2, shape=(3, 3), hidden=6), key=0)
    assert np.linalg.svd(product(wide), compute_uv=False).max() < 1 - 1e-3


def test_directions_are_uniform():
    network = tw.DeepLinear(depth=1, shape=(3, 3))
    drawn = np.array([tw.Orthogonal(1.0).sample(network, key=key)[0] for key in range(900)])
    # By Haar's measure entries have mean 0 and mean square 1/3; without the fix of signs the diagonal would be biased.
    assert np.abs(drawn.mean(axis=0)).max() < 4 * np.sqrt(1 / 3 / 900)
    assert np.abs((drawn**2).mean(axis=0) - 1 / 3).max() < 4 * np.sqrt((1 / 5 - 1 / 9) / 900)
    assert np.abs(np.linalg.det(drawn).mean()) < 4 / np.sqrt(900)
