"""What was recorded, drawn on axes of matplotlib, with what a law says beside it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg._whole import whole
from thalweg.drawing.numbers import number
from thalweg.drawing.palette import colour
from thalweg.drawing.plot import Cell, Table

CLOCKS = ("time", "steps", "gradients", "log_time")
DECADES = 100.0
"""The ratio of the largest to the least value from which an axis of positive numbers counts in powers."""


def draw(
    data: xr.Dataset,
    names: Sequence[Any],
    ax: Any,
    against: str,
    look: Mapping[str, Any],
    *,
    log_x: bool | None = None,
    log_y: bool | None = None,
    theory: Any = None,
) -> Any:
    """Draws recorded numbers against another; returns the axes."""
    recorded = [str(name) for name in data.data_vars]
    wanted = [_name(one, recorded) for one in names]
    wanted = wanted or (["loss"] if "loss" in recorded else [name for name in recorded if name not in CLOCKS][:1])
    against = _name(against, recorded)
    if data[against].ndim != 1:
        raise ValueError(f"{against!r} is an array at each record; the horizontal axis takes a single number")
    laws = _laws(theory, against)
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.gca()
    across = data[against].values
    drawn = []
    for group, name in enumerate(wanted):
        values = data[name].values.reshape(data.sizes["record"], -1)
        _curves(ax, across, values, {"color": colour(group), "label": name.replace("_", " "), **look})
        drawn.append(values)
    for place, law in enumerate(laws):
        predicted = np.asarray(law.laid.predicted).reshape(len(law.time), -1)
        shade = colour(len(wanted) + place)
        _curves(ax, law.time, predicted, {"color": shade, "linestyle": "--", "label": f"{law.prediction.name}, predicted"})
        drawn.append(predicted)
    ax.set_xlabel(against.replace("_", " "))
    if len(wanted) == 1:
        ax.set_ylabel(wanted[0].replace("_", " "))
    if len(wanted) + len(laws) > 1:
        ax.legend()
    if _decades(*drawn) if log_y is None else log_y:
        ax.set_yscale("log")
    if log_x:
        ax.set_xscale("log")
    return ax


def as_table(frame: Any, names: Sequence[str], records: int | Sequence[int], caption: str) -> Table:
    """Some records of a data frame as a table."""
    columns = list(names) or [name for name in ("time", "loss") if name in frame.columns]
    for name in columns:
        if name not in frame.columns:
            raise ValueError(f"{name!r} is no column of the record; there are {', '.join(frame.columns)}")
    if isinstance(records, int):
        chosen = np.unique(np.linspace(0, len(frame) - 1, whole(records, "records")).round().astype(int))
    else:
        chosen = np.array([whole(int(place) + len(frame), "records", least=0) - len(frame) for place in records])
        if (chosen >= len(frame)).any():
            raise ValueError(f"records must be below {len(frame)}, the number that there are, got {max(records)}")
    rows = [[number(float(frame[columns[0]].iloc[k])), *(Cell(float(frame[c].iloc[k])) for c in columns[1:])] for k in chosen]
    return Table("run", caption.rstrip("."), "", [name.replace("_", " ") for name in columns], rows)


def _name(asked: Any, recorded: Sequence[str]) -> str:
    """The recorded name for one that may be given as the observable itself, its class, or the name of its class."""
    text = asked if isinstance(asked, str) else getattr(asked, "__name__", type(asked).__name__)
    for spelt in (text, re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()):
        if spelt in recorded:
            return spelt
    raise ValueError(f"{text!r} was not recorded; there are {', '.join(recorded)}")


def _laws(theory: Any, against: str) -> list[Any]:
    if theory is None:
        return []
    laws = list(getattr(theory, "comparisons", theory if isinstance(theory, list | tuple) else [theory]))
    for law in laws:
        if not all(hasattr(law, name) for name in ("prediction", "laid", "time")):
            raise TypeError(f"theory takes what tw.theory.compare or tw.theory.overlay returned, got {law!r:.80}")
    if laws and against != "time":
        raise ValueError(f"laws are of time, and the horizontal axis is {against!r}: leave `against` or `theory` out")
    return laws


def _curves(ax: Any, across: np.ndarray, values: np.ndarray, look: Mapping[str, Any]) -> None:
    """A curve for each column, in the legend once."""
    for place in range(values.shape[1]):
        ax.plot(across, values[:, place], **{**look, "label": look["label"] if place == 0 else None})


def _decades(*arrays: Any) -> bool:
    least, most = min(array.min() for array in arrays), max(array.max() for array in arrays)
    return bool(least > 0 and most > DECADES * least)
