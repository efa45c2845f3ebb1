r"""When each singular value of the product is due to be half learnt, by the time that the law of its mode takes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thalweg.theory import enhancement, mode_time

LEARNT = 0.5
"""The part of a target's singular value from which on a direction counts as learnt."""
BEGUN = 0.01
"""The part from which on its time is forecast: before, the product has not turned to the direction yet."""


@dataclass(frozen=True)
class Forecast:
    """What was forecast of one direction, and what came.

    Attributes:
        level: the singular value at which it counts as learnt.
        made: when the forecast was made; None before. due: for when, None where it was not to come. came: when it did, None
            before that.
    """

    level: float
    made: float | None
    due: float | None
    came: float | None


def due_time(depth: int, size: float, now: float, value: float, speed: float) -> float | None:
    r"""When a direction is due: $\dot\sigma = N\sigma^{2-2/N} c\,(s - \sigma)$, the law of a mode, with $c$ from its speed now.

    It is exact where the target is seen whole and the product shares its singular vectors; else $c$ changes as other
    directions are learnt.

    Arguments:
        depth: $N$. size: $s$, of the target's direction. now: the time. value: $\sigma$. speed: $\dot\sigma$, by the theory.

    Returns:
        None where it has been learnt or does not grow.

    Examples:
        >>> due_time(2, 1.0, 10.0, 0.1, 2 * 0.1 * 0.9) == 10.0 + math.log(9) / 2
        True

    Reference:
        saxe2014exact, section 1.3; arora2019implicit, theorem 3.
    """
    end = LEARNT * size
    if not (0 < value < end and speed > 0):
        return None
    pull = speed / float(enhancement(value, depth)) / (size - value)
    when = now + float(mode_time(value, end, size, depth)) / pull if pull > 0 else math.inf
    return when if math.isfinite(when) else None


def forecasts(
    depth: int, sizes: Sequence[float] | np.ndarray, times: np.ndarray, spectrum: np.ndarray, speeds: np.ndarray
) -> list[Forecast]:
    """One for each direction: made at the first record at which it has begun and those before it have been learnt.

    Arguments:
        depth: of the product. sizes: the singular values of the target, from the largest. times: of the records.
        spectrum, speeds: singular values of the product and their velocities by the theory, `(records, directions)`.

    Examples:
        >>> values = np.array([[0.1], [0.4], [0.8]])
        >>> [one] = forecasts(2, [1.0], np.array([0.0, 1.0, 2.0]), values, 2 * values * (1 - values))
        >>> one.made, round(one.due, 3), one.came
        (0.0, 1.099, 1.25)
    """
    found, earliest = [], 0
    for values, speed, size in zip(spectrum.T, speeds.T, sizes, strict=False):
        level, made, due, came = LEARNT * float(size), None, None, None
        begun, learnt = _first(values >= BEGUN * size, earliest), _first(values >= level, 0)
        if begun is not None:
            made = float(times[begun])
            due = due_time(depth, float(size), made, float(values[begun]), float(speed[begun]))
        if learnt is not None:
            came = _crossing(times, values, level, learnt)
        found.append(Forecast(level, made, due, came))
        earliest = len(times) if learnt is None else max(earliest, learnt)
    return found


def _first(there: np.ndarray, earliest: int) -> int | None:
    """The first place from `earliest` on that is true."""
    places = np.flatnonzero(there[earliest:])
    return earliest + int(places[0]) if len(places) else None


def _crossing(times: np.ndarray, values: np.ndarray, level: float, place: int) -> float:
    """When a level was reached, on the line between two records."""
    if place == 0:
        return float(times[0])
    before, after = values[place - 1], values[place]
    return float(times[place - 1] + (level - before) / (after - before) * (times[place] - times[place - 1]))
