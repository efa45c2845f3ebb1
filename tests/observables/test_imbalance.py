"""Imbalance against numpy."""

import numpy as np
import pytest

import thalweg as tw
from observables.cases import SHAPES, factors, objective
from trajectory.cases import imbalances


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("depth", [2, 4])
def test_imbalance_is_the_largest_gap_between_neighbours(depth: int, shape: tuple[int, int]):
    point = factors(shape, depth)
    gaps = [np.linalg.norm(gap) for gap in imbalances(point)]
    assert float(tw.Imbalance()(objective(shape, depth), point)) == pytest.approx(max(gaps), rel=1e-13)


def test_a_single_matrix_and_balanced_factors_have_none():
    assert float(tw.Imbalance()(objective((3, 5), 1), [np.ones((3, 5))])) == 0.0
    assert float(tw.Imbalance()(objective((3, 5)), factors((3, 5), balanced=True))) < 1e-13
