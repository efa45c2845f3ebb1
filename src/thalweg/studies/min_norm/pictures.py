"""Pictures and tables of the solutions that geometries of descent find."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Table
from thalweg.studies.evidence import Evidence, over_seeds


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Paths in the plane of the published example, and errors against rates."""
    found = []
    plane = evidence.select(family="plane")
    if plane:
        found.append(_plane(plane[0].record(), plane[0].finals, parameters))
    errors = _errors(evidence)
    if errors:
        found.append(
            Plot(
                "errors",
                "How far from the least each ends, by its rate",
                "Distance of the end from the solution of the convex program, against the rate; dotted the slope of 1. Left: "
                "natural gradient descent with the entropy on random instances, rates in units of the largest curvature. Middle: "
                "exponentiated gradient with momentum of the parameters on the published example; with the momentum in the duals "
                "all are at rounding, below the panel. Right: steepest descent in the 4/3-norm, which approaches the end of its "
                "flow, and not the solution of least norm.",
                errors,
            )
        )
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The largest distance from the certified solution, by geometry; and the ends in the examples."""
    found = []
    if random := evidence.select(family="random"):
        told = {
            "gradient": "gradient descent",
            "entropy": "mirror descent, entropy",
            "hypentropy": "mirror descent, hyperbolic entropy 0.5 and 0.05",
            "p_norm": "mirror descent, squared p-norm, 1.5 and 1.2",
            "dual": "entropy, dual momentum",
            "stochastic": "entropy, one sample at a time",
            "primal": "entropy, momentum of the parameters",
            "stochastic_natural": "natural gradient, one sample at a time",
            "natural": "natural gradient, a tenth of the largest rate",
        }
        rows: list[list[Cell | str]] = [
            [text, Cell(*over_seeds([float(r.finals[f"error_{name}"]) for r in random]))] for name, text in told.items()
        ]
        found.append(
            Table(
                "random",
                "Distance from the solution of least divergence",
                "The largest distance over instances and rates between the end and the certified solution, relative to its norm: "
                "median over seeds with the least and the largest.",
                ["", "largest distance"],
                rows,
            )
        )
    if space := evidence.select(family="space"):
        record, finals = space[0].record(), space[0].finals
        rows = [
            [f"rate {rate:g}", *(Cell(float(value)) for value in end), Cell(float(away))]
            for rate, end, away in zip(record.rate.values, record.end.values, record.from_least.values, strict=True)
        ]
        limit = [Cell(float(finals[f"limit_{k}"])) for k in (1, 2, 3)]
        least = [Cell(float(finals[f"least_{k}"])) for k in (1, 2, 3)]
        rows += [
            ["its flow", *limit, Cell(float(finals["limit_from_least"]))],
            ["least 4/3-norm", *least, Cell(0.0)],
        ]
        found.append(
            Table(
                "steepest",
                "Where steepest descent in the 4/3-norm ends",
                "Samples (1, 1, 1) and (1, 2, 0) with values 1 and 10, from zero: coefficients at the end, and the distance from "
                "the solution of least 4/3-norm.",
                ["", "first", "second", "third", "distance"],
                rows,
            )
        )
    return found


def _plane(record: Any, finals: Any, parameters: Any) -> Plot:
    ends = np.array([0.4, 0.85])
    panels = []
    pairs = parameters.momentum_pairs
    kinds = {
        "mirror": ("mirror descent", [f"rate {rate:g}" for rate in parameters.natural_rates]),
        "natural": ("natural gradient descent", [f"rate {rate:g}" for rate in parameters.natural_rates]),
        "primal": ("momentum of the parameters", [f"rate {rate:g}, momentum {momentum:g}" for rate, momentum in pairs]),
    }
    for name, (title, labels) in kinds.items():
        paths, last = record[f"path_{name}"].values, record[f"end_{name}"].values
        lines = [Line(ends, (1 - ends) / 2, "solutions", 6, style="dash")]
        for run, label in enumerate(labels):
            path = np.vstack([paths[:, run], last[run]])
            lines.append(Line(path[:, 0], path[:, 1], label, run))
            lines.append(Line(last[run : run + 1, 0], last[run : run + 1, 1], None, run, markers=True))
        goal = np.array([[float(finals["goal_1"])], [float(finals["goal_2"])]])
        lines.append(Line(goal[0], goal[1], "least divergence", 6, markers=True))
        panels.append(Panel(title, "first coefficient", "second coefficient", lines, y_range=(0.08, 0.42)))
    return Plot(
        "plane",
        "One sample, two coefficients",
        "The published example: one sample (1, 2) with value 1, so that every point of the dashed line fits; all come from "
        "(1, 1), with the entropy for potential. Mirror descent ends at (0.5, 0.25), the point of least divergence, whatever "
        "the rate. Natural gradient descent and momentum of the parameters end elsewhere on the line, by rate and momentum.",
        panels,
    )


def _errors(evidence: Evidence) -> list[Panel]:
    panels = []
    if random := evidence.select(family="random"):
        record = random[0].record()
        rates, errors = record.rate.values, record.natural.values
        lines = [Line(rates, errors[:, k], "instances" if k == 0 else None, 0, markers=True) for k in range(errors.shape[1])]
        lines.append(_slope(rates, errors[:, 0]))
        panels.append(Panel("natural gradient", "rate", "distance", lines, x_scale="log", y_scale="log"))
    if plane := evidence.select(family="plane"):
        record = plane[0].record()
        rates, errors = record.rate.values, record.error_fading.values
        lines = [Line(rates, errors, "momentum of the parameters", 1, markers=True), _slope(rates, errors)]
        natural = record.error_vanishing.values
        lines.append(Line(rates, natural, "natural gradient", 0, markers=True))
        panels.append(Panel("two coefficients", "rate", "distance", lines, x_scale="log", y_scale="log"))
    if space := evidence.select(family="space"):
        record = space[0].record()
        rates = record.rate.values
        lines = [
            Line(rates, record.from_least.values, "from the least norm", 2, markers=True),
            Line(rates, record.from_limit.values, "from the end of its flow", 3, markers=True),
            _slope(rates, record.from_limit.values),
        ]
        panels.append(Panel("steepest descent, 4/3-norm", "rate", "distance", lines, x_scale="log", y_scale="log"))
    return panels


def _slope(rates: np.ndarray, errors: np.ndarray) -> Line:
    return Line(rates, 0.5 * errors[-1] * rates / rates[-1], "slope 1", 6, style="dot")
