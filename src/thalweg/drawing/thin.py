"""Curves with fewer points that look the same: long records would make a page of hundreds of megabytes."""

import dataclasses
import heapq
import itertools

import numpy as np

from thalweg.drawing.plot import Line

_TOLERANCE = 2e-4  # of the height of a curve: less than a pixel, even when a reader looks closer


def thinned(line: Line, x_scale: str = "linear", y_scale: str = "linear", points: int = 400) -> Line:
    """A curve of at most so many points, chosen in the scales of its axes.

    Starting from the ends, the extremes and the edges of gaps, the point that lies farthest from the straight lines
    between those chosen is added, until none lies visibly off or there are enough. Values that cannot be drawn (not
    finite, or not positive on a logarithmic axis) become gaps.

    Arguments:
        line: the curve.
        x_scale, y_scale: `linear` or `log`.
        points: how many to keep at most.

    Raises:
        ValueError: the arrays of the curve are not vectors of one length.

    Examples:
        >>> import numpy as np
        >>> from thalweg.drawing.thin import thinned
        >>> from thalweg.drawing.plot import Line
        >>> x = np.arange(100_000.0)
        >>> y = np.where(x == 31_415, 7.0, np.sin(x / 1e4))
        >>> thin = thinned(Line(x, y))
        >>> len(thin.x) <= 400, float(thin.y.max())
        (True, 7.0)
    """
    x = _drawable(line.x, x_scale)
    series = {name: _drawable(values, y_scale) for name, values in _series(line).items()}
    if x.ndim != 1 or any(values.shape != x.shape for values in series.values()):
        shapes = ", ".join(f"{name} {np.shape(values)}" for name, values in {"x": line.x, **_series(line)}.items())
        raise ValueError(f"a curve needs vectors of one length, got {shapes} for the curve {line.label!r}")
    kept = np.flatnonzero(np.isfinite(x))
    x, series = x[kept], {name: values[kept] for name, values in series.items()}
    if len(x) > points:
        drawn = np.log(x) if x_scale == "log" else x
        heights = [np.log(values) if y_scale == "log" else values for values in series.values()]
        chosen = _chosen(drawn, heights, points)
        x, series = x[chosen], {name: values[chosen] for name, values in series.items()}
    known = np.isfinite(series["y"])
    alone = known.any() and not np.any(known[1:] & known[:-1])  # a line through single points shows nothing
    return dataclasses.replace(line, x=x, markers=line.markers or bool(alone), **series)


def _series(line: Line) -> dict[str, np.ndarray]:
    given = {"y": line.y, "low": line.low, "high": line.high}
    return {name: values for name, values in given.items() if values is not None}


def _drawable(values: np.ndarray, scale: str) -> np.ndarray:
    array = np.array(values, dtype=float)
    array[~np.isfinite(array)] = np.nan
    if scale == "log":
        array[~(array > 0)] = np.nan
    return array


def _chosen(x: np.ndarray, heights: list[np.ndarray], points: int) -> np.ndarray:
    """The indices that stay, in order."""
    if np.any(np.diff(x) <= 0):  # the curve turns back, so both coordinates are followed along it
        x, heights = np.arange(len(x), dtype=float), [x, *heights]
    shapes = [part for part in map(_unit, heights) if part is not None]
    known = ~np.isnan(heights[-1] if not shapes else sum(heights))
    edges = np.flatnonzero(np.diff(known))
    anchors = {0, len(x) - 1, *edges.tolist(), *(edges + 1).tolist()}
    anchors |= {int(pick(part)) for part in shapes for pick in (np.nanargmin, np.nanargmax)}
    kept = sorted(anchors)
    if len(kept) >= points:  # more gaps than points: what can be seen of such a curve is where it is
        return np.array(kept)[np.linspace(0, len(kept) - 1, points).astype(int)]
    waiting = [_farthest(x, shapes, start, end) for start, end in itertools.pairwise(kept)]
    heapq.heapify(waiting)
    while waiting and len(kept) < points:
        off, middle, start, end = heapq.heappop(waiting)
        if -off < _TOLERANCE:
            break
        kept.append(middle)
        heapq.heappush(waiting, _farthest(x, shapes, start, middle))
        heapq.heappush(waiting, _farthest(x, shapes, middle, end))
    return np.array(sorted(kept))


def _unit(heights: np.ndarray) -> np.ndarray | None:
    """Heights from 0 to 1, gaps left; None where there is nothing but gaps."""
    if np.all(np.isnan(heights)):
        return None
    low, high = np.nanmin(heights), np.nanmax(heights)
    return (heights - low) / ((high - low) or 1.0)


def _farthest(x: np.ndarray, shapes: list[np.ndarray], start: int, end: int) -> tuple[float, int, int, int]:
    """Minus the largest distance from the straight line between two points, and where it is."""
    if end - start < 2:
        return 0.0, start, start, end
    share = (x[start + 1 : end] - x[start]) / (x[end] - x[start])
    off = np.zeros(end - start - 1)
    for part in shapes:
        line = part[start] + share * (part[end] - part[start])
        off = np.fmax(off, np.abs(part[start + 1 : end] - line))
    at = int(np.argmax(off))
    return -float(off[at]), start + 1 + at, start, end
