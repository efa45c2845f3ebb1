"""Where the lines across a panel, and their words, can stand."""

import math

import numpy as np

from thalweg.studies.plot import Panel, Rule


def drawable(rule: Rule, panel: Panel) -> bool:
    """Whether a rule has a place on its axis: a logarithmic one has none for zero and below."""
    return math.isfinite(rule.value) and (scale(rule, panel) != "log" or rule.value > 0)


def scale(rule: Rule, panel: Panel) -> str:
    """The scale of the axis that a rule stands on."""
    return panel.x_scale if rule.axis == "x" else panel.y_scale


def side(rule: Rule, panel: Panel, index: int) -> str:
    """The end of a level rule at which the curves keep farther from it: `left` or `right`; else the two by turns.

    Examples:
        >>> import numpy as np
        >>> from thalweg.report.rules import side
        >>> from thalweg.studies.plot import Line, Panel, Rule
        >>> x = np.arange(10.0)
        >>> side(Rule(9.0, "target"), Panel("", "x", "y", [Line(x, x)]), 0)
        'left'
    """
    log = np.log if panel.y_scale == "log" else np.asarray
    level = float(log(rule.value))
    near = {"left": math.inf, "right": math.inf}
    span = [math.inf, -math.inf]
    ends = _ends(panel)
    for line in panel.lines:
        x, y = np.asarray(line.x, dtype=float), np.asarray(line.y, dtype=float)
        known = np.isfinite(y) & np.isfinite(x) & ((y > 0) if panel.y_scale == "log" else True)
        x, heights = x[known], log(y[known])
        for name, here in (("left", x <= ends[0]), ("right", x >= ends[1])):
            if here.any():
                near[name] = min(near[name], float(np.abs(heights[here] - level).min()))
        if heights.size:
            span = [min(span[0], float(heights.min())), max(span[1], float(heights.max()))]
    room = 0.3 * max(span[1] - span[0], 0.0)
    if min(near.values()) < room and near["left"] != near["right"]:
        return max(near, key=lambda name: near[name])
    return ("right", "left")[index % 2]


def _ends(panel: Panel) -> tuple[float, float]:
    """The first and the last quarter of the axis as it is drawn."""
    values = np.concatenate([np.zeros(0), *(np.asarray(line.x, dtype=float).ravel() for line in panel.lines)])
    values = values[np.isfinite(values) & ((values > 0) if panel.x_scale == "log" else True)]
    if not values.size:
        return -math.inf, math.inf
    low, high = float(values.min()), float(values.max())
    if panel.x_scale == "log":
        return low * (high / low) ** 0.25, low * (high / low) ** 0.75
    return low + 0.25 * (high - low), low + 0.75 * (high - low)
