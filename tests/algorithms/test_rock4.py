"""The coefficients of Rock4, every number of stages: stable where they claim to be, of order four, safe from rounding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thalweg.algorithms.solvers import Rock4
from thalweg.algorithms.solvers.rock4 import ERROR, FINISHING, FIRST, INTERVAL, KAPPA, MU, NU, STAGES

TABLE = [pytest.param(k, id=f"{s}-stages") for k, s in enumerate(STAGES)]
WIDTHS = np.array([0.1, 0.05, 0.025])
PENDULUM = jnp.array([1.0, 0.5])


def polynomials(k, z):
    """What a mode with h times eigenvalue z becomes: at the end, at the worst stage, in the error estimate."""
    before, last, worst = np.zeros_like(z), np.ones_like(z), np.ones_like(z)
    part = slice(FIRST[k], FIRST[k] + STAGES[k] - 4)
    for mu, nu, kappa in zip(MU[part], NU[part], KAPPA[part]):
        before, last = last, (mu * z + nu) * last + kappa * before
        worst = np.maximum(worst, abs(last))
    a21, a31, a32, a41, a42, a43, *weights = FINISHING[k]
    second = last + z * a21 * last
    third = last + z * (a31 * last + a32 * second)
    fourth = last + z * (a41 * last + a42 * second + a43 * third)
    worst = np.max([worst, abs(second), abs(third), abs(fourth)], axis=0)
    slopes = z * np.array([last, second, third, fourth])
    return last + weights @ slopes, worst, ERROR[k][0] * (1 - last) + ERROR[k][1:] @ slopes


@pytest.mark.parametrize("k", TABLE)
def test_every_mode_of_the_interval_is_damped_and_no_stage_enlarges_one(k):
    z = -INTERVAL[k] * (1 - np.cos(np.linspace(0, np.pi, 100 * STAGES[k]))) / 2
    end, worst, error = polynomials(k, z)
    assert abs(end).max() <= 1 + 1e-12
    assert abs(end[z < -1.2]).max() < 0.401
    assert worst.max() < 1 + 1e-9
    assert abs(error).max() < 1.01
    if STAGES[k] >= 20:
        assert INTERVAL[k] > 0.299 * STAGES[k] ** 2


@pytest.mark.parametrize("k", TABLE)
def test_the_stability_polynomial_is_the_exponential_to_order_four(k):
    points = 0.3 * np.exp(2j * np.pi * np.arange(16) / 16)  # Taylor coefficients by Cauchy's formula
    end, _, _ = polynomials(k, points)
    taylor = np.array([np.mean(end / points**j) for j in range(6)])
    np.testing.assert_allclose(taylor[:5], [1, 1, 1 / 2, 1 / 6, 1 / 24], atol=1e-11)
    assert abs(taylor[5] - 1 / 120) < 1 / 120


def pendulum(y):
    return jnp.stack([y[1], -jnp.sin(y[0]) - 0.3 * y[1] ** 3 + 0.2 * y[0] * y[1]])


@jax.jit
def advanced(y, h, stages):
    return Rock4().advance(pendulum, y, pendulum(y), h, stages)


def followed(y, end, count):
    """The classical method of order four, at steps so short that its error is none."""

    def step(y, h):
        a = pendulum(y)
        b = pendulum(y + h / 2 * a)
        c = pendulum(y + h / 2 * b)
        return y + h / 6 * (a + 2 * b + 2 * c + pendulum(y + h * c))

    return jax.lax.fori_loop(0, count, lambda _, y: step(y, end / count), y)


@pytest.fixture(scope="module")
def exact():
    return [followed(PENDULUM, width, 1000) for width in WIDTHS]


@pytest.mark.parametrize("k", TABLE)
def test_each_is_of_order_four_for_a_nonlinear_equation_and_its_estimate_of_order_three(k, exact):
    ends = [advanced(PENDULUM, width, int(STAGES[k])) for width in WIDTHS]
    local = [np.linalg.norm(end[0] - truth) for truth, end in zip(exact, ends)]
    estimates = [np.linalg.norm(end[2]) for end in ends]
    assert np.polyfit(np.log(WIDTHS), np.log(local), 1)[0] == pytest.approx(5, abs=0.15), local
    assert np.polyfit(np.log(WIDTHS), np.log(estimates), 1)[0] == pytest.approx(4, abs=0.1), estimates
    assert local[-1] < estimates[-1]


def test_rounding_does_not_grow_with_the_most_stages():
    k = len(STAGES) - 1
    rates = jnp.linspace(0.0, INTERVAL[k], 3001)
    y1, _, _ = Rock4().advance(lambda y: -rates * y, jnp.ones_like(rates), -rates, 1.0, int(STAGES[k]))
    exact, _, _ = polynomials(k, -np.asarray(rates, np.longdouble))
    assert np.abs(np.asarray(y1) - exact).max() < 1e-9


def test_many_shapes_of_leaves_advance_as_one_vector_does():
    tree = [jnp.arange(6.0).reshape(2, 3) / 7, (jnp.asarray(0.3), jnp.ones(4))]
    flat = jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(tree)])

    def together(y):
        return jax.tree.map(lambda leaf: leaf - leaf**3, y)

    found = Rock4().advance(together, tree, together(tree), 0.5, 12)
    alone = Rock4().advance(together, flat, together(flat), 0.5, 12)
    for some, whole in zip(found, alone):
        np.testing.assert_allclose(jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(some)]), whole, atol=1e-15)
