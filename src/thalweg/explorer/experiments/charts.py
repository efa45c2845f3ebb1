"""What the page draws, as data: it draws whatever an experiment names, and knows of none."""

import dataclasses
from collections.abc import Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class Series:
    """Recorded numbers as curves.

    Attributes:
        record: the name of what is recorded; an array of several numbers is as many curves.
        label: in the legend. style: `solid`, `dash` or `dot`. group: its colour where no lane has one.
    """

    record: str
    label: str
    style: str = "solid"
    group: int = 0


@dataclasses.dataclass(frozen=True)
class Path:
    """Curves against time, up to where the reader is.

    Attributes:
        name: by which rules find it. title, caption: on the page. label: of the vertical axis. series: the curves.
        scale: of the vertical axis at first: `linear` or `log`. x: what runs along, `time` unless said.
    """

    name: str
    title: str
    caption: str
    label: str
    series: Sequence[Series]
    scale: str = "linear"
    x: str = "time"
    kind: str = "path"


@dataclasses.dataclass(frozen=True)
class Profile:
    """A recorded vector at the instant where the reader is, a mark for each entry, beside vectors that stay.

    Attributes:
        name, title, caption, label: as of `Path`. record: the vector. x_label: what is counted along.
    """

    name: str
    title: str
    caption: str
    label: str
    record: str
    x_label: str
    kind: str = "profile"


@dataclasses.dataclass(frozen=True)
class Picture:
    """A matrix as colours; of the instant where the reader is, or one that stays.

    Attributes:
        name: of the picture in messages. title, caption: on the page. still: whether it stays.
    """

    name: str
    title: str
    caption: str
    still: bool = False
    kind: str = "picture"


@dataclasses.dataclass(frozen=True)
class Plane:
    """Points in the plane with the separating line of each lane.

    Attributes:
        name, title, caption: as of `Path`. knob: the knob that holds the points. record: the normal of the line.
    """

    name: str
    title: str
    caption: str
    knob: str
    record: str
    kind: str = "plane"


def rule(axis: str, value: float | None, label: str) -> dict[str, Any]:
    """A straight line across a chart, at a value of `x` or `y`."""
    return {"axis": axis, "value": value, "label": label}


def point(x: float, value: float) -> dict[str, Any]:
    """A circle in a chart."""
    return {"axis": "point", "x": x, "value": value, "label": ""}


def charts_json(charts: Sequence[Path | Profile | Picture | Plane]) -> list[dict[str, Any]]:
    """As the page takes them."""
    return [dataclasses.asdict(chart) for chart in charts]
