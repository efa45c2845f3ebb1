"""Gaussian starts: the law of their scale, over seeds and entry by entry."""

import numpy as np
import pytest

import thalweg as tw
from trajectory.cases import product


@pytest.mark.parametrize(
    ("depth", "shape", "hidden"),
    [(1, (6, 6), None), (2, (6, 6), None), (3, (6, 6), None), (4, (6, 6), None), (3, (4, 9), None), (3, (9, 4), [5, 12])],
)
def test_the_mean_square_of_the_product_has_the_stated_scale(depth: int, shape: tuple[int, int], hidden: list[int] | None):
    scale = 0.02
    network = tw.DeepLinear(depth=depth, shape=shape, hidden=hidden)
    start = tw.Gaussian(scale)
    ratios = np.array(
        [np.sum(product(start.sample(network, key=key)) ** 2) / (scale**2 * np.sqrt(shape[0] * shape[1])) for key in range(1200)]
    )
    error = ratios.std(ddof=1) / np.sqrt(len(ratios))
    assert error < 0.06
    assert abs(ratios.mean() - 1) < 4 * error


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_square_factors_have_the_published_deviation(depth: int):
    scale, side = 1e-3, 100
    factors = tw.Gaussian(scale).sample(tw.DeepLinear(depth=depth, shape=(side, side)), key=0)
    published = scale ** (1 / depth) * side**-0.5
    entries = np.concatenate([factor.ravel() for factor in factors]) / published
    assert np.sqrt(np.mean(entries**2)) == pytest.approx(1.0, rel=4 / np.sqrt(2 * entries.size))
    assert abs(np.mean(entries)) < 4 / np.sqrt(entries.size)
    # The norm of the product, by which the published figures label their axis: 10 s, within the stated 20 percent.
    assert np.linalg.norm(product(factors)) == pytest.approx(10 * scale, rel=0.2)


def test_the_deviation_follows_the_scale_exactly():
    network = tw.DeepLinear(depth=3, shape=(5, 5))
    small, large = (tw.Gaussian(scale).sample(network, key=3) for scale in (1e-6, 1e-3))
    for one, other in zip(small, large, strict=True):
        np.testing.assert_allclose(other / one, 10.0, rtol=1e-14)


def test_the_law_is_the_same_for_the_transposed_network():
    wide = tw.DeepLinear(depth=3, shape=(4, 9), hidden=[6, 5])
    tall = tw.DeepLinear(depth=3, shape=(9, 4), hidden=[5, 6])
    # One deviation for all factors: the first draw of the stream, at the front of the first factor, shows it.
    firsts = [tw.Gaussian(0.1).sample(network, key=0)[0].flat[0] for network in (wide, tall)]
    assert firsts[0] == firsts[1]
    assert firsts[0] == pytest.approx(
        tw.Gaussian(1.0).sample(tw.DeepLinear(depth=1, shape=(1, 1)), key=0)[0].item() * (0.1 * 36**-0.25 * 30**-0.5) ** (1 / 3),
        rel=1e-14,
    )


def test_a_key_stands_for_one_start():
    network = tw.DeepLinear(depth=2, shape=(3, 4))
    one, again, other = (tw.Gaussian(1.0).sample(network, key=key) for key in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert [factor.shape for factor in one] == network.shapes
    assert {factor.dtype for factor in one} == {np.dtype(np.float64)}


@pytest.mark.parametrize("start", [tw.Gaussian, tw.Identity, tw.Orthogonal, tw.Balanced])
@pytest.mark.parametrize(
    ("scale", "error", "message"),
    [
        (0.0, ValueError, "scale must be greater than 0, got 0"),
        (-1e-3, ValueError, r"scale must be greater than 0, got -0\.001"),
        (np.nan, ValueError, "scale must be finite, got nan"),
        (np.inf, ValueError, "scale must be finite, got inf"),
        ("small", TypeError, "scale must be a number, got 'small'"),
        ([1e-3, 1e-4], TypeError, r"scale must be a single number, got an array of shape \(2,\)"),
    ],
)
def test_a_bad_scale_is_refused(start: type, scale: object, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        start(scale)
