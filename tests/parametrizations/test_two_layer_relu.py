"""Two-layer ReLU networks: a case by hand, gradients by differences, and what is refused."""

import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from thalweg.parametrizations.two_layer_relu import TwoLayerReLU


def test_a_network_by_hand():
    inputs = np.array([[1.0, -1.0], [0.0, 2.0]])
    network = TwoLayerReLU(inputs, width=3, count=2)
    params = {
        "W1": np.array([[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]),
        "b1": np.array([0.5, 0.0, 1.0]),
        "W2": np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 0.0]]),
        "b2": np.array([10.0, 0.0]),
    }
    # hidden before the ReLU: sample 1: 1.5, -1, 1; sample 2: 1.5, 1, -1
    np.testing.assert_allclose(network.predictor(params), [[14.5, 13.5], [0.0, -1.0]])
    assert network.shape == (2, 2)
    np.testing.assert_allclose(network.outputs(params, np.array([[0.0], [0.0]])), [[13.5], [0.0]])


@pytest.mark.parametrize(("bias", "output_bias"), [(True, True), (False, True), (True, False), (False, False)])
def test_the_gradient_is_that_of_differences(bias: bool, output_bias: bool):
    rng = np.random.default_rng(0)
    network = TwoLayerReLU(rng.normal(size=(3, 4)), width=5, count=2, bias=bias, output_bias=output_bias)
    params = tw.He(reach=1.0 if bias else 0.0).sample(network, key=1)
    assert list(params) == list(network.shapes)
    problem = tw.LinearRegression.whitened(rng.normal(size=network.shape))
    _, gradient = network.loss_and_gradient(problem, params)
    for name, value in params.items():
        direction = rng.normal(size=value.shape)
        around = [{**params, name: value + step * direction} for step in (1e-6, -1e-6)]
        up, down = (float(problem.loss(network.predictor(p))) for p in around)
        assert (up - down) / 2e-6 == pytest.approx(float(np.sum(np.asarray(gradient[name]) * direction)), rel=1e-6)


def test_outputs_are_homogeneous_without_output_bias():
    network = TwoLayerReLU(np.random.default_rng(0).normal(size=(3, 4)), width=5, output_bias=False)
    params = tw.He(reach=1.0).sample(network, key=0)
    scaled = {name: 3.0 * value for name, value in params.items()}
    np.testing.assert_allclose(network.predictor(scaled), 9.0 * network.predictor(params), rtol=1e-12)


def test_a_unit_at_its_kink_does_not_move():
    network = TwoLayerReLU(np.zeros((1, 1)), width=1)
    params = {"W1": np.ones((1, 1)), "b1": np.zeros(1), "W2": np.ones((1, 1)), "b2": np.zeros(1)}
    _, gradient = network.loss_and_gradient(tw.LinearRegression.whitened(np.ones((1, 1))), params)
    assert [float(np.ravel(gradient[name])[0]) for name in ("W1", "b1", "W2", "b2")] == [0.0, 0.0, 0.0, -1.0]


def test_it_can_be_followed():
    network = TwoLayerReLU(np.linspace(-1, 1, 5)[None, :], width=8)
    problem = tw.LinearRegression.whitened(np.abs(np.linspace(-1, 1, 5))[None, :])
    trajectory = tw.follow(
        problem, network, start=tw.He(reach=1.0), algorithm=tw.GradientDescent(0.05), until=tw.Steps(2000), key=0
    )
    assert float(problem.loss(jnp.asarray(trajectory.predictor))) < 1e-3


@pytest.mark.parametrize(
    ("inputs", "width", "error", "message"),
    [
        (np.ones(3), 2, ValueError, "inputs must be a finite matrix"),
        (np.ones((0, 3)), 2, ValueError, "inputs must be a finite matrix"),
        (np.full((1, 2), np.nan), 2, ValueError, "inputs must be a finite matrix"),
        ("digits", 2, TypeError, "inputs must be an array of real numbers"),
        (np.ones((1, 2)), 0, ValueError, "width must be at least 1"),
        (np.ones((1, 2)), 2.0, TypeError, "width must be a whole number"),
    ],
)
def test_bad_networks_are_refused(inputs, width, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        TwoLayerReLU(inputs, width=width)


def test_parameters_of_another_network_are_refused():
    network = TwoLayerReLU(np.ones((1, 2)), width=2)
    params = tw.He().sample(network, key=0)
    with pytest.raises(ValueError, match="parameters of the shapes"):
        network.predictor({**params, "W1": np.ones((3, 1))})
    with pytest.raises(ValueError, match="parameters of the shapes"):
        network.predictor({name: params[name] for name in ("W1", "b1", "W2")})
