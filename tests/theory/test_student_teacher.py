"""Generalisation in time against simulation, ordinary differential equations, other quadratures, and brute force."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from thalweg.theory import (
    InputModes,
    best_stopping_time,
    best_stopping_time_of_mode,
    final_generalisation_error,
    generalisation_error,
    overtraining_growth,
    ridge_error,
    training_error,
)

TIMES = np.array([0.5, 2.0, 10.0, 100.0])
KNOWN = {0.5: (1.012, 0.886, 0.917, 0.950), 1.0: (0.798, 0.606, 0.662, 1.468), 2.0: (0.527, 0.360, 0.391, 0.400)}
LIMITS = {ratio: InputModes.marchenko_pastur(ratio) for ratio in (0.25, 0.5, 1.0, 2.0, 4.0)}


@pytest.mark.parametrize("ratio", KNOWN)
def test_the_error_at_signal_five_is_as_known(ratio: float):
    found = generalisation_error(TIMES, LIMITS[ratio], snr=5, inr=0.1)
    np.testing.assert_allclose(found, KNOWN[ratio], atol=6e-4)


@pytest.mark.parametrize("ratio", KNOWN)
def test_wrong_spectra_give_other_errors(ratio: float):
    right = LIMITS[ratio]
    scaled = InputModes(right.values / ratio, right.weights, ratio)  # entries of variance one over the number of samples
    reached = right.values > 0
    bare = InputModes(right.values[reached], right.weights[reached], ratio)  # no mass at 0
    for wrong in ([scaled] if ratio != 1 else []) + ([bare] if ratio < 1 else []):
        found = generalisation_error(TIMES, wrong, snr=5, inr=0.1)
        assert np.abs(found / KNOWN[ratio] - 1).max() > 0.03


def test_errors_are_means_over_draws_of_an_integrated_flow():
    """Small instances, integrated by a Runge-Kutta method that knows nothing of modes; 4 standard errors are allowed."""
    rng = np.random.default_rng(0)
    n, p, snr, inr, end, draws = 10, 7, 4.0, 0.5, 1.5, 400
    x = rng.normal(size=(n, p)) / np.sqrt(n)
    teachers = rng.normal(size=(draws, n))
    starts = np.sqrt(inr) * rng.normal(size=(draws, n))
    outputs = teachers @ x + rng.normal(size=(draws, p)) / np.sqrt(snr)

    def flow(t: float, w: np.ndarray) -> np.ndarray:
        return ((outputs - w.reshape(draws, n) @ x) @ x.T).ravel()

    students = solve_ivp(flow, (0, end), starts.ravel(), rtol=1e-8, atol=1e-10).y[:, -1].reshape(draws, n)
    tested = np.mean((students - teachers) ** 2, axis=1) + 1 / snr
    trained = np.mean((students @ x - outputs) ** 2, axis=1)
    modes = InputModes.of(x)
    for errors, law in ((tested, generalisation_error), (trained, training_error)):
        expected = float(law(end, modes, snr=snr, inr=inr))
        assert abs(errors.mean() - expected) < 4 * errors.std() / np.sqrt(draws), law.__name__
        assert abs(errors.mean() - float(law(end / 3, modes, snr=snr, inr=inr))) > 4 * errors.std() / np.sqrt(draws)


@pytest.mark.parametrize("ratio", LIMITS)
@pytest.mark.parametrize("inr", [0.0, 0.1, 1.0])
def test_long_training_comes_to_the_limit(ratio: float, inr: float):
    late = float(generalisation_error(1e7, LIMITS[ratio], snr=5, inr=inr))
    if ratio == 1:
        assert final_generalisation_error(1.0, snr=5, inr=inr) == np.inf
        assert late == pytest.approx(float(overtraining_growth(1e7, snr=5)), rel=1e-3)
    else:
        assert late == pytest.approx(final_generalisation_error(ratio, snr=5, inr=inr), rel=1e-9)
    assert float(training_error(1e7, LIMITS[ratio], snr=5, inr=inr)) == pytest.approx(max(0, 1 - 1 / ratio) / 5, abs=1e-4)


def test_overtraining_at_one_grows_as_the_square_root_of_time():
    times = np.logspace(5, 9, 9)
    errors = generalisation_error(times, LIMITS[1.0], snr=2, inr=0.3)
    slopes = np.diff(np.log(errors)) / np.diff(np.log(times))
    assert np.abs(slopes - 0.5).max() < 0.01
    assert errors[-1] == pytest.approx(float(overtraining_growth(1e9, snr=2)), rel=1e-4)
    assert generalisation_error(1e9, InputModes.marchenko_pastur(1.01), snr=2) < 100


def test_at_the_start_nothing_is_learnt():
    for modes in LIMITS.values():
        assert float(generalisation_error(0, modes, snr=5, inr=0.1)) == pytest.approx(1.1 + 0.2)
        assert float(training_error(0, modes, snr=5, inr=0.1)) == pytest.approx(1.1 + 0.2)


def test_training_error_falls_while_the_error_on_new_samples_rises():
    times = np.linspace(5, 50, 40)
    assert (np.diff(training_error(times, LIMITS[1.0], snr=5)) < 0).all()
    assert (np.diff(generalisation_error(times, LIMITS[1.0], snr=5)) > 0).all()


@pytest.mark.parametrize("mode", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("inr", [0.0, 0.5])
def test_a_mode_is_best_stopped_where_its_error_is_least(mode: float, inr: float):
    alone = InputModes(np.array([mode]), np.ones(1), 1.0)
    times = np.linspace(1e-3, 60, 200_001)
    least = times[np.argmin(generalisation_error(times, alone, snr=5, inr=inr))]
    assert float(best_stopping_time_of_mode(mode, snr=5, inr=inr)) == pytest.approx(least, abs=2e-3)
    assert best_stopping_time(alone, snr=5, inr=inr) == pytest.approx(least, abs=2e-3)
    if inr:  # the time for a start at 0 is too short
        assert abs(float(best_stopping_time_of_mode(mode, snr=5)) - least) > 0.02


def test_a_mode_out_of_reach_has_the_limit_of_small_ones():
    found = best_stopping_time_of_mode([0.0, 1e-9], snr=3, inr=0.5)
    np.testing.assert_allclose(found, [4.5, 4.5], rtol=1e-7)


@pytest.mark.parametrize("ratio", LIMITS)
def test_all_modes_are_best_stopped_where_the_error_is_least(ratio: float):
    found = best_stopping_time(LIMITS[ratio], snr=5, inr=0.1)
    times = np.geomspace(0.05, 100, 4001)
    errors = generalisation_error(times, LIMITS[ratio], snr=5, inr=0.1)
    assert found == pytest.approx(times[np.argmin(errors)], rel=2e-3)
    assert float(generalisation_error(found, LIMITS[ratio], snr=5, inr=0.1)) <= errors.min() * (1 + 1e-12)


@pytest.mark.parametrize(("slow", "turns", "late"), [(1e-7, 2, True), (1e-11, 2, False)])
def test_of_several_times_that_look_best_the_best_is_found(slow: float, turns: int, late: bool):
    """Two modes far apart: where the slow one counts for next to nothing the error falls twice."""
    modes = InputModes(np.array([30.0, 1e-3]), np.array([1 - slow, slow]), 1.0)
    times = np.geomspace(1e-2, 1e5, 40_001)
    errors = generalisation_error(times, modes, snr=3000)
    assert np.sum((errors[1:-1] < errors[:-2]) & (errors[1:-1] < errors[2:])) == turns
    found = best_stopping_time(modes, snr=3000)
    assert found == pytest.approx(times[np.argmin(errors)], rel=1e-3)
    assert (found > 100) is late


def test_the_best_time_grows_with_the_logarithm_of_the_signal_but_linearly_at_one():
    def times(ratio: float) -> np.ndarray:
        return np.array([best_stopping_time(LIMITS[ratio], snr=s) for s in (1e6, 1e8, 1e10)])

    for ratio in (0.5, 2.0):
        least = (1 - np.sqrt(ratio)) ** 2
        np.testing.assert_allclose(np.diff(times(ratio)), np.log(100) / least, rtol=0.05)
    np.testing.assert_allclose(times(1.0) / [1e6, 1e8, 1e10], (1 + np.sqrt(2)) / 4, rtol=1e-4)
    assert best_stopping_time(LIMITS[1.0], snr=1e6, inr=1) == pytest.approx(2 * times(1.0)[0], rel=1e-3)


@pytest.mark.parametrize("ratio", LIMITS)
def test_ridge_is_best_at_one_over_the_signal_and_stopping_is_close_behind(ratio: float):
    penalties = np.geomspace(0.01, 4, 2001)
    errors = ridge_error(penalties, LIMITS[ratio], snr=5)
    assert penalties[np.argmin(errors)] == pytest.approx(0.2, rel=4e-3)
    best = float(ridge_error(0.2, LIMITS[ratio], snr=5))
    b = 0.2 + ratio - 1  # at its best the error is (1 + transform)/SNR, in closed form
    assert best == pytest.approx(0.2 * (1 + (np.sqrt(b**2 + 0.8) - b) / 0.4), rel=1e-12)
    stopped = float(generalisation_error(best_stopping_time(LIMITS[ratio], snr=5), LIMITS[ratio], snr=5))
    assert best < stopped < 1.04 * best


def test_ridge_is_that_of_the_normal_equations():
    rng = np.random.default_rng(3)
    n, p, snr, gamma, draws = 6, 9, 3.0, 0.7, 20_000
    x = rng.normal(size=(n, p)) / np.sqrt(n)
    teachers = rng.normal(size=(draws, n))
    outputs = teachers @ x + rng.normal(size=(draws, p)) / np.sqrt(snr)
    found = np.linalg.solve(x @ x.T + gamma * np.eye(n), x @ outputs.T).T
    errors = np.mean((found - teachers) ** 2, axis=1) + 1 / snr
    assert errors.mean() == pytest.approx(float(ridge_error(gamma, InputModes.of(x), snr=snr)), rel=0.01)


def test_times_may_have_any_shape():
    found = generalisation_error(TIMES.reshape(2, 2), LIMITS[2.0], snr=5)
    assert found.shape == (2, 2)
    assert found[1, 0] == generalisation_error(10.0, LIMITS[2.0], snr=5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: generalisation_error(-1.0, LIMITS[1.0], snr=5), "time must be finite and not negative"),
        (lambda: generalisation_error(1.0, LIMITS[1.0], snr=0), "snr must be greater than 0"),
        (lambda: training_error(1.0, LIMITS[1.0], snr=1, inr=-0.1), "inr must be at least 0"),
        (lambda: final_generalisation_error(0, snr=1), "ratio must be greater than 0"),
        (lambda: best_stopping_time_of_mode(-1.0, snr=1), "mode must be finite and not negative"),
        (lambda: ridge_error(0.0, LIMITS[1.0], snr=1), "penalty must be positive"),
        (lambda: overtraining_growth(np.nan, snr=1), "time must be finite"),
        (lambda: best_stopping_time(InputModes.of(np.zeros((2, 2))), snr=1), "no input reaches any direction"),
    ],
)
def test_bad_input_is_refused(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
