"""The audit: how far discrete runs are from the flow, against runs of the flow itself."""

import numpy as np
import optax
import pytest

import thalweg as tw
from trajectory.cases import flow, path, slope


def descend(rate: float, end: float = 5.0) -> tw.Trajectory:
    return path(tw.GradientDescent(rate), tw.Steps(round(end / rate)))


@pytest.fixture(scope="module")
def audits() -> dict[float, tw.Audit]:
    return {rate: tw.audit(descend(rate), times=5, against="flow") for rate in (0.04, 0.02, 0.01)}


def test_the_distance_is_that_to_the_flow_at_the_same_time(audits: dict[float, tw.Audit]):
    for rate, found in audits.items():
        assert found.against == "flow"
        np.testing.assert_allclose(found.data.time, [1.0, 2.0, 3.0, 4.0, 5.0], rtol=1e-12)
        reference = flow(5.0, 1e-10).predictor
        distance = np.linalg.norm(descend(rate).predictor - reference)
        assert float(found.data.distance[-1]) == pytest.approx(distance, rel=1e-5)
        assert float(found.data.relative[-1]) == pytest.approx(distance / np.linalg.norm(reference), rel=1e-5)


def test_the_distance_is_of_first_order_in_the_rate(audits: dict[float, tw.Audit]):
    worst = [float(found.data.relative.max()) for found in audits.values()]
    assert slope(list(audits), worst) == pytest.approx(1.0, abs=0.05)


def test_halving_tells_the_same_without_a_flow(audits: dict[float, tw.Audit]):
    run = descend(0.02)
    halved = tw.audit(run, times=5, against="halved")
    np.testing.assert_allclose(halved.data.distance, audits[0.02].data.distance, rtol=0.02)
    assert halved.gradients == 2 * run.outcome.steps + 1
    assert "as far as the run at half the step tells" in str(halved)


def test_the_cheaper_way_is_taken_unless_one_is_asked_for():
    many, few = (tw.audit(run, times=5) for run in (descend(0.01), descend(0.5)))
    assert (many.against, few.against) == ("flow", "halved")
    assert many.gradients < 2 * 501


def test_the_sentence_names_the_worst_time(audits: dict[float, tw.Audit]):
    found = audits[0.04]
    worst = int(np.argmax(found.data.relative.values))
    share, time = float(found.data.relative[worst]), float(found.data.time[worst])
    assert str(found) == (f"at this step size the path is within {share:.2g} (relative) of the flow, worst at time {time:.4g}")


def test_group_rmsprop_keeps_the_clock_of_the_flow():
    runs = [path(tw.GroupRMSprop(rate), tw.Steps(round(1 / rate))) for rate in (4e-3, 2e-3)]
    coarse, fine = (float(tw.audit(run, times=4).data.relative.max()) for run in runs)
    assert fine < coarse < 0.05
    assert coarse / fine == pytest.approx(2.0, rel=0.2)


def test_more_times_than_steps_are_as_many_as_there_are_steps():
    assert tw.audit(descend(0.5), times=100, against="flow").data.sizes["record"] == 10


ONE = tw.MatrixCompletion([[1.0]]), tw.DeepLinear(depth=2, shape=(1, 1))


@pytest.mark.parametrize(
    ("algorithm", "start", "options", "error", "message"),
    [
        (tw.Optax(optax.sgd, learning_rate=0.1), 0.5, {}, TypeError, "GradientDescent or GroupRMSprop with the flow, not Optax"),
        (tw.GradientDescent(50.0), 0.7, {}, ValueError, "the run diverged: there is no path to compare"),
        (tw.GradientDescent(0.1), 0.0, {}, ValueError, "the run took no step.*at rest"),
        (
            tw.GradientDescent(0.1),
            0.5,
            {"against": "theory"},
            ValueError,
            "against must be 'auto', 'flow' or 'halved', got 'theory'",
        ),
        (tw.GradientDescent(0.1), 0.5, {"times": 0}, ValueError, "times must be at least 1, got 0"),
        (tw.GradientDescent(0.1), 0.5, {"rtol": 0.0}, ValueError, "rtol must be greater than 0, got 0"),
        (tw.GroupRMSprop(0.1), 0.5, {"against": "halved"}, TypeError, "halving compares equal times.*use against='flow'"),
    ],
)
def test_what_cannot_be_audited_is_refused(algorithm, start: float, options: dict, error: type[Exception], message: str):
    run = tw.follow(*ONE, [[[start]], [[start]]], algorithm, until=tw.Steps(20), key=0)
    with pytest.raises(error, match=message):
        tw.audit(run, **options)
