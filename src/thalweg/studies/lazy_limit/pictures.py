"""Pictures and tables of large starts."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds
from thalweg.studies.lazy_limit.work import STARTS

SAID = {"copies": "zero by copies", "centred": "zero by subtraction", "biased": "not zero"}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The limit, the lazy students, and the regime score."""
    found = []
    if results := evidence.select(family="instance"):
        record = results[0].record()
        found += [_limit(parameters, record), _students(record), _score(parameters, record, evidence)]
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Exponents beside those of the theory, and degrees of homogeneity."""
    found = []
    if results := evidence.select(family="instance"):
        rows: list[list[Cell | str]] = [
            [f"depth {depth}", *(_cell(results, f"slope_{name}_{depth}", str(of * depth)) for name, of in _COLUMNS)]
            for depth in parameters.depths
        ]
        found.append(
            Table(
                "exponents",
                "Exponents of the scale at which a diagonal network comes to its limit",
                "Slopes of the logarithms over the scales, median over seeds, beside those of the theory: the path in scaled "
                "displacement and clock, the function at the end, and the regime score.",
                ["", "path", "function", "score"],
                rows,
            )
        )
        rows = [
            [SAID[start], *(_cell(results, f"median_{name}_smooth_{start}") for name in ("moved", "parameters", "outputs"))]
            for start in STARTS
        ]
        rows.append(
            ["ReLU, by copies", *(_cell(results, f"median_{n}_kinked_copies") for n in ("moved", "parameters", "outputs"))]
        )
        found.append(
            Table(
                "students",
                "Exponents of the multiple at which a student becomes lazy",
                "Of how far parameters go, how far from those of the linearization they get, and how far outputs get; by the "
                "theorem at most -1, -2 and -1 where outputs start at zero.",
                ["outputs at the start", "movement", "parameters", "outputs"],
                rows,
            )
        )
    if results := evidence.select(family="models"):
        finals = results[0].finals
        rows = []
        for name in sorted(key.removeprefix("degree_") for key in finals if key.startswith("degree_")):
            known = finals[f"known_{name}"]
            published = "none" if np.isnan(known) else f"{known:g}"
            kernel = "none" if np.isnan(known) else f"{2 * (known - 1):g}"
            rows.append(
                [
                    name.replace("_", " "),
                    Cell(float(finals[f"degree_{name}"]), published=published),
                    Cell(float(finals[f"deviation_{name}"])),
                    Cell(float(finals[f"exponent_{name}"]), published=kernel),
                    str(finals[f"breaks_{name}"]) or "nothing",
                ]
            )
        found.append(
            Table(
                "degrees",
                "Degrees of homogeneity as measured",
                "The degree in the identity of Euler with its deviation, the exponent at which the tangent kernel grows with the "
                "parameters, and what breaks homogeneity. The number in the name is that of the layers.",
                ["network", "degree", "deviation", "kernel", "broken by"],
                rows,
            )
        )
    return found


_COLUMNS = (("apart", -1), ("function", -2), ("score", -2))


def _cell(results: Any, name: str, published: str | None = None) -> Cell:
    return Cell(*over_seeds([float(result.finals[name]) for result in results]), published=published)


def _limit(parameters: Any, record: Any) -> Plot:
    scale = record.scale_limit.values
    right, wrong, function = [], [], []
    for group, depth in enumerate(parameters.depths):
        apart = record[f"apart_{depth}"].values
        right.append(Line(scale, apart, f"depth {depth}", group, markers=True))
        right.append(Line(scale, apart[0] * (scale / scale[0]) ** -float(depth), "slope -D", group, style="dot"))
        wrong.append(Line(scale, record[f"printed_{depth}"].values, f"depth {depth}", group, markers=True))
        at = record[f"function_{depth}"].values
        function.append(Line(scale, np.where(at > 1e-12, at, np.nan), f"depth {depth}", group, markers=True))
    printed = record[f"function_printed_{parameters.depths[0]}"].values
    function.append(Line(scale, printed, "over the scale, as printed", len(parameters.depths), style="dash"))
    axis: dict[str, Any] = {"x_scale": "log", "y_scale": "log"}
    return Plot(
        "limit",
        "The kernel regime as a limit, scaled rightly and as printed",
        "Left: largest distance over all times between a diagonal network from scale alpha and its kernel flow, the displacement "
        "multiplied by alpha^(D-1) and the clock by alpha^(2(D-1)); dotted the slopes -D. Middle: parameters over alpha in the "
        "clock alpha^(D-1), as printed, over the length of the kernel path: nothing moves in the limit. Right: relative "
        "distance of the coefficients at the end from the interpolant of least norm.",
        [
            Panel("displacement scaled", "scale of the start", "largest distance", right, **axis),
            Panel(
                "as printed",
                "scale of the start",
                "over the length of the path",
                wrong,
                [Rule(1.0, "no motion")],
                "log",
                y_range=(0.0, 1.2),
            ),
            Panel("function", "scale of the start", "relative distance", function, **axis),
        ],
    )


def _students(record: Any) -> Plot:
    scale = record.scale_student.values
    panels = []
    names = (
        ("moved", "movement", -1),
        ("parameters", "parameters to the linearized", -2),
        ("outputs", "outputs to the linearized", -1),
    )
    for name, title, exponent in names:
        lines = [
            Line(scale, record[f"{name}_smooth_{start}"].values, SAID[start], group, markers=True)
            for group, start in enumerate(STARTS)
        ]
        lines.append(Line(scale, record[f"{name}_kinked_copies"].values, "ReLU, by copies", 3, style="dash", markers=True))
        first = record[f"{name}_smooth_centred"].values[0] / 3
        lines.append(Line(scale, first * (scale / scale[0]) ** float(exponent), f"slope {exponent}", 4, style="dot"))
        panels.append(Panel(title, "multiple of the outputs", "largest distance", lines, x_scale="log", y_scale="log"))
    return Plot(
        "students",
        "Lazy students",
        "Two-layer students of a teacher of three units whose outputs are multiplied by a number, median over instances, in a "
        "fixed time. Where outputs start at zero the parameters hardly move, and the linearization is followed; where they do "
        "not, there is as much to unlearn as the multiple is large, and nothing becomes lazy. Dotted the theorem.",
        panels,
    )


def _score(parameters: Any, record: Any, evidence: Evidence) -> Plot:
    scale = record.scale_score.values
    lines, other = [], []
    for group, depth in enumerate(parameters.depths):
        lines.append(Line(scale, record[f"score_{depth}"].values, f"depth {depth}", group, markers=True))
        other.append(Line(scale, 1 - record[f"cosine_{depth}"].values, f"depth {depth}", group, markers=True))
    single = [
        Line(scale, record["one_2"].values, "depth 2", 0, markers=True),
        Line(scale, record["law"].values, "formula", 3, "dash"),
    ]
    panels = [
        Panel("regime score", "scale of the start", "score", lines, x_scale="log", y_range=(0.0, 1.05)),
        Panel("1 - cosine of the kernels", "scale of the start", "1 - cosine", other, x_scale="log", y_range=(0.0, 1.05)),
        Panel("score on one coefficient", "scale of the start", "score", single, x_scale="log", y_range=(0.0, 1.05)),
    ]
    if results := evidence.select(family="models"):
        runs = results[0].record()
        found = Line(runs.scale.values, runs.function.values, "depth 2", 0, markers=True)
        panels.append(Panel("from the linearized twin", "scale of the start", "distance", [found], x_scale="log", y_scale="log"))
    return Plot(
        "score",
        "From rich to kernel: the regime score against the scale of the start",
        "Distance of the tangent kernels at both ends of a run over the sum of their sizes, for diagonal networks: 1 where the "
        "kernel was made on the way, 0 where it did not move. One less the cosine of the kernels tells less: it knows no size, "
        "and stays far from 1. On one coefficient the score is known. Last, how far a run ends from its linearized twin on "
        "inputs that neither was trained on.",
        panels,
    )
