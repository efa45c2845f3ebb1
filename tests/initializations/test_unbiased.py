"""Starts of factored matrices: their law, their zero product, the kernel there, and what they cannot start."""

import jax
import numpy as np
import pytest

import thalweg as tw

WIDE = tw.DeepLinear(depth=2, shape=(3, 4), hidden=8)


@pytest.mark.parametrize("start", [tw.Unbiased(0.3), tw.UnbiasedOrthogonal(0.3)])
def test_the_product_is_zero_and_the_factors_are_not(start: tw.Unbiased | tw.UnbiasedOrthogonal):
    first, second = start.sample(WIDE, key=3)
    assert [first.shape, second.shape] == WIDE.shapes
    assert {first.dtype, second.dtype} == {np.dtype(np.float64)}
    assert np.abs(second @ first).max() < 1e-15
    assert min(np.linalg.matrix_rank(factor) for factor in (first, second)) == 3


def test_gaussian_halves_have_the_deviation_and_stand_twice():
    network = tw.DeepLinear(depth=2, shape=(30, 20), hidden=400)
    first, second = tw.Unbiased(0.05).sample(network, key=0)
    np.testing.assert_array_equal(second[:, :200], second[:, 200:])
    np.testing.assert_array_equal(first[:200], -first[200:])
    for half in (second[:, :200], first[:200]):
        assert np.sqrt(np.mean(half**2)) == pytest.approx(0.05, rel=4 / np.sqrt(2 * half.size))
    assert abs(np.corrcoef(second[:20, :200].ravel(), first[:200].T.ravel())[0, 1]) < 4 / np.sqrt(4000)
    # near the orthogonal start at the scale deviation * sqrt(width)
    wide = tw.DeepLinear(depth=2, shape=(3, 3), hidden=40_000)
    second = tw.Unbiased(0.05).sample(wide, key=0)[1]
    np.testing.assert_allclose(second @ second.T / (0.05**2 * 40_000), np.eye(3), atol=0.05)


@pytest.mark.parametrize("width", [7, 12])
def test_orthogonal_rows_make_the_tangent_kernel_a_multiple_of_the_identity(width: int):
    network = tw.DeepLinear(depth=2, shape=(3, 4), hidden=width)
    params = tw.UnbiasedOrthogonal(0.3).sample(network, key=1)
    blocks = jax.jacobian(lambda parts: network.predictor(parts).ravel())(params)
    rows = np.hstack([np.asarray(block).reshape(12, -1) for block in blocks])
    np.testing.assert_allclose(rows @ rows.T, 2 * 0.3**2 * np.eye(12), atol=1e-14)
    iid = np.hstack(
        [
            np.asarray(block).reshape(12, -1)
            for block in jax.jacobian(lambda p: network.predictor(p).ravel())(tw.Entrywise(0.3).sample(network, key=1))
        ]
    )
    assert np.abs(iid @ iid.T - np.diag(np.diag(iid @ iid.T))).max() > 0.01


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_entries_have_one_deviation_at_every_depth(depth: int):
    network = tw.DeepLinear(depth=depth, shape=(40, 60), hidden=50)
    for factor in tw.Entrywise(0.2).sample(network, key=0):
        assert np.sqrt(np.mean(factor**2)) == pytest.approx(0.2, rel=4 / np.sqrt(2 * factor.size))
        assert abs(np.mean(factor)) < 4 * 0.2 / np.sqrt(factor.size)


def test_entries_of_a_product_are_of_the_stated_size():
    network = tw.DeepLinear(depth=2, shape=(10, 10), hidden=40)
    squares = [np.mean((f[1] @ f[0]) ** 2) for f in (tw.Entrywise(0.1).sample(network, key=k) for k in range(300))]
    assert np.sqrt(np.mean(squares)) == pytest.approx(0.01 * np.sqrt(40), rel=0.03)


@pytest.mark.parametrize("start", [tw.Entrywise, tw.Unbiased, tw.UnbiasedOrthogonal])
def test_the_scale_is_a_factor_and_a_key_one_start(start: type):
    small, large, other = start(0.1).sample(WIDE, key=0), start(0.4).sample(WIDE, key=0), start(0.1).sample(WIDE, key=1)
    for one, four, another in zip(small, large, other, strict=True):
        np.testing.assert_allclose(four, 4 * one, rtol=1e-14)
        assert not np.allclose(one, another)
    with pytest.raises(ValueError, match="must be greater than 0, got 0"):
        start(0.0)
    with pytest.raises(TypeError, match="must be a number, got 'small'"):
        start("small")
    with pytest.raises(TypeError, match=f"{start.__name__} draws the factors of a DeepLinear"):
        start(0.1).sample(tw.Diagonal(size=3), key=0)


@pytest.mark.parametrize("start", [tw.Unbiased(0.1), tw.UnbiasedOrthogonal(0.1)])
@pytest.mark.parametrize("depth", [1, 3])
def test_other_depths_are_refused(start: tw.Unbiased | tw.UnbiasedOrthogonal, depth: int):
    with pytest.raises(ValueError, match=f"depth must be 2, got {depth}"):
        start.sample(tw.DeepLinear(depth=depth, shape=(2, 2), hidden=4), key=0)


def test_widths_without_room_are_refused():
    with pytest.raises(ValueError, match="must be even; got 7"):
        tw.Unbiased(0.1).sample(tw.DeepLinear(depth=2, shape=(3, 4), hidden=7), key=0)
    with pytest.raises(ValueError, match=r"3 \+ 4 orthogonal rows: pass hidden=7 or more, got 6"):
        tw.UnbiasedOrthogonal(0.1).sample(tw.DeepLinear(depth=2, shape=(3, 4), hidden=6), key=0)
