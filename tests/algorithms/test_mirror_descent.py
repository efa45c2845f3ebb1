"""Mirror descent against loops of plain numpy, and the span that its duals stay in."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from algorithms.rows import BEGIN, gradient, outside, path, rows
from thalweg.algorithms.mirror import dual_of, natural_of, primal_of
from thalweg.potentials import AbstractPotential

RATE = 0.05
POTENTIALS = [tw.potentials.Entropy(), tw.potentials.Hypentropy([0.3, 0.2, 0.5, 1.0, 0.1]), tw.potentials.PNorm(1.5)]


def by_numpy(potential: AbstractPotential, rate: float, momentum: float, steps: int) -> np.ndarray:
    w, change, found = BEGIN, 0.0, [BEGIN]
    for _ in range(steps):
        change = momentum * change - rate * gradient(w)
        w = potential.inverse(potential.gradient(w) + change)
        found.append(w)
    return np.concatenate(found)


@pytest.mark.parametrize("momentum", [0.0, 0.7])
@pytest.mark.parametrize("potential", POTENTIALS, ids=repr)
def test_steps_are_those_of_the_rule(potential: AbstractPotential, momentum: float):
    run = path(tw.MirrorDescent(potential, RATE, momentum=momentum), 8)
    np.testing.assert_allclose(rows(run), by_numpy(potential, RATE, momentum, 8), rtol=1e-12)
    assert run.outcome.time == pytest.approx(8 * RATE)
    assert run.outcome.gradients == 9
    if momentum:
        assert np.abs(rows(run) - by_numpy(potential, RATE, 0.0, 8)).max() > 1e-2
    duals = potential.gradient(rows(run)) - potential.gradient(BEGIN)
    assert outside(duals) < 1e-14
    assert outside(rows(run) - BEGIN) > 1e-2


def test_exponentiated_gradient_by_hand():
    first = rows(path(tw.MirrorDescent(tw.potentials.Entropy(), RATE), 1))[1]
    np.testing.assert_allclose(first, (BEGIN * np.exp(-RATE * gradient(BEGIN)))[0], rtol=1e-14)


def test_with_the_quadratic_it_is_gradient_descent():
    ours = rows(path(tw.MirrorDescent(tw.potentials.Quadratic(), RATE), 20))
    theirs = rows(path(tw.GradientDescent(RATE), 20))
    np.testing.assert_allclose(ours, theirs, rtol=1e-15)


def test_each_array_of_the_parameters_has_its_own_potential():
    network = tw.DeepLinear(depth=2, shape=(2, 3))
    factors = [np.arange(1.0, 7.0).reshape(2, 3) / 5, np.array([[1.0, 0.5], [0.2, 0.7]])]
    problem = tw.LinearRegression.whitened(np.eye(2, 3))
    potential = tw.potentials.PNorm(1.5)
    run = tw.follow(problem, network, factors, tw.MirrorDescent(potential, 0.1), until=tw.Steps(1), key=0)
    residual = factors[1] @ factors[0] - np.eye(2, 3)
    slopes = [factors[1].T @ residual, residual @ factors[0].T]
    for factor, slope, found in zip(factors, slopes, run.params, strict=True):
        flat = potential.inverse(potential.gradient(factor.ravel()) - 0.1 * slope.ravel())
        np.testing.assert_allclose(found, flat.reshape(factor.shape), rtol=1e-13)


def test_single_precision_stays_single():
    potential, params = tw.potentials.Hypentropy(0.3), [jnp.asarray(BEGIN, jnp.float32)]
    assert dual_of(potential, params)[0].dtype == jnp.float32
    assert primal_of(potential, params)[0].dtype == jnp.float32
    assert natural_of(potential, params, params)[0].dtype == jnp.float32


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("entropy", 0.1), TypeError, r"potential must be a potential such as tw.potentials.Entropy\(\), got 'entropy'"),
        ((tw.potentials.Entropy(), 0.0), ValueError, "learning_rate must be greater than 0"),
    ],
)
def test_bad_settings_are_refused(arguments: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.MirrorDescent(*arguments)


@pytest.mark.parametrize("momentum", [1.0, -0.1])
def test_a_bad_momentum_is_refused(momentum: float):
    with pytest.raises(ValueError, match="momentum must be"):
        tw.MirrorDescent(tw.potentials.Entropy(), 0.1, momentum=momentum)


@pytest.mark.parametrize(
    "algorithm",
    [
        tw.MirrorDescent(tw.potentials.Entropy(), 0.1),
        tw.MirrorFlow(tw.potentials.Entropy()),
        tw.NaturalGradient(tw.potentials.Entropy(), 0.1),
        tw.HeavyBall(0.1, potential=tw.potentials.Entropy()),
    ],
    ids=lambda algorithm: type(algorithm).__name__,
)
def test_a_start_outside_the_domain_is_refused(algorithm: Any):
    with pytest.raises(ValueError, match=r"positive coordinates only, the least here is -1: start from positive numbers"):
        path(algorithm, start=-BEGIN / 1.2)
