"""Pictures and tables of the end-to-end rule."""

from typing import Any

import numpy as np
import xarray as xr

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds

TINY = 1e-17


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Networks beside the rule in l2 and l4; how far apart they are in steps and as flows; depth as momentum."""
    found = []
    widths, steps, flows, identities = (_record(evidence, f) for f in ("widths", "steps", "flows", "identities"))
    if widths is not None:
        found.append(_overlap(parameters, widths))
    panels = [_steps(steps)] if steps is not None else []
    panels += [_flows(flows)] if flows is not None else []
    if panels:
        found.append(
            Plot(
                "apart",
                "How far the rule is from the factors",
                "Left: gradient descent on balanced factors against descent by the end-to-end rule, the largest "
                "difference up to a fixed time and after one step, by the rate: of first and of second order. The "
                "rule of another depth does not come near. Right: the same two as flows; what is left is the "
                "tolerance of the solver.",
                panels,
            )
        )
    if identities is not None:
        found.append(_momentum(identities))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """How exactly each identity holds beside its wrong variants, and the flows by shape and depth."""
    return [*_identities(evidence), *_equal(evidence)]


def _record(evidence: Evidence, family: str) -> xr.Dataset | None:
    results = evidence.select(family=family)
    return min(results, key=lambda result: result.seed).record() if results else None


def _overlap(parameters: Any, record: xr.Dataset) -> Plot:
    steps, panels = record.steps.values, []
    for power in record.power.values:
        loss = record.loss.sel(power=power)
        lines = []
        for group, depth in enumerate(record.depth.values):
            named = [name for name in record.model.values if str(name).startswith("width")]
            for k, name in enumerate(named):
                label = f"depth {depth}, widths {', '.join(str(w) for w in parameters.hidden)}" if k == 0 else None
                lines.append(Line(steps, loss.sel(depth=depth, model=name).values, label, group))
            few = slice(None, None, max(1, len(steps) // 12))
            rule = loss.sel(depth=depth, model="rule").values
            lines.append(Line(steps[few], rule[few], f"rule of depth {depth}", group + 3, "dot", markers=True))
        first = record.depth.values[0]
        lines.append(Line(steps, loss.sel(depth=first, model="single layer").values, "single layer", 2))
        panels.append(Panel(f"l{power} loss", "step", "loss", lines, y_scale="log"))
    return Plot(
        "overlap",
        "Networks and the rule for a single layer",
        f"Gradient descent on ill-conditioned regression with one output (condition number {parameters.condition:g}), from one "
        "balanced start near zero. Networks of three hidden widths lie on one curve for each depth, and so does a single "
        "layer that is moved by the end-to-end rule of that depth (dots, on top of them); the same layer under plain "
        "gradient descent goes its own way.",
        panels,
    )


def _steps(record: xr.Dataset) -> Panel:
    rate, lines = record.rate.values, []
    depths = record.depth.values
    for group, (name, label) in enumerate((("deeper", "rule of N + 1"), ("apart", "up to a fixed time"), ("once", "one step"))):
        for k, depth in enumerate(depths):
            style = ("solid", "dash", "dot")[k % 3]
            lines.append(Line(rate, record[name].sel(depth=depth).values, f"{label}, N = {depth}", group, style, markers=True))
    return Panel("in steps", "rate", "difference over size", lines, x_scale="log", y_scale="log")


def _flows(record: xr.Dataset) -> Panel:
    time, lines = record.time.values[1:], []
    for group, shape in enumerate(record["shape"].values):
        for k, depth in enumerate(record.depth.values):
            values = np.maximum(record.apart.sel(shape=shape, depth=depth).values[1:], TINY)
            lines.append(Line(time, values, f"{shape}, N = {depth}", group + 3, ("solid", "dash", "dot")[k % 3]))
    return Panel("as flows", "time", "difference over size", lines, [Rule(1e-8, "claimed")], y_scale="log")


def _momentum(record: xr.Dataset) -> Plot:
    gamma, norm = record.gamma.values, record.norm.values
    shown = min(len(gamma), 4 * int(np.argmax(norm > 0.9 * norm.max())) + 20)
    steps = np.arange(shown)
    left = [
        Line(steps, gamma[:shown], "gamma", 0),
        Line(steps, norm[:shown] * np.abs(gamma).max(), "norm, scaled", 1, style="dash"),
    ]
    past = -np.arange(record.sizes["past"], 0, -1)
    right = [Line(past, record.mu.values, "weight of a past gradient", 2)]
    return Plot(
        "momentum",
        "Depth as momentum",
        "A layer split into a vector and a scalar, from near zero. Left: the coefficient of the weights themselves is "
        "negative while they grow, and fades once they have arrived. Right: unrolled, the weights that past gradients "
        "have in one step, "
        f"in the middle of the rise (step {record.sizes['past']}): all positive, which is momentum.",
        [
            Panel("the multiple of the weights", "step", "coefficient", left),
            Panel("memory of the past", "steps ago", "weight", right),
        ],
    )


def _identities(evidence: Evidence) -> list[Table]:
    wanted = (
        ("preconditioner applied", "applied", "applied_naive", "powers of the Gram matrices"),
        ("its eigenpairs", "eigenpairs", "eigenpairs_mixed", "exponents that rise together"),
        ("velocity, as in the paper", "velocity_paper", "velocity_printed", "as printed in notes"),
        ("velocity, as on the slides", "velocity_slides", "velocity_mixed", "one exponent from each"),
        ("one output", "single", "single_depth", "N in place of N - 1"),
        ("a step, exact coefficients", "step", "step_printed", "as printed, first order"),
        ("the step unrolled", "memory", "memory_start", "without the start"),
    )
    results = evidence.select(family="identities")
    rows: list[list[Cell | str]] = [
        [label, _cell(results, name), _cell(results, wrong), why] for label, name, wrong, why in wanted if results
    ]
    caption = "Largest relative residual of each identity, and of a wrong variant: medians over seeds with least and largest."
    columns = ["identity", "residual", "wrong", "variant"]
    return [Table("identities", "Identities and what they are not", caption, columns, rows)] if rows else []


def _equal(evidence: Evidence) -> list[Table]:
    results = evidence.select(family="flows")
    if not results:
        return []
    records = [result.record() for result in results]
    first = records[0]
    rows: list[list[Cell | str]] = []
    for shape in first["shape"].values:
        cells = [
            Cell(*over_seeds([float(r.apart.sel(shape=shape, depth=depth).max()) for r in records]))
            for depth in first.depth.values
        ]
        rows.append([str(shape), *cells])
    caption = "Largest difference along the path between gradient flow of balanced factors and the end-to-end flow, relative."
    return [Table("flows", "The two flows", caption, ["shape", *(f"depth {depth}" for depth in first.depth.values)], rows)]


def _cell(results: Any, name: str) -> Cell:
    return Cell(*over_seeds([float(result.finals[name]) for result in results]))
