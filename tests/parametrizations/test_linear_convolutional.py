"""The linear convolutional network, against its definition by sums, and in frequencies."""

import numpy as np
import pytest

import thalweg as tw


def weights(size: int, depth: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=size) for _ in range(depth)]


def output(layers: list[np.ndarray], inputs: np.ndarray) -> float:
    """The network layer by layer: circular convolutions by their sums, the last layer an inner product."""
    size, hidden = len(inputs), inputs
    for w in layers[:-1]:
        hidden = np.array([sum(w[k] * hidden[(i + k) % size] for k in range(size)) for i in range(size)]) / np.sqrt(size)
    return float(layers[-1] @ hidden)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_it_is_the_network_of_the_definition(size: int, depth: int):
    layers, x = weights(size, depth), np.random.default_rng(1).normal(size=size)
    beta = np.asarray(tw.LinearConvolutional(size=size, depth=depth).predictor(layers))
    assert beta.shape == (1, size)
    assert beta[0] @ x == pytest.approx(output(layers, x), abs=1e-12)


@pytest.mark.parametrize("size", [7, 8])
def test_frequencies_multiply_in_the_unitary_transform_alone(size: int):
    layers = weights(size, 3)
    beta = np.asarray(tw.LinearConvolutional(size=size, depth=3).predictor(layers))[0]
    product = np.prod([np.fft.fft(w, norm="ortho") for w in layers], axis=0)
    np.testing.assert_allclose(np.fft.fft(beta, norm="ortho"), product, atol=1e-12)
    plain = np.prod([np.fft.fft(w) for w in layers], axis=0)
    np.testing.assert_allclose(np.fft.fft(beta) * size, plain, atol=1e-10)  # off by sqrt(D)^(L-1)


def test_one_layer_is_its_weights():
    (w,) = weights(6, 1)
    np.testing.assert_allclose(np.asarray(tw.LinearConvolutional(size=6, depth=1).predictor([w]))[0], w, atol=1e-14)


def test_the_gradient_is_that_of_finite_differences_and_of_frequencies():
    size, depth = 5, 3
    network, layers = tw.LinearConvolutional(size=size, depth=depth), weights(size, depth)
    rng = np.random.default_rng(2)
    problem = tw.Classification(rng.normal(size=(size, 4)), [1, -1, 1, -1], logarithm=True)
    _, gradient = network.loss_and_gradient(problem, layers)
    slope = np.asarray(problem.loss_and_gradient(network.predictor(layers))[1])[0]
    spectra = [np.fft.fft(w, norm="ortho") for w in layers]
    for at in range(depth):
        others = np.prod([s for j, s in enumerate(spectra) if j != at], axis=0)
        known = np.fft.ifft(np.conj(others) * np.fft.fft(slope, norm="ortho"), norm="ortho").real
        np.testing.assert_allclose(np.asarray(gradient[at]), known, atol=1e-12)
        for k in range(size):
            step = [w.copy() for w in layers]
            step[at][k] += 1e-6
            up = float(problem.loss(network.predictor(step)))
            step[at][k] -= 2e-6
            down = float(problem.loss(network.predictor(step)))
            assert float(gradient[at][k]) == pytest.approx((up - down) / 2e-6, abs=1e-7)


def test_shapes_and_start():
    network = tw.LinearConvolutional(size=4, depth=3)
    assert network.shape == (1, 4)
    assert network.shapes == [(4,)] * 3
    start = tw.Constant(0.5).sample(network)
    np.testing.assert_allclose(np.asarray(network.predictor(start))[0], np.full(4, 0.5), atol=1e-14)


@pytest.mark.parametrize("options", [{"size": 0}, {"size": 4, "depth": 0}, {"size": 2.5}, {"size": True}])
def test_sizes_must_be_whole(options: dict):
    with pytest.raises((TypeError, ValueError), match="size|depth"):
        tw.LinearConvolutional(**options)
