"""Soft-impute: against a conic solver, closed forms, the conditions of optimality, and wrong proofs."""

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import thalweg as tw
from thalweg.exact import SoftImputeSolution, largest_penalty, soft_impute, soft_impute_path
from thalweg.exact.anderson import Anderson
from thalweg.exact.ridge_factors import RidgeFactors
from thalweg.exact.soft_impute import Entries, checked_entries, entries_of
from thalweg.exact.sparse_norm import CHANCE, SpectralBound, spectral_bound
from thalweg.exact.threads import threads_for


def gapped(seed: int, shape: tuple[int, int], rank: int, share: float, noise: float = 0.1) -> np.ndarray:
    """A matrix of some rank with noise, of which about a share is seen."""
    random = np.random.default_rng(seed)
    target = random.normal(size=(shape[0], rank)) @ random.normal(size=(rank, shape[1]))
    return np.where(random.random(shape) < share, target + noise * random.normal(size=shape), np.nan)


def objective(observed: np.ndarray, predictor: np.ndarray, penalty: float) -> float:
    seen = ~np.isnan(observed)
    norm = np.linalg.svd(predictor, compute_uv=False).sum()
    return 0.5 * float(np.sum((observed - predictor)[seen] ** 2)) + penalty * float(norm)


def violations(observed: np.ndarray, solution: SoftImputeSolution) -> list[str]:
    """What of a solution is not as it must be, from its matrices alone: value, feasible dual, dual value, gap."""
    seen = ~np.isnan(observed)
    found = []
    if not np.isclose(solution.value, objective(observed, solution.predictor, solution.penalty), rtol=1e-10):
        found.append("value")
    dual = np.zeros(observed.shape)
    dual[seen] = solution.dual
    if not np.linalg.norm(dual, 2) <= solution.penalty * (1 + 1e-13):
        found.append("feasible")
    proved = float(np.sum(dual[seen] * observed[seen]) - 0.5 * np.sum(dual**2))
    if not (solution.dual_value <= proved + 1e-12 * abs(proved) and solution.dual_value >= proved - 1e-9 * abs(proved)):
        found.append("dual value")
    if not (solution.gap >= (solution.value - solution.dual_value) / solution.value and solution.certified):
        found.append("gap")
    for name, columns in (("left", solution.left), ("right", solution.right)):
        if not np.allclose(columns.T @ columns, np.eye(solution.rank), atol=1e-10):
            found.append(name)
    return found


def iterated(observed: np.ndarray, penalty: float, steps: int = 4000) -> np.ndarray:
    """Soft-impute as published, with whole singular value decompositions: a second way to the same matrix."""
    seen, predictor = ~np.isnan(observed), np.zeros(observed.shape)
    for _ in range(steps):
        left, singular, right = np.linalg.svd(np.where(seen, observed, predictor), full_matrices=False)
        after = (left * np.maximum(singular - penalty, 0.0)) @ right
        if np.abs(after - predictor).max() < 1e-12:
            break
        predictor = after
    return predictor


@pytest.mark.parametrize("shape", [(12, 9), (9, 12), (10, 10)])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_path_is_proved_and_is_what_the_published_iteration_comes_to(shape: tuple[int, int], share: float):
    observed = gapped(1, shape, 2, share)
    penalties = [float(largest_penalty(observed) * part) for part in (0.9, 0.4, 0.1)]
    for solution in soft_impute_path(observed, penalties, gap=1e-8):
        assert violations(observed, solution) == []
        second = iterated(observed, solution.penalty)
        assert solution.value == pytest.approx(objective(observed, second, solution.penalty), rel=2e-8)
        np.testing.assert_allclose(solution.predictor, second, atol=2e-3)


def test_the_value_is_that_of_a_conic_solver():
    cvxpy = pytest.importorskip("cvxpy", reason="the extra thalweg[convex] is not installed")
    observed = gapped(2, (8, 6), 2, 0.6)
    seen = np.nonzero(~np.isnan(observed))
    matrix = cvxpy.Variable(observed.shape)
    cost = 0.5 * cvxpy.sum_squares(matrix[seen] - observed[seen]) + 0.4 * cvxpy.normNuc(matrix)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem = cvxpy.Problem(cvxpy.Minimize(cost))
        problem.solve(solver=cvxpy.SCS, eps_abs=1e-9, eps_rel=1e-9, max_iters=100_000)
    assert soft_impute(observed, 0.4, gap=1e-8).value == pytest.approx(problem.value, rel=1e-6)


def test_where_all_is_seen_singular_values_are_lowered_by_the_penalty():
    matrix = np.random.default_rng(3).normal(size=(15, 10))
    left, singular, right = np.linalg.svd(matrix, full_matrices=False)
    solution = soft_impute(matrix, 1.5, gap=1e-8)
    expected = (left * np.maximum(singular - 1.5, 0.0)) @ right
    np.testing.assert_allclose(solution.predictor, expected, atol=1e-3)
    np.testing.assert_allclose(solution.singular, singular[singular > 1.5] - 1.5, atol=1e-3)


def test_from_the_largest_singular_value_on_the_solution_is_zero():
    observed = gapped(4, (20, 14), 2, 0.4)
    norm = float(np.linalg.norm(np.nan_to_num(observed), 2))
    assert norm <= largest_penalty(observed) <= norm * (1 + 1e-5)
    above, below = soft_impute(observed, norm * 1.001), soft_impute(observed, norm * 0.98, gap=1e-8)
    assert (above.rank, above.value) == (0, pytest.approx(0.5 * np.nansum(observed**2)))
    assert above.certified
    assert below.rank == 1
    assert violations(observed, below) == []


@pytest.mark.parametrize("wrong", ["singular", "dual", "penalty", "transposed", "value"])
def test_a_wrong_solution_is_found_wrong(wrong: str):
    observed = gapped(5, (10, 10), 2, 0.6)
    good = soft_impute(observed, 0.5, gap=1e-8)
    parts = dict(vars(good))
    if wrong == "singular":
        parts["singular"] = good.singular + 0.5  # the shrinking left out
    elif wrong == "dual":
        parts["dual"] = 1.01 * good.dual
    elif wrong == "penalty":
        parts["penalty"] = 0.5 * good.penalty  # the objective without its 1/2
    elif wrong == "transposed":
        parts["left"], parts["right"] = good.right, good.left
    else:
        parts["value"] = 0.999 * good.value
    assert violations(observed, good) == []
    assert violations(observed, SoftImputeSolution(**parts)) != []


def test_a_matrix_that_is_not_the_solution_is_not_certified():
    observed = gapped(6, (30, 20), 3, 0.5)
    with pytest.warns(RuntimeWarning, match="not certified to the gap 1.0e-08 asked for: left is a relative gap of .*; raise"):
        early = soft_impute(observed, 0.3, gap=1e-8, max_iterations=2)
    assert not early.certified
    best = soft_impute(observed, 0.3, gap=1e-8)
    assert early.dual_value <= best.value * (1 + 1e-12)  # what it proves is true all the same
    assert best.dual_value <= early.value


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(2, 12), st.floats(0.02, 0.9), st.floats(-200, 120))
def test_proofs_hold_for_any_data_and_scale(seed: int, rows: int, columns: int, part: float, exponent: float):
    observed = gapped(seed, (rows, columns), 2, 0.5) * 2.0**exponent
    if np.isnan(observed).all():
        observed[0, 0] = 2.0**exponent
    solution = soft_impute(observed, largest_penalty(observed) * part, gap=1e-6)
    assert violations(observed, solution) == []


def test_data_and_penalty_may_be_scaled_together():
    observed = gapped(7, (12, 12), 2, 0.5)
    one, other = soft_impute(observed, 0.5), soft_impute(1024.0 * observed, 512.0)
    np.testing.assert_array_equal(other.predictor, 1024.0 * one.predictor)


def test_coordinates_in_any_order_a_problem_and_a_matrix_are_the_same():
    observed = gapped(8, (12, 9), 2, 0.6)
    problem = tw.MatrixCompletion(observed)
    order = np.random.default_rng(0).permutation(problem.count)
    mixed = Entries(problem.rows[order], problem.columns[order], problem.values[order], problem.shape)
    first = soft_impute(observed, 0.5)
    np.testing.assert_array_equal(soft_impute(problem, 0.5).predictor, first.predictor)
    second = soft_impute(mixed, 0.5)
    np.testing.assert_array_equal(second.predictor, first.predictor)
    np.testing.assert_array_equal(second.dual, first.dual[order])
    np.testing.assert_allclose(first.at(mixed.rows, mixed.columns), first.predictor[mixed.rows, mixed.columns], atol=1e-13)


def test_rows_without_an_entry_stay_zero():
    observed = np.full((6, 5), np.nan)
    observed[:3, :2] = 1.0
    solution = soft_impute(observed, 0.1, gap=1e-7)
    assert solution.rank == 1
    assert np.abs(solution.predictor[3:]).max() < 1e-12
    assert np.abs(solution.predictor[:, 2:]).max() < 1e-12


def test_a_large_sparse_matrix_is_never_laid_out():
    random = np.random.default_rng(9)
    shape = (30_000, 20_000)  # laid out it would take 5 GB
    cells = np.unique(random.integers(0, shape[0] * shape[1], 300_000))
    rows, columns = np.divmod(cells, shape[1])
    seen = Entries(rows, columns, random.choice([-1.0, 1.0], shape[0])[rows], shape)
    solution = next(soft_impute_path(seen, [0.8 * largest_penalty(seen)], gap=0.02))
    assert solution.certified
    assert solution.chance == CHANCE
    assert solution.rank == 1  # the signs of rows, above the singular values of the pattern's chance
    signs = np.sign(solution.at(rows, columns))
    assert np.mean(signs == seen.values) > 0.99


BAD = [
    (np.full((2, 2), np.nan), {}, ValueError, "nothing is seen"),
    (np.array([1.0, 2.0]), {}, ValueError, r"must be a matrix, got an array of shape \(2,\)"),
    (np.array([[1.0, np.inf]]), {}, ValueError, r"the entry at \[0, 1\] is inf"),
    ("words", {}, TypeError, "must be a matrix of numbers"),
    (np.eye(2), {"gap": 1e-9}, ValueError, "gap must be from 1e-08"),
    (np.eye(2), {"gap": 1.0}, ValueError, "gap must be from"),
    (np.eye(2), {"penalty": 0.0}, ValueError, "penalties must be positive and finite"),
    (np.eye(2), {"penalty": np.nan}, ValueError, "penalties must be positive and finite"),
    (np.eye(2), {"max_iterations": 0}, ValueError, "max_iterations must be at least 1"),
    (np.eye(2) * 1e160, {}, ValueError, "squares would overflow"),
    (SimpleNamespace(rows=[0, 0], columns=[1, 1], values=[1.0, 2.0], shape=(2, 2)), {}, ValueError, "more than once"),
    (SimpleNamespace(rows=[0, 2], columns=[1, 1], values=[1.0, 2.0], shape=(2, 2)), {}, ValueError, r"rows must lie in 0\.\.1"),
    (SimpleNamespace(rows=[0.5], columns=[1], values=[1.0], shape=(2, 2)), {}, TypeError, "rows must be whole numbers"),
    (SimpleNamespace(rows=[0], columns=[1, 0], values=[1.0], shape=(2, 2)), {}, ValueError, "equally long"),
]


@pytest.mark.parametrize(("seen", "changed", "kind", "said"), BAD)
def test_bad_input_is_named(seen: object, changed: dict[str, Any], kind: type[Exception], said: str):
    arguments: dict[str, Any] = {"penalty": 0.1, **changed}
    with pytest.raises(kind, match=said):
        soft_impute(seen, **arguments)


@pytest.mark.parametrize("penalties", [[], [1.0, 1.0], [1.0, 2.0]])
def test_penalties_must_descend(penalties: list[float]):
    with pytest.raises(ValueError, match="penalties must"):
        soft_impute_path(np.eye(2), penalties)


@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (5, 200), (1, 1), (1, 7)])
@pytest.mark.parametrize("scale", [1e-100, 1.0, 1e100])
def test_the_bound_of_a_spectral_norm_is_above_it_and_near(shape: tuple[int, int], scale: float):
    matrix = scale * np.random.default_rng(1).normal(size=shape)
    found, norm = spectral_bound(sparse.csr_array(matrix)), float(np.linalg.norm(matrix, 2))
    assert found.chance == 0.0
    assert norm * (1 - 1e-14) <= found.bound <= norm * (1 + 1e-5)
    assert spectral_bound(sparse.csr_array(shape)) == SpectralBound(0.0, 0.0, 0.0)


def test_the_bound_with_a_chance_is_above_the_norm_too(monkeypatch: pytest.MonkeyPatch):
    matrix = sparse.csr_array(np.random.default_rng(2).normal(size=(60, 80)))
    norm = float(np.linalg.norm(matrix.toarray(), 2))
    monkeypatch.setattr("thalweg.exact.sparse_norm.PROVED_TO", 10)
    for seed in range(20):
        found = spectral_bound(matrix, 1e-2, seed=seed)
        assert found.chance == CHANCE
        assert found.estimate <= norm * (1 + 1e-12)
        assert norm <= found.bound <= 1.05 * norm


def test_a_proof_is_not_taken_in_by_a_start_that_misses_the_largest(monkeypatch: pytest.MonkeyPatch):
    """Lanczos' method that saw half of the norm: the factorization fails until the bound is one."""
    matrix = sparse.csr_array(np.random.default_rng(3).normal(size=(30, 30)))
    norm = float(np.linalg.norm(matrix.toarray(), 2))
    monkeypatch.setattr("thalweg.exact.sparse_norm._lanczos", lambda *_: ((0.5 * norm) ** 2, 3))
    assert norm <= spectral_bound(matrix).bound <= np.linalg.norm(matrix.toarray())


@pytest.mark.parametrize("share", [0.01, 0.4])
def test_sweeps_solve_the_ridge_regressions_of_each_row(share: float):
    """Dense and sparse masks; the last half of a sweep leaves no slope in its factor."""
    observed = gapped(4, (60, 50), 2, share)
    entries = checked_entries(observed)
    random = np.random.default_rng(0)
    left, right = random.normal(size=(60, 3)), random.normal(size=(50, 3))
    left, right, _ = RidgeFactors(*entries).descend(left, right, 0.7, 1, 0.0)
    residual = np.where(np.isnan(observed), 0.0, observed - left @ right.T)
    np.testing.assert_allclose(residual.T @ left, 0.7 * right, atol=1e-10)


def test_entries_of_a_product_are_those_of_the_product():
    random = np.random.default_rng(5)
    left, right = random.normal(size=(9, 4)), random.normal(size=(7, 4))
    rows, columns = random.integers(0, 9, 50), random.integers(0, 7, 50)
    np.testing.assert_allclose(entries_of(left, right, rows, columns), (left @ right.T)[rows, columns], atol=1e-13)


def test_extrapolation_reaches_the_fixed_point_of_a_linear_map_in_as_many_steps_as_it_has_dimensions():
    random = np.random.default_rng(6)
    matrix = 0.9 * np.diag(np.linspace(0.1, 1.0, 5))
    fixed = np.linalg.solve(np.eye(5) - matrix, random.normal(size=5))
    offset = fixed - matrix @ fixed
    extrapolate, point, plain = Anderson(5), np.zeros(5), np.zeros(5)
    for _ in range(9):
        point = extrapolate(point, matrix @ point + offset - point)
        plain = matrix @ plain + offset
    assert np.abs(point - fixed).max() < 1e-6 < 1e-2 < np.abs(plain - fixed).max()


def test_threads_are_left_as_they_were():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    with threads_for((10, 10)):
        inside = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    assert set(inside) <= {1}
    assert [pool["num_threads"] for pool in threadpoolctl.threadpool_info()] == before
