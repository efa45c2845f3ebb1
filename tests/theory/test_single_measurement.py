"""Relations between singular values with one measurement, against scipy's flow and by hand."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import thalweg as tw
from thalweg.theory import DoesNotApply, SingleMeasurement, compare, related_singular_value, singular_value_cap
from theory.scipy_paths import followed

STRENGTH, START = np.array([1.0, 0.6, 0.3]), np.array([0.1, 0.09, 0.08])
FINALS = {1: (2.046, 1.258, 0.664), 2: (2.559, 0.630, 0.212), 3: (2.721, 0.390, 0.148), 4: (2.775, 0.310, 0.131)}


def path(depth: int, *, tilt: float = 0.0, skew: float = 0.0):
    """From singular vectors along those of the measurement, tilted by an angle; skew takes the factors out of balance."""
    turn = np.array([[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    measurement = np.diag(STRENGTH)
    problem = tw.MatrixSensing(measurement[None], [3.0], loss="half sum of squares")
    root = np.diag(START ** (1 / depth))
    factors = [root] * depth
    factors[-1] = turn @ factors[-1] * (1 + skew)
    factors[0] = factors[0] / (1 + skew) if depth > 1 else factors[0]

    def gradient(w: np.ndarray) -> np.ndarray:
        return (np.sum(measurement * w) - 3.0) * measurement

    return followed(problem, gradient, factors, np.concatenate([np.linspace(0, 3, 15), [30.0, 100.0]]))


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_the_relations_hold_along_the_flow(depth: int):
    made = path(depth)
    comparison = compare(SingleMeasurement(), made)
    assert comparison.holds
    assert comparison.tests
    np.testing.assert_allclose(comparison.laid.measured[-1], FINALS[depth], atol=1.5e-3)


@pytest.mark.parametrize("depth", [1, 1.5, 2, 2.5, 3, 6])
def test_the_relation_solves_its_differential_equation(depth: float):
    ratio, start, other = 0.6, 0.09, 0.1
    found = solve_ivp(
        lambda s, y: ratio * (y / s) ** (2 - 2 / depth), (other, 5.0), [start], rtol=1e-11, atol=1e-13, dense_output=True
    )
    at = np.linspace(other, 5.0, 30)
    np.testing.assert_allclose(found.sol(at)[0], related_singular_value(at, start, other, ratio, depth), rtol=1e-8)
    wrong = related_singular_value(at, start, other, ratio, depth + 1)
    assert np.abs(wrong - found.sol(at)[0]).max() > 1e-3


def test_the_three_named_cases_by_hand():
    assert related_singular_value(2.0, 0.1, 0.2, 0.5, 1) == pytest.approx(0.1 + 0.5 * 1.8)
    assert related_singular_value(2.0, 0.1, 0.2, 0.5, 2) == pytest.approx(0.1 * 10**0.5)
    constant = 0.1 ** (-1 / 3) - 0.5 * 0.2 ** (-1 / 3)
    assert related_singular_value(2.0, 0.1, 0.2, 0.5, 3) == pytest.approx((0.5 * 2 ** (-1 / 3) + constant) ** -3)


def test_caps_are_the_asymptotes():
    first, second = singular_value_cap(0.09, 0.1, 0.6, 3)
    assert second == np.inf
    assert related_singular_value(1e12, 0.09, 0.1, 0.6, 3) == pytest.approx(first, rel=1e-3)
    assert first == pytest.approx((0.09 ** (-1 / 3) - 0.6 * 0.1 ** (-1 / 3)) ** -3)
    low, high = singular_value_cap(1.0, 0.01, 0.6, 3)
    assert low == np.inf
    assert related_singular_value(0.999 * high, 1.0, 0.01, 0.6, 3) > 1e6
    assert related_singular_value(1.01 * high, 1.0, 0.01, 0.6, 3) == np.inf
    assert singular_value_cap(0.1, 0.1, 1.0, 4) == (np.inf, np.inf)
    assert singular_value_cap(0.1, 0.1, 0.5, 2) == (np.inf, np.inf)


def test_gaps_widen_with_depth():
    gaps = [FINALS[depth][0] / FINALS[depth][1] for depth in (1, 2, 3, 4)]
    measured = [float(np.divide(*compare(SingleMeasurement(), path(d)).laid.measured[-1, :2])) for d in (1, 2, 3, 4)]
    np.testing.assert_allclose(measured, gaps, rtol=0.01)
    assert measured == sorted(measured)


def test_tilted_vectors_and_imbalance_are_measured():
    tilted = compare(SingleMeasurement(), path(2, tilt=0.3))
    assert not tilted.tests
    assert tilted.worst > 1e-3
    skewed = compare(SingleMeasurement(), path(2, skew=0.5))
    assert [one.name for one in skewed.assumptions if not one.holds] == ["imbalance at the start"]
    assert skewed.worst > 1e-3


def test_runs_that_it_is_not_of_are_left_out():
    made = path(2)
    two = tw.MatrixSensing(np.stack([np.eye(3), np.diag(STRENGTH)]), [1.0, 1.0])
    with pytest.raises(DoesNotApply, match="there are 2"):
        compare(SingleMeasurement(), followed(two, lambda w: 0 * w, made.factors[0], made.time))
    with pytest.raises(DoesNotApply, match="not of LinearRegression"):
        regression = tw.LinearRegression.whitened(np.eye(3))
        compare(SingleMeasurement(), followed(regression, lambda w: 0 * w, made.factors[0], made.time))
    with pytest.raises(DoesNotApply, match="two directions"):
        entry = np.full((3, 3), np.nan)
        entry[0, 0] = 1.0
        compare(
            SingleMeasurement(),
            followed(tw.MatrixCompletion(entry, allow_empty=True), lambda w: 0 * w, made.factors[0], made.time),
        )
    with pytest.raises(DoesNotApply, match="two directions"):
        one = tw.MatrixSensing((np.eye(3)[:1], np.eye(3)[:1]), [1.0])
        compare(SingleMeasurement(), followed(one, lambda w: 0 * w, made.factors[0], made.time))
    with pytest.raises(DoesNotApply, match="finite steps"):
        problem = made.run.objective.problem
        compare(
            SingleMeasurement(), followed(problem, lambda w: 0 * w, made.factors[0], made.time, algorithm=tw.GradientDescent(0.1))
        )


@pytest.mark.parametrize(("start", "depth", "words"), [(0.0, 3, "positive at the start"), (0.1, 0.5, "at least 1")])
def test_what_has_no_relation_is_refused(start: float, depth: float, words: str):
    with pytest.raises(ValueError, match=words):
        related_singular_value(1.0, start, 0.1, 0.5, depth)
    with pytest.raises(ValueError, match="ratio must be positive"):
        singular_value_cap(0.1, 0.1, -1.0, 3)
