"""One step of a run from each of its points: the run's own next points, and what counts as rounding there."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import DoesNotApply, points
from thalweg.theory.one_step import one_step, rate_of, rounding
from theory.points_at import points_at, regression

NETWORK = tw.DeepLinear(depth=2, shape=(2, 3))


def test_steps_from_points_are_the_next_points():
    run = tw.follow(
        regression((2, 3)),
        NETWORK,
        tw.Gaussian(0.5),
        tw.GradientDescent(0.05),
        until=tw.Steps(6),
        key=0,
        record=[tw.Factors()],
        at=tw.EverySteps(1),
    )
    path = points(run, count=7)
    after = one_step(path)
    for made, recorded in zip(after[:-1], path.factors[1:], strict=True):
        for one, other in zip(made, recorded, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-14)
    assert rate_of(path) == 0.05
    assert rounding(path) == pytest.approx(9.1e-13, rel=0.01)


def test_a_flow_has_no_rate():
    path = points_at(regression((2, 3)), NETWORK, tw.GradientFlow(1e-9), [[np.ones((2, 3)), np.ones((2, 2))]])
    with pytest.raises(DoesNotApply, match="steps of gradient descent, and this run is of GradientFlow"):
        rate_of(path)


def test_rounding_follows_the_precision_of_the_run():
    factors = [[np.ones((2, 3), np.float32), np.ones((2, 2), np.float32)]]
    assert rounding(points_at(regression((2, 3)), NETWORK, tw.GradientDescent(0.1), factors)) > 1e-4
