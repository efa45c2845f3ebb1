"""Pictures and tables of ReLU networks of one input."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, Result, over_seeds
from thalweg.studies.relu_one_dimension.claims import PUBLISHED

KINDS = {"trained": "weight decay", "free": "without, same start", "large": "without, large start"}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The least splines with their duals, what networks learn, and how their size gets to the least."""
    found = []
    if results := evidence.select(family="law"):
        found.append(_splines(results[0].record()))
    trained = [results[0] for width in parameters.widths if (results := evidence.select(family="training", width=width))]
    if trained:
        found += [_functions(trained), _sizes(trained)]
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Sizes and costs by width, over the least."""
    rows: list[list[Cell | str]] = []
    for width in parameters.widths:
        results = evidence.select(family="training", width=width)
        if not results:
            continue
        cells: list[Cell | str] = []
        for name, kind in (("size", "trained"), ("cost", "trained"), ("size", "free"), ("size", "large"), ("cost", "large")):
            ratios = [float(r.finals[f"{name}_{kind}"]) / float(r.finals["least"]) for r in results]
            published = "1 (4.35 of 4.35)" if kind == "trained" and width in (20, 100) else None
            cells.append(Cell(*over_seeds(ratios), published=published))
        cells.append(Cell(*over_seeds([float(r.finals["within"]) for r in results])))
        cells.append(Cell(*over_seeds([float(r.finals["imbalance_trained"]) for r in results])))
        rows.append([f"width {width}", *cells])
    if not rows:
        return []
    return [
        Table(
            "sizes",
            "Size and cost over the least",
            "Size C is half the sum of squared weights, cost R what the function needs at least; both over the least cost of "
            "any function through the points. Large starts are without decay. Median over instances with the least and the "
            f"largest. The published points are not listed: their {PUBLISHED:g} is shown, not checked. Last, the share of "
            "starts whose training loss ends within 1 % of the certified least, and how far the two layers are from balance. "
            "The published deeper networks (two to four hidden layers) are outside of the theorem and not repeated.",
            [
                "",
                "C",
                "R",
                "C, no decay",
                "C, no decay, large start",
                "R, no decay, large start",
                "starts within 1 %",
                "imbalance",
            ],
            rows,
        )
    ]


def _splines(record: Any) -> Plot:
    grid = record.grid.values
    panels = []
    titles = {"rough": "rough points", "parabola": "a rising curve"}
    for name, title in titles.items():
        x, y, spline = (record[f"{part}_{name}"].values for part in ("x", "y", "spline"))
        low, high = float(min(y.min(), 0.0)), float(y.max())
        reach = high - low
        lines = [
            Line(grid, record[f"natural_{name}"].values, "end pieces that go on", 1, style="dash"),
            Line(grid, spline, "least spline", 0),
            Line(x, y, "points", 2, style="dot", markers=True),
        ]
        panels.append(Panel(title, "x", "f", lines, y_range=(low - reach, high + reach)))
    for name in titles:
        lines = [
            Line(grid, record[f"right_{name}"].values, "units opening to the right", 3),
            Line(grid, record[f"left_{name}"].values, "units opening to the left", 4),
        ]
        rules = [Rule(1.0, "1"), Rule(-1.0, "-1")]
        panels.append(
            Panel(f"dual of the {titles[name].removeprefix('a ')}", "kink t", "certificate", lines, rules, y_range=(-1.3, 1.3))
        )
    return Plot(
        "splines",
        "Functions of least cost through points, and their certificates",
        "Left: the linear spline is least, but its first and last piece need not go on straight: where the function as a whole "
        "rises, bending it back outside of the points costs less. Right: the dual of each, a multiplier for every point, summed "
        "over what a unit with its kink at t would do. Nowhere beyond 1 in size, so that no network of any width can do better; "
        "a least network has its kinks only where it touches 1 or -1.",
        panels,
    )


def _functions(results: list[Result]) -> Plot:
    panels = []
    for result in results:
        record = result.record()
        grid, spline = record.grid.values, record.spline.values
        reach = float(spline.max() - spline.min())
        lines = [
            Line(grid, spline, "a least spline", 3),
            *(Line(grid, record[kind].values, name, k, style="dash") for k, (kind, name) in enumerate(KINDS.items())),
            Line(record.x.values, record.y.values, "points", 4, style="dot", markers=True),
        ]
        span = (float(spline.min() - 0.3 * reach), float(spline.max() + 0.3 * reach))
        panels.append(Panel(f"width {result.coordinates['width']}", "x", "h(x)", lines, y_range=span))
    return Plot(
        "functions",
        "What the networks learn",
        "All three networks go through the ten points. With weight decay the function has the least cost (there is more than "
        "one such function: kinks to the same side may lie anywhere between their points); without decay, from a large start, "
        "it bends much more than it needs to.",
        panels,
    )


def _sizes(results: list[Result]) -> Plot:
    panels = []
    for result in results:
        record, least = result.record(), float(result.finals["least"])
        steps = record.steps.values / 1000
        lines = []
        for k, name in enumerate(("weight decay", "without")):
            fits = record.misfit.values[:, k] < 0.1
            lines.append(Line(steps, record.size.values[:, k] / least, f"C, {name}", k))
            lines.append(Line(steps, np.where(fits, record.cost.values[:, k] / least, np.nan), f"R, {name}", k, style="dot"))
        title = f"width {result.coordinates['width']}"
        panels.append(Panel(title, "thousands of steps", "over the least cost", lines, [Rule(1.0, "least")]))
    return Plot(
        "sizes",
        "The size of the weights and the cost of the function",
        "Size C of the weights and, once the points are met to 0.1, the cost R of the function, over the least cost. "
        "Under weight decay, which falls to its last value in the first half, both meet at the least. Below it are only "
        "networks that do not fit yet. Without decay the size stays, though its function may come near.",
        panels,
    )
