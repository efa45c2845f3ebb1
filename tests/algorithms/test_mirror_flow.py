"""Mirror flow: closed forms of one coordinate, the flow of diagonal networks, and what it keeps to rounding."""

from typing import Any

import numpy as np
import pytest

import thalweg as tw
from algorithms.rows import BEGIN, REGRESSION, ROW, outside
from thalweg.potentials import AbstractPotential

TIMES = np.linspace(0, 4, 9)[1:]


def coefficients(
    potential: AbstractPotential, start: np.ndarray, rtol: float, problem: tw.LinearRegression = REGRESSION
) -> np.ndarray:
    network = tw.DeepLinear(depth=1, shape=start.shape)
    run = tw.follow(
        problem, network, [start], tw.MirrorFlow(potential, rtol), until=tw.Time(4.0), record=[tw.Predictor()],
        at=tw.AtTimes(TIMES.tolist()), key=0,
    )  # fmt: skip
    return run.data.predictor.values[1:, 0]


def test_one_coordinate_with_the_entropy_is_logistic():
    goal, begin = 2.0, 0.1
    found = coefficients(tw.potentials.Entropy(), np.array([[begin]]), 1e-10, tw.LinearRegression.whitened([[goal]]))
    np.testing.assert_allclose(found[:, 0], goal / (1 + (goal / begin - 1) * np.exp(-goal * TIMES)), rtol=1e-8)


def test_a_diagonal_network_moves_so_at_four_times_the_speed():
    r"""$\dot\beta = -4\sqrt{\beta^2 + 4\alpha^4}\,\nabla\ell$, where a factor of 1 or 2 has been printed."""
    scale = 0.4
    network = tw.Diagonal(size=5, depth=2)
    times = (TIMES / 4).tolist()
    run = tw.follow(
        REGRESSION, network, tw.Constant(scale), tw.GradientFlow(1e-10, solver="explicit"), until=tw.Time(1.0),
        record=[tw.Predictor()], at=tw.AtTimes(times), key=0,
    )  # fmt: skip
    ours = coefficients(tw.potentials.Hypentropy(scale), np.zeros((1, 5)), 1e-10)
    np.testing.assert_allclose(ours, run.data.predictor.values[1:, 0], atol=1e-8)
    wrong = coefficients(tw.potentials.Hypentropy(2 * scale), np.zeros((1, 5)), 1e-10)
    assert np.abs(wrong - ours).max() > 1e-2


def test_duals_stay_in_the_span_of_the_samples_at_any_tolerance():
    potential = tw.potentials.Entropy()
    loose, tight = (coefficients(potential, BEGIN, rtol) for rtol in (1e-2, 1e-9))
    assert outside(potential.gradient(loose) - potential.gradient(BEGIN)) < 1e-13
    assert np.abs(loose - tight).max() > 1e-6
    small = coefficients(potential, BEGIN, 1e-6)
    assert np.abs(small - tight).max() < 1e-2 * np.abs(loose - tight).max()


def test_it_starts_at_zero_where_the_metric_of_a_p_norm_is_not_defined():
    potential = tw.potentials.PNorm(1.5)
    end = coefficients(potential, np.zeros((1, 5)), 1e-8)[-1]
    assert np.isfinite(end).all()
    assert outside(potential.gradient(end)) < 1e-12
    assert outside(end) > 1e-2


def test_the_start_is_recorded_as_given():
    run = tw.follow(REGRESSION, ROW, [BEGIN], tw.MirrorFlow(tw.potentials.Hypentropy(0.1)), until=tw.Time(1e-3), key=0)
    assert np.array_equal(run.start[0], BEGIN)
    assert run.data.time.values[-1] == 1e-3


@pytest.mark.parametrize(
    ("potential", "rtol", "error", "message"),
    [
        (np.log, 1e-6, TypeError, "potential must be a potential"),
        (tw.potentials.Entropy(), 0.5, ValueError, "rtol must be below 0.1"),
        (tw.potentials.Entropy(), -1.0, ValueError, "rtol must be greater than 0"),
    ],
)
def test_bad_settings_are_refused(potential: Any, rtol: float, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.MirrorFlow(potential, rtol)


def test_a_tolerance_beyond_the_precision_is_refused():
    with pytest.raises(ValueError, match="rtol=1e-15 cannot be reached in float64"):
        coefficients(tw.potentials.Entropy(), BEGIN, 1e-15)
