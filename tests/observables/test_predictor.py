"""The predictor whole."""

import numpy as np
import pytest

import thalweg as tw
from observables.cases import SHAPES, factors, objective
from trajectory.cases import product


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_predictor_is_the_product(shape: tuple[int, int]):
    point = factors(shape)
    found = np.asarray(tw.Predictor()(objective(shape), point))
    assert found.shape == shape
    np.testing.assert_allclose(found, product(point), rtol=0, atol=1e-13 * np.abs(found).max())
    assert (tw.Predictor().name, tw.Predictor().dims) == ("predictor", ("output", "input"))


def test_it_is_recorded_with_its_rows_and_columns():
    where = objective((3, 5))
    run = tw.follow(
        where.problem,
        where.parametrization,
        tw.Gaussian(0.1),
        tw.GradientDescent(0.1),
        record=[tw.Predictor()],
        until=tw.Steps(2),
        key=0,
    )
    assert run.data.predictor.dims == ("record", "output", "input")
    np.testing.assert_array_equal(run.data.predictor[-1], run.predictor)
    np.testing.assert_allclose(run.data.predictor[0], product(run.start), rtol=0, atol=1e-15)
