"""Where the cells of a heat map meet, and which numbers its colours stand for."""

import math

import numpy as np

from thalweg.drawing.plot import HeatMap


def edges(places: np.ndarray, scale: str = "linear") -> np.ndarray:
    """The edges of cells around places: halfway between neighbours in the scale of the axis, as far beyond at the ends.

    Raises:
        ValueError: a place on a logarithmic axis that is not positive.

    Examples:
        >>> import numpy as np
        >>> from thalweg.drawing.heat import edges
        >>> edges(np.array([1.0, 100.0]), "log").round(9).tolist()
        [0.1, 10.0, 1000.0]
    """
    at = np.asarray(places, dtype=float)
    if scale == "log" and not np.all(at > 0):
        raise ValueError(f"cells on a logarithmic axis need positive places, got {places!r}")
    drawn = np.log(at) if scale == "log" else at
    inner = (drawn[1:] + drawn[:-1]) / 2
    first = 2 * drawn[0] - inner[0] if len(inner) else drawn[0] - 0.5
    last = 2 * drawn[-1] - inner[-1] if len(inner) else drawn[0] + 0.5
    found = np.concatenate([[first], inner, [last]])
    return np.exp(found) if scale == "log" else found


def coloured(heat: HeatMap) -> tuple[np.ndarray, float, float]:
    """The values that have a colour, NaN in place of the others, with the numbers of the first and the last colour."""
    values = np.array(heat.values, dtype=float)
    values[~np.isfinite(values)] = np.nan
    if heat.scale == "log":
        values[~(values > 0)] = np.nan
    low, high = heat.extent or (1.0, 1.0)
    if heat.extent is None and np.isfinite(values).any():
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if not low < high:  # one colour needs a scale around it all the same
        low, high = (low / 2, high * 2) if heat.scale == "log" else (low - 0.5, high + 0.5)
    return values, low, high


def decades(low: float, high: float) -> list[float]:
    """Round numbers between two positive ones: powers of ten, with 2 and 5 between them where there are few.

    Examples:
        >>> from thalweg.drawing.heat import decades
        >>> decades(0.05, 200.0), decades(1.5, 12.0)
        ([0.1, 1.0, 10.0, 100.0], [2.0, 5.0, 10.0])
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    within = {factor: [factor * 10.0**power for power in powers] for factor in (1, 2, 5)}
    found = [value for value in within[1] if low <= value <= high]
    if len(found) >= 3:
        step = math.ceil(len(found) / 6)
        return found[::step]
    return sorted(value for values in within.values() for value in values if low <= value <= high)
