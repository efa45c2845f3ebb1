"""Pictures and tables of convergence, of how careful its theorem is, and of what fails without its hypotheses."""

from typing import Any

import numpy as np
import xarray as xr

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.convergence.claims import BY_HAND
from thalweg.studies.evidence import Evidence, over_seeds


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Descent against the bound, step sizes over depth, the two failures, and the printed form of the theorem."""
    found = []
    record = {name: _record(evidence, name) for name in ("certified", "pessimism", "failures", "form")}
    if record["certified"] is not None:
        found.append(_descent(record["certified"]))
    if record["pessimism"] is not None:
        found.append(_step_sizes(record["pessimism"]))
    if record["failures"] is not None:
        found.append(_failures(record["failures"]))
    if record["form"] is not None:
        found.append(_form(record["form"]))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """How many times larger the step sizes that work are, and the theorem's numbers."""
    found = []
    results = evidence.select(family="pessimism")
    if results:
        rows: list[list[Cell | str]] = []
        for depth in parameters.depths:
            cells = [
                Cell(*over_seeds([float(r.finals[f"{name}_{depth}"]) * scale for r in results]))
                for name, scale in (("factor", 1.0), ("best", 12288.0 * depth**2), ("limit", 1.0))
            ]
            rows.append([f"depth {depth}", *cells])
        found.append(
            Table(
                "pessimism",
                "How careful the theorem is",
                "The largest step size at which descent works, found by bisection, over that of the theorem: on random starts, "
                "and where the theorem is at its best (one entry, a start at the target), which cannot be below 12288 N^2. Last: "
                "the same over the limit of stability at the target.",
                ["network", "over the theorem's, random starts", "at best", "over the limit of stability"],
                rows,
            )
        )
    results = evidence.select(family="form")
    if results:
        finals = results[0].finals
        rows = [[words, Cell(float(finals[name])), f"{value:.1e}"] for name, (value, words) in BY_HAND.items()]
        caption = "From the formulas of theorem 1, and the same worked out by hand to two digits."
        found.append(Table("numbers", "The theorem's numbers", caption, ["number", "formula", "by hand"], rows))
    return found


def _record(evidence: Evidence, family: str) -> xr.Dataset | None:
    results = evidence.select(family=family)
    return min(results, key=lambda result: result.seed).record() if results else None


def _descent(record: xr.Dataset) -> Plot:
    names = [str(name).split(", ") for name in record["case"].values]
    panels = []
    for depth in dict.fromkeys(name[0] for name in names):
        lines = []
        for k, (its_depth, shape) in enumerate(names):
            if its_depth == depth:
                group = len(lines) // 2
                lines.append(Line(record.steps.values, record.lost.values[k], shape, group))
                label = "at least" if group == 0 else None
                lines.append(Line(record.steps.values, record.promised.values[k], label, group, style="dash"))
        panels.append(Panel(depth, "step", "share of the loss lost", lines, x_scale="log", y_scale="log"))
    return Plot(
        "descent",
        "Descent under the hypotheses",
        "The share of its loss that gradient descent has lost, at the largest step size that the theorem allows, and what the "
        "theorem promises at least (dashed). The descent is a few times faster than promised; both are slow, as the step size "
        "is tiny.",
        panels,
    )


def _step_sizes(record: xr.Dataset) -> Plot:
    depth = record.depth.values.astype(float)
    rate = record.rate.values
    lines = []
    for k, words in enumerate(("theorem", "largest that works")):
        low, high = rate[:, k].min(axis=1), rate[:, k].max(axis=1)
        lines.append(Line(depth, np.median(rate[:, k], axis=1), words, k, markers=True, low=low, high=high))
    return Plot(
        "step-sizes",
        "Step sizes: the theorem's and those that work",
        "The largest step size that the theorem allows and the largest at which gradient descent converges, on the same starts; "
        "medians with the least and the largest. The theorem is safe by many orders of magnitude.",
        [Panel("largest step size", "depth N", "step size", lines, y_scale="log")],
    )


def _failures(record: xr.Dataset) -> Plot:
    steps = record.steps.values
    first = []
    for k, name in enumerate(record["case"].values):
        losses = record.overflowing.values[k]
        kept = np.isfinite(losses) & (losses > 0)
        group = 0 if str(name).startswith("depth 2") else 1
        label = str(name).split(",")[0]
        shown = {line.label for line in first}
        first.append(Line(steps[kept], np.log10(losses[kept]), None if label in shown else label, group, markers=True))
    second = []
    for k, name in enumerate(record.held.values):
        above = record.above_floor.values[k]
        kept = (steps > 0) & (above > 1e-12)
        group = 0 if str(name).startswith("depth 2") else 1
        label = str(name).split(",")[0]
        shown = {line.label for line in second}
        second.append(Line(steps[kept], above[kept], None if label in shown else label, group))
    panels = [
        Panel("margin, no balance", "step", "log10 of the loss", first),
        Panel("balance, no margin", "step", "loss above the floor", second, x_scale="log", y_scale="log"),
    ]
    return Plot(
        "failures",
        "What fails without each hypothesis",
        "Left: starts with a margin and unbalanced factors, at rates from 0.1 to 1e-5. Every one of them overflows, the digits "
        "of the loss multiplying from step to step. Right: from the identity, which is balanced and has no margin, the loss "
        "sinks towards lambda^2/2 and never below, at once at depth 2 and as the inverse square of the steps at depth 4.",
        panels,
    )


def _form(record: xr.Dataset) -> Plot:
    lines = []
    for k, depth in enumerate(record.depth.values):
        lines.append(Line(record.margin.values, record.speed.values[k, 0], f"theorem, depth {depth}", k, markers=True))
        lines.append(Line(record.margin.values, record.speed.values[k, 1], f"as printed, depth {depth}", k, style="dash"))
    rules = [Rule(1.0, "as stated")]
    panel = Panel("measured over stated rate", "margin c", "ratio", lines, rules, x_scale="log", y_scale="log")
    return Plot(
        "form",
        "The rate as stated and as printed on a slide",
        "The measured rate at which the loss falls, over the rate that is stated, for one entry with a margin c of four fifths "
        "of the target. The theorem's c^(2 - 2/N) is kept at all margins; the short form c^2 holds for small margins alone.",
        [panel],
    )
