"""Gradients of many small networks at once, against differences and against the library's own."""

import itertools

import numpy as np
import pytest

import thalweg as tw
from thalweg.studies.small_networks import apart, balanced, flattened, product, residual_and_slopes


@pytest.mark.parametrize("widths", [(3, 2), (3, 4, 2), (2, 3, 4, 3), (5, 2, 2, 2, 1)])
def test_slopes_are_those_of_the_library(widths: tuple[int, ...]):
    rng = np.random.default_rng(0)
    factors = [rng.normal(size=(4, after, before)) for before, after in itertools.pairwise(widths)]
    target = rng.normal(size=(widths[-1], widths[0]))
    residual, slopes = residual_and_slopes(factors, target)
    network = tw.DeepLinear(depth=len(factors), shape=target.shape, hidden=widths[1:-1])
    for k in range(4):
        one = [factor[k] for factor in factors]
        expected = network.loss_and_gradient(tw.LinearRegression.whitened(target), one)[1]
        for slope, gradient in zip(slopes, expected, strict=True):
            np.testing.assert_allclose(slope[k], gradient, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(residual[k], np.asarray(network.predictor(one)) - target, atol=1e-12)


@pytest.mark.parametrize(("shape", "depth"), [((3, 3), 3), ((2, 4), 2), ((4, 2), 4), ((2, 3), 1)])
def test_balanced_factors_are_balanced_and_multiply_to_the_matrix(shape: tuple[int, int], depth: int):
    matrix = np.random.default_rng(1).normal(size=(2, *shape))
    factors = balanced(matrix, depth)
    np.testing.assert_allclose(product(factors), matrix, atol=1e-13)
    for before, after in itertools.pairwise(factors):
        gap = np.swapaxes(after, -1, -2) @ after - before @ np.swapaxes(before, -1, -2)
        np.testing.assert_allclose(gap, 0, atol=1e-13)


def test_factors_survive_being_flattened():
    factors = [np.arange(6.0).reshape(2, 3), np.arange(4.0).reshape(2, 2)]
    again = apart(flattened(factors), factors)
    assert all(np.array_equal(one, other) for one, other in zip(factors, again, strict=True))
    assert not np.array_equal(again[1], apart(flattened(factors)[::-1], factors)[1])
