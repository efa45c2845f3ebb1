"""Pictures and the table of the saddle at zero and of the flow about it."""

from typing import Any

import xarray as xr

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The loss near zero, the time to leave it, and the descent beside the least that it must be."""
    found = []
    zero, escape, descent = (_record(evidence, family) for family in ("zero", "escape", "descent"))
    panels = [_near(zero)] if zero is not None else []
    panels += [_escape(escape)] if escape is not None else []
    if panels:
        found.append(
            Plot(
                "zero",
                "The saddle at zero",
                "How the loss changes along a random ray from the point where all factors are 0, and how long gradient flow "
                "takes to halve the loss from there, when the product of the factors is aligned with the target. At depth 2 the "
                "saddle has directions of negative curvature, and the time grows as a logarithm. From depth 3 on there is no "
                "curvature at all, and the time grows as a power of the distance, N - 2.",
                panels,
            )
        )
    if descent is not None:
        found += [_law(descent), _barrier(descent)]
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The order of the saddle by depth, measured and expected, and the slope of the escape time."""
    results = evidence.select(family="zero")
    if not results:
        return []
    rows: list[list[Cell | str]] = []
    for depth in parameters.depths:
        order = Cell(*over_seeds([float(r.finals[f"slope_{depth}"]) for r in results]), f"{depth}")
        times = [float(r.finals[f"escape_{depth}"]) for r in evidence.select(family="escape")]
        expected = "logarithm" if depth == 2 else f"{2 - depth}"
        rows.append([f"depth {depth}", order, Cell(*over_seeds(times), expected) if times else ""])
    return [
        Table(
            "orders",
            "Orders of the saddle",
            "Slopes of log against log: of the change of the loss over the distance from 0, and of the time that the flow takes "
            "to leave over the size of the factors. Beside each what the theory says.",
            ["network", "order of the loss", "power of the time"],
            rows,
        )
    ]


def _record(evidence: Evidence, family: str) -> xr.Dataset | None:
    results = evidence.select(family=family)
    return min(results, key=lambda result: result.seed).record() if results else None


def _near(record: xr.Dataset) -> Panel:
    lines = []
    scale = record.scale.values
    for k, depth in enumerate(record.depth.values):
        change = record.change.values[k]
        lines.append(Line(scale, change, f"depth {depth}", k, markers=True))
        label = "power N" if k == 0 else None
        lines.append(Line(scale, change[0] * (scale / scale[0]) ** float(depth), label, k, style="dash"))
    return Panel("change of the loss", "size of the factors", "|loss - loss at 0|", lines, x_scale="log", y_scale="log")


def _escape(record: xr.Dataset) -> Panel:
    scale = record.scale.values
    lines = [Line(scale, record.escape.values[k], f"depth {n}", k, markers=True) for k, n in enumerate(record.depth.values)]
    return Panel("time to leave", "size of the factors", "time to halve the loss", lines, x_scale="log", y_scale="log")


def _law(record: xr.Dataset) -> Plot:
    panels = []
    time = record.time.values
    names = [str(name) for name in record["case"].values]
    for depth in ("depth 2", "depth 3"):
        lines = []
        for k, name in enumerate(names):
            ratio, loss = record["path"].values[k]
            if name.startswith(depth):
                kept = loss > 1e-12 * loss[0]
                aligned = name.endswith("least direction")
                shown = {line.label for line in lines}
                label = "along the least direction" if aligned else "in a random direction"
                lines.append(Line(time[kept], ratio[kept], None if label in shown else label, 1 if aligned else 0))
        rules = [Rule(1.0, "at least")]
        panels.append(Panel(depth, "time", "descent over the least", lines, rules))
    return Plot(
        "decrease",
        "How fast the loss must fall",
        "Descent of the loss along gradient flow from balanced starts, divided by the least that the smallest singular value of "
        "the predictor allows. Where the target differs from the start along the direction that the product shrinks most, the "
        "two are equal at first and never far apart; from a random direction the flow is faster, until only the slowest "
        "direction is left.",
        panels,
    )


def _barrier(record: xr.Dataset) -> Plot:
    time = record.time.values
    lines = []
    for k in range(len(record["case"])):
        loss = record["path"].values[k][1]
        kept = loss > 1e-13
        lines.append(Line(time[kept], loss[kept], "below the barrier" if k == 0 else None, 0))
    last = max(float(line.x.max()) for line in lines)
    kept = time <= last
    lines.append(Line(time[kept], record.barrier.values[kept], "beyond it", 1))
    panel = Panel("loss along the flow", "time", "loss", lines, [Rule(0.245, "half of 0.7 squared")], y_scale="log")
    return Plot(
        "barrier",
        "Below the barrier and beyond",
        "From balanced starts whose loss is less than that of every singular predictor the flow reaches the global minimum. From "
        "the identity, and with a target that has the eigenvalue -0.7, it ends at a singular predictor.",
        [panel],
    )
