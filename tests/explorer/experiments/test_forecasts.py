"""When directions are due: against paths of the law, a real factorization, and a law without its last factor."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.explorer.experiments.forecasts import due_time, forecasts
from thalweg.theory import enhancement, mode_path, mode_time


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
@pytest.mark.parametrize("pull", [0.02, 1.0])
def test_a_direction_is_due_when_the_path_of_its_mode_is_half_way(depth: int, pull: float):
    size, start = 3.0, 0.2
    half = float(mode_time(start, size / 2, size, depth)) / pull
    for part in (0.0, 0.4, 0.9):
        value = float(mode_path(part * half * pull, start, size, depth))
        speed = float(enhancement(value, depth)) * pull * (size - value)
        assert due_time(depth, size, part * half, value, speed) == pytest.approx(half, rel=1e-9)


@pytest.mark.parametrize(("value", "speed"), [(0.0, 1.0), (0.5, 1.0), (0.9, 1.0), (0.1, 0.0), (0.1, -1.0), (1e-3, 1e-320)])
def test_what_is_learnt_or_does_not_grow_is_not_due(value: float, speed: float):
    assert due_time(3, 1.0, 0.0, value, speed) is None


@pytest.fixture(scope="module")
def factorization():
    """A matrix seen whole, from a balanced start, whose product soon shares the target's singular vectors."""
    problem = tw.MatrixCompletion.random(shape=(8, 9), rank=3, observed=72, key=2)
    run = tw.follow(
        problem,
        tw.DeepLinear(depth=3, shape=problem.shape),
        tw.Balanced(1e-5),
        tw.GradientFlow(rtol=1e-6),
        record=[tw.SingularValues(3), tw.PredictedVelocity(3)],
        until=tw.Time(3000.0),
        at=tw.EveryTime(2.0),
        key=3,
    )
    return np.linalg.svd(np.asarray(problem.target), compute_uv=False)[:3], run.data


def test_forecasts_of_a_factorization_come_true(factorization):
    sizes, data = factorization
    parts = data.time.values, data.singular_values.values, data.predicted_velocity.values
    found = forecasts(3, list(sizes), *parts)
    for place, one in enumerate(found):
        assert one.made is not None
        assert one.due is not None
        assert one.came is not None
        assert one.made < one.due
        assert one.level == pytest.approx(sizes[place] / 2)
        assert one.came == pytest.approx(np.interp(one.level, parts[1][:, place], parts[0]), abs=1e-9)
        assert one.due == pytest.approx(one.came, rel=0.01)
        # the same without the last factor of the law: as if the pull stayed as it is until it is half way
        begun = int(np.searchsorted(parts[0], one.made))
        value, speed = parts[1][begun, place], parts[2][begun, place]
        early = one.made + 3 * (value ** (-1 / 3) - one.level ** (-1 / 3)) / (speed / value ** (4 / 3))
        assert abs(early - one.came) > 5 * abs(one.due - one.came)
    came = [one.came or 0.0 for one in found]
    assert came == sorted(came)


def test_a_forecast_waits_until_the_directions_before_are_learnt(factorization):
    sizes, data = factorization
    times, spectrum, speeds = data.time.values, data.singular_values.values, data.predicted_velocity.values
    whole = forecasts(3, list(sizes), times, spectrum, speeds)
    assert whole[0].came is not None
    assert whole[1].made is not None
    assert whole[1].made >= whole[0].came
    last = int(np.searchsorted(times, whole[1].made)) - 1
    before = forecasts(3, list(sizes), times[: last + 1], spectrum[: last + 1], speeds[: last + 1])
    assert before[0] == whole[0]
    assert (before[1].made, before[1].due, before[1].came, before[2].made) == (None, None, None, None)
    after = forecasts(3, list(sizes), times[: last + 2], spectrum[: last + 2], speeds[: last + 2])
    assert (after[1].made, after[1].due, after[1].came) == (whole[1].made, whole[1].due, None)


def test_what_is_learnt_at_the_first_record_came_then():
    values = np.array([[0.8], [0.9]])
    (one,) = forecasts(2, [1.0], np.array([3.0, 4.0]), values, values)
    assert (one.made, one.due, one.came) == (3.0, None, 3.0)
