"""When a path is recorded: the ticks of each schedule, and what is recorded at them."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.trajectory.schedule import AbstractSchedule
from trajectory.cases import path

SCHEDULES = {
    "every steps": tw.EverySteps(7),
    "log steps": tw.LogSteps(per_decade=9),
    "fine log steps": tw.LogSteps(per_decade=200),
    "every time": tw.EveryTime(0.3),
    "log times": tw.LogTimes(1e-2, per_decade=5),
    "at times": tw.AtTimes([1.0, 2.5]),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_ticks_grow_and_do_not_depend_on_how_they_are_asked_for(name: str):
    schedule = SCHEDULES[name]
    whole = schedule.ticks(0, 200)
    assert whole.shape == (200,)
    assert whole[0] > 0
    finite = whole[np.isfinite(whole)]
    assert np.all(np.diff(finite) > 0)
    assert np.all(np.isinf(whole[len(finite) :]))
    parts = np.concatenate([schedule.ticks(first, 40) for first in range(0, 200, 40)])
    np.testing.assert_array_equal(parts, whole)


def test_ticks_are_where_they_should_be():
    assert tw.EverySteps(10).ticks(2, 2).tolist() == [30.0, 40.0]
    np.testing.assert_allclose(tw.EveryTime(0.25).ticks(0, 3), [0.25, 0.5, 0.75])
    np.testing.assert_allclose(tw.LogTimes(0.01, per_decade=2).ticks(0, 5), [0.01, 0.01 * 10**0.5, 0.1, 10**-0.5, 1.0])
    assert tw.AtTimes([]).ticks(0, 2).tolist() == [np.inf, np.inf]
    steps = tw.LogSteps(per_decade=40).ticks(0, 500)
    assert np.all(steps[np.isfinite(steps)] % 1 == 0)
    assert steps[:20].tolist() == list(range(1, 21))  # at the start every step, each once
    assert {10.0, 100.0, 1000.0, 1e6}.issubset(steps.tolist())
    last = steps[(steps > 1e5) & (steps < 1e6)]
    np.testing.assert_allclose(last[1:] / last[:-1], 10 ** (1 / 40), rtol=1e-4)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (tw.EverySteps(7), [0, 7, 14, 20]),
        (tw.EverySteps(10), [0, 10, 20]),
        (tw.EverySteps(100), [0, 20]),
        (tw.EverySteps(), list(range(21))),
        (tw.LogSteps(per_decade=2), [0, 1, 3, 10, 20]),
    ],
)
def test_steps_recorded_with_the_first_and_the_last_and_none_twice(schedule: AbstractSchedule, expected: list[int]):
    assert path(tw.GradientDescent(0.1), tw.Steps(20), at=schedule).data.steps.values.tolist() == expected


@pytest.mark.parametrize("steps", [63, 64, 65, 127, 128, 129, 200])
def test_every_step_is_recorded_once_across_chunks(steps: int):
    run = path(tw.GradientDescent(0.1), tw.Steps(steps), at=tw.EverySteps())
    assert run.data.steps.values.tolist() == list(range(steps + 1))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (tw.EveryTime(0.75), [0, 3, 5, 8, 10, 13, 15, 18, 20]),  # steps of 0.3: the first that reaches the tick
        (tw.AtTimes([0.3, 1.0, 4.0]), [0, 1, 4, 14, 20]),
        (tw.AtTimes([6.0]), [0, 20]),
        (tw.LogTimes(0.1, per_decade=1), [0, 1, 4, 20]),
        (tw.EveryTime(1e-3), list(range(21))),  # hundreds of ticks to a step, recorded once
    ],
)
def test_a_discrete_run_records_at_the_first_step_that_reaches_a_time(schedule: AbstractSchedule, expected: list[int]):
    run = path(tw.GradientDescent(0.3), tw.Steps(20), at=schedule)
    assert run.data.steps.values.tolist() == expected
    np.testing.assert_allclose(run.data.time, 0.3 * np.array(expected), rtol=1e-15)


@pytest.mark.parametrize(
    "schedule",
    [tw.EveryTime(0.37), tw.LogTimes(1e-3, per_decade=7), tw.AtTimes([1e-9, 0.1, 0.1 + 1e-9, 1 / 3, 4.9999999])],
    ids=["every time", "log times", "at times"],
)
def test_a_flow_lands_exactly_on_the_times(schedule: AbstractSchedule):
    run = path(tw.GradientFlow(1e-6), tw.Time(5.0), at=schedule)
    ticks = schedule.ticks(0, 64)
    np.testing.assert_array_equal(run.data.time, [0.0, *ticks[ticks < 5.0], 5.0])
    assert run.outcome.time == 5.0


def test_landing_often_does_not_shorten_the_steps_for_good():
    often = path(tw.GradientFlow(1e-6), tw.Time(5.0), at=tw.AtTimes([0.1, 0.1 + 1e-9, 0.2]))
    seldom = path(tw.GradientFlow(1e-6), tw.Time(5.0), at=tw.AtTimes([5.0]))
    assert often.outcome.steps <= seldom.outcome.steps + 6


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tw.EverySteps(0), ValueError, "interval must be at least 1, got 0"),
        (lambda: tw.EverySteps(1.5), TypeError, r"interval must be a whole number, got 1\.5"),  # pyright: ignore[reportArgumentType]
        (lambda: tw.LogSteps(per_decade=0), ValueError, "per_decade must be at least 1, got 0"),
        (lambda: tw.EveryTime(0.0), ValueError, "interval must be greater than 0, got 0"),
        (lambda: tw.LogTimes(-1.0), ValueError, "first must be greater than 0, got -1"),
        (lambda: tw.LogTimes(1.0, per_decade=-3), ValueError, "per_decade must be at least 1, got -3"),
        (lambda: tw.AtTimes([0.0, 1.0]), ValueError, "times must be positive and increasing; the start is always recorded"),
        (lambda: tw.AtTimes([2.0, 1.0]), ValueError, "times must be positive and increasing"),
        (lambda: tw.AtTimes([1.0, np.inf]), ValueError, "times must be a list of finite numbers"),
        (lambda: tw.AtTimes(3.0), ValueError, "times must be a list of finite numbers"),  # pyright: ignore[reportArgumentType]
        (lambda: tw.AtTimes("soon"), TypeError, "times must be an array of real numbers, got a str"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_a_bad_schedule_is_refused(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()
