"""Momentum in the dual against plain numpy, and its rate."""

import numpy as np
import pytest

import thalweg as tw
from algorithms.separable import planted, row, softmin_slope

PROBLEM = planted()


def path(algorithm, steps: int) -> tw.Trajectory:
    network, start = row()
    return tw.follow(PROBLEM, network, start, algorithm, until=tw.Steps(steps), key=0, record=[tw.NormalizedMargin()])


def by_numpy(rate: float, steps: int, *, momentum: bool = True) -> np.ndarray:
    w, g = np.zeros(4), np.zeros(4)
    for t in range(steps):
        slope = softmin_slope(PROBLEM, w)[1]
        g = t / (t + 1) * (g + slope) if momentum else np.zeros(4)
        w = w - rate * (g + slope)
    return w


def test_steps_are_those_of_the_published_rule():
    run = path(tw.DualMomentum(0.9), 100)
    np.testing.assert_allclose(run.predictor[0], by_numpy(0.9, 100), rtol=1e-10)
    assert np.abs(run.predictor[0] - by_numpy(0.9, 100, momentum=False)).max() > 1.0
    assert (run.outcome.time, run.outcome.gradients) == (100.0, 101)
    first = path(tw.DualMomentum(0.9), 1)
    np.testing.assert_allclose(first.predictor[0], 0.9 * PROBLEM.signed.mean(axis=1), rtol=1e-13)


def test_the_gap_shrinks_with_the_square_of_the_steps():
    best = tw.exact.hard_margin(PROBLEM).value
    run = path(tw.DualMomentum(1.0), 4000)
    fastest = np.minimum.accumulate(best - run.data.normalized_margin.values)
    gap = np.interp([40, 400, 4000], run.data.steps, fastest)
    assert np.log10(gap[0] / gap[2]) > 3.4
    descent = path(tw.NormalizedGradientDescent(1.0), 4000)
    assert gap[2] < 0.01 * float(best - descent.data.normalized_margin[-1])


@pytest.mark.parametrize("rate", [0.0, -1.0, np.inf, None])
def test_bad_rates_are_refused(rate):
    with pytest.raises(ValueError, match="learning_rate must be"):
        tw.DualMomentum(rate)
