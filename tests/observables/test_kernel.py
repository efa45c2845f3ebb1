"""Tangent kernels against Jacobians and closed forms, and the observables made of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw


def test_the_kernel_is_the_gram_matrix_of_the_jacobian():
    network = tw.DeepLinear(depth=3, shape=(5, 8))  # more outputs than columns made at once
    rng = np.random.default_rng(0)
    params = [jnp.asarray(rng.normal(size=s)) for s in network.shapes]
    blocks = jax.jacrev(network.predictor)(params)
    jacobian = np.concatenate([np.asarray(b).reshape(40, -1) for b in blocks], axis=1)
    np.testing.assert_allclose(tw.tangent_kernel(network, params), jacobian @ jacobian.T, rtol=1e-11, atol=1e-11)


def test_the_kernel_of_two_factors_is_a_kronecker_sum():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
    kernel = tw.tangent_kernel(tw.DeepLinear(depth=2, shape=(2, 3), hidden=4), [first, second])
    wanted = np.kron(second @ second.T, np.eye(3)) + np.kron(np.eye(2), first.T @ first)
    np.testing.assert_allclose(kernel, wanted, rtol=1e-12, atol=1e-12)


def test_the_kernel_of_a_diagonal_network_on_inputs():
    """Eight times the inner product of inputs at all ones: four from each of the two signs."""
    x = np.random.default_rng(2).normal(size=(5, 3))

    def diagonal(params, sample):
        return (params[0] ** 2 - params[1] ** 2) @ sample

    model = tw.Model(diagonal, x)
    for scale in (1.0, 3.0):
        kernel = tw.tangent_kernel(model, [scale * np.ones(3), scale * np.ones(3)])
        np.testing.assert_allclose(kernel, 8 * scale**2 * x @ x.T, rtol=1e-12, atol=1e-12)


def test_observables_are_their_formulas_along_a_run():
    problem = tw.LinearRegression(inputs=np.random.default_rng(3).normal(size=(3, 2)), outputs=[[1.0, -2.0]])
    network, start = tw.Diagonal(size=3), [np.ones(3), 0.5 * np.ones(3)]
    first = tw.tangent_kernel(network, start)
    y = np.array([1.0, 2.0, -1.0])
    record = [tw.KernelDrift(first), tw.KernelAlignment(first), tw.TargetAlignment(y)]
    run = tw.follow(problem, network, start, tw.GradientDescent(0.02), until=tw.Steps(20), record=record, key=0)
    last = np.diag(4 * (run.params[0] ** 2 + run.params[1] ** 2))
    begin = 5 * np.eye(3)
    sizes = np.linalg.norm(begin) * np.linalg.norm(last)
    assert float(run.data.kernel_drift[0]) == pytest.approx(0, abs=1e-14)
    assert float(run.data.kernel_drift[-1]) == pytest.approx(np.linalg.norm(last - begin) / np.linalg.norm(begin), rel=1e-12)
    assert float(run.data.kernel_alignment[-1]) == pytest.approx(np.sum(last * begin) / sizes, rel=1e-12)
    assert float(run.data.target_alignment[-1]) == pytest.approx(y @ last @ y / np.linalg.norm(last) / (y @ y), rel=1e-12)
    assert float(run.data.kernel_drift[-1]) > 0
    assert float(run.data.kernel_alignment[-1]) < 1


def test_bad_input():
    objective = tw.Objective(tw.LinearRegression.whitened(np.ones((1, 3))), tw.Diagonal(size=3))
    for observable in (tw.KernelDrift(np.eye(2)), tw.KernelAlignment(np.eye(2)), tw.TargetAlignment(np.ones(2))):
        with pytest.raises(ValueError, match="was made for 2 outputs, the predictor has 3"):
            observable.check(objective)
    with pytest.raises(ValueError, match="the kernel is zero"):
        tw.KernelDrift(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="finite square matrix"):
        tw.KernelAlignment(np.ones((2, 3)))
    with pytest.raises(ValueError, match="not all zero"):
        tw.TargetAlignment(np.zeros(3))
    with pytest.raises(ValueError, match="take fewer inputs"):
        tw.tangent_kernel(tw.DeepLinear(depth=1, shape=(100, 100)), [np.eye(100)])
