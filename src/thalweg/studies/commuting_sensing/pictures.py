"""Pictures and tables of measurements that commute."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.commuting_sensing.claims import PRINTED
from thalweg.studies.evidence import Evidence, Result, over_seeds


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The path and its law, the excess over the least nuclear norm, and which solution of a face is taken."""
    found = []
    flows = [result for depth in parameters.flow_depths for result in evidence.select(family="flow", depth=depth)[:1]]
    if flows:
        found.append(_paths(flows))
    if excess := evidence.select(family="excess"):
        found.append(_excess(excess[0]))
    if faces := evidence.select(family="face"):
        found.append(_face(faces[0]))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The excess beside its printed values, and how closely each depth keeps the closed form."""
    found = []
    if excess := evidence.select(family="excess"):
        found.append(_excess_table(excess[0]))
    if results := evidence.select(family="equation"):
        tightest = min(parameters.rtols)
        rows: list[list[Cell | str]] = []
        for depth in parameters.depths:
            names = (f"closed_form_{depth:g}_{tightest:g}", f"closed_form_exponent_{depth:g}_{tightest:g}", f"end_{depth:g}")
            cells = [Cell(*over_seeds([float(r.finals[name]) for r in results])) for name in names]
            rows.append([f"depth {depth:g}", *cells])
        found.append(
            Table(
                "closed-form",
                "How closely the closed form is kept",
                f"Largest difference between the equation, integrated to a tolerance of {tightest:g}, and the closed form with "
                "the integral of the residuals, relative to the largest eigenvalue; beside it the same with a wrong exponent, "
                "and the distance of the end of the path from the convex program. Median over instances, least and largest.",
                ["", "closed form", "with exponent N/(N-1)", "end of the path"],
                rows,
            )
        )
    return found


def _paths(results: list[Result]) -> Plot:
    panels = []
    for result in results:
        record = result.record()
        time, measured, predicted = record.time.values[1:], record.eigenvalues.values[1:], record.predicted.values[1:]
        lines = []
        for k in range(measured.shape[1]):
            lines.append(Line(time, measured[:, k], "measured" if k == 0 else None, 0))
            lines.append(Line(time, predicted[:, k], "closed form" if k == 0 else None, 1, style="dot"))
        rules = [Rule(float(v), "predicted limits" if k == 0 else "") for k, v in enumerate(record.limit.values)]
        title = f"depth {result.coordinates['depth']}"
        panels.append(Panel(title, "time", "eigenvalue", lines, rules, x_scale="log", y_scale="log"))
    return Plot(
        "paths",
        "Eigenvalues along the flow, and the closed form",
        "Eigenvalues of the product while gradient flow fits measurements that commute, from multiples of the identity. Dotted: "
        "the one member of the closed-form family that has the same measurements at that instant. Lines across: where the "
        "path ends, from the start and the measurements alone. The curves lie on one another.",
        panels,
    )


def _excess(result: Result) -> Plot:
    record = result.record()
    scales = record.scale.values
    wide = np.concatenate([[2.5 * scales.max()], scales, [scales.min() / 2.5]])
    lines = []
    for group, (depth, found) in enumerate(zip(record.depth.values, record.excess.values, strict=True)):
        lines.append(Line(scales, found, f"depth {depth:g}", group, markers=True))
        coefficient = result.finals.get(f"coefficient_{depth:g}")
        if coefficient is not None:
            law = float(coefficient) * wide**depth
        else:
            power = float(result.finals[f"exponent_{depth:g}"])
            law = found[-1] * (wide / scales[-1]) ** power
        lines.append(Line(wide, law, "law" if group == 0 else None, 7, style="dash"))
    for depth, numbers in PRINTED.items():
        at = 10.0 ** -np.arange(1, len(numbers) + 1)
        lines.append(Line(at, np.array(numbers), "from the equation" if depth == 2 else None, 6, style="dot", markers=True))
    panel = Panel("excess nuclear norm", "scale of each factor at the start", "excess", lines, x_scale="log", y_scale="log")
    return Plot(
        "excess",
        "How fast the least nuclear norm is approached",
        "By how much the nuclear norm of the limit exceeds the least one, against the size of the start, on an example of three "
        "eigenvalues and two measurements. Dashed: at depth 2 the power that the dual slack sets (about 1.1, only the slope is "
        "predicted), at depths 3 and 4 c alpha^N with the coefficient predicted too. Dotted: known numbers from an "
        "integration of the equation.",
        [panel],
    )


def _face(result: Result) -> Plot:
    record = result.record()
    panels = []
    for depth in (2, 3, 4):
        at = float(result.finals[f"chosen_{depth}"])
        name = "entropy" if depth == 2 else f"sum of lambda^({'1/2' if depth == 4 else '2/3'})"
        line = Line(record.along.values, record[f"power_{depth}"].values, name, depth)
        panels.append(Panel(f"depth {depth}", "along the face", name, [line], [Rule(at, "where the flow ends", axis="x")]))
    return Plot(
        "face",
        "Among solutions of least nuclear norm",
        "Along this segment every point fits the measurements and has the same, least, nuclear norm. The flow from a tiny start "
        "ends at the top of the curve of its depth, the most spread of them: the opposite of the least Schatten 2/N "
        "quasi-norm, which is at an end of the segment.",
        panels,
    )


def _excess_table(result: Result) -> Table:
    scales = result.record().scale.values
    rows: list[list[Cell | str]] = []
    for depth in (2, 3, 4):
        printed = PRINTED.get(depth, ())
        cells: list[Cell | str] = [
            Cell(float(result.finals[f"excess_{depth}_{s:g}"]), published=f"{printed[k]:.1e}" if k < len(printed) else None)
            for k, s in enumerate(scales)
        ]
        rows.append([f"depth {depth}", *cells, Cell(float(result.finals[f"exponent_{depth}"]))])
    return Table(
        "excess",
        "Excess of the nuclear norm over the least",
        "On the example of three eigenvalues, by the size of the factors at the start, with the power of it that is predicted; "
        "beside it known numbers from an integration of the equation.",
        ["", *(f"start {s:g}" for s in scales), "power"],
        rows,
    )
