"""Least l2 and l1 norms: against scipy's linear programs, a conic solver, by hand, and by their own conditions."""

import numpy as np
import pytest
from scipy.optimize import linprog

import thalweg as tw
from thalweg.exact import Solution, least_l1, least_l2


def instance(seed: int, samples: int = 8, size: int = 20) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, size)), rng.normal(size=samples)


def linear_program(matrix: np.ndarray, levels: np.ndarray) -> float:
    both = np.hstack([matrix, -matrix])
    return linprog(np.ones(both.shape[1]), A_eq=both, b_eq=levels, bounds=(0, None), method="highs").fun


def check_certificate(solution: Solution, matrix: np.ndarray, levels: np.ndarray, norm: float, other: float) -> None:
    """All that the solution says of itself, computed anew."""
    point = solution.predictor[0]
    np.testing.assert_allclose(matrix @ point, levels, atol=1e-13 * max(1.0, np.abs(levels).max()) * len(levels))
    assert solution.value == pytest.approx(float(np.linalg.norm(point, norm)), rel=1e-14)
    assert np.linalg.norm(matrix.T @ solution.dual, other) <= 1 + 1e-14
    assert solution.dual_value == pytest.approx(float(solution.dual @ levels), rel=1e-12)
    assert solution.certified
    assert solution.gap <= 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_least_l1_is_that_of_a_linear_program(seed: int):
    matrix, levels = instance(seed)
    solution = least_l1((matrix, levels))
    check_certificate(solution, matrix, levels, 1, np.inf)
    assert solution.value == pytest.approx(linear_program(matrix, levels), rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_least_l1_ends_on_a_vertex(seed: int):
    """As many coordinates as there are samples, the others zero; the multipliers are at their bound where they are not."""
    matrix, levels = instance(seed, samples=30, size=100)
    solution = least_l1((matrix, levels))
    support = solution.predictor[0] != 0
    assert support.sum() == 30
    signs = np.sign(solution.predictor[0][support])
    np.testing.assert_allclose((matrix.T @ solution.dual)[support], signs, atol=1e-11)


def test_a_sparse_vector_is_recovered_exactly():
    rng = np.random.default_rng(0)
    matrix, truth = rng.normal(size=(60, 200)), np.zeros(200)
    truth[[3, 50, 120]] = [1.0, -2.0, 0.5]
    solution = least_l1((matrix, matrix @ truth))
    np.testing.assert_allclose(solution.predictor[0], truth, atol=1e-14)
    assert (solution.predictor[0] != 0).sum() == 3


def test_least_l1_against_a_conic_solver():
    cvxpy = pytest.importorskip("cvxpy")
    matrix, levels = instance(11)
    variable = cvxpy.Variable(20)
    found = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm1(variable)), [matrix @ variable == levels])
    found.solve(solver=cvxpy.CLARABEL)
    assert least_l1((matrix, levels)).value == pytest.approx(float(found.value), rel=1e-6)


def test_whole_numbers_and_ties():
    """Where many vectors are least, one of them, proved."""
    rng = np.random.default_rng(2)
    for seed in range(20):
        matrix = rng.integers(-2, 3, size=(4, 9)).astype(float)
        levels = matrix @ rng.integers(-1, 2, size=9)
        if not matrix.any() or not levels.any():
            continue
        solution = least_l1((matrix, levels))
        assert solution.certified, seed
        assert solution.value == pytest.approx(linear_program(matrix, levels), rel=1e-8)
    solution = least_l1((np.ones((1, 4)), [2.0]))
    assert (solution.predictor != 0).sum() == 1


@pytest.mark.parametrize("least", [least_l1, least_l2])
def test_levels_of_zero_ask_for_zero(least):
    solution = least((np.ones((1, 3)), [0.0]))
    assert solution.value == solution.dual_value == solution.gap == 0.0
    assert solution.predictor.tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_the_unit_of_the_levels_does_not_matter(scale: float):
    matrix, levels = instance(3)
    one, other = least_l1((matrix, levels)), least_l1((matrix, scale * levels))
    np.testing.assert_allclose(other.predictor, scale * one.predictor, rtol=1e-9, atol=1e-12 * scale)


@pytest.mark.parametrize("seed", range(3))
def test_least_l2_is_the_pseudo_inverse(seed: int):
    matrix, levels = instance(seed)
    solution = least_l2((matrix, levels))
    check_certificate(solution, matrix, levels, 2, 2)
    np.testing.assert_allclose(solution.predictor[0], np.linalg.pinv(matrix) @ levels, atol=1e-13)
    assert np.linalg.norm(least_l1((matrix, levels)).predictor) > solution.value * 1.01


def test_of_a_regression_the_multipliers_are_of_its_root():
    matrix, levels = instance(5)
    problem = tw.LinearRegression(matrix.T, levels[None])
    for least, other in ((least_l1, np.inf), (least_l2, 2)):
        solution = least(problem)
        assert solution.value == pytest.approx(least((matrix, levels)).value, rel=1e-11)
        assert np.linalg.norm(problem.root @ solution.dual, other) <= 1 + 1e-13
        assert solution.dual @ (problem.solution @ problem.root)[0] == pytest.approx(solution.value, rel=1e-9)


def test_dependent_samples_are_allowed_and_contradictions_refused():
    matrix, levels = instance(6)
    twice = np.vstack([matrix, matrix]), np.concatenate([levels, levels])
    assert least_l1(twice).value == pytest.approx(least_l1((matrix, levels)).value, rel=1e-11)
    for least in (least_l1, least_l2):
        with pytest.raises(ValueError, match="no vector meets all constraints"):
            least((np.vstack([matrix, matrix]), np.concatenate([levels, -levels])))


def test_one_step_is_not_enough_and_it_says_so():
    with pytest.warns(RuntimeWarning, match="not certified as the least"):
        solution = least_l1(instance(7), max_iterations=1)
    matrix, levels = instance(7)
    assert solution.dual_value <= linear_program(matrix, levels) <= solution.value
    np.testing.assert_allclose(matrix @ solution.predictor[0], levels, atol=1e-13)


@pytest.mark.parametrize("options", [{"gap": 0.0}, {"gap": 1.0}, {"max_iterations": 0}])
def test_options_out_of_range(options: dict):
    with pytest.raises(ValueError, match="gap|max_iterations"):
        least_l1(instance(0), **options)
