"""Optimizers of optax: the same numbers as optax driven by hand."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
import pytest

import thalweg as tw
from trajectory.cases import NETWORK, PROBLEM, START, distance, gradients, path, same_bits


def by_hand(optimizer: Any, steps: int) -> list[np.ndarray]:
    params: Any = [jnp.asarray(factor) for factor in START.sample(NETWORK, key=1)]
    state = optimizer.init(params)
    for _ in range(steps):
        slopes = [jnp.asarray(slope) for slope in gradients(PROBLEM, [np.asarray(factor) for factor in params])]
        updates, state = optimizer.update(slopes, state, params)
        params = optax.apply_updates(params, updates)
    return [np.asarray(factor) for factor in params]


def test_sgd_is_gradient_descent():
    one = path(tw.Optax(optax.sgd, learning_rate=0.2), tw.Steps(100))
    other = path(tw.GradientDescent(0.2), tw.Steps(100))
    assert distance(one.params, other.params) < 1e-15
    np.testing.assert_allclose(one.data.loss, other.data.loss, rtol=1e-14)
    assert one.outcome.time == 100.0  # an optimizer keeps no clock of the flow


def test_adam_is_adam():
    run = path(tw.Optax(optax.adam, learning_rate=1e-2, b1=0.8), tw.Steps(30))
    assert distance(run.params, by_hand(optax.adam(1e-2, b1=0.8), 30)) < 1e-13
    assert distance(run.params, by_hand(optax.adam(1e-2), 30)) > 1e-3
    assert run.outcome.gradients == 31


@pytest.mark.parametrize(
    ("made", "numbers"),
    [
        (optax.sgd, {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
        (optax.sgd, {"learning_rate": optax.piecewise_constant_schedule(0.5, {10: 0.5})}),
    ],
    ids=["truth value", "schedule"],
)
def test_what_is_no_number_is_structure(made: Callable[..., Any], numbers: dict[str, Any]):
    run = path(tw.Optax(made, **numbers), tw.Steps(30))
    assert distance(run.params, by_hand(made(**numbers), 30)) < 1e-13


def test_an_optimizer_already_made_runs_as_well():
    ready = path(tw.Optax(optax.adam(1e-2)), tw.Steps(30))
    apart = path(tw.Optax(optax.adam, learning_rate=1e-2), tw.Steps(30))
    assert distance(ready.params, apart.params) < 1e-14
    assert same_bits(ready, path(tw.Optax(optax.adam(1e-2)), tw.Steps(30)))


@pytest.mark.parametrize(
    ("optimizer", "numbers", "message"),
    [
        (1e-3, {}, r"Optax takes a function of optax or an optimizer, got 0\.001"),
        ("adam", {"learning_rate": 1e-3}, "Optax takes a function of optax or an optimizer, got 'adam'"),
        (optax.adam(1e-3), {"b1": 0.9, "b2": 0.99}, "already made, b1, b2 would go nowhere; pass its function"),
        (optax.adam, {}, "learning_rate"),
        (optax.adam, {"learning_rat": 1e-3}, "learning_rat"),
    ],
)
def test_bad_optimizers_are_refused(optimizer: Any, numbers: dict[str, Any], message: str):
    with pytest.raises(TypeError, match=message):
        tw.Optax(optimizer, **numbers)


def test_numbers_must_be_finite():
    with pytest.raises(ValueError, match="learning_rate must be finite, got nan"):
        tw.Optax(optax.sgd, learning_rate=float("nan"))
