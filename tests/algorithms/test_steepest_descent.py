"""Steepest descent: the direction against a numerical search, its length, and the norms with names."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

import thalweg as tw
from algorithms.rows import BEGIN, gradient, path, rows
from thalweg.algorithms.steepest_descent import steepest

G = np.array([0.7, -2.0, 0.1, 0.0])


@pytest.mark.parametrize("p", [4 / 3, 1.5, 2.0, 3.0])
def test_the_direction_is_the_best(p: float):
    best = minimize(lambda v: G @ v + 0.5 * np.linalg.norm(v, p) ** 2, -G, method="BFGS", options={"gtol": 1e-9}).x
    found = np.asarray(steepest(jnp.asarray(G), p, normalized=False))
    np.testing.assert_allclose(found, best, atol=2e-3)
    value, least = (G @ v + 0.5 * np.linalg.norm(v, p) ** 2 for v in (found, best))
    assert value <= least + 1e-12
    q = p / (p - 1)
    assert value == pytest.approx(-0.5 * np.linalg.norm(G, q) ** 2, rel=1e-13)


@pytest.mark.parametrize("p", [1.0, 1.1, 4 / 3, 2.0, 5.0, np.inf])
def test_the_normalized_direction_has_length_one_and_the_other_the_dual_norm(p: float):
    q = np.inf if p == 1 else (1.0 if np.isinf(p) else p / (p - 1))
    unit = np.asarray(steepest(jnp.asarray(G), p, normalized=True))
    assert np.linalg.norm(unit, p) == pytest.approx(1.0, rel=1e-13)
    assert G @ unit == pytest.approx(-np.linalg.norm(G, q), rel=1e-13)
    full = np.asarray(steepest(jnp.asarray(G), p, normalized=False))
    np.testing.assert_allclose(full, np.linalg.norm(G, q) * unit, rtol=1e-13)


def test_norms_with_names():
    np.testing.assert_array_equal(steepest(jnp.asarray(G), 1.0, normalized=False), [0.0, 2.0, 0.0, 0.0])
    np.testing.assert_allclose(steepest(jnp.asarray(G), 2.0, normalized=False), -G)
    np.testing.assert_allclose(steepest(jnp.asarray(G), np.inf, normalized=False), -2.8 * np.sign(G))
    tied = jnp.asarray([1.0, -1.0])
    np.testing.assert_array_equal(steepest(tied, 1.0, normalized=True), [-1.0, 0.0])


@pytest.mark.parametrize("p", [1.0, 4 / 3, np.inf])
def test_a_gradient_of_zero_moves_nothing_and_tiny_ones_do_not_underflow(p: float):
    assert np.abs(steepest(jnp.zeros(3), p, normalized=True)).max() == 0
    tiny = steepest(1e-200 * jnp.asarray(G), p, normalized=False)
    np.testing.assert_allclose(1e200 * tiny, steepest(jnp.asarray(G), p, normalized=False), rtol=1e-12)


def test_steps_are_those_of_the_rule():
    run = path(tw.SteepestDescent(2, 0.05), 6)
    np.testing.assert_allclose(rows(run), rows(path(tw.GradientDescent(0.05), 6)), rtol=1e-13)
    run = path(tw.SteepestDescent(4 / 3, 0.05, normalized=True), 3)
    w = BEGIN[0]
    for step in range(1, 4):
        g = gradient(w[None])[0]
        w = w - 0.05 * np.sign(g) * np.abs(g) ** 3 / np.linalg.norm(g, 4) ** 3
        np.testing.assert_allclose(rows(run)[step], w, rtol=1e-12)
    assert run.outcome.time == pytest.approx(0.15)


def test_the_norm_is_of_all_parameters_together():
    network, factors = tw.DeepLinear(depth=2, shape=(2, 2)), [np.diag([1.0, 0.5]), np.diag([1.0, 0.2])]
    problem = tw.LinearRegression.whitened(np.diag([3.0, 1.0]))
    run = tw.follow(problem, network, factors, tw.SteepestDescent(1, 0.1), until=tw.Steps(1), key=0)
    moved = [after - before for after, before in zip(run.params, factors, strict=True)]
    assert sum(np.count_nonzero(move) for move in moved) == 1
    assert moved[0][0, 0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("p", "error", "message"),
    [
        (0.5, ValueError, "p must be at least 1"),
        (np.nan, ValueError, "p must be at least 1"),
        ("l1", TypeError, "p must be a number"),
    ],
)
def test_bad_norms_are_refused(p: object, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.SteepestDescent(p, 0.1)
