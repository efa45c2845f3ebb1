"""Momentum of the parameters, against plain numpy."""

from typing import Any

import numpy as np
import pytest

import thalweg as tw
from algorithms.rows import BEGIN, gradient, path, rows
from thalweg.potentials import AbstractPotential

RATE, MOMENTUM = 0.03, 0.6
GOOD: dict[str, Any] = {"learning_rate": 0.1}


def by_numpy(potential: AbstractPotential, steps: int, nesterov: bool) -> np.ndarray:
    found = [BEGIN, BEGIN]
    for _ in range(steps):
        ahead = found[-1] + MOMENTUM * (found[-1] - found[-2])
        slope = gradient(ahead if nesterov else found[-1])
        found.append(potential.inverse(potential.gradient(ahead) - RATE * slope))
    return np.concatenate(found[1:])


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("potential", [None, tw.potentials.Entropy()], ids=["plane", "entropy"])
def test_steps_are_those_of_the_rule(potential: AbstractPotential | None, nesterov: bool):
    run = path(tw.HeavyBall(RATE, MOMENTUM, nesterov=nesterov, potential=potential), 8)
    expected = by_numpy(potential or tw.potentials.Quadratic(), 8, nesterov)
    np.testing.assert_allclose(rows(run), expected, rtol=1e-12)
    assert np.abs(expected - by_numpy(potential or tw.potentials.Quadratic(), 8, not nesterov)).max() > 1e-3
    assert run.outcome.gradients == (17 if nesterov else 9)


def test_in_the_plane_momenta_of_parameters_and_of_duals_are_the_same():
    primal = rows(path(tw.HeavyBall(RATE, MOMENTUM), 15))
    dual = rows(path(tw.MirrorDescent(tw.potentials.Quadratic(), RATE, momentum=MOMENTUM), 15))
    np.testing.assert_allclose(primal, dual, rtol=1e-12)
    entropy = tw.potentials.Entropy()
    primal = rows(path(tw.HeavyBall(RATE, MOMENTUM, potential=entropy), 15))
    dual = rows(path(tw.MirrorDescent(entropy, RATE, momentum=MOMENTUM), 15))
    assert np.abs(primal - dual).max() > 1e-3


def test_without_momentum_it_is_gradient_descent():
    np.testing.assert_allclose(rows(path(tw.HeavyBall(RATE, 0.0), 9)), rows(path(tw.GradientDescent(RATE), 9)), rtol=1e-15)


def test_a_point_ahead_out_of_the_domain_ends_the_run():
    run = path(tw.HeavyBall(0.5, 0.95, potential=tw.potentials.Entropy()), 50)
    assert run.outcome.kind == "diverged"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be greater than 0"),
        ({"momentum": 1.0}, ValueError, "momentum must be less than 1, got 1"),
        ({"momentum": "much"}, TypeError, "momentum must be a number"),
        ({"potential": "entropy"}, TypeError, "potential must be a potential"),
    ],
)
def test_bad_settings_are_refused(arguments: dict[str, Any], error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.HeavyBall(**(GOOD | arguments))
