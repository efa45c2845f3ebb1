"""What a reader may turn: each knob knows its bounds, its words, and how to read what an address says of it."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class BadKnob(ValueError):
    """A value that a knob does not take: which knob, and one sentence for the reader."""

    def __init__(self, knob: str, sentence: str):
        super().__init__(sentence)
        self.knob = knob


@dataclass(frozen=True)
class Whole:
    """A whole number between two others.

    Arguments:
        name: in addresses. label: on the page. low, high: the least and the largest that it takes. start: where it stands
            at first. help: a sentence about what it does.

    Examples:
        >>> Whole("depth", "depth", 1, 8, 3, "").read("5")
        5
    """

    name: str
    label: str
    low: int
    high: int
    start: int
    help: str

    def read(self, text: str) -> int:
        """The number that a text holds."""
        try:
            value = int(text)
        except ValueError:
            raise BadKnob(self.name, f"{self.label} takes a whole number, not {_short(text)}") from None
        if not self.low <= value <= self.high:
            raise BadKnob(self.name, f"{self.label} goes from {self.low} to {self.high}, and {_short(text)} is outside")
        return value

    def write(self, value: int) -> str:
        """The text for an address."""
        return str(value)

    def as_json(self) -> dict[str, Any]:
        """What the page draws it from."""
        return {"kind": "whole", **_words(self), "low": self.low, "high": self.high, "start": self.write(self.start)}


@dataclass(frozen=True)
class Real:
    """A positive or any real number between two others, on a linear scale or one of powers.

    Arguments:
        name, label, low, high, start, help: as of `Whole`.
        log: whether equal parts of its way are equal factors.

    Examples:
        >>> Real("scale", "scale of the start", 1e-6, 1.0, 1e-3, "", log=True).read("1e-4")
        0.0001
    """

    name: str
    label: str
    low: float
    high: float
    start: float
    help: str
    log: bool = False

    def read(self, text: str) -> float:
        """The number that a text holds."""
        try:
            value = float(text)
        except ValueError:
            raise BadKnob(self.name, f"{self.label} takes a number, not {_short(text)}") from None
        if not (math.isfinite(value) and self.low <= value <= self.high):
            raise BadKnob(self.name, f"{self.label} goes from {self.low:g} to {self.high:g}, and {_short(text)} is outside")
        return value

    def write(self, value: float) -> str:
        """The text for an address: the shortest that reads back as the same number."""
        return _written(value)

    def as_json(self) -> dict[str, Any]:
        """What the page draws it from."""
        return {
            "kind": "real",
            **_words(self),
            "low": self.low,
            "high": self.high,
            "start": self.write(self.start),
            "log": self.log,
        }


@dataclass(frozen=True)
class Choice:
    """One of several.

    Arguments:
        name, label, start, help: as of `Whole`. options: what stands in addresses, and the words for it.

    Examples:
        >>> Choice("kind", "kind", {"a": "first", "b": "second"}, "a", "").read("b")
        'b'
    """

    name: str
    label: str
    options: Mapping[str, str]
    start: str
    help: str

    def read(self, text: str) -> str:
        """The option that a text names."""
        if text not in self.options:
            raise BadKnob(self.name, f"{self.label} is one of {', '.join(self.options)}, not {_short(text)}")
        return text

    def write(self, value: str) -> str:
        """The text for an address."""
        return value

    def as_json(self) -> dict[str, Any]:
        """What the page draws it from."""
        options = [{"value": value, "label": label} for value, label in self.options.items()]
        return {"kind": "choice", **_words(self), "options": options, "start": self.start}


@dataclass(frozen=True)
class Choices:
    """Some of several, at least one.

    Arguments:
        name, label, options, start, help: as of `Choice`; several stand in an address with dots between them.

    Examples:
        >>> Choices("algorithms", "algorithms", {"a": "first", "b": "second"}, ("a",), "").read("b.a")
        ('a', 'b')
    """

    name: str
    label: str
    options: Mapping[str, str]
    start: tuple[str, ...]
    help: str

    def read(self, text: str) -> tuple[str, ...]:
        """The options that a text names, in their own order."""
        asked = text.split(".")
        unknown = [one for one in asked if one not in self.options]
        if unknown:
            raise BadKnob(self.name, f"{self.label} are some of {', '.join(self.options)}, not {_short(unknown[0])}")
        return tuple(one for one in self.options if one in asked)

    def write(self, value: tuple[str, ...]) -> str:
        """The text for an address."""
        return ".".join(value)

    def as_json(self) -> dict[str, Any]:
        """What the page draws it from."""
        options = [{"value": value, "label": label} for value, label in self.options.items()]
        return {"kind": "choices", **_words(self), "options": options, "start": self.write(self.start)}


@dataclass(frozen=True)
class Points:
    """Points in the plane, each of one of two classes, between -`reach` and `reach`.

    In an address a point is `x_y_class`, with dots of decimals, and points stand with commas between them.

    Arguments:
        name, label, start, help: as of `Whole`. most: how many it takes. reach: of both axes.

    Examples:
        >>> Points("points", "points", ((1.0, 0.5, 1), (-1.0, 0.0, -1)), "").read("0.5_1_1,-1_2_-1")
        ((0.5, 1.0, 1), (-1.0, 2.0, -1))
    """

    name: str
    label: str
    start: tuple[tuple[float, float, int], ...]
    help: str
    most: int = 60
    reach: float = 4.0

    def read(self, text: str) -> tuple[tuple[float, float, int], ...]:
        """The points that a text holds."""
        parts = text.split(",") if text else []
        if not 2 <= len(parts) <= self.most:
            raise BadKnob(self.name, f"there must be 2 to {self.most} points, and there are {len(parts)}")
        points = tuple(self._point(part) for part in parts)
        if {label for _, _, label in points} != {-1, 1}:
            raise BadKnob(self.name, "both classes need a point")
        return points

    def _point(self, text: str) -> tuple[float, float, int]:
        parts = text.split("_")
        try:
            x, y, label = float(parts[0]), float(parts[1]), int(parts[2])
        except (ValueError, IndexError):
            raise BadKnob(self.name, f"a point is x_y_class, such as 0.5_-1_1, not {_short(text)}") from None
        if len(parts) != 3 or label not in (-1, 1) or not (abs(x) <= self.reach and abs(y) <= self.reach):
            raise BadKnob(
                self.name, f"a point lies within {self.reach:g} on both axes and is of class 1 or -1; {_short(text)} is not"
            )
        return x, y, label

    def write(self, value: Sequence[tuple[float, float, int]]) -> str:
        """The text for an address."""
        return ",".join(f"{_written(x)}_{_written(y)}_{label}" for x, y, label in value)

    def as_json(self) -> dict[str, Any]:
        """What the page draws it from."""
        return {
            "kind": "points",
            **_words(self),
            "most": self.most,
            "reach": self.reach,
            "start": self.write(self.start),
        }


Knob = Whole | Real | Choice | Choices | Points


def read(knobs: Sequence[Knob], asked: Mapping[str, str]) -> dict[str, Any]:
    """The values of all knobs: those that are asked for, the others as they start.

    Raises:
        BadKnob: the first that does not take what is asked of it, or a name that no knob has.

    Examples:
        >>> read([Whole("depth", "depth", 1, 8, 3, "")], {})
        {'depth': 3}
    """
    names = [knob.name for knob in knobs]
    unknown = [name for name in asked if name not in names]
    if unknown:
        raise BadKnob("", f"there is no knob {_short(unknown[0])}; there are {', '.join(names)}")
    return {knob.name: knob.read(asked[knob.name]) if knob.name in asked else knob.start for knob in knobs}


def address(knobs: Sequence[Knob], values: Mapping[str, Any]) -> dict[str, str]:
    """What an address says of the values: those that are not as they start.

    Examples:
        >>> address([Whole("depth", "depth", 1, 8, 3, "")], {"depth": 4})
        {'depth': '4'}
    """
    return {knob.name: knob.write(values[knob.name]) for knob in knobs if values[knob.name] != knob.start}


def _words(knob: Knob) -> dict[str, str]:
    return {"name": knob.name, "label": knob.label, "help": knob.help}


def _written(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return f"{value:.15g}" if float(f"{value:.15g}") == value else repr(value)


def _short(text: str) -> str:
    """What a reader gave, as far as it is worth repeating."""
    text = text if len(text) <= 30 else f"{text[:29]}…"
    return json.dumps(text, ensure_ascii=False)
