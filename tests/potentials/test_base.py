"""What every potential is: its mirror map is its gradient, has its inverse, and its conjugate is that of Fenchel."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from thalweg.potentials import AbstractPotential, AbstractSeparable

WEIGHTS = np.array([0.5, 1.0, 2.0, 3.0])
POTENTIALS: dict[str, AbstractPotential] = {
    "quadratic": tw.potentials.Quadratic(),
    "weighted": tw.potentials.Quadratic(WEIGHTS),
    "entropy": tw.potentials.Entropy(),
    "hypentropy": tw.potentials.Hypentropy(0.3),
    "sharp hypentropy": tw.potentials.Hypentropy(1e-3),
    "hypentropies": tw.potentials.Hypentropy(0.1 * WEIGHTS),
    "p = 1.1": tw.potentials.PNorm(1.1),
    "p = 4/3": tw.potentials.PNorm(4 / 3),
    "p = 2": tw.potentials.PNorm(2.0),
    "p = 3": tw.potentials.PNorm(3.0),
}
each = pytest.mark.parametrize("potential", POTENTIALS.values(), ids=POTENTIALS.keys())


def points(potential: Any, count: int = 6) -> np.ndarray:
    """A batch of vectors in the domain, one of them of no great size."""
    found = np.random.default_rng(0).normal(size=(count, 4)) * np.geomspace(1e-2, 10, count)[:, None]
    return np.abs(found) if isinstance(potential, tw.potentials.Entropy) else found


@each
def test_the_mirror_map_is_the_gradient(potential: AbstractPotential):
    batch = points(potential)
    slopes = np.stack([jax.grad(potential.value)(jnp.asarray(w)) for w in batch])
    np.testing.assert_allclose(potential.gradient(batch), slopes, rtol=1e-11, atol=1e-13)


@each
def test_the_inverse_takes_it_back(potential: AbstractPotential):
    batch = points(potential)
    np.testing.assert_allclose(potential.inverse(potential.gradient(batch)), batch, rtol=1e-9)


@each
def test_the_conjugate_is_that_of_fenchel(potential: AbstractPotential):
    """Equal at the dual of a point, larger at any other."""
    batch = points(potential)
    duals = potential.gradient(batch)
    paired = (batch * duals).sum(-1)
    scale = np.abs(paired) + np.abs(potential.value(batch))
    assert (np.abs(potential.value(batch) + potential.conjugate(duals) - paired) <= 1e-12 * scale).all()
    others = potential.gradient(batch * np.linspace(0.5, 1.5, 4))
    assert (potential.value(batch) + potential.conjugate(others) > (batch * others).sum(-1)).all()
    back = np.stack([jax.grad(potential.conjugate)(jnp.asarray(z)) for z in duals])
    np.testing.assert_allclose(potential.inverse(duals), back, rtol=1e-9)


@each
def test_the_natural_gradient_is_by_the_inverse_of_the_hessian(potential: AbstractPotential):
    batch = points(potential)
    covectors = np.random.default_rng(1).normal(size=batch.shape)
    for w, g in zip(batch, covectors, strict=True):
        widths = 1e-5 * np.abs(w)
        steps = np.diag(widths)
        hessian = (potential.gradient(w + steps) - potential.gradient(w - steps)) / (2 * widths[:, None])
        np.testing.assert_allclose(hessian @ potential.natural(w, g), g, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(potential.natural(batch, covectors)[2], potential.natural(batch[2], covectors[2]), rtol=1e-13)


@each
def test_the_slope_of_the_inverse_is_one_over_the_curvature(potential: AbstractPotential):
    duals = potential.gradient(points(potential))
    jacobian = np.asarray(jax.jacfwd(potential.inverse)(jnp.asarray(duals[3])))
    if isinstance(potential, AbstractSeparable):
        np.testing.assert_allclose(np.diag(potential.inverse_slope(duals[3])), jacobian, rtol=1e-11)
        np.testing.assert_allclose(potential.density(points(potential)).sum(-1), potential.value(points(potential)))
    elif isinstance(potential, tw.potentials.PNorm) and float(potential.p) != 2:
        assert np.abs(jacobian - np.diag(np.diag(jacobian))).max() > 1e-3 * np.abs(jacobian).max()


@each
def test_numpy_in_numpy_out_and_jax_in_jax_out(potential: AbstractPotential):
    batch = points(potential)
    duals = potential.gradient(batch)
    for function, argument in (
        (potential.value, batch),
        (potential.gradient, batch),
        (potential.inverse, duals),
        (potential.conjugate, duals),
    ):
        ours, theirs = function(argument), function(jnp.asarray(argument))
        assert isinstance(ours, np.ndarray)
        assert isinstance(theirs, jax.Array)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@each
def test_the_divergence_is_positive_and_zero_at_itself(potential: AbstractPotential):
    batch = points(potential)
    assert (potential.divergence(batch, np.roll(batch, 1, axis=0)) > 0).all()
    assert np.abs(potential.divergence(batch, batch)).max() == 0
