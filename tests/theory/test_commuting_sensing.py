"""The closed form of commuting measurements against scipy's flow of the matrices themselves."""

from typing import Any, cast

import numpy as np
import pytest
from scipy.integrate import cumulative_simpson, solve_ivp

import thalweg as tw
from thalweg.theory import (
    CommutingSensing,
    DoesNotApply,
    Points,
    compare,
    joint_eigenbasis,
    multiplier_rate,
    sensing_eigenvalues,
    sensing_limit,
    sensing_velocity,
)
from theory.scipy_paths import followed

SPECTRA, VALUES = np.array([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]]), np.array([2.0, 1.0])
FACTOR = {"half sum of squares": 1.0, "mean of squares": 1.0, "sum of squares": 2.0, "half mean of squares": 0.5}


def path(
    depth: int, *, loss: str = "half sum of squares", mixed: float = 0.0, uneven: float = 0.0, end: float = 4.0, count: int = 12
) -> Points:
    """A path from 0.4 I, in a rotated basis; mixed: how far the second measurement is from commuting with the first."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    measurements = np.einsum("ik,ak,jk->aij", basis, SPECTRA, basis)
    noise = rng.normal(size=(3, 3))
    measurements[1] += mixed * (noise + noise.T)
    problem = tw.MatrixSensing(measurements, VALUES, loss=loss)

    def gradient(w: np.ndarray) -> np.ndarray:
        residual = np.einsum("aij,ij->a", measurements, w) - VALUES
        return FACTOR[loss] * np.tensordot(residual, measurements, axes=1)

    start = 0.4 * np.eye(3) + uneven * np.diag([1.0, 0.0, 0.0])
    return followed(problem, gradient, [start] * depth, np.linspace(0, end, count))


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_law_holds_along_the_flow_and_not_that_of_another_depth(depth: int):
    made = path(depth)
    comparison = compare(CommutingSensing(), made)
    assert comparison.holds
    assert comparison.tests
    assert comparison.worst < 1e-9
    lam = cast(np.ndarray, comparison.laid.measured)
    wrong = max(
        float(np.abs(sensing_limit(SPECTRA, SPECTRA @ one, 0.4 ** (depth / (depth + 1)), depth + 1).eigenvalues - one).max())
        for one in _sorted_as_spectra(made, lam)
    )
    assert wrong > 1e-3


def _sorted_as_spectra(made: Points, lam: np.ndarray) -> np.ndarray:
    """Eigenvalues in the order of the columns of SPECTRA: those of the first measurement tell the columns apart."""
    found = joint_eigenbasis(cast(Any, made.run.objective.problem).dense)
    return lam[:, [int(np.argmin(np.abs(found.spectra[0] - a))) for a in SPECTRA[0]]]


@pytest.mark.parametrize("loss", FACTOR)
def test_the_multipliers_are_the_integral_of_residuals_with_the_factor_of_the_loss(loss: str):
    made = path(3, loss=loss, end=2.0, count=401)
    speed = CommutingSensing().multipliers_speed(made)
    lam = compare(CommutingSensing(), made).laid.measured
    spectra = joint_eigenbasis(cast(Any, made.run.objective.problem).dense).spectra
    added = cumulative_simpson(speed, x=made.time, axis=0, initial=0)
    np.testing.assert_allclose(sensing_eigenvalues(added, spectra, 0.4, 3), lam, rtol=1e-6)
    halved = sensing_eigenvalues(added / 2, spectra, 0.4, 3)
    assert np.abs(halved - lam).max() > 1e-2


def test_the_limit_is_where_the_path_ends():
    made = path(3, end=400.0)
    limit = CommutingSensing().limit(made)
    measured = compare(CommutingSensing(), made).laid.measured[-1]
    np.testing.assert_allclose(measured, limit.eigenvalues, atol=1e-7)


def test_assumptions_that_fail_are_measured():
    mixed = compare(CommutingSensing(), path(2, mixed=0.1))
    assert not mixed.tests
    assert mixed.worst > 1e-4
    uneven = compare(CommutingSensing(), path(3, uneven=0.05))
    failing = [one for one in uneven.assumptions if not one.holds]
    assert [one.name for one in failing] == ["start, distance from a multiple of the identity"]
    assert uneven.worst > 1e-4


@pytest.mark.parametrize("depth", [2, 3, 2.6, 5])
def test_the_closed_form_solves_the_equation(depth: float):
    scale = 0.4

    def field(_: float, state: np.ndarray) -> np.ndarray:
        lam = state[:3]
        speed = -multiplier_rate(scale, depth) * (SPECTRA @ lam - VALUES)
        return np.concatenate([sensing_velocity(lam, SPECTRA, VALUES, depth), speed])

    start = np.concatenate([np.full(3, scale**depth), np.zeros(2)])
    found = solve_ivp(field, (0, 6), start, method="DOP853", rtol=1e-11, atol=1e-14)
    lam, nu = found.y[:3].T, found.y[3:].T
    np.testing.assert_allclose(sensing_eigenvalues(nu, SPECTRA, scale, depth), lam, rtol=1e-8)
    if depth > 2:
        wrong = scale**depth * (1 - nu @ SPECTRA) ** (-depth / (depth - 1))
        assert np.abs(wrong - lam).max() > 1e-2
        halved = sensing_eigenvalues(nu / 2, SPECTRA, scale, depth)
        assert np.abs(halved - lam).max() > 1e-2


def test_velocity_is_that_of_the_matrix_flow():
    rng = np.random.default_rng(1)
    lam = rng.uniform(0.2, 1.0, 3)
    factor = np.diag(lam ** (1 / 3))
    gradient = np.diag((SPECTRA @ lam - VALUES) @ SPECTRA)
    square = factor @ factor
    velocity = -(square @ square @ gradient + factor @ factor @ gradient @ factor @ factor + gradient @ square @ square)
    np.testing.assert_allclose(sensing_velocity(lam, SPECTRA, VALUES, 3), np.diag(velocity), rtol=1e-12)


def test_measurements_of_rank_one_are_taken_too():
    problem = tw.MatrixSensing((np.eye(3)[:2], np.eye(3)[:2]), [1.0, 2.0], loss="half sum of squares")

    def gradient(w: np.ndarray) -> np.ndarray:
        return np.diag([w[0, 0] - 1.0, w[1, 1] - 2.0, 0.0])

    comparison = compare(CommutingSensing(), followed(problem, gradient, [0.5 * np.eye(3)] * 2, np.linspace(0, 3, 6)))
    assert comparison.holds
    assert comparison.tests


def test_runs_that_it_is_not_of_are_left_out():
    good = path(2, end=0.1)
    discrete = followed(
        good.run.objective.problem, lambda w: 0 * w, good.factors[0], good.time, algorithm=tw.GradientDescent(0.1)
    )
    with pytest.raises(DoesNotApply, match="finite steps"):
        CommutingSensing().lay(discrete)
    with pytest.raises(DoesNotApply, match="not of LinearRegression"):
        compare(
            CommutingSensing(),
            followed(tw.LinearRegression.whitened(np.eye(2)), lambda w: w - np.eye(2), [np.eye(2)] * 2, np.linspace(0, 1, 3)),
        )
    with pytest.raises(DoesNotApply, match="not square"):
        wide = tw.MatrixSensing(np.ones((1, 2, 3)), [1.0])
        compare(CommutingSensing(), followed(wide, lambda w: 0 * w, [np.eye(2, 3), np.eye(2)], np.linspace(0, 1, 3)))
    with pytest.raises(DoesNotApply, match="single factor"):
        CommutingSensing().lay(followed(good.run.objective.problem, lambda w: 0 * w, [np.eye(3)], good.time))
    with pytest.raises(DoesNotApply, match="as many measurements"):
        problem = tw.MatrixSensing(np.stack([np.diag([1.0, 0.0]), np.eye(2)]), [1.0, 1.5])
        compare(CommutingSensing(), followed(problem, lambda w: 0 * w, [np.eye(2)] * 2, np.linspace(0, 1, 3)))
    with pytest.raises(DoesNotApply, match="positive multiples"):
        CommutingSensing().limit(followed(good.run.objective.problem, lambda w: 0 * w, [-np.eye(3)] * 2, good.time))


def test_multipliers_that_no_path_reaches_are_refused():
    with pytest.raises(ValueError, match="below 1"):
        sensing_eigenvalues([2.0], [[1.0, 0.5]], 0.1, 3)


@pytest.mark.slow
def test_the_packages_own_flow_keeps_the_law():
    measurements = np.stack([np.diag(row) for row in SPECTRA])
    problem = tw.MatrixSensing(measurements, VALUES)
    run = tw.follow(
        problem,
        tw.DeepLinear(depth=3, shape=(3, 3)),
        tw.Identity(0.2**3),
        tw.GradientFlow(1e-9),
        until=tw.Time(200.0),
        record=[tw.Factors()],
        key=0,
    )
    comparison = compare(CommutingSensing(), run)
    assert comparison.holds
    assert comparison.tests
