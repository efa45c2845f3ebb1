"""How runs end, and at which step."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import thalweg as tw
from thalweg.problems.base import AbstractProblem

ONE = tw.MatrixCompletion([[1.0]])
SCALARS = tw.DeepLinear(depth=2, shape=(1, 1))


def descend(rate: float, start: float) -> tw.Trajectory:
    factors = [np.array([[start]])] * 2
    return tw.follow(
        ONE, SCALARS, factors, tw.GradientDescent(rate), until=tw.Steps(1000), key=0, record=[tw.Loss()], at=tw.EverySteps()
    )


@pytest.mark.parametrize(("rate", "start"), [(50.0, 0.7), (1.2, 0.5), (3.0, 1.5)])
def test_a_diverged_run_is_a_result_with_the_step_at_which_it_happened(rate: float, start: float):
    step, w = 0, start
    with np.errstate(over="ignore", invalid="ignore"):
        while np.isfinite((np.float64(w) * w - 1) ** 2):
            w = w - rate * 2 * (np.float64(w) * w - 1) * w
            step += 1
    run = descend(rate, start)
    assert (run.outcome.kind, run.outcome.steps, run.outcome.reached) == ("diverged", step, False)
    assert run.outcome.sentence == f"diverged: the loss stopped being finite at step {step}; a smaller rate may hold"
    assert str(run.outcome) == run.outcome.sentence
    losses = run.data.loss.values
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])
    assert run.data.steps.values.tolist() == list(range(step + 1))


def test_a_rate_below_the_limit_of_stability_does_not_diverge():
    run = descend(0.1, 0.5)
    assert run.outcome.kind in ("reached", "at rest")
    assert run.outcome.loss < 1e-28


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_a_path_at_rest_goes_no_further(start: float):
    run = descend(0.1, start)
    assert (run.outcome.kind, run.outcome.steps) == ("at rest", 0)
    assert run.outcome.sentence == "at rest after step 0: the gradient is exactly zero, the path goes no further"
    assert run.data.sizes["record"] == 1


def test_a_path_that_comes_to_rest():
    run = tw.follow(ONE, tw.DeepLinear(depth=1, shape=(1, 1)), [[[0.0]]], tw.GradientDescent(0.5), until=tw.Steps(9), key=0)
    assert (run.outcome.kind, run.outcome.steps, run.outcome.loss) == ("at rest", 1, 0.0)


class Polynomial(AbstractProblem):
    r"""$a W^4/4 + b W^2/2 + c$, for one number $W$."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray

    def __init__(self, a: float, b: float, c: float):
        self.a, self.b, self.c = (np.asarray(value) for value in (a, b, c))

    @property
    def shape(self) -> tuple[int, int]:
        return 1, 1

    def loss(self, predictor: Array) -> Array:
        return jnp.sum(self.a * predictor**4 / 4 + self.b * predictor**2 / 2) + self.c


def flow(problem: Polynomial, end: float) -> tw.Trajectory:
    network = tw.DeepLinear(depth=1, shape=(1, 1))
    return tw.follow(problem, network, [[[1.0]]], tw.GradientFlow(1e-6), until=tw.Time(end), key=0)


def test_a_flow_that_runs_away_in_finite_time_stalls_there():
    run = flow(Polynomial(-1.0, 0.0, 0.0), 2.0)
    assert run.outcome.kind == "stalled"
    assert run.outcome.time == pytest.approx(0.5, abs=1e-6)
    assert run.outcome.sentence.startswith(f"stalled after step {run.outcome.steps}: the tolerance asks for steps below")
    # Recorded by default at every step of the flow, and W = (1 - 2t)^(-1/2) up to there.
    assert run.data.steps.values.tolist() == list(range(run.outcome.steps + 1))
    early = run.data.time.values < 0.49
    np.testing.assert_allclose(run.data.loss.values[early], -((1 - 2 * run.data.time.values[early]) ** -2) / 4, rtol=1e-3)


@pytest.mark.parametrize("constant", [-1.0, 0.0, 1.0])
def test_a_flow_comes_down_to_a_least_loss_of_any_sign(constant: float):
    run = flow(Polynomial(0.0, 1.0, constant), 30.0)
    assert run.outcome.sentence == "time 30 was reached"
    assert run.outcome.loss == pytest.approx(constant, abs=1e-9)
    early = run.data.time.values < 5
    np.testing.assert_allclose(run.data.loss.values[early], np.exp(-2 * run.data.time.values[early]) / 2 + constant, atol=1e-5)
