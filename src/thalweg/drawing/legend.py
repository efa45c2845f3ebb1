"""The legend of a picture: one entry for each kind of curve, shared by its panels."""

import dataclasses
from collections.abc import Iterable

from thalweg.drawing.plot import Line, Plot

STYLES = ("solid", "dash", "dot")


@dataclasses.dataclass(frozen=True)
class Entry:
    """One kind of curve: its words, and how it is drawn."""

    label: str
    group: int
    style: str
    markers: bool
    pale: bool


def entries(plot: Plot) -> list[Entry]:
    """One entry for each label of each group, in the order in which curves first show them.

    Raises:
        ValueError: a curve has a style that there is not.

    Examples:
        >>> import numpy as np
        >>> from thalweg.drawing.legend import entries
        >>> from thalweg.drawing.plot import Line, Panel, Plot
        >>> x = np.arange(3.0)
        >>> lines = [Line(x, x, "target"), Line(x, 2 * x), Line(x, 3 * x, "rest", group=1)]
        >>> [entry.label for entry in entries(Plot("p", "P", "", [Panel("a", "x", "y", lines)]))]
        ['target', 'rest']
    """
    found: dict[tuple[str, int, str], Entry] = {}
    under = overlaid(line for panel in plot.panels for line in panel.lines)
    for line in (line for panel in plot.panels for line in panel.lines):
        if line.style not in STYLES:
            allowed = ", ".join(STYLES)
            raise ValueError(f"style must be one of {allowed}, got {line.style!r} in the plot {plot.name!r}")
        if line.label:
            entry = Entry(line.label, line.group, line.style, line.markers, pale(line, under))
            found.setdefault((line.label, line.group, line.style), entry)
    return list(found.values())


def overlaid(lines: Iterable[Line]) -> set[int]:
    """The groups that have solid curves and others: a law over what was measured, often one on the other.

    Their solid curves are drawn broad and pale, so that what lies on them is seen.
    """
    styles: dict[int, set[str]] = {}
    for line in lines:
        styles.setdefault(line.group, set()).add(line.style)
    return {group for group, found in styles.items() if len(found) > 1 and "solid" in found}


def pale(line: Line, under: set[int]) -> bool:
    """Whether a curve lies under others of its group."""
    return line.style == "solid" and line.group in under


def place(line: Line, legend: list[Entry]) -> int | None:
    """Which entry speaks for a curve: its own, or the first of its group where it has no label."""
    for index, entry in enumerate(legend):
        if entry.group == line.group and (not line.label or (entry.label, entry.style) == (line.label, line.style)):
            return index
    return None
