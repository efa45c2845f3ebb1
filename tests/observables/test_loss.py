"""The loss against numpy."""

import numpy as np
import pytest

import thalweg as tw
from observables.cases import SHAPES, factors, objective
from trajectory.cases import product


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_loss_is_that_of_the_product(shape: tuple[int, int]):
    where, point = objective(shape), factors(shape)
    assert isinstance(where.problem, tw.MatrixCompletion)
    residual = (product(point) - where.problem.observed)[~np.isnan(where.problem.observed)]
    assert float(tw.Loss()(where, point)) == pytest.approx(np.mean(residual**2), rel=1e-13)
