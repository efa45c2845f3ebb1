"""Pictures and tables as data: what to draw, not how; the report draws them twice, for the screen and for paper."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._shown import shown


@shown
@dataclasses.dataclass(frozen=True)
class Line:
    """A curve. `group` gives curves one colour and one legend entry; `style` is `solid`, `dash` or `dot`."""

    x: np.ndarray
    y: np.ndarray
    label: str | None = None
    group: int = 0
    style: str = "solid"
    markers: bool = False
    low: np.ndarray | None = None
    high: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Rule:
    """A straight line across a panel at a value of one axis, with a label: a published number, a threshold, a truth."""

    value: float
    label: str
    axis: str = "y"


@shown
@dataclasses.dataclass(frozen=True)
class HeatMap:
    """Numbers on a grid as colours: `values[i, j]` was found at `y[i]` and `x[j]`. The scale of colours is `linear` or `log`.

    Arguments:
        x, y: where the numbers were found, ascending; cells meet halfway between, in the scales of the axes.
        values: one row for each y; what is not finite, or not positive on a scale of powers, is left clear.
        label: what the colours stand for.
        scale: of the colours.
        extent: what the first and the last colour stand for; the least and the largest value unless given.

    Raises:
        ValueError: x or y do not ascend, or the values have another shape.

    Examples:
        >>> import numpy as np
        >>> from thalweg.drawing.plot import HeatMap
        >>> HeatMap(np.arange(3.0), np.arange(2.0), np.ones((2, 3)), "error").scale
        'linear'
    """

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    label: str
    scale: str = "linear"
    extent: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        shape = (np.size(self.y), np.size(self.x))
        if np.shape(self.values) != shape:
            raise ValueError(
                f"a heat map of {shape[1]} x and {shape[0]} y needs values of shape {shape}, got {np.shape(self.values)}"
            )
        for name in ("x", "y"):
            if not np.all(np.diff(getattr(self, name)) > 0):
                raise ValueError(f"{name} of a heat map must ascend, got {getattr(self, name)!r}")
        if self.scale not in ("linear", "log"):
            raise ValueError(f"the scale of a heat map must be linear or log, got {self.scale!r}")


@shown
@dataclasses.dataclass(frozen=True)
class Panel:
    """One pair of axes. Scales are `linear` or `log`; curves lie on the heat map, where there is one."""

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    rules: Sequence[Rule] = ()
    x_scale: str = "linear"
    y_scale: str = "linear"
    y_range: tuple[float, float] | None = None
    heat: HeatMap | None = None


@shown
@dataclasses.dataclass(frozen=True)
class Plot:
    """One picture: panels side by side, and a caption that a reader understands unaided."""

    name: str
    title: str
    caption: str
    panels: Sequence[Panel]


@dataclasses.dataclass(frozen=True)
class Cell:
    """A number of a table with its interval over seeds, and what was published for it."""

    value: float | None
    low: float | None = None
    high: float | None = None
    published: str | None = None
    note: str | None = None


@shown
@dataclasses.dataclass(frozen=True)
class Table:
    """A table: the first column names the row; cells are `Cell`s or text."""

    name: str
    title: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]


def jsonable(value: Any) -> Any:
    """Plots and tables as JSON-able mappings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [jsonable(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value
