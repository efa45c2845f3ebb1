"""Pictures and tables of the regimes of a factored matrix."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, HeatMap, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, Result, over_seeds

NAMES = {"entries": "independent entries", "halves": "antisymmetric halves"}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Heat maps over width and scale, movement by scale, excess by what counts, the least norm missed, and the program."""
    found = []
    if results := evidence.select(family="completion"):
        found += [_maps(results, parameters), _movement(results, parameters), _collapse(results, parameters)]
        found.append(_missed(results[0], parameters))
    if results := evidence.select(family="commuting"):
        found.append(_program(results))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """By scale and by width, beside what the transition was published as."""
    results = evidence.select(family="completion")
    if not results:
        return []
    scales, recovered = results[0].record().scale.values, parameters.how_many[0]
    moved = [r.record().moved_orthogonal.values for r in results]
    nuclear = [r.record().nuclear_orthogonal.values for r in results]
    rows: list[list[Cell | str]] = []
    for at, scale in enumerate(scales):
        share = [float(np.median(one[:recovered, at])) for one in moved]
        excess = [float(np.median(one[:recovered, at])) - parameters.size for one in nuclear]
        rows.append([f"{scale:g}", Cell(*over_seeds(share)), Cell(*over_seeds(excess))])
    by_scale = Table(
        "orthogonal",
        "From an orthogonal start with product zero",
        "By the scale of the start, where the target has the least nuclear norm: how far the entries that are not observed move, "
        f"relative to the target's norm there, and the nuclear norm above the target's, {parameters.size:g}.",
        ["scale", "movement", "excess"],
        rows,
    )
    rows = []
    for width in parameters.widths:
        finals = [r.finals for r in results]
        cells: list[Cell | str] = []
        for start in NAMES:
            at = [float(f[f"crossing_{start}_{width}"]) for f in finals]
            cells += [Cell(*over_seeds(at)), Cell(*over_seeds([one**2 * width for one in at]))]
        far = [Cell(*over_seeds([float(f[f"far_median_{start}_{width}"]) for f in finals])) for start in NAMES]
        rows.append([f"{width}", *cells, *far])
    at = [float(r.finals["crossing_orthogonal"]) for r in results]
    both = [Cell(*over_seeds(at)), Cell(*over_seeds([one**2 for one in at]))]
    far = Cell(*over_seeds([float(r.finals["far_median_orthogonal"]) for r in results]))
    rows.append(["orthogonal", *both, *both, far, far])
    columns = [
        "width",
        "entries: scale",
        "alpha^2 k",
        "halves: scale",
        "alpha^2 k",
        "entries: movement at 10",
        "halves: movement at 10",
    ]
    by_width = Table(
        "widths",
        "Where the rich regime ends",
        "The scale at which the nuclear norm is above the target's by a tenth of it, for Gaussian starts of each width and for "
        "the orthogonal start, whose alpha^2 stands for alpha^2 k; and how far entries that are not observed move from scale 10.",
        columns,
        rows,
    )
    return [by_scale, by_width]


def _typical(results: list[Result], name: str, recovered: int | None = None) -> np.ndarray:
    """The median over instances of all seeds, of those whose target has the least nuclear norm if so many are named."""
    return np.median(np.concatenate([r.record()[name].values[:recovered] for r in results]), axis=0)


def _maps(results: list[Result], p: Any) -> Plot:
    scales, widths = np.array(p.scales), np.array(p.widths, dtype=float)
    line = Line(np.array([scales[0], scales[-1]]), 1 / np.array([scales[0], scales[-1]]) ** 2, "alpha^2 k = 1", 1)
    panels = []
    for start, name in NAMES.items():
        excess = _typical(results, f"nuclear_{start}", p.how_many[0]) - p.size
        for words, values, extent in (
            ("excess nuclear norm", excess, (1e-3, 1e3)),
            ("unobserved movement", _typical(results, f"moved_{start}"), (0.05, 50.0)),
        ):
            heat = HeatMap(scales, widths, values, words, "log", extent)
            panels.append(
                Panel(name, "deviation of an entry, alpha", "width, k", [line], x_scale="log", y_scale="log", heat=heat)
            )
    return Plot(
        "regimes",
        "Where each regime is",
        "Where gradient flow on two factors ends, by their width and the deviation of their entries at the start: median over "
        "instances. Left, rich: the completion has the target's nuclear norm. With halves (product zero at the start) unobserved "
        "entries stay on the right, where factors are wide; with independent entries they never do, since the product at the "
        "start, ever larger, has to be undone. Movement is relative to the norm of the target there. The transition follows "
        "alpha^2 k, as published; the line shows its direction.",
        panels,
    )


def _movement(results: list[Result], p: Any) -> Plot:
    scales, widest = np.array(p.scales), max(p.widths)
    curves = [
        ("orthogonal, product zero", _typical(results, "moved_orthogonal"), 0),
        (f"halves, width {widest}", _typical(results, "moved_halves")[-1], 2),
        ("orthogonal, product not zero", _typical(results, "moved_turned"), 3),
        (f"independent entries, width {widest}", _typical(results, "moved_entries")[-1], 1),
    ]
    lines = [Line(scales, values, name, group) for name, values, group in curves]
    late = np.geomspace(1.0, scales[-1], 20)
    law = curves[0][1][-1] * (scales[-1] / late) ** 4
    lines.append(Line(late, law, "the fourth power of 1/alpha", 0, style="dash"))
    rules = [Rule(1.0, "target")]
    panel = Panel("movement", "scale of the start, alpha", "movement / target", lines, rules, "log", "log", y_range=(1e-4, 1e3))
    return Plot(
        "movement",
        "What happens to entries that are not observed",
        "How far they move from the start, relative to the norm of the target there: median over instances. An orthogonal start "
        "with product zero leaves them where they were as its scale grows; halves of finite width move them by what their kernel "
        "says; where the product does not start at zero they move ever further.",
        [panel],
    )


def _collapse(results: list[Result], p: Any) -> Plot:
    scales, panels = np.array(p.scales), []
    for start, name in NAMES.items():
        excess = _typical(results, f"nuclear_{start}", p.how_many[0]) - p.size
        lines = [Line(scales**2 * width, _above(excess[row]), f"width {width}", row + 1) for row, width in enumerate(p.widths)]
        limit = _typical(results, "nuclear_orthogonal", p.how_many[0]) - p.size
        lines.append(Line(scales**2, _above(limit), "orthogonal, product zero", 0, style="dash"))
        rules = [Rule(p.size / 10, "a tenth of the target's")]
        panels.append(
            Panel(name, "alpha^2 k", "nuclear norm above the target's", lines, rules, "log", "log", y_range=(1e-3, 1e2))
        )
    return Plot(
        "collapse",
        "Width and scale count together",
        "Against alpha^2 k the curves of all widths leave the rich regime together, and with the curve of an orthogonal start "
        "against alpha^2, which is their limit. Halves stay with it to the end; independent entries part from it where "
        "their product at the start is no longer small.",
        panels,
    )


def _above(excess: np.ndarray) -> np.ndarray:
    """What the panel has room for: its curves set the width of it too."""
    return np.where((excess >= 1e-3) & (excess <= 1e2), excess, np.nan)


def _missed(result: Result, p: Any) -> Plot:
    record, lines = result.record(), []
    for group, row in enumerate(range(p.how_many[0], sum(p.how_many))):
        least = float(record.least[row])
        share = (record.nuclear_orthogonal.values[row] - least) / (p.size - least)
        lines.append(Line(np.array(p.scales), share, f"least {least:.2f}, target {p.size:g}", group, markers=True))
    rules = [Rule(1.0, "the target, of rank 1"), Rule(0.0, "the certified least nuclear norm")]
    panel = Panel("excess", "scale of the start, alpha", "excess / that of the target", lines, rules, "log", y_range=(-0.1, 2.0))
    return Plot(
        "missed",
        "Small starts prefer rank to nuclear norm",
        "Instances in which the target, of rank 1, has not the least nuclear norm: how far the end of the flow is above the "
        "certified least one, as a share of how far the target is. As the start shrinks the flow goes to the target, not to the "
        "least nuclear norm; it comes nearest to that from starts of moderate scale.",
        [panel],
    )


def _program(results: list[Result]) -> Plot:
    widths = results[0].record().width.values.astype(float)
    apart = np.concatenate([r.record().apart.values.reshape(-1, len(widths)) for r in results])
    middle = np.sqrt(np.mean(apart**2, axis=0))
    low, high = (np.quantile(apart, share, axis=0) for share in (0.1, 0.9))
    lines = [
        Line(widths, middle, "distance from the program's solution", 0, markers=True, low=low, high=high),
        Line(widths, middle[0] * (widths / widths[0]) ** -0.5, "k^(-1/2)", 1, style="dash"),
    ]
    panel = Panel("distance", "width, k", "relative distance", lines, x_scale="log", y_scale="log")
    return Plot(
        "program",
        "Between the regimes: a convex program",
        "Where measurements commute, the limit of infinite width at a fixed alpha^2 k ends at the least hyperbolic entropy of "
        "the spectrum. Gaussian starts of finite width come near it as one over the root of the width: root mean square over "
        "instances and draws, bars from the tenth to the ninetieth percent.",
        [panel],
    )
