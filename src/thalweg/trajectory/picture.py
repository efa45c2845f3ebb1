"""What was recorded, drawn on axes of matplotlib."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from thalweg.drawing.palette import colour

CLOCKS = ("time", "steps", "gradients", "log_time")
DECADES = 100.0
"""The ratio of the largest to the least value from which an axis of positive numbers counts in powers."""


def draw(data: xr.Dataset, names: Sequence[str], ax: Any, against: str, look: Mapping[str, Any]) -> Any:
    """Draws recorded numbers against another; returns the axes."""
    recorded = [str(name) for name in data.data_vars]
    names = list(names) or (["loss"] if "loss" in recorded else [name for name in recorded if name not in CLOCKS][:1])
    for name in [*names, against]:
        if name not in recorded:
            raise ValueError(f"{name!r} was not recorded; there are {', '.join(recorded)}")
    if data[against].ndim != 1:
        raise ValueError(f"{against!r} is an array at each record; the horizontal axis takes a single number")
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.gca()
    for group, name in enumerate(names):
        values = data[name].values.reshape(data.sizes["record"], -1)
        for place in range(values.shape[1]):
            label = name.replace("_", " ") if place == 0 else None
            ax.plot(data[against].values, values[:, place], **{"color": colour(group), "label": label, **look})
    ax.set_xlabel(against.replace("_", " "))
    if len(names) == 1:
        ax.set_ylabel(names[0].replace("_", " "))
    else:
        ax.legend()
    if _decades(*(data[name].values for name in names)):
        ax.set_yscale("log")
    return ax


def _decades(*arrays: Any) -> bool:
    least, most = min(array.min() for array in arrays), max(array.max() for array in arrays)
    return bool(least > 0 and most > DECADES * least)
