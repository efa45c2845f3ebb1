"""Curves with fewer points that look the same: long records would make a page of hundreds of megabytes."""

import dataclasses

import numpy as np

from thalweg.studies.plot import Line


def thinned(line: Line, x_scale: str = "linear", y_scale: str = "linear", points: int = 400) -> Line:
    """A curve of at most about so many points, drawn in the scales of its axes.

    The axis is cut into equal stretches as it is drawn; of each, the first and last point stay and those where a value
    is least or largest, so that no peak is lost. Values that cannot be drawn (not finite, or not positive on a
    logarithmic axis) become gaps.

    Arguments:
        line: the curve.
        x_scale, y_scale: `linear` or `log`.
        points: how many to keep at most, give or take the few that mark gaps.

    Raises:
        ValueError: the arrays of the curve are not vectors of one length.

    Examples:
        >>> import numpy as np
        >>> from thalweg.report.thin import thinned
        >>> from thalweg.studies.plot import Line
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
        chosen = _chosen(_stretches(x, x_scale, points // (2 + 3 * len(series))), list(series.values()))
        x, series = x[chosen], {name: values[chosen] for name, values in series.items()}
    return dataclasses.replace(line, x=x, **series)


def _series(line: Line) -> dict[str, np.ndarray]:
    given = {"y": line.y, "low": line.low, "high": line.high}
    return {name: values for name, values in given.items() if values is not None}


def _drawable(values: np.ndarray, scale: str) -> np.ndarray:
    array = np.array(values, dtype=float)
    array[~np.isfinite(array)] = np.nan
    if scale == "log":
        array[~(array > 0)] = np.nan
    return array


def _stretches(x: np.ndarray, scale: str, count: int) -> np.ndarray:
    """The stretch that each point falls into; of a curve that turns back, by the order of its points."""
    count = max(count, 1)
    place = np.log(x) if scale == "log" else x
    if np.any(np.diff(place) < 0) or place[-1] == place[0]:
        place = np.arange(len(x), dtype=float)
    share = (place - place[0]) / (place[-1] - place[0])
    return np.minimum((share * count).astype(int), count - 1)


def _chosen(stretch: np.ndarray, series: list[np.ndarray]) -> np.ndarray:
    """First, last, least, largest and one gap of every stretch, in order."""
    starts = np.flatnonzero(np.r_[True, np.diff(stretch) > 0])
    ends = np.r_[starts[1:], len(stretch)]
    kept: set[int] = set()
    for start, end in zip(starts, ends, strict=True):
        kept |= {int(start), int(end) - 1}
        for values in series:
            part = values[start:end]
            missing = np.isnan(part)
            if missing.any():
                kept.add(int(start + np.argmax(missing)))
            if not missing.all():
                kept |= {int(start + np.nanargmin(part)), int(start + np.nanargmax(part))}
    return np.array(sorted(kept))
