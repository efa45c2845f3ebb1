"""The end-to-end flow is the flow of balanced factors seen in their product; and is what another integrator finds."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import thalweg as tw
from thalweg.theory import precondition

END = 3.0
TIMES = np.linspace(0, END, 7)[1:]


def setting(shape: tuple[int, int]) -> tuple[tw.LinearRegression, np.ndarray]:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(shape[1], 3 * shape[1] + 5))
    outputs = rng.normal(size=shape) @ inputs + 0.1 * rng.normal(size=(shape[0], inputs.shape[1]))
    return tw.LinearRegression(inputs, outputs), 0.3 * rng.normal(size=shape) / shape[0] ** 0.5


def path(problem: Any, network: tw.DeepLinear, start: Any, algorithm: Any, times: np.ndarray = TIMES) -> tw.Trajectory:
    at, until = tw.AtTimes(times.tolist()), tw.Time(float(times[-1]))
    return tw.follow(problem, network, start, algorithm, record=[tw.Predictor(), tw.Loss()], at=at, until=until, key=0)


def apart(one: tw.Trajectory, other: tw.Trajectory) -> float:
    """The largest difference along the path, relative to the largest entry."""
    ours, theirs = one.data.predictor.values, other.data.predictor.values
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def equal_paths(shape: tuple[int, int], depth: int) -> float:
    problem, matrix = setting(shape)
    network = tw.DeepLinear(depth=depth, shape=shape, hidden=min(shape) + 1)
    factors = path(problem, network, tw.Balanced(matrix=matrix), tw.GradientFlow(1e-10, solver="explicit"))
    single = path(problem, tw.DeepLinear(depth=1, shape=shape), [matrix], tw.EndToEndFlow(depth, 1e-10))
    return apart(single, factors)


def test_it_is_the_flow_of_balanced_factors():
    assert equal_paths((3, 4), 3) < 1e-8


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(8, 8), (20, 35), (128, 1)], ids=str)
@pytest.mark.parametrize("depth", [2, 3, 5])
def test_it_is_the_flow_of_balanced_factors_in_every_setting(shape: tuple[int, int], depth: int):
    assert equal_paths(shape, depth) < 1e-8


SMALL, WEIGHTS = setting((3, 4))
SINGLE = tw.DeepLinear(depth=1, shape=(3, 4))


@pytest.mark.parametrize("depth", [1.0, 2.0, 2.5, 4.0])
def test_another_integrator_finds_the_same_at_any_real_depth(depth: float):
    def field(_: float, flat: np.ndarray) -> np.ndarray:
        w = flat.reshape(3, 4)
        return -precondition(w, w @ SMALL.input_moment - SMALL.cross_moment, depth).ravel()

    reference = solve_ivp(field, (0, END), WEIGHTS.ravel(), method="DOP853", rtol=1e-11, atol=1e-13, t_eval=TIMES).y.T
    errors = []
    for rtol in (1e-6, 1e-8):
        found = path(SMALL, SINGLE, [WEIGHTS], tw.EndToEndFlow(depth, rtol)).data.predictor.values[1:].reshape(len(TIMES), -1)
        errors.append(np.abs(found - reference).max())
    assert errors[1] < 1e-7
    assert errors[1] < 0.1 * errors[0]  # the error falls with the tolerance


def test_depth_one_fades_exponentially_and_two_logistically():
    goal, begin = np.array([2.0, 1.0, 0.5]), np.array([0.1, 0.2, 0.05])
    target, start = np.eye(3, 4) * goal[:, None], np.eye(3, 4) * begin[:, None]
    problem = tw.LinearRegression.whitened(target)
    one, two = (path(problem, SINGLE, [start], tw.EndToEndFlow(n, 1e-10)).data.predictor.values[1:] for n in (1, 2))
    faded = goal - (goal - begin) * np.exp(-TIMES[:, None])
    logistic = goal / (1 + (goal / begin - 1) * np.exp(-2 * goal * TIMES[:, None]))
    np.testing.assert_allclose(one[:, range(3), range(3)], faded, rtol=1e-8)
    np.testing.assert_allclose(two[:, range(3), range(3)], logistic, rtol=1e-8)
    assert np.abs(two - two * np.eye(3, 4)).max() < 1e-12


def test_stiff_ends_are_passed_by_long_steps():
    """Where the loss is ill-conditioned the spectrum at the end is real, and the stabilized method takes over."""
    moment = np.diag([1.0, 1e-2, 1e-4, 1.0])
    problem = tw.LinearRegression.from_moments(moment, np.ones((3, 4)) @ moment)
    end = 3e4
    run = path(problem, SINGLE, [WEIGHTS], tw.EndToEndFlow(2, 1e-5), np.array([end]))
    speed = 2 * np.linalg.norm(run.predictor, 2)  # of the fastest direction at the end
    bound_by_stability = 6 * end * speed / 3.4  # gradients that Tsit5 would need
    assert run.outcome.time == end
    assert run.outcome.gradients < 0.1 * bound_by_stability


def test_the_loss_falls_and_zero_rests():
    times = np.linspace(0, END, 50)[1:]
    run = path(SMALL, SINGLE, [WEIGHTS], tw.EndToEndFlow(3, 1e-6), times)
    assert (np.diff(run.data.loss.values) < 0).all()
    still = path(SMALL, SINGLE, [np.zeros((3, 4))], tw.EndToEndFlow(2, 1e-6))
    assert still.outcome.kind == "at rest"
    assert still.outcome.steps == 0
    from_zero = path(SMALL, SINGLE, [np.zeros((3, 4))], tw.EndToEndFlow(1, 1e-6))
    assert from_zero.outcome.time == END


@pytest.mark.slow
def test_it_is_recorded_at_its_own_steps():
    run = tw.follow(SMALL, SINGLE, [WEIGHTS], tw.EndToEndFlow(3, 1e-6), until=tw.Time(END), key=0)
    assert run.data.sizes["record"] == run.outcome.steps + 1


def test_a_tolerance_beyond_the_precision_is_refused():
    with pytest.raises(ValueError, match=r"rtol=1e-15 cannot be reached in float64"):
        path(SMALL, SINGLE, [WEIGHTS], tw.EndToEndFlow(2, 1e-15))


@pytest.mark.slow
def test_depths_and_tolerances_in_one_batch_are_each_alone():
    each = [tw.EndToEndFlow(depth, rtol) for depth, rtol in ((1.0, 1e-7), (2.0, 1e-7), (3.5, 1e-8))]
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)
    objective = tw.Objective(SMALL, SINGLE)

    @jax.jit
    def end(algorithm: tw.EndToEndFlow) -> jax.Array:
        motion = algorithm.start(objective, [jnp.asarray(WEIGHTS)])
        horizon = jnp.asarray(END)
        going = jax.lax.while_loop(lambda m: m.time < horizon, lambda m: algorithm.step(objective, m, horizon), motion)
        return going.params[0]

    for row, algorithm in zip(jax.vmap(end)(batch), each, strict=True):
        alone = tw.follow(SMALL, SINGLE, [WEIGHTS], algorithm, until=tw.Time(END), key=0)
        np.testing.assert_allclose(row, alone.predictor, atol=1e-12)
