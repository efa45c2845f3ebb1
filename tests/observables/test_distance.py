"""Distances of the predictor from a point."""

from typing import Any

import numpy as np
import pytest

import thalweg as tw

OBJECTIVE = tw.Objective(tw.LinearRegression.whitened([[3.0, 0.0, 4.0]]), tw.Diagonal(size=3))
PARAMS = [np.array([1.0, 2.0, 0.0]), np.array([0.0, 0.0, 1.0])]  # the predictor (1, 4, -1)


def test_distances_are_those_by_hand():
    assert float(tw.DistanceTo([1.0, 2.0, -1.0])(OBJECTIVE, PARAMS)) == pytest.approx(2.0)
    assert float(tw.DistanceTo([[1.0, 4.0, 2.0]])(OBJECTIVE, PARAMS)) == pytest.approx(3.0)
    assert float(tw.DistanceTo([3.0, 4.0, 0.0], relative=True)(OBJECTIVE, PARAMS)) == pytest.approx(np.sqrt(5) / 5)
    assert float(tw.DistanceTo(np.zeros(3))(OBJECTIVE, PARAMS)) == pytest.approx(np.sqrt(18))


def test_several_stand_in_one_record_under_their_names():
    run = tw.follow(
        OBJECTIVE.problem,
        OBJECTIVE.parametrization,
        tw.Constant(0.5),
        tw.GradientDescent(0.01),
        until=tw.Steps(300),
        record=[
            tw.DistanceTo([3.0, 0.0, 4.0], name="to_target"),
            tw.DistanceTo([3.0, 0.0, 4.0], name="share", relative=True),
            tw.DistanceTo(np.zeros(3), name="to_zero"),
            tw.Predictor(),
        ],
        key=0,
    )
    path = run.data.predictor.values[:, 0]
    np.testing.assert_allclose(run.data.to_target, np.linalg.norm(path - [3.0, 0.0, 4.0], axis=1), rtol=1e-12)
    np.testing.assert_allclose(run.data.share, run.data.to_target / 5, rtol=1e-12)
    np.testing.assert_allclose(run.data.share, run.data.to_target / 5, rtol=1e-12)
    np.testing.assert_allclose(run.data.to_zero, np.linalg.norm(path, axis=1), rtol=1e-12)
    assert run.data.to_target[-1] < 1e-2 * run.data.to_target[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"point": [1.0, np.nan]}, "must be finite"),
        ({"point": [1.0], "name": "to l1"}, "must be an identifier"),
        ({"point": [0.0, 0.0], "relative": True}, "no relative distance to zero"),
    ],
)
def test_bad_input_is_named(arguments: dict[str, Any], complaint: str):
    with pytest.raises(ValueError, match=complaint):
        tw.DistanceTo(**arguments)


def test_a_point_of_another_shape_is_refused_before_the_run():
    with pytest.raises(ValueError, match="'distance' has shape"):
        tw.DistanceTo([1.0, 2.0]).check(OBJECTIVE)
