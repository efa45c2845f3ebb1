"""Pictures and tables of mode times."""

import math
from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, Result, over_seeds
from thalweg.studies.mode_times.work import ESCAPES
from thalweg.theory.mode_times import enhancement, escape_time, mode_time


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Modes along descent, the sharpening with depth, escapes, hyperbolas, the hierarchy, the enhancement."""
    pictures = []
    descents = [(depth, _first(evidence, family="descent", depth=depth)) for depth in parameters.descents]
    if any(result for _, result in descents):
        pictures.append(_modes(parameters, [(depth, result) for depth, result in descents if result]))
    scalars = _first(evidence, family="scalars")
    if scalars:
        pictures += [_sharpening(scalars), _escape(scalars)]
    pictures.append(_rates())
    hyperbolas = _first(evidence, family="hyperbolas")
    if hyperbolas:
        pictures.append(_hyperbolas(hyperbolas))
    hierarchy = _first(evidence, family="hierarchy")
    if hierarchy:
        pictures.append(_hierarchy(hierarchy))
    pictures.append(_enhancement())
    return pictures


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Distances to the closed form, times of modes, and the two kinds of start."""
    found = []
    if evidence.select(family="flow"):
        found.append(_distances(parameters, evidence))
    if evidence.select(family="descent"):
        found.append(_times(parameters, evidence))
    if evidence.select(family="starts"):
        found.append(_starts(evidence))
    return found


def _first(evidence: Evidence, **at: Any) -> Result | None:
    results = evidence.select(**at)
    return min(results, key=lambda result: result.seed) if results else None


def _named(depth: float) -> str:
    return "infinite depth" if math.isinf(depth) else f"depth {depth:g}"


def _dashed(depth: float) -> str:
    return "dash" if math.isinf(depth) else "solid"


def _modes(parameters: Any, results: list[tuple[int, Result]]) -> Plot:
    panels = []
    for depth, result in results:
        record = result.record()
        time, lines = record.time.values, []
        for mode in range(record.measured.shape[1]):
            lines.append(Line(time, record.measured.values[:, mode], "descent" if mode == 0 else None, 0))
            closed = record.predicted.values[:, mode]
            lines.append(Line(time, closed, "closed form" if mode == 0 else None, 1, style="dash"))
        rules = [Rule(target, "targets" if place == 0 else "") for place, target in enumerate(parameters.targets)]
        panels.append(Panel(_named(depth), "time", "singular value", lines, rules))
    return Plot(
        "modes",
        "Modes one after another",
        f"Singular values along gradient descent (rate {parameters.rate:g}) on whitened regression, all from "
        f"{parameters.start:g} and in the singular vectors of the target, with the closed form of the flow dashed on "
        "top of them. A "
        "single matrix learns all modes at one pace; a product learns the largest first, and each waits the longer before it "
        "rises the smaller it is.",
        panels,
    )


def _sharpening(result: Result) -> Plot:
    record = result.record()
    lines = [
        Line(record.clock.values, record.paths.values[place], _named(float(depth)), place, _dashed(float(depth)))
        for place, depth in enumerate(record.depth.values)
    ]
    return Plot(
        "sharpening",
        "Deeper is more of a threshold",
        "One mode from a hundredth of its target to ninety-nine hundredths, against the share of the time that this "
        "takes, as "
        "integrated at depths whole and not. Depth 1 slows down from the start; the deeper the product, the longer it "
        "waits and "
        "the more sudden the rise.",
        [Panel("one mode at several depths", "share of the time", "share of the target", lines)],
    )


def _escape(result: Result) -> Plot:
    record = result.record()
    start = record["from"].values
    lines = []
    for place, depth in enumerate(ESCAPES):
        lines.append(Line(start, record.half.values[place], f"depth {depth}", place, markers=True))
        formula = escape_time(start, 1.0, depth)
        lines.append(Line(start, formula, "escape formula" if place == 0 else None, len(ESCAPES), style="dash"))
    panel = Panel("time to half the target", "start", "time", lines, x_scale="log", y_scale="log")
    return Plot(
        "escape",
        "Waiting near zero",
        "The time that a mode of target 1 takes to half of it against its start, integrated, and the asymptotic escape time "
        "u^-(1-2/N) / ((N-2)s) dashed: a straight line whose steepness grows with depth.",
        [panel],
    )


def _rates() -> Plot:
    depths = np.geomspace(2, 128, 40)
    panels = []
    for title, factor in (("rate proportional to 1/N", lambda n: n), ("one rate at every depth", lambda n: 1.0)):
        lines = []
        for place, start in enumerate((0.5, 0.1, 0.01)):
            times = np.array([factor(n) * float(mode_time(start, 0.9, 1.0, n)) for n in depths])
            lines.append(Line(depths, times, f"from {start:g}", place))
        panels.append(Panel(title, "depth", "time to nine tenths", lines, x_scale="log", y_scale="log"))
    return Plot(
        "rates",
        "Learning time and depth",
        "The time to nine tenths of a target of 1 by the closed form. With a rate proportional to 1/N it hardly "
        "depends on depth "
        "from a start of order 1, and tends to a limit from any start; that limit is far away if the start is small.",
        panels,
    )


def _hyperbolas(result: Result) -> Plot:
    record = result.record()
    lines = []
    for mode in range(record["first"].shape[1]):
        a, b = record["first"].values[:, mode], record["second"].values[:, mode]
        lines.append(Line(a, b, "flow" if mode == 0 else None, 0))
        c, d = record.exact_first.values[:, mode], record.exact_second.values[:, mode]
        lines.append(Line(c, d, "closed form" if mode == 0 else None, 1, style="dash"))
    most = float(max(record["first"].values.max(), record["second"].values.max()))
    diagonal = np.array([0.0, most])
    lines.append(Line(diagonal, diagonal, "balanced", 2, style="dot"))
    return Plot(
        "hyperbolas",
        "Factors of unequal size",
        "The sizes of a mode in the two factors along the flow, from unequal starts near the origin: each mode moves on the "
        "hyperbola on which a^2 - b^2 keeps its value, out to where the product is its target.",
        [Panel("two factors of each mode", "first factor, a", "second factor, b", lines)],
    )


def _hierarchy(result: Result) -> Plot:
    record = result.record()
    time, levels, target = record.time.values, record.level.values, record.target.values
    panels = []
    for title, name in (("two layers", "deep"), ("one layer", "shallow")):
        lines, seen = [], set()
        for mode, level in enumerate(levels):
            label = None if level in seen else f"level {int(level) + 1}"
            seen.add(level)
            lines.append(Line(time, record[name].values[:, mode] / target[mode], label, int(level)))
        panels.append(Panel(title, "time", "share of the target", lines))
    return Plot(
        "hierarchy",
        "A hierarchy from the top down",
        "Items at the leaves of a binary tree with a feature for each node: singular values fall from level to level. "
        "From a small "
        "random start two layers learn the broad distinctions first, then the finer ones; one layer learns all at once.",
        panels,
    )


def _enhancement() -> Plot:
    sigma = np.linspace(0, 2, 101)
    depths = (1, 2, 3, math.inf)
    whole = [Line(sigma, enhancement(sigma, n), _named(n), place) for place, n in enumerate(depths[:3])]
    share = []
    for place, depth in enumerate(depths):
        factor = enhancement(sigma, depth) / (1 if math.isinf(depth) else depth)
        share.append(Line(sigma, factor, _named(depth), place, _dashed(depth)))
    cross = [Rule(1.0, "where all meet", axis="x")]
    return Plot(
        "enhancement",
        "Enhancement and attenuation",
        "The factor by which depth N multiplies the velocity of a singular value, and the same divided by N: large "
        "values are "
        "enhanced, small ones attenuated, the more so the deeper the product.",
        [
            Panel("factor", "singular value", "N sigma^(2 - 2/N)", whole),
            Panel("factor over N", "singular value", "sigma^(2 - 2/N)", share, cross),
        ],
    )


def _distances(parameters: Any, evidence: Evidence) -> Table:
    rows: list[list[Cell | str]] = []
    for depth in parameters.flows:
        results = evidence.select(family="flow", depth=depth)
        if results:
            names = [f"residual_{i}" for i in range(len(parameters.rtols))]
            names += ["without_factor", "next_exponent", "single_matrix"]
            cells = [Cell(*over_seeds([float(r.finals[name]) for r in results])) for name in names]
            rows.append([f"depth {depth}", *cells])
    wrong = ["without N", "exponent of N + 1", "single matrix"]
    return Table(
        "distances",
        "Distance of the flow to the closed form",
        "Largest distance along the path relative to the target, by the tolerance of the flow, and that of wrong laws "
        "at the tightest.",
        ["run", *(f"tolerance {rtol:g}" for rtol in parameters.rtols), *wrong],
        rows,
    )


def _times(parameters: Any, evidence: Evidence) -> Table:
    rows: list[list[Cell | str]] = []
    for depth in parameters.descents:
        results = evidence.select(family="descent", depth=depth)
        if results:
            cells = []
            for mode, target in enumerate(parameters.targets):
                values = [float(r.finals[f"half_{mode}"]) for r in results]
                exact = float(mode_time(parameters.start, 0.5 * target, target, depth))
                cells.append(Cell(*over_seeds(values), note=f"closed form {exact:.4g}"))
            rows.append([f"depth {depth}", *cells])
    return Table(
        "times",
        "When each mode is half learnt",
        f"Time at which gradient descent from {parameters.start:g} passes half of each target, and that of the closed form.",
        ["run", *(f"target {target:g}" for target in parameters.targets)],
        rows,
    )


def _starts(evidence: Evidence) -> Table:
    finals = evidence.select(family="starts")[0].finals
    rows: list[list[Cell | str]] = [
        ["depth 4 from the identity", Cell(float(finals["identity_4"]))],
        ["depth 8 from the identity", Cell(float(finals["identity_8"]))],
        ["depth 8 from near zero", Cell(float(finals["small_8"]))],
    ]
    return Table(
        "starts",
        "Fourth powers: final loss over that of a single matrix",
        "Regression with fourth powers and ill-conditioned inputs, each run at the best rate of the grid; median over "
        "instances. Below "
        "1 depth is the faster.",
        ["run", "quotient of losses"],
        rows,
    )
