"""Pictures and the table of convergence over the scale of the start."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, Result

PUBLISHED = {
    (3, "independent"): "a valley, orders of magnitude slower outside",
    (3, "balanced"): "a wide flat valley",
    (8, "independent"): "a narrow band",
    (8, "balanced"): "a wide flat valley",
}
"""The shapes of the published figure; its axis is of other data, whitened."""


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Steps over standard deviation at both depths, balance along a run, and how many starts have a margin."""
    found = []
    panels = [_steps(parameters, evidence, depth) for depth in (3, 8) if evidence.select(family="sweep", depth=depth)]
    if panels:
        found.append(
            Plot(
                "steps",
                "Steps to converge over the scale of the start",
                f"Steps of gradient descent to a loss of {parameters.threshold:g}, at the best of {len(parameters.rates)} step "
                f"sizes, with {parameters.inputs} inputs, one output and hidden layers {parameters.hidden} wide: medians over "
                f"instances with the least and the largest. Points on the dashed line did not converge within "
                f"{parameters.cap:,} steps. For independent starts the scale is that of the entries of each factor, for "
                "balanced ones that of the entries of their product. Published: for independent starts a valley at depth 3 and a "
                "narrow band at depth 8; for balanced ones a wide flat valley at both.",
                panels,
            )
        )
    balance = _first(evidence.select(family="balance"))
    if balance is not None:
        found.append(_balance(balance))
    margins = evidence.select(family="margins")
    if margins:
        found.append(_margins(margins))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Steps at each standard deviation, and how many starts converged by where they point."""
    kinds = [at for at in PUBLISHED if evidence.select(family="sweep", depth=at[0], kind=at[1])]
    if not kinds:
        return []
    rows: list[list[Cell | str]] = []
    for i, deviation in enumerate(parameters.deviations):
        row: list[Cell | str] = [f"{deviation:.3g}"]
        for depth, kind in kinds:
            steps = [r.record().steps.values[i] for r in evidence.select(family="sweep", depth=depth, kind=kind)]
            done = [float(value) for value in steps if np.isfinite(value)]
            if not done:
                row.append("fails")
                continue
            note = f"{len(done)} of {len(steps)} converge" if len(done) < len(steps) else None
            row.append(Cell(float(np.median(done)), min(done), max(done), note=note))
        rows.append(row)
    for words, name in (("pointing towards the target", "towards"), ("pointing away from it", "away")):
        row = [f"converged, {words}"]
        for depth, kind in kinds:
            results = evidence.select(family="sweep", depth=depth, kind=kind)
            some, of = (int(sum(float(r.finals[part]) for r in results)) for part in (f"{name}_converged", name))
            row.append(f"{some} of {of}")
        rows.append(row)
    rows.append(["published", *(PUBLISHED[at] for at in kinds)])
    columns = ["standard deviation", *(f"depth {depth}, {kind}" for depth, kind in kinds)]
    caption = (
        f"Steps to a loss of {parameters.threshold:g} at the best step size, medians over the instances that converge, with the "
        f"least and the largest; fails: none within {parameters.cap:,} steps. No sign is flipped: starts that point away from "
        "the target are counted by themselves."
    )
    return [Table("steps", "Steps to converge", caption, columns, rows)]


def _first(results: list[Result]) -> Result | None:
    return min(results, key=lambda result: result.seed) if results else None


def _steps(parameters: Any, evidence: Evidence, depth: int) -> Panel:
    lines = []
    for k, kind in enumerate(("independent", "balanced")):
        results = evidence.select(family="sweep", depth=depth, kind=kind)
        if results:
            steps = np.array([r.record().steps.values for r in results])
            steps = np.where(np.isfinite(steps), steps, parameters.cap)
            x = results[0].record().deviation.values
            low, high = steps.min(axis=0), steps.max(axis=0)
            lines.append(Line(x, np.median(steps, axis=0), kind, k, markers=True, low=low, high=high))
    rules = [Rule(float(parameters.cap), "not within the cap")]
    return Panel(f"depth {depth}", "standard deviation", "steps", lines, rules, x_scale="log", y_scale="log")


def _balance(result: Result) -> Plot:
    record = result.record()
    panels = []
    for k, deviation in enumerate(record.start.values):
        kept = np.isfinite(record.imbalance.values[k])
        steps = record.steps.values[kept]
        lines = [
            Line(steps, record["size"].values[k][kept], "size of the smallest", 0),
            Line(steps, record.imbalance.values[k][kept], "largest imbalance", 1),
        ]
        panels.append(Panel(f"standard deviation {deviation:g}", "step", "Frobenius norm", lines, y_scale="log"))
    return Plot(
        "balance",
        "Small starts become balanced",
        "The largest imbalance of neighbouring factors, and the least of the norms of their Gram matrices, while independent "
        "factors of depth 3 are trained. The imbalance stays what it is; the factors grow past it from a small start, and not "
        "from a larger one.",
        panels,
    )


def _margins(results: list[Result]) -> Plot:
    shares = np.array([r.record().share.values for r in results])
    x = results[0].record().deviation.values
    low, high = shares.min(axis=0), shares.max(axis=0)
    line = Line(x, np.median(shares, axis=0), "measured", 0, markers=True, low=low, high=high)
    panel = Panel("share with a margin", "standard deviation", "share", [line], [Rule(0.49, "published, small")], x_scale="log")
    return Plot(
        "margins",
        "How many starts have a deficiency margin",
        "The share of independent starts of depth 3 with one output that have a deficiency margin. Half of the small ones point "
        "towards the target; beyond a certain size nearly all are further from the target than zero is.",
        [panel],
    )
