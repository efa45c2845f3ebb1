"""The flow in the clock of margins: the same path and time as by another integrator, and margins beyond underflow."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

import thalweg as tw
from algorithms.separable import planted, row, softmin_slope
from thalweg.algorithms.log_time_flow import log_of_passed
from trajectory.cases import same_bits

PROBLEM = planted()
RECORD = [tw.Loss(), tw.Margin(), tw.NormalizedMargin(), tw.SmoothedMargin(1), tw.Predictor()]


def path(problem: tw.Classification, rtol: float, end: float, **more) -> tw.Trajectory:
    network, start = row()
    return tw.follow(problem, network, start, tw.LogTimeFlow(rtol), until=tw.Time(end), key=0, record=RECORD, **more)


def true_flow(log_times: np.ndarray) -> np.ndarray:
    """The flow of the loss itself at logarithms of time, from zero, by scipy."""

    def field(log_time: float, w: np.ndarray) -> np.ndarray:
        log_loss, slope = softmin_slope(PROBLEM, w)
        return -np.exp(log_time + log_loss) * slope

    began = -20.0
    start = -np.exp(began) * softmin_slope(PROBLEM, np.zeros(4))[1]
    found = solve_ivp(field, (began, log_times[-1]), start, method="LSODA", t_eval=log_times, rtol=1e-10, atol=1e-12)
    return found.y.T


@pytest.mark.parametrize(("rtol", "allowed"), [(1e-4, 5e-2), (1e-6, 1e-3), pytest.param(1e-8, 1e-5, marks=pytest.mark.slow)])
def test_path_and_time_are_those_of_the_flow(rtol: float, allowed: float):
    run = path(PROBLEM.log, rtol, 5.0)
    log_time = run.data.log_time.values
    assert log_time[0] == -np.inf
    assert (np.diff(log_time) > 0).all()
    seen = log_time > -2
    apart = np.abs(run.data.predictor.values[seen, 0] - true_flow(log_time[seen])).max(axis=1)
    assert log_time[-1] > 10
    assert apart.max() < allowed
    late = np.abs(run.data.predictor.values[seen, 0] - true_flow(log_time[seen] + 0.01)).max(axis=1)
    assert late.max() > 0.02  # a clock that is a hundredth off would show


def test_margins_beyond_underflow_at_few_gradients():
    best = tw.exact.hard_margin(PROBLEM)
    run = path(PROBLEM, 1e-4, 10.0)
    last = run.data.isel(record=-1)
    assert float(last.margin) > 1000
    assert run.outcome.gradients < 3000
    assert run.outcome.loss == 0.0
    assert run.outcome.kind == "reached"
    # the gap is of the order of one over log t, where log t is about the margin
    gap = best.value - float(last.normalized_margin)
    assert 0 < gap < 5 / float(last.log_time)
    # what the theory says of the time: 1/L = |grad log L|^2 t in the end
    assert float(last.log_time) == pytest.approx(-softmin_slope(PROBLEM, run.predictor[0])[0] - 2 * np.log(best.value), abs=0.05)


def test_the_logarithm_is_followed_to_the_same_point_and_does_not_rise():
    runs = [path(problem, 1e-5, 6.0) for problem in (PROBLEM, PROBLEM.log)]
    np.testing.assert_array_equal(runs[0].predictor, runs[1].predictor)
    logs = runs[1].data.loss.values
    assert (np.diff(logs) < 0).all()
    np.testing.assert_allclose(runs[0].data.loss, np.exp(logs), rtol=1e-12)
    assert (np.diff(runs[1].data.smoothed_margin.values)[logs[1:] < -np.log(12)] > -1e-9).all()


@pytest.mark.parametrize(
    "network", [tw.Diagonal(size=4, depth=2), pytest.param(tw.DeepLinear(depth=3, shape=(1, 4)), marks=pytest.mark.slow)]
)
def test_models_that_are_not_linear_take_it_too(network):
    start = tw.Constant(0.3) if isinstance(network, tw.Diagonal) else tw.Gaussian(0.5)
    problem = planted(2)
    degree = network.depth
    record = [tw.Margin(), tw.SmoothedMargin(degree), tw.NormalizedMargin(degree=degree)]
    run = tw.follow(problem, network, start, tw.LogTimeFlow(1e-5), until=tw.Time(14 / degree**2), key=3, record=record)
    margins = run.data.smoothed_margin.values
    assert float(run.data.margin[-1]) > 100
    assert (np.diff(margins[margins > 0]) > -1e-4).all()
    assert float(run.data.normalized_margin_of_parameters[-1]) == pytest.approx(margins[-1], rel=0.02)


def test_samples_that_cannot_be_separated_end_at_the_least_loss():
    rng = np.random.default_rng(0)
    problem = tw.Classification(rng.normal(size=(4, 12)), [1, -1] * 6).log
    with pytest.raises(ValueError, match="cannot be separated"):
        tw.exact.hard_margin(problem)
    run = path(problem, 1e-4, 60.0)
    assert run.outcome.kind == "stalled"
    at_zero, at_end = (np.linalg.norm(problem.loss_and_gradient(jnp.asarray(w))[1]) for w in (np.zeros((1, 4)), run.predictor))
    assert at_end < 0.01 * at_zero


def passed(logs: list[float], quotients: list[float]) -> float:
    """Of a step on which the quotient 1/|grad log L|^2 has these values."""
    ells: Any = tuple(jnp.float64(x) for x in logs)
    steep: Any = tuple(-jnp.log(jnp.float64(q)) for q in quotients)
    return float(log_of_passed(ells, steep))


@pytest.mark.parametrize("fell", [1e-6, 0.009, 0.011, 0.5, 3.0, 40.0, 600.0])
def test_the_time_of_a_step_is_the_integral(fell: float):
    for later in (1.0, 0.6, 1.4):
        for bent in (0.0, 0.2):

            def quotient(u: float, later: float = later, bent: float = bent) -> float:
                return later + (1 - later) * -u / fell - bent * u * (u + fell) / fell**2

            expected = quad(lambda u: np.exp(u) * quotient(u), max(-fell, -50.0), 0, epsabs=0, epsrel=1e-12)[0]
            for middle in (0.5, 0.3):
                logs, at = [0.0, -fell * (1 - middle), -fell], [quotient(-fell), quotient(-fell * middle), quotient(0.0)]
                assert passed(logs, at) == pytest.approx(np.log(expected) + fell, abs=1e-9)


def test_the_time_of_a_step_at_its_limits():
    assert passed([-900.0, -950.0, -1000.0], [1.0, 1.0, 1.0]) == pytest.approx(1000.0, rel=1e-12)
    assert passed([-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]) == -np.inf
    straight = passed([0.0, -0.5, -1.0], [2.0, 1.5, 1.0])
    for odd in (([0.0, 0.5, -1.0], [2.0, 1.5, 1.0]), ([0.0, -0.5, -1.0], [2.0, 100.0, 1.0])):  # not between, far off
        assert passed(*odd) == pytest.approx(straight, abs=1e-12)


def test_an_interrupted_run_keeps_its_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    reference = path(PROBLEM, 1e-4, 6.0)
    monkeypatch.setattr("thalweg.trajectory.follow.FIRST_BUDGET", 16)
    monkeypatch.setattr("thalweg.trajectory.follow.MOST_BUDGET", 16)

    def interrupt(progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        path(PROBLEM, 1e-4, 6.0, snapshots=tmp_path / "run.npz", report=interrupt)
    resumed = path(PROBLEM, 1e-4, 6.0, snapshots=tmp_path / "run.npz")
    assert same_bits(resumed, reference)
    np.testing.assert_array_equal(resumed.data.log_time, reference.data.log_time)


@pytest.mark.parametrize("rtol", [0.0, -1e-6, 0.5, np.nan])
def test_bad_tolerances_are_refused(rtol: float):
    with pytest.raises(ValueError, match="rtol must be"):
        tw.LogTimeFlow(rtol)


def test_a_name_that_a_clock_has_is_refused():
    class Late(type(tw.Margin())):
        @property
        def name(self) -> str:
            return "log_time"

    network, start = row()
    with pytest.raises(ValueError, match="record holds log_time, the name of a clock that LogTimeFlow keeps"):
        tw.follow(PROBLEM, network, start, tw.LogTimeFlow(1e-4), until=tw.Time(1.0), key=0, record=[Late()])
