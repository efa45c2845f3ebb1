"""Largest margins against a conic solver, a scan of all directions and by hand; what cannot be separated is refused."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import thalweg as tw
from thalweg.data.digits import load
from thalweg.data.source import DataMissing
from thalweg.exact import Solution
from thalweg.exact.hard_margin import hard_margin, proved_margin

NORMS = (2, 1, np.inf)
DUAL: dict[float, float] = {2: 2, 1: np.inf, np.inf: 1}


def planted(seed: int, samples: int, size: int) -> tw.Classification:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(size, samples))
    return tw.Classification(inputs, np.sign(rng.normal(size=size) @ inputs))


def check_certificate(solution: Solution, signed: np.ndarray, norm: float) -> None:
    """All that the solution says of itself, computed anew."""
    assert np.linalg.norm(solution.predictor[0], norm) == pytest.approx(1.0, abs=1e-14)
    assert solution.value == pytest.approx(float((solution.predictor @ signed).min()), rel=1e-12)
    assert (solution.dual >= 0).all()
    assert solution.dual.sum() == pytest.approx(1.0, abs=1e-13)
    bound = float(np.linalg.norm(signed @ solution.dual, DUAL[norm]))
    assert solution.dual_value == pytest.approx(bound, rel=1e-12)
    assert solution.value <= solution.dual_value
    assert solution.gap == pytest.approx((solution.dual_value - solution.value) / solution.dual_value, abs=1e-15)
    assert solution.certified == (solution.gap <= solution.asked)


@pytest.mark.parametrize("norm", NORMS)
def test_a_small_case_by_hand(norm: Any):
    """Samples (3, 0) and (0, 4): margins are equal at the solution, 3 w_1 = 4 w_2."""
    solution = hard_margin(tw.Classification([[3.0, 0.0], [0.0, -4.0]], [1, -1]), norm)
    assert solution.value == pytest.approx({2: 2.4, 1: 12 / 7, np.inf: 3.0}[norm], rel=1e-14)
    if norm != np.inf:
        w = np.array([4.0, 3.0])
        np.testing.assert_allclose(solution.predictor[0], w / np.linalg.norm(w, norm), rtol=1e-13)
        np.testing.assert_allclose(solution.dual, {2: [0.64, 0.36], 1: [4 / 7, 3 / 7]}[norm], rtol=1e-13)


@pytest.mark.parametrize("norm", NORMS)
def test_no_direction_of_the_plane_has_a_larger_margin(norm: float):
    signed = planted(3, 12, 2).signed
    angles = np.linspace(0, 2 * np.pi, 400_001)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    best = ((circle.T @ signed).min(axis=1) / np.linalg.norm(circle, norm, axis=0)).max()
    found = hard_margin(planted(3, 12, 2), norm)
    check_certificate(found, signed, norm)
    assert best <= found.value * (1 + 1e-12)
    assert best > found.value * (1 - 1e-4)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("samples", "size"), [(30, 10), (60, 8), (10, 40), (1, 3)])
def test_margins_are_those_of_a_conic_solver(samples: int, size: int, norm: float):
    cvxpy = pytest.importorskip("cvxpy")
    problem = planted(samples, samples, size)
    w = cvxpy.Variable(size)
    program = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(w, "inf" if norm == np.inf else norm)), [problem.signed.T @ w >= 1])
    least = program.solve(solver="CLARABEL") if "CLARABEL" in cvxpy.installed_solvers() else program.solve()
    found = hard_margin(problem, norm)
    check_certificate(found, problem.signed, norm)
    assert found.certified
    assert found.value == pytest.approx(1 / least, rel=1e-6)
    if norm == 2:
        np.testing.assert_allclose(found.predictor[0] / found.value, w.value, rtol=1e-4, atol=1e-4 * least)


@pytest.mark.parametrize("norm", NORMS)
def test_gaps_close_to_rounding_on_many_instances(norm: float):
    gaps = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        problem = planted(seed, int(rng.integers(1, 60)), int(rng.integers(1, 40)))
        found = hard_margin(problem, norm)
        check_certificate(found, problem.signed, norm)
        gaps.append(found.gap)
    assert max(gaps) < 1e-9
    assert np.median(gaps) < 1e-12


def test_the_solution_is_unique_for_the_euclidean_norm_and_its_weights_are_of_support_vectors():
    problem = planted(0, 30, 10)
    found = hard_margin(problem)
    margins = problem.margins(found.predictor)
    assert (margins[found.dual > 1e-9] <= found.value * (1 + 1e-10)).all()
    np.testing.assert_allclose(problem.signed @ found.dual / found.dual_value, found.predictor[0], atol=1e-12)
    # weights of other samples prove less
    assert proved_margin(problem.signed, np.full(30, 1 / 30)) > 1.5 * found.value


def test_real_digits():
    try:
        digits = load()
    except DataMissing as missing:
        pytest.skip(str(missing))
    some = digits.at((digits.labels == 3) | (digits.labels == 8))
    problem = tw.Classification(some.inputs.T, np.where(some.labels == 3, 1, -1))
    for norm, value in ((2, 0.2074404), (1, 0.0434218), (np.inf, 0.8586999)):
        found = hard_margin(problem, norm, gap=1e-11)
        check_certificate(found, problem.signed, norm)
        assert found.certified
        assert found.value == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("factor", [1e-200, 1e150])
def test_units_do_not_matter(norm: float, factor: float):
    problem = planted(1, 20, 6)
    scaled = SimpleNamespace(signed=problem.signed * factor)
    assert hard_margin(scaled, norm).value == pytest.approx(hard_margin(problem, norm).value * factor, rel=1e-12)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    "signed",
    [
        np.array([[1.0, -1.0]]),
        np.array([[1.0, 1.0, -2.0], [1.0, -1.0, 0.0]]),
        np.zeros((3, 2)),
        np.random.default_rng(0).normal(size=(4, 60)),
    ],
    ids=["opposite", "triangle", "zero", "random labels"],
)
def test_what_cannot_be_separated_is_refused_with_the_combination_that_is_zero(norm: float, signed: np.ndarray):
    with pytest.raises(ValueError, match=r"cannot be separated .* convex combination of \d+ signed samples .* on sample \d+"):
        hard_margin(SimpleNamespace(signed=signed), norm)


@pytest.mark.parametrize("norm", NORMS)
def test_a_spent_budget_is_told_with_a_bound_that_holds(norm: float):
    problem = planted(0, 30, 10)
    with pytest.warns(RuntimeWarning, match="not certified as the largest: the largest is below"):
        found = hard_margin(problem, norm, max_iterations=3)
    check_certificate(found, problem.signed, norm)
    assert not found.certified
    assert found.value < hard_margin(problem, norm).value < found.dual_value


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"norm": 3}, ValueError, "norm must be 1, 2 or inf, got 3"),
        ({"norm": "l2"}, ValueError, "norm must be 1, 2 or inf, got 'l2'"),
        ({"gap": 0.0}, ValueError, "gap must be from 1e-12"),
        ({"gap": np.nan}, ValueError, "gap must be from 1e-12"),
        ({"max_iterations": 0}, ValueError, "max_iterations"),
        ({"problem": tw.LinearRegression.whitened(np.ones((1, 2)))}, TypeError, "takes a problem with signed samples"),
    ],
)
def test_bad_input_is_refused(arguments: dict, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        hard_margin(**({"problem": planted(0, 5, 3)} | arguments))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("weights", [[0.7, 0.7], [1.5, -0.5], [np.nan, 1.0]])
def test_weights_that_prove_nothing_are_refused(weights: list[float]):
    with pytest.raises(ValueError, match="weights must not be negative and of sum 1"):
        proved_margin(np.eye(2), np.array(weights))
