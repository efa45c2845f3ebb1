"""Pictures and tables of depth and loss."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.depth_and_loss.work import ERROR
from thalweg.studies.evidence import Evidence, over_seeds


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The regularizers of all depths, sparse regression, training, and exponential loss."""
    found = []
    if results := evidence.select(family="curves"):
        found.append(_curves(results[0].record(), parameters.coefficients))
    if results := evidence.select(family="sparse"):
        found.append(_sparse([result.record() for result in results]))
    if results := evidence.select(family="flows"):
        found.append(_flows([result.record() for result in results]))
    if results := evidence.select(family="exponential"):
        found.append(_exponential(results[0].record()))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """How small a start sparse regression needs, and where small starts end at each depth."""
    found = []
    if results := evidence.select(family="sparse"):
        rows: list[list[Cell | str]] = []
        for count in parameters.sparse_samples:
            names = [f"needed_{count}_{depth}" for depth in parameters.sparse_depths]
            cells = [Cell(*over_seeds([float(r.finals[name]) for r in results])) for name in names]
            rows.append([f"{count} samples", *cells])
        found.append(
            Table(
                "needed",
                "The largest start that finds sparse coefficients",
                rf"Logarithm to base 10 of the largest $\alpha^D$ whose solution is within {ERROR:g} of the coefficients in "
                "squared distance: median over seeds with the least and the largest.",
                ["", *(f"depth {depth:g}" for depth in parameters.sparse_depths)],
                rows,
            )
        )
    if results := evidence.select(family="limits"):
        rows = []
        for depth in (2, 3, 5, 8):
            names = (f"to_l1_{depth}", f"to_quasi_{depth}", f"from_large_{depth}")
            cells = [Cell(*over_seeds([float(r.finals[name]) for r in results])) for name in names]
            rows.append([f"depth {depth}", *cells])
        found.append(
            Table(
                "limits",
                "Where squared loss ends from a small start",
                "Median distance over instances, relative to the least l2 norm: to the least l1 norm; to the least quasi-norm "
                "2/D where that is another vector; and, for comparison, to the least l1 norm from a large start.",
                ["", "to least l1 norm", "to least quasi-norm", "large start"],
                rows,
            )
        )
    return found


def _curves(record: Any, count: int) -> Plot:
    b, unit = record.coefficient.values, record.unit.values
    lines = [Line(b, record.curve.values[i], f"depth {d:g}", i) for i, d in enumerate(record.depth.values)]
    lines.append(Line(b, np.abs(b), "absolute value", len(lines), style="dot"))
    ratios = [Line(unit, record.ratio.values[i], f"depth {d:g}", i) for i, d in enumerate(record.depth.values)]
    rules = [Rule(1.0, "l2 norm"), Rule(count**-0.5, "l1 norm")]
    return Plot(
        "curves",
        "The regularizers of diagonal networks",
        rf"Left, $Q$ of one coefficient at $\alpha^D = 0.1$, divided by its value at 1. Right, $Q$ of one coefficient of 1 over "
        f"$Q$ of {count} equal ones of the same l2 norm: every depth goes from the l1 norm to the l2 norm, depth 2 only as a "
        "logarithm of the start. The quasi-norms 2/D would lie below the l1 norm.",
        [
            Panel("one coefficient", "coefficient", "Q", lines),
            Panel("one against many", "alpha^D", "ratio", ratios, rules, x_scale="log", y_scale="log"),
        ],
    )


def _sparse(records: list[Any]) -> Plot:
    first = records[0]
    unit, counts, depths = first.unit.values, first.samples.values, first.depth.values
    needed = 10.0 ** np.array([record.needed.values for record in records])
    low, middle, high = needed.min(axis=0), np.median(needed, axis=0), needed.max(axis=0)
    lines = [
        Line(counts, middle[:, i], f"depth {d:g}", i, markers=True, low=low[:, i], high=high[:, i]) for i, d in enumerate(depths)
    ]
    shown = len(counts) // 2
    errors = [Line(unit, first.error.values[shown, i], f"depth {d:g}", i) for i, d in enumerate(depths)]
    return Plot(
        "sparse",
        "Sparse regression at several depths",
        f"Left, the largest start whose solution is within {ERROR:g} of sparse coefficients, by the number of samples: median "
        f"over seeds with the least and the largest. Right, the error with {counts[shown]} samples over the start. The deeper "
        "the network, the less small the start need be, with most of the gain from depth 2 to 3.",
        [
            Panel("how small the start must be", "samples", "alpha^D", lines, y_scale="log"),
            Panel("error", "alpha^D", "squared distance", errors, [Rule(ERROR, "found")], x_scale="log", y_scale="log"),
        ],
    )


def _flows(records: list[Any]) -> Plot:
    rtol = records[0].rtol.values
    lines = []
    for i, depth in enumerate(records[0].depth.values):
        errors = np.concatenate([record.error.values[i].reshape(-1, len(rtol)) for record in records])
        low, middle, high = (np.maximum(np.quantile(errors, q, axis=0), 1e-16) for q in (0, 0.5, 1))
        lines.append(Line(rtol, middle, f"depth {depth:g}", i, markers=True, low=low, high=high))
    lines.append(Line(rtol, rtol, "the tolerance", len(lines), style="dot"))
    return Plot(
        "flows",
        "Training ends at the least Q",
        "Distance of the coefficients that training comes to rest at from the certified minimum of Q of its depth and scale, "
        "relative to the least l2 norm, over the tolerance that training is followed with: median with least and largest over "
        "instances and scales. It is the error of following it, and nothing else.",
        [Panel("training against minimum", "tolerance", "distance", lines, x_scale="log", y_scale="log")],
    )


def _exponential(record: Any) -> Plot:
    unit = record.unit.values
    first: list[int] = []
    for value in dict.fromkeys(unit):
        first.append(int(np.flatnonzero(unit == value)[0]))
    shares, scaled = [], []
    for group, path in enumerate(first):
        margin, l1, l2 = (record[name].values[path] for name in ("margin", "l1", "l2"))
        shown = margin > 1
        shares.append(Line(margin[shown], l2[shown], f"l2, alpha^2 = {unit[path]:g}", group, style="dash"))
        shares.append(Line(margin[shown], l1[shown], f"l1, alpha^2 = {unit[path]:g}", group))
        scaled.append(Line(margin[shown] / unit[path], l1[shown], f"l1, alpha^2 = {unit[path]:g}", group))
    return Plot(
        "exponential",
        "With exponential loss the kernel regime is transient",
        "Depth 2 from large starts on one instance: the share of the largest l1 margin (solid) and l2 margin (dashed) that the "
        "direction has, over the margin, which is ln(1/loss). Each first reaches the largest l2 margin, then leaves it for the "
        "largest l1 margin; right, over the margin divided by alpha^2, they leave together.",
        [
            Panel("shares of the largest margins", "margin", "share", shares, x_scale="log"),
            Panel("in units of the start", "margin / alpha^2", "share of l1 margin", scaled, x_scale="log"),
        ],
    )
