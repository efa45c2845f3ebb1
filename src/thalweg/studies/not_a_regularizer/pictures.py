"""Pictures and the table of the end-to-end field and its line integrals."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds
from thalweg.theory.line_integral import KeyholeCurve, constant_gradient_integral


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The field with the closed curve, the integral over depth, and how other losses approach it."""
    if not list(evidence):
        return []
    record = min(evidence, key=lambda result: result.seed).record()
    return [_field(parameters, record), _depths(parameters, record), _approach(record)]


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The integral at each depth beside its closed form, and the exceptions of depth 2."""
    results = list(evidence)
    if not results:
        return []
    rows: list[list[Cell | str]] = []
    for depth in parameters.depths:
        exact = constant_gradient_integral(1.0, depth, outer=parameters.outer, inner=parameters.inner)
        values = [float(r.finals[f"integral_{depth:g}"]) for r in results]
        rows.append([f"linear loss, depth {depth:g}", Cell(*over_seeds(values)), Cell(exact)])
    for name, words in (("linear", "linear"), ("isotropic", "isotropic quadratic"), ("anisotropic", "anisotropic quadratic")):
        values = [float(r.finals[f"{name}_depth_2"]) for r in results]
        rows.append([f"{words} loss, depth 2, largest over three curves", Cell(*over_seeds(values)), ""])
    return [
        Table(
            "integrals",
            "Line integrals of the end-to-end field",
            f"Over the closed curve with radii {parameters.inner:g} and {parameters.outer:g}: numbers other than 0 show that no "
            "function has the field as its gradient. Those of about 1e-14 are rounding.",
            ["loss and depth", "measured", "closed form"],
            rows,
        )
    ]


def _field(parameters: Any, record: Any) -> Plot:
    panels = []
    places = KeyholeCurve([1.0, 0.0], [0.0, 1.0], parameters.outer, parameters.inner).pieces(80)[0]
    outline = np.concatenate([places[0][::-1], places[1][::-1], places[2], places[3], places[0][::-1][:1]])
    for k, (depth, words) in enumerate(((1, "one matrix"), (3, "depth 3"))):
        flow = record["flow"].values[k]
        lines = [Line(line[:, 0], line[:, 1], "ways of descent" if i == 0 else None, 0) for i, line in enumerate(flow)]
        lines.append(Line(outline[:, 0], outline[:, 1], "closed curve", 1, style="dash"))
        around = constant_gradient_integral(1.0, depth, outer=parameters.outer, inner=parameters.inner)
        panels.append(Panel(f"{words}: around the curve {around:.3g}", "along the gradient at 0", "across it", lines))
    return Plot(
        "field",
        "The field and the closed curve",
        "Ways of descent for a loss whose gradient is the same everywhere, from right to left. One matrix moves along the "
        "gradient. A product of three is drawn in towards the origin, where it slows down, and thrown out beyond it. Along the "
        "straight pieces of the dashed curve the field of depth 3 is N times as strong as across them: going around, the work "
        "does not cancel, so that no function of the predictor is being descended.",
        panels,
    )


def _depths(parameters: Any, record: Any) -> Plot:
    grid = np.linspace(1.0, max(parameters.depths), 141)
    exact = np.array([constant_gradient_integral(1.0, n, outer=parameters.outer, inner=parameters.inner) for n in grid])
    lines = [
        Line(grid, exact, "closed form", 0),
        Line(record.depth.values, record.integral.values, "measured", 1, style="dot", markers=True),
    ]
    rules = [Rule(0.0, "a gradient field")]
    return Plot(
        "depths",
        "The integral over depth",
        f"The line integral around the closed curve (radii {parameters.inner:g} and {parameters.outer:g}, gradient of norm 1) by "
        "quadrature, and its closed form, which has a meaning for depths that are no whole numbers too. It is zero for a single "
        "matrix and for depth 2, negative between them, and positive beyond: the theorem needs depth 3.",
        [Panel("line integral", "depth N", "integral", lines, rules)],
    )


def _approach(record: Any) -> Plot:
    radius = np.sort(record.radius.values)
    order = np.argsort(record.radius.values)
    lines = []
    for k, name in enumerate(("half circles", "quarter circles")):
        deviation = record.deviation.values[k][order]
        lines.append(Line(radius, deviation, name, k, markers=True))
        power = 2 - k
        guide = deviation[-1] * (radius / radius[-1]) ** power
        lines.append(Line(radius, guide, f"slope {power}", k, style="dash"))
    return Plot(
        "approach",
        "Other losses, small curves",
        "For a loss of fourth powers at depth 3: how far the ratio of the line integral to that of a constant gradient is from "
        "1, as the curve shrinks onto the origin. What is linear in the predictor cancels over the half circles of the proof, "
        "which therefore come closer, by the square of the radius.",
        [Panel("ratio minus 1", "outer radius R", "|ratio - 1|", lines, x_scale="log", y_scale="log")],
    )
