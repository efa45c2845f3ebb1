"""Pictures and tables of the margins of boosting."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.boosting_margin.work import AT, BEST, CYCLED, STEP
from thalweg.studies.evidence import Evidence


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Margins by shrinkage, the cycle, and the guarantee beside what it guarantees."""
    found = []
    if results := evidence.select(family="matrix"):
        found += [_margins(results[0].record(), parameters), _cycle(results[0].record())]
    if results := evidence.select(family="guarantees"):
        found.append(_guarantee(results[0].record(), parameters))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Margins after 1000 iterations and at the end."""
    results = evidence.select(family="matrix")
    if not results:
        return []
    finals = results[0].finals
    known = {1.0: "1/3"}
    rows: list[list[Cell | str]] = [
        [
            f"AdaBoost, shrinkage {nu:g}",
            Cell(float(finals[f"early_{nu:g}"])),
            Cell(float(finals[f"end_{nu:g}"]), published=known.get(nu, "3/8")),
            Cell(float(finals[f"logistic_{nu:g}"])),
        ]
        for nu in parameters.shrinkages
    ]
    rows += [[f"steps of {length:g}", "–", Cell(float(finals[f"fixed_{length:g}"])), "–"] for length in parameters.lengths]
    rows.append(["largest margin", "–", Cell(float(finals["best"]), published="3/8"), Cell(float(finals["best"]))])
    return [
        Table(
            "margins",
            "Margins on the published matrix",
            f"The least margin over the l1 norm of the coefficients after {AT} and after {parameters.steps} iterations; in the "
            "last column with the logistic loss and a line search, shrunk alike.",
            ["", f"after {AT}", f"after {parameters.steps}", "logistic loss"],
            rows,
        )
    ]


def _margins(record: Any, parameters: Any) -> Plot:
    steps, curves = record.steps.values, record.margin.values
    shown = steps >= 10
    lines = [Line(steps[shown], curves[shown, k], f"shrinkage {nu:g}", k) for k, nu in enumerate(parameters.shrinkages)]
    rules = [Rule(BEST, "largest margin, 3/8"), Rule(CYCLED, "1/3")]
    gaps = [
        Line(steps[shown], np.maximum(BEST - curves[shown, k], 1e-6), f"shrinkage {nu:g}", k)
        for k, nu in enumerate(parameters.shrinkages)
    ]
    return Plot(
        "margins",
        "AdaBoost with shrinkage",
        "On the published matrix of eight samples and eight weak learners: the margin in the l1 norm against the number of "
        "iterations, and how far it is below the largest one. With full steps (shrinkage 1) AdaBoost settles at 1/3; shrunk "
        "steps find 3/8, at a distance that falls as one over the iterations, and the later the more they are shrunk.",
        [
            Panel("margin", "iterations", "margin", lines, rules, x_scale="log", y_range=(0.24, 0.39)),
            Panel("short of the largest", "iterations", "3/8 - margin", gaps, x_scale="log", y_scale="log"),
        ],
    )


def _cycle(record: Any) -> Plot:
    first = 60
    count = np.arange(1, first + 1)
    panels = []
    for title, name in (("full steps", "1"), ("half steps", "0.5")):
        learners = record[f"order_{name}"].values[:first] + 1
        panels.append(
            Panel(
                title, "iteration", "weak learner", [Line(count, learners, "taken", 0, markers=True, style="dot")], y_range=(0, 9)
            )
        )
        moves = record[f"moves_{name}"].values[:first]
        rules = [Rule(STEP, "(3/2) ln 1.618")] if name == "1" else []
        panels.append(
            Panel(f"{title}: length", "iteration", "step", [Line(count, moves, "length", 1)], rules, y_range=(0.0, 1.0))
        )
    return Plot(
        "cycle",
        "Why it stays there: a cycle",
        "Which weak learner each iteration of AdaBoost takes on the published matrix, and how long its step is. With full steps "
        "three learners take turns from the start on, and soon each has an edge of one over the golden ratio, whose step is "
        "(3/2) ln 1.618; the others, which the largest margin needs, are never taken. Half steps go round all of them.",
        panels,
    )


def _guarantee(record: Any, parameters: Any) -> Plot:
    steps = record.steps.values
    panels = []
    for k, nu in enumerate(parameters.shrinkages):
        margin, law = record.margin.values[:, k], record.guarantee.values[:, k]
        lines = [Line(steps, margin, "margin", 0), Line(steps, np.where(law > 0, law, np.nan), "guarantee", 1, style="dash")]
        panels.append(
            Panel(f"shrinkage {nu:g}", "iterations", "margin", lines, [Rule(BEST, "3/8")], x_scale="log", y_range=(0.0, 0.4))
        )
    return Plot(
        "guarantee",
        "What is guaranteed, and what comes",
        "Steps of the quadratic bound on the published matrix: the margin, and what is guaranteed for it, which tends to 3/8 "
        "less the share nu/2. The guarantee is kept at every step, and far from sharp for large steps.",
        panels,
    )
