"""Least potentials: their conditions, other solvers, flows that end there, and what cannot be solved refused."""

import warnings
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import linprog, minimize

import thalweg as tw
from thalweg.exact import Solution, Solutions, least_l1, least_l2, least_potential, least_potentials
from thalweg.exact.primal_newton import primal_newton
from thalweg.potentials.base import AbstractPotential

potentials = tw.potentials


def instance(seed: int = 0, samples: int = 3, size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, size)), rng.normal(size=samples)


def check_certificate(solution: Solution, matrix: np.ndarray, levels: np.ndarray, potential: AbstractPotential) -> None:
    """Feasible, least, and proved: all computed anew."""
    point = solution.predictor[0]
    assert solution.predictor.shape == (1, matrix.shape[1])
    np.testing.assert_allclose(matrix @ point, levels, atol=2e-14 * len(levels) * np.abs(levels).max())
    assert solution.value == pytest.approx(float(potential.value(point)), rel=1e-14)
    proved = float(solution.dual @ levels - potential.conjugate(matrix.T @ solution.dual))
    assert solution.dual_value == pytest.approx(proved, rel=1e-9)
    assert solution.dual_value <= proved
    assert solution.gap == pytest.approx((solution.value - solution.dual_value) / abs(solution.value), abs=1e-15)
    assert solution.certified
    # the second way: the gradient is a combination of the constraints
    slope = np.asarray(potential.gradient(point))
    fitted = matrix.T @ np.linalg.lstsq(matrix.T, slope, rcond=None)[0]
    np.testing.assert_allclose(fitted, slope, atol=1e-7 * np.abs(slope).max())


KINDS = [
    potentials.Quadratic(),
    potentials.Quadratic(np.linspace(0.5, 3.0, 8)),
    *(potentials.Hypentropy(scale) for scale in (10.0, 0.3, 1e-2, 1e-4)),
    potentials.Hypentropy(np.geomspace(0.1, 1.0, 8)),
    *(potentials.DiagonalBias(depth, scale) for depth in (2, 3, 5) for scale in (1.0, 0.1)),
    *(potentials.DistanceBias(scale) for scale in (1.0, 0.1)),
    *(potentials.PNorm(p) for p in (1.1, 1.5, 2.0, 3.0)),
]


@pytest.mark.parametrize("potential", KINDS, ids=repr)
def test_it_is_feasible_least_and_proved(potential: AbstractPotential):
    matrix, levels = instance()
    check_certificate(least_potential((matrix, levels), potential), matrix, levels, potential)


def test_least_entropy():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(3, 8))
    levels = matrix @ rng.uniform(0.1, 2.0, size=8)
    check_certificate(least_potential((matrix, levels), potentials.Entropy()), matrix, levels, potentials.Entropy())


@pytest.mark.parametrize("seed", range(4))
def test_against_another_optimizer(seed: int):
    """Minimised over the vectors that interpolate by a quasi-Newton method, without any dual."""
    matrix, levels = instance(seed)
    potential = potentials.Hypentropy(0.5)
    point, free = np.linalg.pinv(matrix) @ levels, np.linalg.svd(matrix)[2][3:]
    found = minimize(
        lambda along: float(potential.value(point + along @ free)),
        np.zeros(5),
        jac=lambda along: free @ potential.gradient(point + along @ free),
        options={"gtol": 1e-11},
    )
    solution = least_potential((matrix, levels), potential)
    np.testing.assert_allclose(solution.predictor[0], point + found.x @ free, atol=1e-7)
    assert solution.value <= found.fun * (1 + 1e-14)


def test_against_a_conic_solver():
    cvxpy = pytest.importorskip("cvxpy")
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(3, 8))
    levels = matrix @ rng.uniform(0.1, 2.0, size=8)
    variable = cvxpy.Variable(8)
    objective = cvxpy.Minimize(cvxpy.sum(-cvxpy.entr(variable)) - cvxpy.sum(variable))
    cvxpy.Problem(objective, [matrix @ variable == levels]).solve(solver=cvxpy.CLARABEL)
    solution = least_potential((matrix, levels), potentials.Entropy())
    np.testing.assert_allclose(solution.predictor[0], np.asarray(variable.value), atol=3e-4)


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_the_flow_of_a_diagonal_network_ends_there(scale: float):
    """And not at the least of another scale."""
    matrix, levels = instance()

    def field(_: float, weights: np.ndarray) -> np.ndarray:
        plus, minus = np.split(weights, 2)
        slope = 2 * matrix.T @ (matrix @ (plus**2 - minus**2) - levels)
        return np.concatenate([-2 * plus * slope, 2 * minus * slope])

    ended = solve_ivp(field, (0, 1e4), np.full(16, scale), method="LSODA", rtol=1e-11, atol=1e-14).y[:, -1]
    reached = ended[:8] ** 2 - ended[8:] ** 2
    solution = least_potential((matrix, levels), potentials.Hypentropy(scale))
    np.testing.assert_allclose(reached, solution.predictor[0], atol=1e-9)
    other = least_potential((matrix, levels), potentials.Hypentropy(2 * scale))
    assert np.abs(other.predictor[0] - reached).max() > 1e-3


@pytest.mark.parametrize("kind", [potentials.Entropy(), potentials.Hypentropy(0.2), potentials.PNorm(1.5)], ids=repr)
def test_from_a_start_it_is_where_mirror_descent_ends(kind: AbstractPotential):
    """Mirror descent in the dual variables, by hand, from a start that is not the potential's own least point."""
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(2, 5))
    start = rng.uniform(0.5, 1.5, size=5)
    levels = matrix @ rng.uniform(0.5, 1.5, size=5)
    mirror = np.asarray(kind.gradient(start))
    for _ in range(6_000):
        mirror = mirror - 0.02 * matrix.T @ (matrix @ kind.inverse(mirror) - levels)
    solution = least_potential((matrix, levels), kind, start=start)
    np.testing.assert_allclose(solution.predictor[0], kind.inverse(mirror), atol=1e-9)
    assert solution.value == pytest.approx(float(kind.divergence(solution.predictor[0], start)), rel=1e-12)
    assert solution.certified
    assert np.abs(least_potential((matrix, levels), kind).predictor - solution.predictor).max() > 1e-3


def test_a_start_that_meets_the_constraints_is_least():
    matrix, _ = instance(size=5)
    start = np.array([0.5, 1.0, 2.0, 0.1, 1.0])
    solution = least_potential((matrix, matrix @ start), potentials.Entropy(), start=start)
    np.testing.assert_array_equal(solution.predictor[0], start)
    assert solution.value == 0.0
    assert solution.certified


def test_large_scales_are_least_l2_and_small_ones_least_l1():
    matrix, levels = instance(samples=10, size=40)
    large = least_potential((matrix, levels), potentials.Hypentropy(1e3)).predictor
    np.testing.assert_allclose(large, least_l2((matrix, levels)).predictor, atol=1e-10)
    known = least_l1((matrix, levels))
    excess = [
        np.abs(least_potential((matrix, levels), potentials.Hypentropy(scale)).predictor).sum() / known.value - 1
        for scale in (1e-1, 1e-2, 1e-4, 1e-8, 1e-16, 1e-32)
    ]
    assert (np.diff(excess) < 0).all()
    assert 0 <= excess[-1] < 1e-3


@pytest.mark.parametrize("scale", [1e-12, 1e-30, 1e-60])
def test_scales_at_which_a_plain_newton_step_overflows(scale: float):
    matrix, levels = instance(samples=10, size=40)
    solution = least_potential((matrix, levels), potentials.Hypentropy(scale))
    assert solution.certified
    assert solution.iterations < 100


@pytest.mark.parametrize(("depth", "unit"), [(3, 1e-10), (4, 1e-10), (8, 1e-8), (100, 1e-6)])
def test_duals_close_to_their_bound(depth: int, unit: float):
    """Where the dual is bounded, the search along a step stays inside."""
    matrix, levels = instance(samples=10, size=40)
    potential = potentials.DiagonalBias(depth, unit ** (1 / depth))
    solution = least_potential((matrix, levels), potential)
    assert solution.certified
    mirror = np.abs(matrix.T @ solution.dual).max()
    assert 0.999 < mirror < 1
    assert np.abs(solution.predictor).sum() == pytest.approx(least_l1((matrix, levels)).value, rel=1e-2)


def test_bounds_that_differ_between_coordinates():
    matrix, levels = instance()
    potential = potentials.DiagonalBias(3, 0.01, shape=np.linspace(0.5, 2.0, 8))
    solution = least_potential((matrix, levels), potential)
    check_certificate(solution, matrix, levels, potential)
    assert (np.abs(matrix.T @ solution.dual) < potential.dual_bound).all()


@pytest.mark.parametrize("p", [4.0, 8.0])
def test_large_powers_take_the_primal(p: float):
    """Their conjugates are not smooth where a coordinate of the dual is zero."""
    matrix, levels = instance(samples=8, size=30)
    solution = least_potential((matrix, levels), potentials.PNorm(p))
    assert solution.certified
    np.testing.assert_allclose(matrix @ solution.predictor[0], levels, atol=1e-13)
    given = matrix, levels
    assert np.linalg.norm(solution.predictor[0], p) < 0.99 * np.linalg.norm(least_l2(given).predictor[0], p)
    rows = np.linalg.qr(matrix.T)[0].T
    turned = rows @ solution.predictor[0]
    point, _, steps = primal_newton(rows, turned, potentials.PNorm(p), start=None, gap=1e-10, max_iterations=100)
    np.testing.assert_allclose(potentials.PNorm(p).value(point), solution.value, rtol=1e-8)
    assert steps < 50


def test_an_infinite_power_is_a_linear_program():
    """min t with |w_i| <= t."""
    matrix, levels = instance(samples=4, size=12)
    block = np.hstack([matrix, np.zeros((4, 1))])
    bound = np.vstack([np.hstack([np.eye(12), -np.ones((12, 1))]), np.hstack([-np.eye(12), -np.ones((12, 1))])])
    found = linprog(
        np.eye(13)[12], A_ub=bound, b_ub=np.zeros(24), A_eq=block, b_eq=levels, bounds=[(None, None)] * 12 + [(0, None)]
    )
    solution = least_potential((matrix, levels), potentials.PNorm(60.0), gap=1e-6)
    assert np.sqrt(2 * solution.value) == pytest.approx(found.fun, rel=0.08)


def test_a_dual_from_nearby_saves_steps_and_changes_nothing():
    matrix, levels = instance(samples=10, size=40)
    near = least_potential((matrix, levels), potentials.Hypentropy(1.1e-6))
    cold = least_potential((matrix, levels), potentials.Hypentropy(1e-6))
    warm = least_potential((matrix, levels), potentials.Hypentropy(1e-6), dual=near.dual)
    assert warm.iterations < cold.iterations
    np.testing.assert_allclose(warm.predictor, cold.predictor, atol=1e-9)


def test_dependent_constraints_are_allowed():
    matrix, levels = instance()
    twice = np.vstack([matrix, matrix[:1] - matrix[1:2]]), np.append(levels, levels[0] - levels[1])
    potential = potentials.Hypentropy(0.3)
    solution = least_potential(twice, potential)
    np.testing.assert_allclose(solution.predictor, least_potential((matrix, levels), potential).predictor, atol=1e-11)
    assert solution.dual.shape == (4,)
    check_certificate(solution, *twice, potential)


def test_of_a_regression():
    matrix, levels = instance()
    problem = tw.LinearRegression(matrix.T, levels[None])
    potential = potentials.Hypentropy(0.3)
    solution = least_potential(problem, potential)
    np.testing.assert_allclose(solution.predictor, least_potential((matrix, levels), potential).predictor, atol=1e-11)
    np.testing.assert_allclose(np.arcsinh(solution.predictor[0] / 0.18), problem.root @ solution.dual, atol=1e-8)


def test_constraints_that_nothing_in_the_domain_meets():
    """No vector of positive coordinates has a negative sum."""
    with pytest.raises(ValueError, match="no vector in the domain of Entropy"):
        least_potential(([[1.0, 1.0]], [-1.0]), potentials.Entropy())


def test_too_few_steps_still_prove_a_bound():
    matrix, levels = instance(samples=10, size=40)
    potential = potentials.Hypentropy(1e-6)
    least = least_potential((matrix, levels), potential).value
    with pytest.warns(RuntimeWarning, match="not certified"):
        solution = least_potential((matrix, levels), potential, max_iterations=2)
    assert solution.dual_value < least <= solution.value
    np.testing.assert_allclose(matrix @ solution.predictor[0], levels, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-14, 1e-20])
def test_beyond_what_a_bounded_dual_resolves_it_does_not_claim_more_than_it_proves(scale: float):
    matrix, levels = instance(samples=10, size=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        solution = least_potential((matrix, levels), potentials.DiagonalBias(8, scale ** (1 / 8)))
    np.testing.assert_allclose(matrix @ solution.predictor[0], levels, atol=1e-12)
    assert solution.dual_value <= solution.value


@pytest.mark.parametrize(
    ("problem", "potential", "options", "error", "match"),
    [
        (([[1.0], [2.0]], [1.0, 1.0]), potentials.Quadratic(), {}, ValueError, "no vector meets all"),
        (([[1.0, 1.0]], [1.0]), "hypentropy", {}, TypeError, "one of tw.potentials"),
        (([[1.0, 1.0]], [1.0]), potentials.Quadratic(), {"gap": 0.0}, ValueError, "gap must be"),
        (([[1.0, 1.0]], [1.0]), potentials.Quadratic(), {"max_iterations": 0}, ValueError, "max_iterations"),
        (([[1.0, 1.0]], [1.0]), potentials.Quadratic(), {"start": [1.0]}, ValueError, "start must be 2 finite"),
        (([[1.0, 1.0]], [1.0]), potentials.Quadratic(), {"start": [1.0, np.nan]}, ValueError, "start must be 2 finite"),
        (([[1.0, 1.0]], [1.0]), potentials.Quadratic(), {"dual": [1.0, 1.0]}, ValueError, "dual must be 1 finite"),
        (([[1.0, 1.0]], [1.0]), potentials.Entropy(), {"start": [1.0, -1.0]}, ValueError, "positive"),
        (None, potentials.Quadratic(), {}, TypeError, "or a pair"),
    ],
)
def test_bad_input(problem: Any, potential: Any, options: dict, error: type[Exception], match: str):
    with pytest.raises(error, match=match):
        least_potential(problem, potential, **options)


def batch(seed: int = 0, many: int = 5, samples: int = 6, size: int = 20) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(many, size, samples)), rng.normal(size=(many, samples))


def test_many_at_once_are_the_same_as_one_by_one():
    inputs, outputs = batch()
    scales = np.geomspace(1.0, 1e-6, 7)
    found = least_potentials(inputs, outputs, [potentials.Hypentropy(scale) for scale in scales])
    assert isinstance(found, Solutions)
    assert found.certified
    assert found.predictor.shape == (7, 5, 20)
    assert found.value.shape == found.dual_value.shape == found.gap.shape == found.iterations.shape == (7, 5)
    for at, scale in enumerate(scales):
        for lane in range(5):
            single = least_potential((inputs[lane].T, outputs[lane]), potentials.Hypentropy(scale))
            np.testing.assert_allclose(found.predictor[at, lane], single.predictor[0], atol=1e-9)
            assert found.value[at, lane] == pytest.approx(single.value, rel=1e-12)
            assert found.dual[at, lane] @ outputs[lane] == pytest.approx(single.dual @ outputs[lane], rel=1e-8)
    assert "each certified" in str(found)


def test_a_scale_for_each_instance():
    inputs, outputs = batch()
    scales = np.geomspace(1.0, 1e-3, 5)
    found = least_potentials(inputs, outputs, [potentials.Hypentropy(scales[:, None])])
    for lane, scale in enumerate(scales):
        single = least_potential((inputs[lane].T, outputs[lane]), potentials.Hypentropy(scale))
        np.testing.assert_allclose(found.predictor[0, lane], single.predictor[0], atol=1e-9)


def test_a_grid_in_order_takes_fewer_steps():
    inputs, outputs = batch(samples=10, size=40)
    grid = [potentials.Hypentropy(scale) for scale in np.geomspace(1.0, 1e-6, 25)]
    together = least_potentials(inputs, outputs, grid).iterations.sum()
    apart = sum(int(least_potentials(inputs, outputs, [potential]).iterations.sum()) for potential in grid)
    assert together < 0.8 * apart


def test_too_few_steps_for_many_warn():
    inputs, outputs = batch()
    with pytest.warns(RuntimeWarning, match="0 of them certified"):
        found = least_potentials(inputs, outputs, [potentials.Hypentropy(1e-6)], max_iterations=2)
    assert not found.certified


def test_bad_input_of_many():
    inputs, outputs = batch()
    known = [potentials.Hypentropy(1.0)]
    with pytest.raises(ValueError, match=r"inputs must be \(B, d, m\)"):
        least_potentials(inputs, outputs[:, :2], known)
    with pytest.raises(ValueError, match="finite"):
        least_potentials(inputs * np.nan, outputs, known)
    with pytest.raises(ValueError, match="at least one potential"):
        least_potentials(inputs, outputs, [])
    with pytest.raises(TypeError, match="separable"):
        least_potentials(inputs, outputs, [potentials.PNorm(1.5)])  # type: ignore[list-item]
    inputs[2, :, 0] = inputs[2, :, 1]
    with pytest.raises(ValueError, match="samples of instance 2 depend on each other"):
        least_potentials(inputs, outputs, known)
