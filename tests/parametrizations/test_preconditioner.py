"""The preconditioner inside compiled code: as in numpy, in batches over depth, and in single precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thalweg.parametrizations.preconditioner import eigenvalues, kept, preconditioned


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2)], ids=str)
def test_compiled_it_is_what_numpy_computes(shape: tuple[int, int]):
    rng = np.random.default_rng(0)
    w, g = rng.normal(size=shape), rng.normal(size=shape)
    traces = []

    @jax.jit
    def compiled(depth):
        traces.append(depth)
        return preconditioned(w, g, depth)

    for depth in (1.0, 2.0, 3.5):
        np.testing.assert_allclose(compiled(depth), preconditioned(w, g, depth, np), atol=1e-13)
    assert len(traces) == 1  # depth is a number, not structure


def test_a_batch_over_depth_is_each_depth_alone():
    rng = np.random.default_rng(1)
    w, g = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    depths = jnp.array([1.0, 2.0, 2.5, 7.0])
    found = jax.vmap(lambda depth: preconditioned(jnp.asarray(w), jnp.asarray(g), depth))(depths)
    for row, depth in zip(found, depths, strict=True):
        np.testing.assert_allclose(row, preconditioned(w, g, float(depth), np), atol=1e-13)


def test_equal_and_zero_singular_values_give_numbers():
    values = np.array([2.0, 2.0, 0.0])
    found = np.asarray(jax.jit(lambda depth: eigenvalues(jnp.asarray(values), jnp.asarray(values), depth))(3.0))
    np.testing.assert_allclose(found[:2, :2], 3 * 2 ** (4 / 3))
    np.testing.assert_allclose(found[2], [2 ** (4 / 3), 2 ** (4 / 3), 0.0])
    alone = np.asarray(eigenvalues(jnp.zeros(2), jnp.zeros(2), 1.0))
    np.testing.assert_array_equal(alone, np.ones((2, 2)))  # at depth 1 nothing is preconditioned, at 0 neither


def test_single_precision_stays_single():
    found = preconditioned(jnp.eye(2, dtype=jnp.float32), jnp.ones((2, 2), jnp.float32), jnp.float32(2))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, 2 * np.ones((2, 2)), rtol=1e-6)


def test_singular_values_that_are_rounding_are_cut_off():
    values = np.array([1.0, 1e-3, 1e-15])
    assert kept(values, (3, 3), np).tolist() == [1.0, 1e-3, 1e-15]
    assert kept(values, (20, 3), np).tolist() == [1.0, 1e-3, 0.0]
    assert kept(np.zeros(2), (2, 2), np).tolist() == [0.0, 0.0]
