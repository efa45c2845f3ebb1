"""Where the lines across a panel, and their words, stand."""

import dataclasses
import math

import numpy as np

from thalweg.drawing.plot import Panel, Rule

_ENDS = ("right", "left")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the words of a level rule stand: at which end, above it or below; of an upright one, in which row."""

    rule: Rule
    end: str
    above: bool
    row: int


def drawable(panel: Panel) -> list[Rule]:
    """The rules that have a place on their axis: a logarithmic one has none for zero and below."""
    return [rule for rule in panel.rules if math.isfinite(rule.value) and (rule.value > 0 or not _log(rule, panel))]


def position(rule: Rule, panel: Panel) -> float:
    """Where a rule stands on its axis as it is drawn: the power of ten on a logarithmic one."""
    return math.log10(rule.value) if _log(rule, panel) else rule.value


def places(panel: Panel) -> list[Place]:
    """Where the words of the rules stand, of those that have words: away from the curves, and from one another.

    Examples:
        >>> import numpy as np
        >>> from thalweg.drawing.rules import places
        >>> from thalweg.drawing.plot import Line, Panel, Rule
        >>> x = np.arange(10.0)
        >>> rules = [Rule(8.5, "target"), Rule(8.6, "limit")]
        >>> [(place.end, place.above) for place in places(Panel("", "x", "y", [Line(x, x)], rules))]
        [('left', True), ('right', True)]
    """
    found: list[Place] = []
    ends = _Ends(panel)
    for rule in drawable(panel):
        if not rule.label:
            continue
        here = position(rule, panel)
        first = ends.best(here)
        tries = [(first, True), (_ENDS[first == "right"], True), (first, False)]
        near = {(p.end, p.above) for p in found if p.rule.axis == "y" and ends.meets(here, position(p.rule, panel))}
        end, above = next((place for place in tries if place not in near), tries[0])
        row = sum(place.rule.axis == rule.axis for place in found) % 4
        found.append(Place(rule, end, above, row))
    return found


def _log(rule: Rule, panel: Panel) -> bool:
    return (panel.x_scale if rule.axis == "x" else panel.y_scale) == "log"


class _Ends:
    """The heights that curves have in the first and the last quarter of a panel, as they are drawn."""

    def __init__(self, panel: Panel):
        curves = [_points(np.asarray(line.x, dtype=float), np.asarray(line.y, dtype=float), panel) for line in panel.lines]
        x, y = (np.concatenate([np.zeros(0), *(curve[k] for curve in curves)]) for k in (0, 1))
        levels = [position(rule, panel) for rule in drawable(panel) if rule.axis == "y"]
        heights = np.concatenate([y, levels])
        self.span = float(np.ptp(heights)) if heights.size else 0.0
        first, last = (x.min(), x.max()) if x.size else (0.0, 0.0)
        self.heights = {"left": y[x <= first + (last - first) / 4], "right": y[x >= last - (last - first) / 4]}

    def best(self, level: float) -> str:
        """The end at which the curves keep farther from a level."""
        near = {end: float(np.abs(self.heights[end] - level).min(initial=math.inf)) for end in _ENDS}
        return max(_ENDS, key=lambda end: near[end])

    def meets(self, one: float, other: float) -> bool:
        """Whether words at two levels would lie on one another."""
        return abs(one - other) <= 0.08 * self.span


def _points(x: np.ndarray, y: np.ndarray, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(x) & np.isfinite(y)
    known &= ((x > 0) | (panel.x_scale != "log")) & ((y > 0) | (panel.y_scale != "log"))
    x, y = x[known], y[known]
    return (np.log10(x) if panel.x_scale == "log" else x), (np.log10(y) if panel.y_scale == "log" else y)
