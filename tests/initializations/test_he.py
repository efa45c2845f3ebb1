"""The start of He et al.: variances, kept second moments, kinks, and what is refused."""

import numpy as np
import pytest

import thalweg as tw


def test_variances_are_twice_one_over_fan_in():
    network = tw.TwoLayerReLU(np.ones((50, 1)), width=400, count=30)
    params = tw.He(3.0).sample(network, key=0)
    for name, inputs in (("W1", 50), ("W2", 400)):
        assert params[name].var() == pytest.approx(9 * 2 / inputs, rel=0.05)
        assert abs(params[name].mean()) < 4 * params[name].std() / params[name].size ** 0.5
    assert not params["b1"].any()
    assert not params["b2"].any()


def test_outputs_are_as_large_as_inputs_whatever_the_width():
    """Half of the square of what a unit gets passes the ReLU, for which the factor two is there; twice, with two layers."""
    inputs = np.random.default_rng(0).normal(size=(40, 300))
    for width in (64, 1024):
        network = tw.TwoLayerReLU(inputs, width=width, count=50)
        outputs = np.asarray(network.predictor(tw.He().sample(network, key=1)))
        assert np.mean(outputs**2) == pytest.approx(2 * np.mean(inputs**2), rel=0.2)


def test_kinks_are_spread_evenly():
    network = tw.TwoLayerReLU(np.zeros((1, 1)), width=2000)
    params = tw.He(reach=3.0).sample(network, key=0)
    kinks = -params["b1"] / params["W1"][:, 0]
    assert np.abs(kinks).max() <= 3.0 + 1e-9
    np.testing.assert_allclose(np.quantile(kinks, [0.25, 0.5, 0.75]), [-1.5, 0.0, 1.5], atol=0.2)
    plain = tw.He().sample(network, key=0)
    assert np.array_equal(plain["W1"], params["W1"])


def test_a_key_draws_the_same_again_and_another_another():
    network = tw.TwoLayerReLU(np.ones((2, 3)), width=4)
    one, same, other = (tw.He().sample(network, key=key) for key in ((0, 1), (0, 1), (0, 2)))
    assert np.array_equal(one["W1"], same["W1"])
    assert not np.array_equal(one["W1"], other["W1"])


def test_what_it_cannot_start_is_refused():
    with pytest.raises(TypeError, match="He starts a TwoLayerReLU"):
        tw.He().sample(tw.Diagonal(size=2), key=0)
    with pytest.raises(ValueError, match="only where hidden units have biases"):
        tw.He(reach=1.0).sample(tw.TwoLayerReLU(np.ones((1, 1)), width=2, bias=False), key=0)
    with pytest.raises(ValueError, match="scale must be greater than 0"):
        tw.He(0.0)
    with pytest.raises(ValueError, match="reach must be at least 0"):
        tw.He(reach=-1.0)
