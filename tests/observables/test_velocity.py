"""Velocities of singular values: the theorem, the factors, and differences along the flow."""

import itertools

import numpy as np
import pytest

import thalweg as tw
from observables.cases import SHAPES, factors, objective
from trajectory.cases import flow, gradient_of, product


def velocities(shape: tuple[int, int], depth: int, *, balanced: bool) -> tuple[np.ndarray, np.ndarray]:
    where, point = objective(shape, depth), factors(shape, depth, balanced=balanced)
    predicted, measured = (velocity(3)(where, point) for velocity in (tw.PredictedVelocity, tw.MeasuredVelocity))
    return np.asarray(predicted), np.asarray(measured)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_the_prediction_is_exact_at_balanced_factors(depth: int, shape: tuple[int, int]):
    predicted, measured = velocities(shape, depth, balanced=True)
    np.testing.assert_allclose(predicted, measured, rtol=0, atol=1e-12 * np.abs(measured).max())


@pytest.mark.parametrize("depth", [2, 3])
def test_the_prediction_fails_at_factors_out_of_balance(depth: int):
    predicted, measured = velocities((4, 4), depth, balanced=False)
    assert np.abs(predicted - measured).max() > 0.1 * np.abs(measured).max()


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_prediction_is_the_formula_of_the_theorem(shape: tuple[int, int]):
    where, point = objective(shape), factors(shape)
    predictor = product(point)
    u, s, vt = np.linalg.svd(predictor, full_matrices=False)
    along = np.diag(u.T @ gradient_of(where.problem, predictor) @ vt.T)[:3]
    predicted = np.asarray(tw.PredictedVelocity(3)(where, point))
    np.testing.assert_allclose(predicted, -3 * s[:3] ** (4 / 3) * along, rtol=1e-11)
    halved = -3 * s[:3] ** (2 / 3) * along
    assert np.abs(predicted - halved).max() > 0.1 * np.abs(predicted).max()


def test_the_measured_velocity_is_the_derivative_of_the_singular_values_along_the_flow():
    widths = [0.1, 0.05, 0.025]
    moment = 3.0
    times = sorted({moment, *(moment - h for h in widths), *(moment + h for h in widths)})
    run = flow(4.0, 1e-12, times=times)  # from factors out of balance: the theorem does not hold, the derivative does
    data = run.data.swap_dims(record="time").set_coords("time")
    np.testing.assert_array_equal(data.time.values[1:-1], times)
    measured = data.measured_velocity.sel(time=moment).values
    errors = []
    for h in widths:
        ends = [data.singular_values.sel(time=moment + side * h).values for side in (1, -1)]
        errors.append(np.abs((ends[0] - ends[1]) / (2 * h) - measured).max())
    assert errors[-1] < 1e-3 * np.abs(measured).max()
    for wide, narrow in itertools.pairwise(errors):
        assert wide / narrow == pytest.approx(4.0, rel=0.1)  # the order of a central difference
    assert np.abs(data.predicted_velocity.sel(time=moment).values - measured).max() > 1e-2 * np.abs(measured).max()


def test_prediction_and_measurement_agree_along_the_flow_from_a_balanced_start():
    begin = tw.Balanced(0.3)
    gaps = []
    for rtol in (1e-6, 1e-9):
        data = flow(10.0, rtol, start=begin, times=[float(time) for time in range(1, 11)]).data
        gaps.append(float(np.abs(data.predicted_velocity - data.measured_velocity).max()))
    scale = float(np.abs(data.measured_velocity).max())
    assert gaps[0] < 1e-4 * scale
    assert gaps[1] < 1e-2 * gaps[0]


def test_names_and_axes():
    assert (tw.PredictedVelocity(1).name, tw.MeasuredVelocity(1).name) == ("predicted_velocity", "measured_velocity")
    assert tw.PredictedVelocity(1).dims == tw.MeasuredVelocity(1).dims == ("rank",)
