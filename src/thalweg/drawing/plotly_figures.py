"""Pictures for the screen: each panel as a plotly figure in plain mappings, set as wide as the page is.

A figure is complete in its light colours. What the page needs to dress it for a dark screen stands in `meta`: the
group of each curve, and which entry of the legend speaks for it.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg.drawing.heat import coloured, decades, edges
from thalweg.drawing.legend import Entry, entries, overlaid, pale, place
from thalweg.drawing.markup import as_html, wrapped
from thalweg.drawing.numbers import powers
from thalweg.drawing.palette import HEAT, colour
from thalweg.drawing.plot import HeatMap, Line, Panel, Plot, Rule
from thalweg.drawing.rules import Place, drawable, places, position
from thalweg.drawing.thin import thinned

INK, MUTED, GRID = "#1c2024", "#5c646c", "#e3e6e9"
PALE = 0.45
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def figures(plot: Plot, points: int = 400) -> list[dict[str, Any]]:
    """One figure for each panel, as mappings that `plotly.graph_objects.Figure` and plotly.js take.

    Arguments:
        plot: what to draw.
        points: how many points a curve keeps at most.

    Examples:
        >>> import numpy as np
        >>> from thalweg.drawing.plotly_figures import figures
        >>> from thalweg.drawing.plot import Line, Panel, Plot
        >>> panel = Panel("depth 2", "step", "singular value", [Line(np.arange(3.0), np.arange(3.0), "first")])
        >>> [trace["y"] for trace in figures(Plot("rise", "Rise", "", [panel]))[0]["data"]]
        [[0.0, 1.0, 2.0]]
    """
    legend = entries(plot)
    return [_figure(panel, legend, points) for panel in plot.panels]


def described(panel: Panel) -> str:
    """What a panel shows, for those who cannot see it."""
    labels = list(dict.fromkeys(line.label for line in panel.lines if line.label))
    count = len(panel.lines)
    shown = f"{count} curve{'s' if count != 1 else ''}" + (f": {', '.join(labels)}" if labels else "")
    rules = [rule.label for rule in panel.rules if rule.label]
    across = f". Lines across at {', '.join(rules)}" if rules else ""
    if panel.heat is not None:
        shown = f"{panel.heat.label} in colours" + (f"; {shown}" if count else "")
    return f"{panel.title}: {panel.y_label} against {panel.x_label}; {shown}{across}."


def _figure(panel: Panel, legend: list[Entry], points: int) -> dict[str, Any]:
    traces = [] if panel.heat is None else [_heat(panel.heat, panel)]
    under = overlaid(panel.lines)
    for line in panel.lines:
        drawn = thinned(line, panel.x_scale, panel.y_scale, points)
        entry = place(line, legend)
        if drawn.low is not None and drawn.high is not None and not drawn.markers:
            traces += _band(drawn, drawn.low, drawn.high, entry)
        trace = _trace(drawn, panel, entry, legend[entry].label if entry is not None else "")
        if pale(line, under):
            trace |= {"opacity": PALE, "line": {**trace["line"], "width": 5}}
        traces.append(trace)
    return {
        "data": traces,
        "layout": {
            "xaxis": _axis(panel.x_label, panel.x_scale, _reach(panel, "x"), [trace["x"] for trace in traces]),
            "yaxis": _axis(panel.y_label, panel.y_scale, panel.y_range or _reach(panel, "y"), [trace["y"] for trace in traces]),
            "shapes": [_shape(rule) for rule in drawable(panel)],
            "annotations": [_annotation(place, panel) for place in places(panel)],
            "margin": {"l": 12, "r": 26, "t": 30, "b": 12},  # above, the tools of the plot
            "font": {"family": FONT, "size": 13, "color": INK},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "hovermode": "closest",
            "dragmode": "zoom",
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": INK},
        },
    }


def _reach(panel: Panel, axis: str) -> tuple[float, float] | None:
    """From the first to the last edge of a heat map, which the curves on it do not widen."""
    if panel.heat is None:
        return None
    found = edges(getattr(panel.heat, axis), getattr(panel, f"{axis}_scale"))
    return float(found[0]), float(found[-1])


def _heat(heat: HeatMap, panel: Panel) -> dict[str, Any]:
    values, low, high = coloured(heat)
    bar: dict[str, Any] = {"title": {"text": _wrapped(heat.label, 40), "side": "right"}, "thickness": 14, "outlinewidth": 0}
    shown = np.log10(values) if heat.scale == "log" else values
    if heat.scale == "log":
        ticks = decades(low, high)
        bar |= {"tickvals": [math.log10(tick) for tick in ticks], "ticktext": [powers(f"{tick:g}") for tick in ticks]}
        low, high = math.log10(low), math.log10(high)
    last = len(HEAT) - 1
    return {
        "type": "heatmap",
        "x": _values(edges(heat.x, panel.x_scale)),
        "y": _values(edges(heat.y, panel.y_scale)),
        "z": [_values(row) for row in shown],
        "zmin": low,
        "zmax": high,
        "customdata": [_values(row) for row in values],
        "colorscale": [[index / last, shade] for index, shade in enumerate(HEAT)],
        "colorbar": bar,
        "hovertemplate": (
            f"{as_html(panel.x_label)}: %{{x:.4g}}<br>{as_html(panel.y_label)}: %{{y:.4g}}<br>"
            f"{as_html(heat.label)}: %{{customdata:.4g}}<extra></extra>"
        ),
        "meta": {"group": 0, "entry": None},
    }


def _trace(line: Line, panel: Panel, entry: int | None, name: str) -> dict[str, Any]:
    shade = colour(line.group)
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if line.markers else "lines",
        "x": _values(line.x),
        "y": _values(line.y),
        "name": as_html(line.label or name),
        "line": {"color": shade, "width": 2, "dash": line.style},
        "marker": {"color": shade, "size": 7},
        "connectgaps": False,
        "hovertemplate": (
            f"{as_html(panel.x_label)}: %{{x:.4g}}<br>{as_html(panel.y_label)}: %{{y:.4g}}"
            f"<extra>{as_html(line.label or name)}</extra>"
        ),
        "meta": {"group": line.group, "entry": entry},
    }
    if line.markers and line.low is not None and line.high is not None:
        trace["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": _values(np.maximum(np.asarray(line.high) - np.asarray(line.y), 0)),
            "arrayminus": _values(np.maximum(np.asarray(line.y) - np.asarray(line.low), 0)),
            "color": shade,
            "thickness": 1.5,
            "width": 4,
        }
    return trace


def _band(line: Line, low: np.ndarray, high: np.ndarray, entry: int | None) -> list[dict[str, Any]]:
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": _values(line.x),
        "line": {"width": 0, "color": colour(line.group)},
        "hoverinfo": "skip",
        "connectgaps": False,
        "meta": {"group": line.group, "entry": entry},
    }
    filling = {"fill": "tonexty", "fillcolor": faded(colour(line.group))}
    return [{**edge, "y": _values(low)}, {**edge, "y": _values(high), **filling}]


def faded(shade: str) -> str:
    """A colour as the ground of a band: the same, nearly clear."""
    red, green, blue = (int(shade[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def _axis(label: str, scale: str, extent: tuple[float, float] | None, shown: Sequence[Sequence[float | None]]) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "title": {"text": _wrapped(label, 36), "standoff": 8},
        "type": scale,
        "gridcolor": GRID,
        "linecolor": MUTED,
        "tickcolor": MUTED,
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "automargin": True,
        "tickfont": {"size": 12},
        "exponentformat": "power",
        "minexponent": 6,
        "separatethousands": True,
    }
    if scale == "log":
        axis["tickfont"] = {"size": 10}  # plotly sets powers a quarter larger
        values = extent or [value for part in shown for value in part if value is not None]
        if values and 1.5 < math.log10(max(values) / min(values)) < 8:
            axis["dtick"] = 1  # decades alone, without 2 and 5 between them
    if extent is not None:
        axis["range"] = [math.log10(end) for end in extent] if scale == "log" else list(extent)
    return axis


def _shape(rule: Rule) -> dict[str, Any]:
    here, across = ("x", "y") if rule.axis == "x" else ("y", "x")
    return {
        "type": "line",
        f"{here}0": rule.value,
        f"{here}1": rule.value,
        f"{across}0": 0,
        f"{across}1": 1,
        f"{across}ref": "paper",
        "line": {"color": MUTED, "width": 1.3, "dash": "dash"},
        "layer": "below",
    }


def _annotation(place: Place, panel: Panel) -> dict[str, Any]:
    """The words of a rule, where they are least in the way."""
    at = position(place.rule, panel)
    common = {
        "text": _wrapped(place.rule.label, 40),
        "showarrow": False,
        "font": {"size": 12, "color": MUTED},
        "align": "left",
    }
    if place.rule.axis == "x":
        height = 0.98 - 0.08 * place.row
        return {**common, "x": at, "y": height, "yref": "paper", "xanchor": "left", "yanchor": "top"}
    across = 0.99 if place.end == "right" else 0.01
    anchor = "bottom" if place.above else "top"
    return {**common, "x": across, "y": at, "xref": "paper", "xanchor": place.end, "yanchor": anchor}


def _wrapped(text: str, width: int) -> str:
    return "<br>".join(as_html(part) for part in wrapped(text, width))


def _values(array: np.ndarray) -> list[float | None]:
    """Numbers with six significant digits, and None where there is a gap: JSON knows no NaN."""
    numbers = np.asarray(array, dtype=float).tolist()
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in numbers]


def points_for(plots: Sequence[Plot], budget: int = 200_000, most: int = 400) -> int:
    """How many points a curve may keep so that all curves of a page together stay near the budget.

    Examples:
        >>> from thalweg.drawing.plotly_figures import points_for
        >>> points_for([])
        400
    """
    curves = sum(1 if line.low is None else 3 for plot in plots for panel in plot.panels for line in panel.lines)
    return max(40, min(most, budget // max(curves, 1)))
