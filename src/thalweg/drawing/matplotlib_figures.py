"""Pictures for paper: a plot as one matplotlib figure, saved as SVG and PDF with the same bytes every time."""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.mathtext import MathTextParser

from thalweg.drawing.heat import coloured, edges
from thalweg.drawing.legend import Entry, entries, overlaid, pale
from thalweg.drawing.markup import as_text, wrapped
from thalweg.drawing.palette import HEAT, colour
from thalweg.drawing.plot import HeatMap, Line, Panel, Plot
from thalweg.drawing.rules import Place, drawable, places
from thalweg.drawing.thin import thinned

INK, MUTED, GRID = "#1c2024", "#5c646c", "#dfe3e6"
STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine sets the same page
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "thalweg",
    "pdf.fonttype": 42,
}
_DASHES = {"solid": "-", "dash": "--", "dot": ":"}
_POINTS = 600
_PANEL = (3.5, 2.7)  # inches


def svg(plot: Plot) -> bytes:
    """The picture as SVG, its text as text.

    Examples:
        >>> import numpy as np
        >>> from thalweg.drawing.matplotlib_figures import svg
        >>> from thalweg.drawing.plot import Line, Panel, Plot
        >>> panel = Panel("depth 2", "step", "singular value", [Line(np.arange(3.0), np.arange(3.0), "first")])
        >>> b"singular value" in svg(Plot("rise", "Rise", "", [panel]))
        True
    """
    return _saved(plot, "svg", {"Date": None, "Creator": None})


def pdf(plot: Plot) -> bytes:
    """The picture as PDF, its fonts embedded as outlines that can be searched.

    Examples:
        >>> import numpy as np
        >>> from thalweg.drawing.matplotlib_figures import pdf
        >>> from thalweg.drawing.plot import Line, Panel, Plot
        >>> panel = Panel("depth 2", "step", "singular value", [Line(np.arange(3.0), np.arange(3.0), "first")])
        >>> pdf(Plot("rise", "Rise", "", [panel]))[:5]
        b'%PDF-'
    """
    return _saved(plot, "pdf", {"CreationDate": None, "Creator": None, "Producer": None})


def figure(plot: Plot) -> Figure:
    """The picture as a matplotlib figure of its own: nothing that pyplot knows of."""
    with _style():
        return _drawn(plot)


def _saved(plot: Plot, kind: str, metadata: dict[str, Any]) -> bytes:
    with _style():
        buffer = io.BytesIO()
        _drawn(plot).savefig(buffer, format=kind, metadata=metadata)
        return buffer.getvalue()


@contextmanager
def _style() -> Iterator[None]:
    """Our settings over matplotlib's own defaults, whatever the user's are; they are put back on leaving."""
    with matplotlib.style.context(["default", STYLE]):
        yield


def _drawn(plot: Plot) -> Figure:
    count = max(len(plot.panels), 1)
    columns = count if count <= 3 else math.ceil(count / math.ceil(count / 3))
    rows = math.ceil(count / columns)
    legend = entries(plot)
    below = _legend_rows(legend, columns)
    size = (_PANEL[0] * columns + (1.2 if columns == 1 else 0), _PANEL[1] * rows + 0.19 * below)
    drawing = Figure(figsize=size, layout="constrained")
    axes = drawing.subplots(rows, columns, squeeze=False).ravel()
    for panel, on in zip(plot.panels, axes, strict=False):
        _panel(panel, on)
    for on in axes[len(plot.panels) :]:
        on.set_axis_off()
    if legend:
        handles = [_handle(entry) for entry in legend]
        per_row = math.ceil(len(legend) / below)
        drawing.legend(handles=handles, loc="outside lower center", ncols=per_row, handlelength=2.4)
    return drawing


def _legend_rows(legend: list[Entry], columns: int) -> int:
    if not legend:
        return 0
    widest = max(len(line) for entry in legend for line in _words(entry.label, 60).splitlines())
    per_row = max(1, int((columns * _PANEL[0] + 1.0) / (0.55 + 0.075 * widest)))
    return math.ceil(len(legend) / per_row)


def _handle(entry: Entry) -> Line2D:
    marker = "o" if entry.markers else None
    look = {"color": colour(entry.group), "linestyle": _DASHES[entry.style], **_broad(entry.pale)}
    return Line2D([], [], marker=marker, label=_words(entry.label, 60), **look)


def _panel(panel: Panel, on: Axes) -> None:
    on.set_title(_words(panel.title, 48))
    on.set_xlabel(_words(panel.x_label, 48))
    on.set_ylabel(_words(panel.y_label, 40))
    on.set_xscale(panel.x_scale)
    on.set_yscale(panel.y_scale)
    if panel.heat is not None:
        _heat(panel.heat, panel, on)
    under = overlaid(panel.lines)
    for line in panel.lines:
        _line(thinned(line, panel.x_scale, panel.y_scale, _POINTS), on, _broad(pale(line, under)))
    if panel.y_range is not None:
        on.set_ylim(*panel.y_range)
    for rule in drawable(panel):
        across = on.axvline if rule.axis == "x" else on.axhline
        across(rule.value, color=MUTED, linewidth=0.9, linestyle="--", zorder=1)
    for place in places(panel):
        _label(place, on)


def _heat(heat: HeatMap, panel: Panel, on: Axes) -> None:
    values, low, high = coloured(heat)
    # fewer colours than matplotlib paints as a bitmap: the bar stays lines and letters
    colours = LinearSegmentedColormap.from_list("heat", HEAT, N=48)
    across, up = edges(heat.x, panel.x_scale), edges(heat.y, panel.y_scale)
    norm = (LogNorm if heat.scale == "log" else Normalize)(low, high)
    mesh = on.pcolormesh(across, up, values, norm=norm, cmap=colours)
    on.grid(False)
    on.set_xlim(across[0], across[-1])
    on.set_ylim(up[0], up[-1])
    on.set_autoscale_on(False)  # the curves on it do not widen it
    bar = on.figure.colorbar(mesh, ax=on)
    bar.set_label(_words(heat.label, 40))
    bar.outline.set_visible(False)


def _broad(is_pale: bool) -> dict[str, Any]:
    return {"linewidth": 3.5, "alpha": 0.45} if is_pale else {}


def _line(line: Line, on: Axes, look: dict[str, Any]) -> None:
    shade = colour(line.group)
    on.plot(line.x, line.y, color=shade, linestyle=_DASHES[line.style], marker="o" if line.markers else None, **look)
    if line.low is None or line.high is None:
        return
    if line.markers:
        middle, low, high = (np.asarray(values) for values in (line.y, line.low, line.high))
        known = np.isfinite(middle) & np.isfinite(low) & np.isfinite(high)
        lengths = np.maximum([middle - low, high - middle], 0)[:, known]
        on.errorbar(line.x[known], middle[known], lengths, fmt="none", ecolor=shade, elinewidth=1, capsize=2.5)
    else:
        on.fill_between(line.x, line.low, line.high, color=shade, alpha=0.18, linewidth=0)


def _label(place: Place, on: Axes) -> None:
    """The words of a rule, where they are least in the way."""
    style: dict[str, Any] = {"color": MUTED, "fontsize": 7.5, "textcoords": "offset points"}
    words = _words(place.rule.label, 40)
    if place.rule.axis == "x":
        at = (place.rule.value, 0.98 - 0.08 * place.row)
        on.annotate(words, at, (3, 0), xycoords=("data", "axes fraction"), va="top", **style)
        return
    at = (0.99 if place.end == "right" else 0.01, place.rule.value)
    side, away = ("bottom", 2) if place.above else ("top", -2)
    on.annotate(words, at, (0, away), xycoords=("axes fraction", "data"), ha=place.end, va=side, **style)


def _words(text: str, width: int) -> str:
    """Words as matplotlib sets them: formulas where it can read them, in plain Unicode where not; long ones wrapped."""
    text = "\n".join(wrapped(text, width))
    if text.count("$") % 2:
        return text.replace("$", r"\$")
    try:
        MathTextParser("path").parse(text.replace("\n", " "))
    except ValueError:
        return as_text(text).replace("$", r"\$")
    return text
