"""The limit of the flow of commuting measurements against the flow itself, by hand, and by a general optimiser."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from thalweg.theory import (
    LeastTrace,
    SensingLimit,
    excess_coefficient,
    excess_exponent,
    least_trace,
    sensing_limit,
    sensing_velocity,
)

DEMO = np.array([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]]), np.array([2.0, 1.0])
FACE = np.array([[1.0, 1.0, 1.0], [1.0, -0.2, 0.0]]), np.array([1.0, 0.1])


def flow_end(spectra: np.ndarray, values: np.ndarray, scale: float, depth: float, end: float) -> np.ndarray:
    def field(_: float, logs: np.ndarray) -> np.ndarray:
        eigenvalues = np.exp(logs)
        return sensing_velocity(eigenvalues, spectra, values, depth) / eigenvalues

    start = np.full(spectra.shape[1], depth * np.log(scale))
    found = solve_ivp(field, (0, end), start, method="LSODA", rtol=1e-11, atol=1e-11)
    return np.exp(found.y[:, -1])


@pytest.mark.parametrize(("spectra", "values"), [DEMO, FACE], ids=["vertex", "face"])
@pytest.mark.parametrize("depth", [2, 2.5, 3, 4])
def test_the_flow_ends_there(spectra: np.ndarray, values: np.ndarray, depth: float):
    limit = sensing_limit(spectra, values, 0.3, depth)
    assert limit.certified
    ended = flow_end(spectra, values, 0.3, depth, 1e5)
    np.testing.assert_allclose(ended, limit.eigenvalues, atol=1e-8)
    wrong = sensing_limit(spectra, values, 0.3, depth + 0.5)
    assert np.abs(ended - wrong.eigenvalues).max() > 1e-4


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_it_minimises_its_program(depth: float):
    """A general optimiser over the feasible set finds nothing lower, and the same point."""
    spectra, values = FACE
    scale = 0.2
    limit = sensing_limit(spectra, values, scale, depth)
    direction = np.cross(*spectra)

    def objective(t: np.ndarray) -> float:
        lam = limit.eigenvalues + t[0] * direction
        if lam.min() <= 0:
            return np.inf
        if depth == 2:
            return float(np.sum(lam * (np.log(lam / scale**2) - 1)))
        return float(np.sum(lam) - depth / 2 * scale ** (depth - 2) * np.sum(lam ** (2 / depth)))

    found = minimize(objective, [0.03], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15})
    assert abs(found.x[0]) < 1e-6
    assert objective(np.array([0.0])) <= found.fun + 1e-14


def test_published_limits_inside_the_face():
    np.testing.assert_allclose(sensing_limit(*FACE, 0.05, 3).eigenvalues, [0.18768, 0.43841, 0.37391], atol=1e-5)
    np.testing.assert_allclose(sensing_limit([[1.0] * 3], [1.0], 1e-3, 3).eigenvalues, [1 / 3] * 3, atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scale", [1e-4, 1e-1, 10.0])
def test_the_certificate_holds_on_random_instances(seed: int, scale: float):
    rng = np.random.default_rng(seed)
    spectra = rng.normal(size=(3, 7))
    values = spectra @ rng.exponential(size=7)
    for depth in (2, 3, 3.7):
        limit = sensing_limit(spectra, values, scale, depth)
        assert isinstance(limit, SensingLimit)
        assert limit.certified
        lam, nu = limit.eigenvalues, limit.multipliers
        assert np.abs(spectra @ lam - values).max() <= 1e-12 * max(np.abs(values).max(), lam.max() * 7)
        if depth == 2:
            byhand = np.log(lam / scale**2)
        else:
            byhand = 1 - (scale**depth / lam) ** ((depth - 2) / depth)
        np.testing.assert_allclose(nu @ spectra, byhand, atol=1e-10 * max(1, np.abs(byhand).max()))


def test_dependent_measurements_that_agree_change_nothing():
    spectra, values = DEMO
    twice = sensing_limit(np.vstack([spectra, spectra.sum(axis=0)]), np.append(values, values.sum()), 0.1, 3)
    np.testing.assert_allclose(twice.eigenvalues, sensing_limit(spectra, values, 0.1, 3).eigenvalues, rtol=1e-9)
    assert twice.certified


def test_published_excess():
    printed = {2: [7.1e-2, 5.7e-3, 4.5e-4, 3.5e-5], 3: [4.6e-3, 5.6e-6]}
    for depth, numbers in printed.items():
        for power, number in enumerate(numbers, start=1):
            excess = sensing_limit(*DEMO, 10.0**-power, depth).eigenvalues.sum() - 1.0
            assert excess == pytest.approx(number, rel=0.02)


@pytest.mark.parametrize("depth", [2, 2.5, 3, 4])
def test_the_excess_falls_as_its_law_says(depth: float):
    scales = np.array([1e-3, 1e-3 / 4]) if depth < 4 else np.array([1e-2, 1e-2 / 4])
    excess = np.array([sensing_limit(*DEMO, s, depth).eigenvalues.sum() - 1.0 for s in scales])
    slope = np.diff(np.log(excess))[0] / np.diff(np.log(scales))[0]
    assert slope == pytest.approx(excess_exponent(*DEMO, depth), abs=0.02 if depth != 2.5 else 0.06)
    if depth > 2:
        assert excess[0] / scales[0] ** depth == pytest.approx(excess_coefficient(*DEMO, depth), rel=0.05 if depth > 2.5 else 0.3)


def test_a_unique_dual_gives_the_coefficient_by_hand():
    spectra, values = np.array([[1.0, 0.5]]), np.array([2.0])
    assert least_trace(spectra, values).support.tolist() == [True, False]
    assert excess_coefficient(spectra, values, 3) == pytest.approx(0.5**-2)
    assert excess_exponent(spectra, values, 2) == pytest.approx(1.0)
    assert excess_exponent([[1.0, 1.0]], [1.0], 2) == np.inf
    assert excess_coefficient([[1.0, 1.0]], [1.0], 3) == 0


def test_the_least_trace_is_the_dual_value():
    found = least_trace(*DEMO)
    assert isinstance(found, LeastTrace)
    assert found.value == pytest.approx(1.0)
    np.testing.assert_allclose(found.eigenvalues, [0, 1, 0], atol=1e-9)
    assert DEMO[1] @ found.multipliers == pytest.approx(found.value)
    assert (found.multipliers @ DEMO[0] <= 1 + 1e-9).all()


@pytest.mark.parametrize(
    ("spectra", "values", "scale", "depth", "words"),
    [
        ([[1.0, 1.0]], [-1.0], 0.1, 3, "plateau, half sum of squares 0.5"),
        ([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0], 0.1, 2, "some eigenvalue at zero"),
        ([[1.0, 1.0], [1.0, 1.0]], [1.0, 2.0], 0.1, 2, "no non-negative eigenvalues"),
        ([[1.0, 1.0]], [1.0], 0.0, 2, "scale must be positive"),
        ([[1.0, 1.0]], [1.0], 0.1, 1, "depth must be at least 2"),
        ([[1.0, 1.0]], [1.0, 2.0], 0.1, 2, "spectra must be"),
        ([[0.0, 0.0]], [1.0], 0.1, 2, "measures nothing"),
        ([[np.nan, 1.0]], [1.0], 0.1, 2, "finite"),
    ],
)
def test_what_has_no_limit_is_refused(spectra: list, values: list, scale: float, depth: float, words: str):
    with pytest.raises(ValueError, match=words):
        sensing_limit(spectra, values, scale, depth)


def test_what_float64_cannot_hold_is_said():
    with pytest.raises(ArithmeticError, match="take a larger scale"):
        sensing_limit(*DEMO, 1e-4, 10)
    with pytest.raises(ValueError, match="no coefficient"):
        excess_coefficient(*DEMO, 2)
    with pytest.raises(ValueError, match="no positive semidefinite solution"):
        least_trace([[1.0, 1.0]], [-1.0])
