"""About zero: the Hessian by differentiation against its formula, the order of the saddle; the least decrease of the flow."""

import dataclasses
import functools
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import thalweg as tw
from thalweg.theory import (
    LossDecrease,
    Points,
    compare,
    hessian_at_zero,
    hessian_spectrum_at_zero,
    leading_change,
    least_decrease,
    least_singular_value,
    points,
)


def problem(shape: tuple[int, int], seed: int = 0) -> tw.LinearRegression:
    rng = np.random.default_rng(seed)
    return tw.LinearRegression(rng.normal(size=(shape[1], 30)), rng.normal(size=(shape[0], 30)))


@pytest.mark.parametrize(("depth", "hidden"), [(2, 3), (2, 2), (3, 2), (4, 2)])
def test_the_spectrum_at_zero(depth: int, hidden: int):
    given = problem((2, 3))
    found = np.linalg.eigvalsh(hessian_at_zero(given, tw.DeepLinear(depth=depth, shape=(2, 3), hidden=hidden)))
    predicted = hessian_spectrum_at_zero(-given.cross_moment, depth, hidden)
    np.testing.assert_allclose(found, predicted, atol=1e-12)
    assert (predicted[0] < -0.05) == (depth == 2)


def test_at_depth_two_the_hessian_is_the_off_diagonal_block_of_the_gradient():
    given = problem((2, 3))
    g = -given.cross_moment
    found = hessian_at_zero(given, tw.DeepLinear(depth=2, shape=(2, 3), hidden=1))
    np.testing.assert_allclose(found, np.block([[np.zeros((3, 3)), g.T], [g, np.zeros((2, 2))]]), atol=1e-14)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_loss_near_zero_is_of_the_order_of_the_depth(depth: int):
    given, network = problem((3, 2)), tw.DeepLinear(depth=depth, shape=(3, 2), hidden=3)
    factors = tw.Gaussian(1.0).sample(network, key=1)
    scales = np.array([1e-3, 2e-3, 4e-3]) ** (3 / depth)

    def change(scale: float) -> float:
        w = functools.reduce(lambda p, f: f @ p, [scale * f for f in factors])
        return float(np.sum(w * (0.5 * w @ given.input_moment - given.cross_moment)))

    changes = np.array([change(scale) for scale in scales])
    slope = np.polyfit(np.log(scales), np.log(np.abs(changes)), 1)[0]
    assert slope == pytest.approx(depth, abs=1e-3)
    assert changes[0] / scales[0] ** depth == pytest.approx(leading_change(-given.cross_moment, factors), rel=1e-5)


@pytest.mark.parametrize(("shape", "factor"), [((3, 3), 3), ((2, 4), 1), ((4, 2), 1)])
def test_the_least_decrease_is_the_least_eigenvalue_of_the_preconditioner(shape: tuple[int, int], factor: int):
    rng = np.random.default_rng(5)
    w, g = rng.normal(size=(2, *shape))
    u, s, vt = np.linalg.svd(w)
    full_left, full_right = np.zeros(shape[0]), np.zeros(shape[1])
    full_left[: len(s)], full_right[: len(s)] = s, s
    eigenvalues = sum(
        np.outer(full_left ** (2 * (j - 1) / 3), full_right ** (2 * (3 - j) / 3)) for j in (1, 2, 3)
    )  # the power 0 of 0 is 1
    assert least_decrease(w, g, 3) == pytest.approx(np.min(eigenvalues) * np.sum(g**2))
    assert least_decrease(w, g, 3) == pytest.approx(factor * s[-1] ** (4 / 3) * np.sum(g**2))
    assert least_decrease(w, g, 3) <= np.sum(eigenvalues * (u.T @ g @ vt.T) ** 2)


def test_the_bound_is_tight_where_the_gradient_lies_along_the_least_direction():
    w, g = np.diag([2.0, 0.5]), np.diag([0.0, 1.0])
    w_1, w_2 = np.diag(np.sqrt([2.0, 0.5])), np.diag(np.sqrt([2.0, 0.5]))
    speed = np.sum((w_2.T @ g) ** 2) + np.sum((g @ w_1.T) ** 2)
    assert least_decrease(w, g, 2) == pytest.approx(speed)


def test_no_predictor_of_a_low_sublevel_set_is_singular():
    rng = np.random.default_rng(6)
    target = np.eye(3) + 0.2 * rng.normal(size=(3, 3))
    loss = 0.5 * 0.4**2
    bound = least_singular_value(target, loss)
    moves = rng.normal(size=(400, 3, 3))
    moves *= 0.4 / np.linalg.norm(moves, axis=(1, 2), keepdims=True)
    values = np.linalg.svd(target + moves, compute_uv=False)[:, -1]
    assert bound <= values.min()
    u, _, vt = np.linalg.svd(target)
    reached = np.linalg.svd(target - 0.4 * np.outer(u[:, -1], vt[-1]), compute_uv=False)[-1]
    assert reached == pytest.approx(bound)


def test_the_law_along_a_flow_and_without_balance():
    given = tw.LinearRegression.whitened(np.diag([1.5, 1.0]))
    network = tw.DeepLinear(depth=2, shape=(2, 2))
    run = tw.follow(
        given, network, tw.Balanced(0.5), tw.GradientFlow(1e-9), until=tw.Time(2.0), record=[tw.Factors()], key=0
    )  # fmt: skip
    path = points(run, count=6)
    kept = compare(LossDecrease(), path)
    assert kept.tests
    assert kept.holds
    doubled = kept.laid.measured - 4 * kept.laid.predicted
    assert doubled.min() < 0  # four times as fast is more than the flow does

    def other(algorithm: Any) -> Points:
        tilted = [np.diag([10.0, 1e-3]), np.diag([1e-3, 10.0])]
        return Points(dataclasses.replace(run, algorithm=algorithm), path.time[:1], path.steps[:1], [tilted])

    assert not compare(LossDecrease(), other(tw.GradientFlow(1e-9))).tests
    with pytest.raises(tw.theory.DoesNotApply, match="finite steps"):
        compare(LossDecrease(), other(tw.GradientDescent(1e-4)))


def test_the_descent_of_the_loss_by_another_integrator():
    """The two-by-two flow at depth 3 by scipy: the loss falls at least as the law says, and twice the law is too much."""
    target = np.diag([1.0, 0.6])

    def slopes(flat: np.ndarray) -> list[np.ndarray]:
        a, b, c = flat.reshape(3, 2, 2)
        g = c @ b @ a - target
        return [(c @ b).T @ g, c.T @ g @ a.T, g @ (b @ a).T]

    start = np.concatenate([(0.5 ** (1 / 3) * np.eye(2)).ravel()] * 3)
    flow = solve_ivp(lambda t, y: -np.concatenate([g.ravel() for g in slopes(y)]), (0, 3), start, rtol=1e-10, atol=1e-12)
    shares = []
    for flat in flow.y.T:
        a, b, c = flat.reshape(3, 2, 2)
        speed = sum(float(np.sum(g**2)) for g in slopes(flat))
        shares.append(speed / least_decrease(c @ b @ a, c @ b @ a - target, 3))
    assert min(shares) >= 1 - 1e-9
    assert min(shares) < 2


def test_bad_depths_are_refused():
    with pytest.raises(ValueError, match="depth must be at least 2"):
        hessian_spectrum_at_zero(np.eye(2), 1)
