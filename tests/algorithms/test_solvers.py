# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false
"""Solvers made for gradient flow: their order, their stability, and that they agree with diffrax's own."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from thalweg.algorithms.solvers import Automatic, Exponential, Rkc2, Rock4, Switching
from thalweg.algorithms.solvers.krylov import function_of, phi_one, phi_three

RNG = np.random.default_rng(0)
MATRIX = RNG.normal(size=(4, 4))
TARGET = MATRIX @ MATRIX.T / 4


def downhill(t, y, args):
    """Minus the gradient of a loss that is not quadratic: |y y^T - target|^2 / 4."""
    return -(y @ y.T - TARGET) @ y


NONLINEAR = diffrax.ODETerm(downhill)
START = jnp.asarray(RNG.normal(size=(4, 2)))


def steps(solver, count, end=1.0, equation=NONLINEAR, start=START):
    """The point after equal steps by hand, and the last error estimate."""
    state = solver.init(equation, 0.0, end / count, start, None)

    @jax.jit
    def one(k, y, state):
        h = end / count
        y, error, _, state, _ = solver.step(equation, k * h, (k + 1) * h, y, None, state, made_jump=False)
        return y, error, state

    y, error = start, None
    for k in range(count):
        y, error, state = one(k, y, state)
    return y, error, state


def reference(end=1.0):
    controller = diffrax.PIDController(rtol=1e-13, atol=1e-13)
    return diffrax.diffeqsolve(NONLINEAR, diffrax.Dopri8(), 0.0, end, 1e-3, START, stepsize_controller=controller).ys[0]


@pytest.mark.parametrize(
    ("solver", "order", "counts"),
    [(Rkc2(), 2, (40, 80, 160)), (Rock4(), 4, (10, 20, 40)), (Exponential(1e-14, exact=True), 3, (20, 40, 80))],
    ids=["rkc2", "rock4", "exponential"],
)
def test_the_error_falls_with_the_order_on_a_nonlinear_equation(solver, order, counts):
    exact = reference()
    errors = [float(jnp.linalg.norm(steps(solver, count)[0] - exact)) for count in counts]
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.15), errors


@pytest.mark.parametrize(
    ("solver", "power"), [(Rkc2(), 3), (Rock4(), 4), (Exponential(1e-14, exact=True), 3)], ids=["rkc2", "rock4", "exponential"]
)
def test_the_error_estimate_shrinks_as_it_says(solver, power):
    widths = np.array([0.02, 0.01, 0.005])
    sizes = [float(jnp.linalg.norm(steps(solver, 1, end=h)[1])) for h in widths]
    assert np.polyfit(np.log(widths), np.log(sizes), 1)[0] == pytest.approx(power, abs=0.2)
    assert solver.error_order(NONLINEAR) == power


@pytest.mark.parametrize("solver", [Rkc2(), Rock4()], ids=["rkc2", "rock4"])
@pytest.mark.parametrize("reach", [3.0, 10.0, 40.0, 150.0, 800.0, 4000.0])
def test_no_mode_of_a_stiff_linear_equation_grows(solver, reach):
    rates = jnp.linspace(0.0, reach, 4001)
    equation = diffrax.ODETerm(lambda t, y, args: -rates * y)
    y, _, state = steps(solver, 1, equation=equation, start=jnp.ones_like(rates))
    assert float(jnp.abs(y).max()) <= 1 + 1e-9
    assert 0.9 * reach <= float(state.spectral_radius) <= (1 + 1e-6) * reach  # steps are made for a tenth more


@pytest.mark.parametrize("solver", [Rkc2(), Rock4()], ids=["rkc2", "rock4"])
def test_stages_grow_as_the_root_of_the_stiffness(solver):
    stages = [int(solver.stages(jnp.asarray(reach))[0]) for reach in (100.0, 400.0, 1600.0)]
    assert stages[1] / stages[0] == pytest.approx(2, rel=0.25)
    assert stages[2] / stages[1] == pytest.approx(2, rel=0.25)
    assert not bool(solver.stages(jnp.asarray(1e9))[1])


def test_a_step_beyond_the_last_stage_count_is_refused_by_an_infinite_error():
    rates = jnp.array([1.0, 1e9])
    equation = diffrax.ODETerm(lambda t, y, args: -rates * y)
    assert np.isinf(np.asarray(steps(Rock4(), 1, equation=equation, start=jnp.ones(2))[1])).any()


def test_the_exponential_method_is_exact_for_linear_equations_that_are_stiff():
    rng = np.random.default_rng(1)
    q = np.linalg.qr(rng.normal(size=(30, 30)))[0]
    jacobian = -(q * np.geomspace(1e-2, 1e2, 30)) @ q.T
    shift, start = rng.normal(size=30), rng.normal(size=30)
    equation = diffrax.ODETerm(lambda t, y, args: jnp.asarray(jacobian) @ y + shift)
    y, error, _ = steps(Exponential(1e-13, exact=True, most=60), 1, end=3.0, equation=equation, start=jnp.asarray(start))
    rest = np.linalg.solve(jacobian, -shift)
    np.testing.assert_allclose(y, rest + expm(3.0 * jacobian) @ (start - rest), atol=1e-7)
    assert float(jnp.linalg.norm(error)) < 1e-6


@pytest.mark.parametrize(("function", "order"), [(phi_one, 1), (phi_three, 3)])
def test_phi_functions_agree_with_their_integrals_through_zero(function, order):
    z = np.array([-50.0, -1.0, -0.11, -0.09, -1e-3, -1e-9, 0.0, 1e-7, 0.05, 0.2, 3.0])
    nodes, weights = np.polynomial.legendre.leggauss(80)
    s, w = (nodes + 1) / 2, weights / 2
    factorial = {1: 1.0, 3: 2.0}[order]
    integral = (np.exp(np.outer(z, 1 - s)) * s ** (order - 1) / factorial) @ w
    np.testing.assert_allclose(function(jnp.asarray(z)), integral, rtol=1e-11)


def test_a_krylov_space_grows_until_it_suffices_and_says_when_it_does_not():
    rng = np.random.default_rng(2)
    half = rng.normal(size=(60, 60))
    jacobian, start = -half @ half.T / 6, rng.normal(size=60)
    values, vectors = np.linalg.eigh(jacobian)
    exact = vectors @ (np.asarray(phi_one(jnp.asarray(0.7 * values))) * (vectors.T @ start))
    counts = []
    for enough in (1e-2, 1e-5, 1e-9):
        found, count, largest, left = function_of(
            phi_one, lambda v: jnp.asarray(jacobian) @ v, jnp.asarray(start), jnp.asarray(0.7), jnp.asarray(enough), 60
        )
        assert float(left) <= enough
        assert np.linalg.norm(found - exact) < 10 * enough
        assert float(largest) == pytest.approx(-values[0], rel=0.02)
        counts.append(int(count))
    assert counts[0] < counts[1] < counts[2]
    short = function_of(phi_one, lambda v: jnp.asarray(jacobian) @ v, jnp.asarray(start), jnp.asarray(50.0), jnp.asarray(1e-9), 8)
    assert float(short[3]) > 1e-9


@pytest.mark.parametrize("solver", [Rkc2(), Rock4(), Switching(), Exponential(1e-9), Automatic()], ids=lambda s: type(s).__name__)
def test_diffrax_drives_each_to_its_tolerance(solver):
    exact = reference(4.0)
    controller = diffrax.PIDController(rtol=1e-6, atol=1e-8)
    found = diffrax.diffeqsolve(NONLINEAR, solver, 0.0, 4.0, 1e-3, START, stepsize_controller=controller, max_steps=20_000)
    assert float(jnp.linalg.norm(found.ys[0] - exact)) < 1e-4


def stiff_and_bending():
    """Fast modes beside slow ones, the slow ones nonlinear: y' = -(y^3 - y) slowly, and a rate of 1e4."""
    rates = jnp.concatenate([jnp.ones(3), jnp.geomspace(10.0, 1e4, 20)])
    slow = jnp.arange(23) < 3
    return diffrax.ODETerm(lambda t, y, args: jnp.where(slow, y - y**3, -rates * y)), jnp.full(23, 0.01)


def test_the_automatic_choice_spends_little_where_the_equation_is_stiff_and_is_right():
    equation, start = stiff_and_bending()
    controller = diffrax.PIDController(rtol=1e-5, atol=1e-9)
    exact = 0.01 * np.exp(8.0) / np.sqrt(1 + 0.01**2 * (np.exp(16.0) - 1))
    spent = {}
    for solver in (Automatic(), Switching()):
        found = diffrax.diffeqsolve(
            equation, solver, 0.0, 8.0, 1e-6, start, stepsize_controller=controller,
            saveat=diffrax.SaveAt(t1=True, solver_state=True), max_steps=50_000,
        )  # fmt: skip
        assert float(found.ys[0, 0]) == pytest.approx(exact, rel=1e-3)
        spent[type(solver).__name__] = int(found.solver_state.evaluations)
    assert spent["Automatic"] < 2500  # Tsit5 alone needs 8e4 / 3.3 steps of six evaluations
    assert spent["Switching"] < 6000


def test_lanes_of_a_batch_come_to_what_each_comes_to_alone():
    controller = diffrax.PIDController(rtol=1e-5, atol=1e-8)

    def end(scale):
        solved = diffrax.diffeqsolve(
            NONLINEAR, Automatic(), 0.0, 3.0, 1e-3, scale * START, stepsize_controller=controller, max_steps=5000
        )
        return solved.ys[0]

    scales = jnp.array([0.1, 1.0, 2.0])
    together = jax.vmap(end)(scales)
    alone = jnp.stack([end(scale) for scale in scales])
    np.testing.assert_allclose(together, alone, atol=1e-9)


def test_evaluations_are_counted_one_by_one():
    calls = []

    def counted(t, y, args):
        jax.debug.callback(lambda: calls.append(1))
        return downhill(t, y, args)

    equation = diffrax.ODETerm(counted)
    for solver in (Rock4(), Rkc2(), Exponential(1e-6)):
        calls.clear()
        _, _, state = steps(solver, 3, equation=equation)
        jax.effects_barrier()
        assert int(state.evaluations) == pytest.approx(len(calls), abs=2)
