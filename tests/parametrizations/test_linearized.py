"""The linearized twin: to first order the model itself, with the model's tangent kernel everywhere."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw


def setting() -> tuple[tw.DeepLinear, Any, Any]:
    rng = np.random.default_rng(0)
    network = tw.DeepLinear(depth=3, shape=(2, 3))
    return network, [rng.normal(size=s) for s in network.shapes], [rng.normal(size=s) for s in network.shapes]


def test_it_is_the_value_and_the_jacobian_by_difference_quotients():
    network, at, move = setting()
    twin = tw.Linearized(network, at=at)
    np.testing.assert_allclose(twin.predictor(at), network.predictor(at), rtol=1e-13)
    apart = []
    for size in (1e-2, 5e-3):
        moved = [w + size * m for w, m in zip(at, move, strict=True)]
        apart.append(np.linalg.norm(twin.predictor(moved) - network.predictor(moved)))
    assert apart[0] / apart[1] == pytest.approx(4, rel=0.05)  # what is left is of second order
    assert twin.shape == network.shape


def test_it_is_affine_and_its_kernel_is_that_of_the_start():
    network, at, move = setting()
    twin = tw.Linearized(network, at=at)
    far, double = ([w + size * m for w, m in zip(at, move, strict=True)] for size in (10.0, 20.0))
    one, two = twin.predictor(far) - twin.predictor(at), twin.predictor(double) - twin.predictor(at)
    np.testing.assert_allclose(two, 2 * one, rtol=1e-12)
    kernel = tw.tangent_kernel(network, at)
    np.testing.assert_allclose(tw.tangent_kernel(twin, far), kernel, rtol=1e-11, atol=1e-11)
    assert np.abs(tw.tangent_kernel(network, far) - kernel).max() > 1


def test_the_gradient_is_that_of_automatic_differentiation():
    network, at, move = setting()
    problem = tw.MatrixCompletion.random(shape=(2, 3), rank=1, observed=4, key=0)
    objective = tw.Objective(problem, tw.Linearized(network, at=at))
    params = [jnp.asarray(w + m) for w, m in zip(at, move, strict=True)]
    loss, gradient = objective.loss_and_gradient(params)
    value, wanted = jax.value_and_grad(objective.loss)(params)
    assert float(loss) == pytest.approx(float(value), rel=1e-13)
    for one, other in zip(gradient, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_bad_input():
    network, at, _ = setting()
    with pytest.raises(TypeError, match="parametrization must be one such as"):
        tw.Linearized(at, at=at)
    with pytest.raises(ValueError, match="must be finite"):
        tw.Linearized(network, at=[np.nan * w for w in at])
    with pytest.raises(ValueError, match="another structure"):
        tw.Linearized(network, at=at).predictor(at[:2])
    with pytest.raises(ValueError, match="have shapes"):
        tw.Linearized(network, at=at).predictor([at[1], at[0], at[2]])
