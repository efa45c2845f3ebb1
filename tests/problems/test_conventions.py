"""The four conventions of a loss differ by exact factors, in the loss and in its gradient."""

import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from thalweg.problems.conventions import CONVENTIONS

FACTORS = {
    "mean of squares": 1.0,
    "half mean of squares": 0.5,
    "sum of squares": 8.0,
    "half sum of squares": 4.0,
}
"""Against the mean of squares, with 8 observations: powers of two, so that the factor is exact in floating point."""


def test_the_factors_cover_the_conventions():
    assert set(FACTORS) == set(CONVENTIONS)


@pytest.mark.parametrize("loss", FACTORS)
@pytest.mark.parametrize("kind", ["completion", "dense", "rank one"])
def test_conventions_differ_by_the_exact_factor(kind: str, loss: str):
    def problem(convention: str) -> tw.MatrixCompletion | tw.MatrixSensing:
        if kind == "completion":
            return tw.MatrixCompletion.random(shape=(3, 5), rank=2, observed=8, key=0, loss=convention)
        return tw.MatrixSensing.random(shape=(3, 5), rank=2, measurements=8, key=0, kind=kind, loss=convention)

    point = jnp.asarray(np.random.default_rng(1).normal(size=(3, 5)))
    published, gradient = problem("mean of squares").loss_and_gradient(point)
    value, slope = problem(loss).loss_and_gradient(point)
    assert float(value) == FACTORS[loss] * float(published)
    np.testing.assert_array_equal(slope, FACTORS[loss] * gradient)
    assert float(problem(loss).loss(point)) == pytest.approx(float(value), rel=1e-15)


@pytest.mark.parametrize("loss", ["mean", "Mean of squares", "", "half"])
def test_an_unknown_convention_is_refused_with_those_there_are(loss: str):
    with pytest.raises(ValueError, match=r"loss must be one of 'mean of squares', .*'half sum of squares'; got "):
        tw.MatrixCompletion(np.eye(2), loss=loss)
    with pytest.raises(ValueError, match="loss must be one of"):
        tw.MatrixSensing(np.ones((1, 2, 2)), [1.0], loss=loss)
