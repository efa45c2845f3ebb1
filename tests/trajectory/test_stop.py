"""When a run stops: each rule at the step that it names, and rules together."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.trajectory.stop import AbstractStop
from trajectory.cases import NETWORK, PROBLEM, START, distance, gradients, path

DESCENT = tw.GradientDescent(0.2)


def descend(until: AbstractStop, start: object = START) -> tw.Trajectory:
    return tw.follow(PROBLEM, NETWORK, start, DESCENT, until=until, key=1, at=tw.EverySteps())  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module")
def losses() -> np.ndarray:
    """The losses of six hundred steps."""
    return descend(tw.Steps(600)).data.loss.values


def test_steps(losses: np.ndarray):
    assert len(losses) == 601
    run = descend(tw.Steps(17))
    assert (run.outcome.steps, run.outcome.sentence) == (17, "17 steps were taken")
    np.testing.assert_array_equal(run.data.loss, losses[:18])


def test_loss_below(losses: np.ndarray):
    first = int(np.argmax(losses <= 1e-2))
    run = descend(tw.LossBelow(1e-2))
    assert run.outcome.steps == first > 10
    assert run.outcome.loss <= 1e-2 < run.data.loss[-2]
    assert run.outcome.sentence == f"the loss {losses[first]:.3g} is at most 0.01"


def test_a_start_that_is_good_enough_is_left_where_it_is():
    run = descend(tw.LossBelow(1e3))
    assert (run.outcome.steps, run.outcome.kind, run.data.sizes["record"]) == (0, "reached", 1)
    assert distance(run.params, run.start) == 0.0


def test_gradients():
    run = descend(tw.Gradients(11))
    assert (run.outcome.gradients, run.outcome.steps) == (11, 10)
    assert run.outcome.sentence == "11 gradients were evaluated, 11 were allowed"


def test_time():
    run = descend(tw.Time(1.1))
    assert run.outcome.steps == 6  # 1.2 is the first multiple of 0.2 to reach 1.1
    assert run.outcome.sentence == "time 1.1 was reached"
    assert descend(tw.Time(0.6)).outcome.steps == 3  # 3 * 0.2 is 0.6 but for rounding


def test_steady():
    run = descend(tw.Steady(1e-3))
    slopes = gradients(PROBLEM, run.params)
    share = distance(slopes, [0 * w for w in slopes]) / distance(run.params, [0 * w for w in slopes])
    assert share <= 1e-3
    assert share == pytest.approx(1e-3, rel=0.05)  # and not much before
    assert run.outcome.sentence == "the gradient is at most 0.001 of the parameters' norm: a steady state"


def by_windows(losses: np.ndarray, rtol: float, over: int) -> int:
    for step in range(over, len(losses), over):
        if abs(losses[step] - losses[step - over]) <= rtol * losses[step - over]:
            return step
    raise AssertionError("the loss keeps changing")


@pytest.mark.parametrize(("rtol", "over"), [(0.3, 20), (0.1, 10), (0.25, 7)])
def test_relative_change(losses: np.ndarray, rtol: float, over: int):
    run = descend(tw.RelativeChange(rtol, over=over))
    assert run.outcome.steps == by_windows(losses, rtol, over)
    assert run.outcome.sentence == f"the loss changed by less than {rtol:g} of itself over {over} steps"


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ((1e-2, 10_000, 0.01, 900.0), "the loss 0.00"),
        ((1e-9, 25, 0.01, 900.0), "25 steps were taken"),
        ((1e-9, 10_000, 0.3, 900.0), "the loss changed by less than 0.3 of itself over 20 steps"),
        ((1e-9, 10_000, 0.01, 3.0), "time 3 was reached"),
    ],
)
def test_of_several_rules_the_first_to_fire_stops_the_run_and_says_so(bounds: tuple[float, int, float, float], sentence: str):
    loss, steps, change, time = bounds
    rule = tw.LossBelow(loss) | tw.Steps(steps) | tw.RelativeChange(change, over=20) | tw.Time(time)
    assert isinstance(rule, tw.AnyOf)
    assert len(rule.rules) == 4
    run = descend(rule)
    assert run.outcome.kind == "reached"
    assert run.outcome.sentence.startswith(sentence)


def test_rules_in_brackets_are_the_same_rule():
    left = (tw.LossBelow(1e-9) | tw.Steps(3)) | tw.Time(9.0)
    right = tw.LossBelow(1e-9) | (tw.Steps(3) | tw.Time(9.0))
    assert [type(rule) for rule in left.rules] == [type(rule) for rule in right.rules]
    assert [type(rule) for rule in tw.AnyOf((tw.Steps(1), tw.Time(1.0))).rules] == [tw.Steps, tw.Time]


def test_a_flow_stops_at_the_first_of_two_times():
    run = path(tw.GradientFlow(1e-6), tw.Time(9.0) | tw.Time(0.7), at=tw.EveryTime(0.5))
    assert run.data.time.values.tolist() == [0.0, 0.5, 0.7]
    assert run.outcome.sentence == "time 0.7 was reached"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tw.Steps(0), ValueError, "count must be at least 1, got 0"),
        (lambda: tw.Steps(1e3), TypeError, r"count must be a whole number, got 1000\.0"),  # pyright: ignore[reportArgumentType]
        (lambda: tw.Gradients(-5), ValueError, "count must be at least 1, got -5"),
        (lambda: tw.LossBelow(0.0), ValueError, "threshold must be greater than 0, got 0"),
        (lambda: tw.LossBelow(np.nan), ValueError, "threshold must be finite, got nan"),
        (lambda: tw.Time(-1.0), ValueError, "end must be greater than 0, got -1"),
        (lambda: tw.Time(np.inf), ValueError, "end must be finite, got inf"),
        (lambda: tw.Steady(0.0), ValueError, "rtol must be greater than 0, got 0"),
        (lambda: tw.RelativeChange(-0.1), ValueError, r"rtol must be greater than 0, got -0\.1"),
        (lambda: tw.RelativeChange(0.1, over=0), ValueError, "over must be at least 1, got 0"),
        (lambda: tw.AnyOf([]), ValueError, "rules must hold at least one stopping rule"),
        (lambda: tw.AnyOf([tw.Steps(1), 5]), TypeError, "rules must be a list of stopping rules such as tw.Steps"),  # pyright: ignore[reportArgumentType]
        (lambda: tw.Steps(1) | 5, TypeError, "unsupported operand"),  # pyright: ignore[reportOperatorIssue]
    ],
)
def test_a_bad_rule_is_refused(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()
