"""What was recorded, drawn on axes of matplotlib, with what a law says beside it."""

import json
import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg._whole import whole
from thalweg.drawing.numbers import number
from thalweg.drawing.palette import colour
from thalweg.drawing.plot import Cell, Table
from thalweg.observables.base import AbstractObservable

CLOCKS = ("time", "steps", "gradients", "log_time")
DECADES = 100.0
"""The ratio of the largest to the least value from which an axis of positive numbers counts in powers."""
QUANTITIES = {
    "singular_values": ("singular value", "singular value, signed"),
    "imbalance": ("norm of each imbalance",),
    "measured_velocity": ("velocity of singular values",),
    "predicted_velocity": ("velocity of singular values",),
}
"""What laws are of, where it is in other words what an observable records."""


def draw(
    data: xr.Dataset,
    names: Sequence[Any],
    ax: Any,
    against: Any,
    look: Mapping[str, Any],
    *,
    log_x: bool | None = None,
    log_y: bool | None = None,
    theory: Any = None,
) -> Any:
    """Draws recorded numbers against another; returns the axes."""
    recorded = [str(name) for name in data.data_vars]
    wanted = [recorded_as(one, data) for one in names]
    wanted = wanted or (["loss"] if "loss" in recorded else [name for name in recorded if name not in CLOCKS][:1])
    against = recorded_as(against, data)
    if data[against].ndim != 1:
        raise ValueError(f"{against!r} is an array at each record; the horizontal axis takes a single number")
    laws = _laws(theory, wanted, against)
    ax = _axes(ax)
    there = len(ax.get_legend_handles_labels()[1])
    across, drawn = data[against].values, []
    for group, name in enumerate(wanted):
        values = data[name].values.reshape(data.sizes["record"], -1)
        _curves(ax, across, values, {"color": colour(there + group), "label": name.replace("_", " "), **look})
        drawn.append(values)
    for place, law in enumerate(laws, there + len(wanted)):
        predicted = np.asarray(law.laid.predicted).reshape(len(law.time), -1)
        of = "" if any(_is_of(law, name) for name in wanted) else f" ({law.laid.quantity})"
        label = f"{law.prediction.name}, predicted{of}"
        _curves(ax, law.time, predicted, {"color": colour(place), "linestyle": "--", "label": label})
        drawn.append(predicted)
    ax.set_xlabel(against.replace("_", " "))
    if len(wanted) == 1 and there == 0:
        ax.set_ylabel(wanted[0].replace("_", " "))
    if there + len(wanted) + len(laws) > 1:
        ax.legend()
    if log_y is not None or _decades(drawn):
        ax.set_yscale("linear" if log_y is False else "log")
    if log_x is not None:
        ax.set_xscale("log" if log_x else "linear")
    return ax


def as_table(data: xr.Dataset, frame: Any, names: Sequence[Any], records: int | Sequence[int], caption: str) -> Table:
    """Some records of a data frame as a table."""
    columns = [column for name in names for column in _columns(name, data, frame)]
    columns = columns or [name for name in ("time", "loss") if name in frame.columns]
    count = len(frame)
    if isinstance(records, list | tuple | np.ndarray):
        chosen = [_place(one, count) for one in records]
        if not chosen:
            raise ValueError("records names none: give at least one, or how many")
    else:
        chosen = np.unique(np.linspace(0, count - 1, whole(records, "records")).round().astype(int))
    rows = [[number(float(frame[columns[0]].iloc[k])), *(Cell(float(frame[c].iloc[k])) for c in columns[1:])] for k in chosen]
    return Table("run", caption.rstrip("."), "", [name.replace("_", " ") for name in columns], rows)


def recorded_as(asked: Any, data: xr.Dataset) -> str:
    """The recorded name for one that may be given as the observable itself, its class, or the name of its class.

    Raises:
        ValueError: what was not recorded, or was recorded more than once; lists what there is.
    """
    recorded = [str(name) for name in data.data_vars]
    if isinstance(asked, AbstractObservable) and asked.name in recorded:
        return asked.name
    text = asked if isinstance(asked, str) else getattr(asked, "__name__", type(asked).__name__)
    if text in recorded:
        return text
    classes = json.loads(data.attrs.get("provenance", "{}")).get("record", {})
    found = [name for name, told in classes.items() if told.get("class") == text and name in recorded]
    if not isinstance(asked, AbstractObservable) and len(found) > 1:
        raise ValueError(f"{text} was recorded as {' and '.join(found)}: name one of them")
    spelt = spelt_out(text)
    if not isinstance(asked, AbstractObservable) and (found or spelt in recorded):
        return found[0] if found else spelt
    raise ValueError(f"{text!r} was not recorded; there are {', '.join(recorded)}")


def spelt_out(name: str) -> str:
    """The name of a class in small letters.

    Examples:
        >>> spelt_out("SingularValues"), spelt_out("KKTStationarity")
        ('singular_values', 'kkt_stationarity')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _columns(name: Any, data: xr.Dataset, frame: Any) -> list[str]:
    """The columns of a data frame that a name stands for: itself, or all of an array."""
    if isinstance(name, str) and name in frame.columns:
        return [name]
    try:
        found = recorded_as(name, data)
    except ValueError:
        raise ValueError(f"{name!r} is no column of the record; there are {', '.join(frame.columns)}") from None
    return [column for column in frame.columns if column == found or column.startswith(f"{found}[")]


def _place(record: Any, count: int) -> int:
    try:
        index = operator.index(record)
    except TypeError:
        raise TypeError(f"records must be whole numbers, got {record!r}") from None
    if not -count <= index < count:
        raise ValueError(f"record {index} is not there: there are {count}, counted from 0, or from the end by -1")
    return index


def _axes(ax: Any) -> Any:
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.gca()
    if not all(hasattr(ax, name) for name in ("plot", "set_xscale", "get_legend_handles_labels")):
        raise TypeError(f"ax takes axes of matplotlib, such as those of plt.subplots(), got {type(ax).__name__}")
    return ax


def _laws(theory: Any, wanted: Sequence[str], against: str) -> list[Any]:
    if theory is None:
        return []
    several = getattr(theory, "comparisons", None)
    laws = list(theory if isinstance(theory, list | tuple) else [theory] if several is None else several)
    for law in laws:
        if not all(hasattr(law, name) for name in ("prediction", "laid", "time")):
            raise TypeError(f"theory takes what tw.theory.compare or tw.theory.overlay returned, got {law!r:.80}")
    if laws and against != "time":
        raise ValueError(f"laws are of time, and the horizontal axis is {against!r}: leave `against` or `theory` out")
    if several is None:
        return laws
    found = [law for law in laws if any(_is_of(law, name) for name in wanted)]
    if not found:
        there = ", ".join(f"{law.prediction.name} of {law.laid.quantity}" for law in laws) or "none"
        raise ValueError(f"no law that was laid over the run is of {' or '.join(wanted)}; there are: {there}")
    return found


def _is_of(law: Any, name: str) -> bool:
    """Whether a law is of what was recorded by that name."""
    quantity = law.laid.quantity
    return quantity in QUANTITIES.get(name, ()) or quantity == name.replace("_", " ")


def _curves(ax: Any, across: np.ndarray, values: np.ndarray, look: Mapping[str, Any]) -> None:
    """A curve for each column, in the legend once."""
    for place in range(values.shape[1]):
        ax.plot(across, values[:, place], **{**look, "label": look["label"] if place == 0 else None})


def _decades(arrays: Sequence[np.ndarray]) -> bool:
    """Whether what is drawn is positive and spans powers of ten; what is not finite is not drawn."""
    finite = np.concatenate([np.ravel(array)[np.isfinite(np.ravel(array))] for array in arrays])
    return bool(finite.size and finite.min() > 0 and finite.max() > DECADES * finite.min())
