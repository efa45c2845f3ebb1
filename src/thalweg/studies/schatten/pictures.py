"""Pictures and tables of Schatten sums along solutions."""

from typing import Any

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds
from thalweg.studies.schatten.claims import ONE, TWO

DRAWN = (0.1, 0.3, 0.5, 0.7, 0.9)


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Schatten sums along the segment of solutions, each relative to where the flow ends."""
    found = evidence.select(family="example")
    if not found:
        return []
    record, finals = found[0].record(), found[0].finals
    lines = []
    for group, power in enumerate(DRAWN):
        sums = record[f"power_{power:g}"].values / float(finals[f"segment_limit_{power:g}"])
        lines.append(Line(record.along.values, sums, f"p = {power:g}", group))
    flat = record["power_1"].values / float(finals["segment_limit_1"])
    lines.append(Line(record.along.values, flat, "nuclear norm", 5, style="dash"))
    rule = Rule(0.0, "the flow ends here", axis="x")
    panel = Panel("along the solutions", "distance along the segment", "sum of lambda^p over that at the limit", lines, [rule])
    return [
        Plot(
            "segment",
            "The flow ends where quasi-norms are largest",
            "All matrices of this segment fit the two measurements and have the same, least, nuclear norm. The flow at depth 3 "
            "ends at zero, near the top of every Schatten sum with p below 1; the least are at the ends, two matrices of lower "
            "rank. So no such quasi-norm is what depth minimises, not even locally.",
            [panel],
        )
    ]


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The limits beside their known values, and what every power does around limits."""
    found = []
    if results := evidence.select(family="example"):
        finals = results[0].finals
        rows: list[list[Cell | str]] = []
        for name, words, known in (("one", "trace alone", ONE), ("two", "second measurement", TWO)):
            for depth in (2, 3, 4):
                cells: list[Cell | str] = [
                    Cell(float(finals[f"limit_{name}_{depth}_{k}"]), published=f"{known[k]:.5f}" if depth == 3 else None)
                    for k in range(3)
                ]
                rows.append([f"{words}, depth {depth}", *cells])
        found.append(
            Table(
                "limits",
                "Where the flow ends",
                "Eigenvalues at the end of the flow from factors 0.05 I; beside those of depth 3 the known values.",
                ["", "first", "second", "third"],
                rows,
            )
        )
    if results := evidence.select(family="around"):
        rows = []
        for power in (*parameters.powers, 1.0):
            cells = [
                Cell(*over_seeds([float(r.finals[f"{name}_{power:g}"]) for r in results])) for name in ("bend", "descent", "gap")
            ]
            rows.append([f"{power:g}", *cells])
        found.append(
            Table(
                "around",
                "Schatten sums around the limit of the flow",
                "Worst over instances, depths and directions: the second derivative along solutions, how much a small step down "
                "gains, and how far below the limit the best vertex is, all relative to the sum. Power 1 is the nuclear norm, "
                "for which all three are zero.",
                ["power", "second derivative", "gain of a step", "gain at a vertex"],
                rows,
            )
        )
    return found
