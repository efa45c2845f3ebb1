"""Pictures and the table of balancedness."""

from typing import Any

import numpy as np
import xarray as xr

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds

TINY = 1e-18


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Imbalances along the flow and in the rate of descent; the start near zero; the probability of balance."""
    found = []
    flow, descent, near, starts = (_record(evidence, family) for family in ("flow", "descent", "near zero", "starts"))
    panels = [_flow(flow)] if flow is not None else []
    panels += [_rates(descent)] if descent is not None else []
    if panels:
        found.append(
            Plot(
                "imbalances",
                "What the flow keeps and descent leaves",
                "Left: how far the differences of neighbouring Gram matrices move along gradient flow, by the tolerance of the "
                "solver; the flow itself keeps them, and the sum of the same two matrices moves by as much as the path does. "
                "Right: how unbalanced gradient descent becomes from a balanced start, by its rate: of second order in one step, "
                "so of first order at a fixed time.",
                panels,
            )
        )
    if near is not None:
        found.append(_near(parameters, near))
    if starts is not None:
        found.append(_often(parameters, starts))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The numbers that decide, over seeds."""
    wanted = (
        ("largest movement of an imbalance along the flow", "flow", "moved", "0"),
        ("the same of the sum of the Gram matrices", "flow", "sum", None),
        ("drift of a step against its law, relative", "descent", "residual", "0"),
        ("imbalance over the least |W W^T|, at a start near zero", "near zero", "ratio_start", None),
        ("the same when it has learnt", "near zero", "ratio", "small"),
    )
    rows: list[list[Cell | str]] = []
    for label, family, name, printed in wanted:
        values = [float(result.finals[name]) for result in evidence.select(family=family)]
        if values:
            rows.append([label, Cell(*over_seeds(values), printed)])
    caption = "Median over seeds with the least and the largest, and beside it what the theory or the figure says."
    return [Table("numbers", "Imbalances in numbers", caption, ["quantity", "measured"], rows)] if rows else []


def _record(evidence: Evidence, family: str) -> xr.Dataset | None:
    results = evidence.select(family=family)
    return min(results, key=lambda result: result.seed).record() if results else None


def _flow(record: xr.Dataset) -> Panel:
    time, moved = record.time.values[1:], record.moved.max("loss")
    lines = []
    for group, rtol in enumerate(record.rtol.values):
        values = np.maximum(moved.sel(kind="moved", rtol=rtol).values[1:], TINY)
        lines.append(Line(time, values, f"difference, tolerance {rtol:g}", group + 2))
    loosest = record.rtol.values.max()
    lines.append(Line(time, moved.sel(kind="sum", rtol=loosest).values[1:], "sum of the two", len(lines) + 2, style="dash"))
    return Panel("gradient flow", "time", "moved since the start", lines, y_scale="log")


def _rates(record: xr.Dataset) -> Panel:
    rate = record.rate.values
    lines = []
    for group, (name, label, order) in enumerate((("fixed_time", "at a fixed time", 1), ("one_step", "after one step", 2))):
        values = record[name].values
        guide = values[0] * (rate / rate[0]) ** order
        lines.append(Line(rate, values, label, group, markers=True))
        lines.append(Line(rate, guide, f"slope {order}", group, style="dot"))
    return Panel("gradient descent", "rate", "imbalance", lines, x_scale="log", y_scale="log")


def _near(parameters: Any, record: xr.Dataset) -> Plot:
    panels = []
    for prefix, std in (("", parameters.std), ("large_", parameters.larger)):
        steps = record[f"{prefix}steps"].values
        lines = [
            Line(steps, record[f"{prefix}least"].values, "least |W W^T| of a factor", 0),
            Line(steps, record[f"{prefix}imbalance"].values, "largest imbalance", 1),
        ]
        panels.append(Panel(f"standard deviation {std:g}", "step", "Frobenius norm", lines, y_scale="log"))
    return Plot(
        "near-zero",
        "Balance from a start near zero",
        "Gradient descent on whitened regression from independent Gaussian factors. The imbalance stays what it was at the "
        "start, while the factors grow to size 1: from near zero (left) it ends negligible beside them, from a larger start "
        "(right) it does not, though both learn.",
        panels,
    )


def _often(parameters: Any, record: xr.Dataset) -> Plot:
    delta = record.delta.values / np.sqrt(10 * (len(parameters.even) - 1) * parameters.spread**4 * max(parameters.even) ** 3)
    lines = [
        Line(delta, record.often.values, "measured", 0),
        Line(delta, record.bound.values, "published bound", 1, style="dash"),
    ]
    rules = [Rule(1.0, "where the bound begins", axis="x")]
    panel = Panel("", "delta over the root of 10 N s^4 d^3", "share of starts", lines, rules, x_scale="log")
    return Plot(
        "often",
        "How often Gaussian factors are nearly balanced",
        "The share of Gaussian starts whose imbalances are all at most delta, and the bound of claim 2, which is true and loose: "
        "the norm of an imbalance hardly varies from start to start.",
        [panel],
    )
