"""Points of a path: recorded or followed again they are the same, and what is computed at them is right a second way."""

import dataclasses
import importlib

import jax
import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import Points, points
from thalweg.theory.points import velocity
from theory.runs import NETWORK, PROBLEM, run


@pytest.fixture(scope="module")
def recorded() -> tw.Trajectory:
    return run(record=[tw.Factors(), tw.Loss()], at=tw.EveryTime(0.25))


@pytest.fixture(scope="module")
def path(recorded: tw.Trajectory) -> Points:
    return points(recorded)


def test_recorded_factors_are_taken_apart_as_they_were(recorded: tw.Trajectory, path: Points):
    np.testing.assert_array_equal(path.time, recorded.data.time)
    np.testing.assert_array_equal(path.steps, recorded.data.steps)
    for row, factors in zip(recorded.data.factors.values, path.factors, strict=True):
        assert [factor.shape for factor in factors] == NETWORK.shapes
        np.testing.assert_array_equal(np.concatenate([factor.ravel() for factor in factors]), row)
    for at, factors in ((0, recorded.start), (-1, recorded.params)):
        for one, other in zip(path.factors[at], factors, strict=True):
            np.testing.assert_array_equal(one, other)
    assert (path.depth, path.rtol, path.network, len(path)) == (3, 1e-9, NETWORK, 7)


def test_a_flow_followed_again_is_the_same_path_to_its_tolerance(path: Points):
    again = points(run(record=[tw.Loss()], at=tw.EveryTime(0.25)), count=7)
    assert len(again) == 7
    np.testing.assert_allclose(again.time, path.time, rtol=1e-12)
    np.testing.assert_allclose(again.predictors, path.predictors, atol=1e-8)
    for one, other in zip(again.factors[0], path.factors[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_descent_followed_again_is_the_same_path_to_the_bit():
    descent = tw.GradientDescent(0.05)
    here = points(run(descent, record=[tw.Factors()], at=tw.EverySteps(10)))
    again = points(run(descent, at=tw.EverySteps(10)))
    assert here.steps.tolist() == [0, 10, 20, 30]
    at = np.searchsorted(again.steps, here.steps)
    np.testing.assert_array_equal(again.steps[at], here.steps)
    np.testing.assert_array_equal(again.predictors[at], here.predictors)
    assert again.rtol == 0.0


def test_of_many_records_as_many_are_kept_as_are_wanted(recorded: tw.Trajectory):
    few = points(recorded, count=3)
    np.testing.assert_allclose(few.time, [0.0, 0.75, 1.5])
    assert len(points(recorded, count=1000)) == 7


def test_a_path_of_many_parameters_has_fewer_points(recorded: tw.Trajectory, monkeypatch: pytest.MonkeyPatch):
    size = sum(factor.size for factor in recorded.start)
    module = importlib.import_module("thalweg.theory.points")  # the package calls the function by the same name
    monkeypatch.setattr(module, "MOST_BYTES", 8 * size * 4)
    assert len(points(recorded)) == 4
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    assert len(points(recorded)) == 2


def test_gradients_and_slopes_are_those_of_autodiff(path: Points):
    for at in (0, -1):
        factors = path.factors[at]
        product = factors[2] @ factors[1] @ factors[0]
        np.testing.assert_allclose(path.predictors[at], product, atol=1e-15)
        np.testing.assert_allclose(path.gradients[at], jax.grad(PROBLEM.loss)(product), atol=1e-13)
        slopes = jax.grad(lambda f: PROBLEM.loss(f[2] @ f[1] @ f[0]))(factors)
        for one, other in zip(path.slopes[at], slopes, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-13)


def test_velocities_are_quotients_of_the_path():
    step = 1e-3
    path = points(run(record=[tw.Factors()], at=tw.AtTimes([0.5 - step, 0.5, 0.5 + step])))
    assert len(path) == 5
    quotient = (path.predictors[3] - path.predictors[1]) / (2 * step)
    np.testing.assert_allclose(path.velocities[2], quotient, atol=1e-5 * np.abs(quotient).max())
    assert np.abs(path.velocities[2] + path.gradients[2]).max() > 0.1  # as a single matrix would move


def test_the_velocity_of_a_product_is_the_product_rule():
    rng = np.random.default_rng(0)
    factors, moves = ([rng.normal(size=shape) for shape in ((3, 2), (4, 3), (2, 4))] for _ in range(2))
    a, b, c = factors
    da, db, dc = moves
    np.testing.assert_allclose(velocity(factors, moves), dc @ b @ a + c @ db @ a + c @ b @ da, atol=1e-14)


def test_singular_values_and_imbalance_by_hand(path: Points):
    u, s, vt = path.singular
    assert (u.shape, s.shape, vt.shape) == ((7, 2, 2), (7, 2), (7, 2, 3))
    np.testing.assert_allclose(u * s[:, None, :] @ vt, path.predictors, atol=1e-14)
    np.testing.assert_allclose(s[-1] ** 2, np.linalg.eigvalsh(path.predictors[-1] @ path.predictors[-1].T)[::-1], atol=1e-13)
    a, b, c = path.factors[0]
    gap = max(np.linalg.norm(b.T @ b - a @ a.T), np.linalg.norm(c.T @ c - b @ b.T))
    assert path.imbalance[0] == pytest.approx(gap / max(np.sum(w**2) for w in (a, b, c)))


def test_factors_of_nothing_are_balanced(recorded: tw.Trajectory):
    zero = Points(recorded, np.zeros(1), np.zeros(1, int), [[np.zeros((2, 3)), np.zeros((2, 2))]])
    np.testing.assert_array_equal(zero.imbalance, [0.0])


@pytest.mark.parametrize(("count", "error"), [(1, ValueError), (2.5, TypeError)])
def test_a_count_that_is_none_is_refused(recorded: tw.Trajectory, count: float, error: type[Exception]):
    with pytest.raises(error, match="count must be"):
        points(recorded, count=count)  # type: ignore[arg-type]


def test_a_run_of_another_parametrization_is_refused(recorded: tw.Trajectory):
    class Other:
        pass

    other = dataclasses.replace(recorded, objective=type("Seen", (), {"parametrization": Other()})())
    with pytest.raises(ValueError, match="laws are of a DeepLinear network, not of Other"):
        points(other)
