"""Pictures and tables of singular values with one measurement."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds
from thalweg.studies.one_measurement.claims import DEPTHS, FINALS
from thalweg.studies.one_measurement.work import START, STRENGTH
from thalweg.theory import related_singular_value, singular_value_cap

KINDS = {1: "depth 1: linear", 2: "depth 2: polynomial", 3: "depth 3: asymptotic"}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The relations at three depths, the paths of the example on them, and what one entry does."""
    found = [_relations()]
    if results := evidence.select(family="aligned"):
        found.append(_paths(results[0].record()))
    if results := evidence.select(family="entry"):
        found.append(_entry(results[0].record(), parameters.entry_depths))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Final singular values beside the known ones, and those with one entry."""
    found = []
    if results := evidence.select(family="aligned"):
        finals = results[0].finals
        rows: list[list[Cell | str]] = []
        for depth in DEPTHS:
            cells: list[Cell | str] = [
                Cell(float(finals[f"final_{depth}_{k}"]), published=f"{FINALS[depth][k - 1]:.3f}") for k in (1, 2, 3)
            ]
            rows.append([f"depth {depth}", *cells, Cell(float(finals[f"gap_{depth}"])), Cell(float(finals[f"relation_{depth}"]))])
        found.append(
            Table(
                "finals",
                "Final singular values with one measurement",
                "Measurement diag(1, 0.6, 0.3), value 3, from (0.1, 0.09, 0.08); the known values beside ours, the ratio of "
                "first to second, and the largest difference from the relations along the path.",
                ["", "first", "second", "third", "first / second", "difference"],
                rows,
            )
        )
    if results := evidence.select(family="entry"):
        rows = []
        for depth in parameters.entry_depths:
            ends = [Cell(*over_seeds([float(r.finals[f"end_entry_{depth}_{k}"]) for r in results])) for k in (1, 2, 3)]
            starts = [Cell(*over_seeds([float(r.finals[f"before_entry_{depth}_{k}"]) for r in results])) for k in (1, 2, 3)]
            rows.append([f"depth {depth}", *starts, *ends])
        found.append(
            Table(
                "entry",
                "Singular values with one observed entry",
                "From random balanced starts to an entry of 1: median over instances with the least and the largest. The first "
                "grows to the entry, the others stay of the size of the start.",
                ["", "first, start", "second", "third", "first, end", "second", "third"],
                rows,
            )
        )
    return found


def _relations() -> Plot:
    panels = []
    leader = np.geomspace(0.01, 10.0, 300)
    for depth, title in KINDS.items():
        lines, rules = [], []
        for group, (start, other) in enumerate(((0.05, 0.1), (0.09, 0.1), (0.1, 0.05))):
            along = leader[leader >= other]
            law = related_singular_value(along, start, other, STRENGTH[1] / STRENGTH[0], depth)
            lines.append(Line(along, np.where(law <= 4, law, np.nan), f"from ({other:g}, {start:g})", group))
            cap, first = singular_value_cap(start, other, STRENGTH[1] / STRENGTH[0], depth)
            rules += [Rule(cap, "asymptote" if not rules else "")] if cap < 4 else []
            rules += [Rule(first, "asymptote of the first", axis="x")] if first < 10 else []
        panels.append(Panel(title, "first singular value", "second", lines, rules, y_range=(0.0, 2.5)))
    return Plot(
        "relations",
        "How the second singular value depends on the first",
        "With one measurement, singular values of 1 and 0.6, each path runs along one of these curves, from where it starts to "
        "where it fits: a straight line with one matrix, a power with two factors, a curve that levels off with three.",
        panels,
    )


def _paths(record: Any) -> Plot:
    panels = []
    for depth in DEPTHS:
        sigma, law = record[f"sigma_{depth}"].values, record[f"law_{depth}"].values
        lines = []
        for k, name in ((1, "second"), (2, "third")):
            lines.append(Line(sigma[:, 0], sigma[:, k], name, k))
            lines.append(Line(sigma[:, 0], law[:, k - 1], f"{name}, relation", k, style="dot"))
        panels.append(Panel(f"depth {depth}", "first singular value", "others", lines, y_range=(0.0, 1.3)))
    return Plot(
        "paths",
        "The example along its path",
        f"Second and third singular value against the first while the flow fits one measurement with singular values "
        f"{', '.join(f'{s:g}' for s in STRENGTH)} from {', '.join(f'{s:g}' for s in START)}; dotted the relations, which the "
        "curves hide. The deeper the product, the less the others have grown when the first has reached what fits.",
        panels,
    )


def _entry(record: Any, depths: tuple[int, ...]) -> Plot:
    panels = []
    for at, depth in enumerate(depths):
        sigma = record.sigma.values[:, at]
        lines = [Line(sigma[:, 0], sigma[:, k], name, k) for k, name in ((1, "second"), (2, "third"))]
        panels.append(Panel(f"depth {depth}", "first singular value", "others", lines, y_range=(0.0, 0.3)))
    return Plot(
        "entry",
        "One observed entry moves one singular value",
        "The same with a single observed entry of 1, from a random balanced start: its measurement has rank one, so that "
        "nothing couples the other singular values to the first. They change a little while the singular vectors turn towards "
        "the entry, and then stay.",
        panels,
    )
