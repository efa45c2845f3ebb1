"""Residuals of stationarity for the largest margin, against numpy after the scaling that the formulas avoid."""

import itertools

import numpy as np
import pytest

import thalweg as tw

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 7))
Y = np.sign(np.array([1.0, -0.5, 0.3]) @ X)
FIT = [np.outer([1.0, 0.5, 0, 0], [1.0, -0.5, 0.3]) + 0.05 * RNG.normal(size=(4, 3)), np.array([[1.0, 0.5, 0.1, -0.1]])]


def margins_and_slopes(factors: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    first, second = factors
    margins = Y * (second @ first @ X)[0]
    slopes = [np.concatenate([(y * np.outer(second[0], x)).ravel(), y * first @ x]) for x, y in zip(X.T, Y, strict=True)]
    return margins, np.array(slopes)


def by_definition(factors: list[np.ndarray], loss: str) -> tuple[float, float]:
    """Scale the parameters until the least margin is 1, and measure there."""
    margins, _ = margins_and_slopes(factors)
    assert margins.min() > 0
    scaled = [factor * margins.min() ** -0.5 for factor in factors]
    values, slopes = margins_and_slopes(scaled)
    assert values.min() == pytest.approx(1.0)
    theta = np.concatenate([factor.ravel() for factor in scaled])
    weights = np.exp(-margins) if loss == "exponential" else 1 / (1 + np.exp(margins))
    multipliers = weights * np.linalg.norm(theta) / np.linalg.norm(weights @ slopes)
    stationarity = np.linalg.norm(theta - multipliers @ slopes) / np.linalg.norm(theta)
    return float(stationarity), float(multipliers @ (values - 1) / np.linalg.norm(theta) ** 2)


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_they_are_what_the_definition_says(loss: str, scale: float):
    factors = [scale * factor for factor in FIT]
    where = tw.Objective(tw.Classification(X, Y, loss=loss), tw.DeepLinear(depth=2, shape=(1, 3), hidden=4))
    stationarity, complementarity = by_definition(factors, loss)
    assert float(tw.KKTStationarity()(where, factors)) == pytest.approx(stationarity, rel=1e-10)
    assert float(tw.KKTComplementarity()(where, factors)) == pytest.approx(complementarity, rel=1e-9, abs=1e-15)
    assert complementarity > 0


def test_at_margins_of_thousands_where_the_loss_is_zero():
    factors = [400 * factor for factor in FIT]
    problem = tw.Classification(X, Y)
    where = tw.Objective(problem, tw.DeepLinear(depth=2, shape=(1, 3), hidden=4))
    margins, slopes = margins_and_slopes(factors)
    assert margins.min() > 745
    theta = np.concatenate([factor.ravel() for factor in factors])
    steepest = slopes[np.argmin(margins)]
    expected = np.linalg.norm(theta / np.linalg.norm(theta) - steepest / np.linalg.norm(steepest))
    assert float(tw.KKTStationarity()(where, factors)) == pytest.approx(expected, rel=1e-9)
    assert 0 <= float(tw.KKTComplementarity()(where, factors)) < 1e-12


def test_along_a_path_of_growing_margins_both_fall():
    where = tw.Objective(tw.Classification(np.diag([1.0, 2.0]), [1, 1]), tw.DeepLinear(depth=1, shape=(1, 2)))
    found = []
    for log in (10.0, 100.0, 1000.0, 10000.0):
        # on the flow of a linear model weights of the samples tend to (4, 1) / 5, in logarithms of margins
        w = np.array([[log, log / 2 + np.log(4) / 2]])
        found.append([float(observable(where, [w])) for observable in (tw.KKTStationarity(), tw.KKTComplementarity())])
    for earlier, later in itertools.pairwise(found):
        assert np.all(np.array(later) < 0.2 * np.array(earlier))


def test_before_all_samples_are_fitted_there_is_no_residual():
    where = tw.Objective(tw.Classification(X, Y), tw.DeepLinear(depth=2, shape=(1, 3), hidden=4))
    wrong = [FIT[0], -FIT[1]]
    assert np.isnan(float(tw.KKTStationarity()(where, wrong)))
    assert np.isnan(float(tw.KKTComplementarity()(where, wrong)))


@pytest.mark.parametrize("observable", [tw.KKTStationarity(), tw.KKTComplementarity()])
def test_problems_without_margins_are_refused(observable: tw.KKTStationarity | tw.KKTComplementarity):
    where = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)))
    with pytest.raises(TypeError, match="needs margins: take a Classification problem, not MatrixCompletion"):
        observable.check(where)
    assert observable.dims == ()
