"""Pictures and tables of margins of homogeneous models."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds

RULES = (("adaptive", "loss-based rate, adaptive"), ("steady", "loss-based rate, steady"), ("constant", "constant rate"))


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Loss and margin by rate, residuals of stationarity, two ends, and what an output bias does."""
    found = []
    if results := evidence.select(family="margins"):
        found += [_rates(results[0].record()), _residuals(results[0].record())]
    if results := evidence.select(family="ends"):
        found.append(_ends(results[0].record()))
    if results := evidence.select(family="biases"):
        found.append(_biases(results[0].record()))
    if results := evidence.select(family="digits"):
        found.append(_digits(results[0].record()))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """What each rate came to."""
    found = []
    if results := evidence.select(family="margins"):
        rows: list[list[Cell | str]] = []
        for name, words in (*RULES, ("slow", "loss-based rate, small")):
            parts = ("log", "growth", "drop", "falls")
            cells = [Cell(*over_seeds([float(r.finals[f"{part}_{name}"]) for r in results])) for part in parts]
            rows.append([words, *cells])
        found.append(
            Table(
                "rates",
                "Rates",
                "Two-layer ReLU networks: median over networks of log L at the end and of the growth of the normalized margin "
                "since all samples were fitted; the largest fall of the smoothed margin in a step, and all falls together "
                "over its value. Median over seeds with the least and the largest.",
                ["", "log L", "growth", "largest fall", "all falls"],
                rows,
            )
        )
    if results := evidence.select(family="ends"):
        rows = []
        for name, words in (("both", "units that see both samples"), ("each", "units that see one each")):
            cells = [Cell(*over_seeds([float(r.finals[f"{part}_{name}"]) for r in results])) for part in ("off", "kkt", "least")]
            rows.append([words, *cells])
        found.append(
            Table(
                "ends",
                "Two stationary ends",
                "Normalized margins relative to their formulas, residual of stationarity, and the largest margin over the one "
                "reached, worst over angles.",
                ["", "off the formula", "residual", "largest over reached"],
                rows,
            )
        )
    return found


def _rates(record: Any) -> Plot:
    steps = record.step.values[1:]
    losses, grown = [], []
    for group, (name, words) in enumerate(RULES):
        log, margin = record[f"log_{name}"].values[1:], record[f"smoothed_{name}"].values[1:]
        fallen = np.where(log < 0, -log, np.nan)
        for network in range(log.shape[1]):
            label = words if network == 0 else None
            losses.append(Line(steps, fallen[:, network], label, group))
            grown.append(Line(steps, np.where(margin[:, network] > 0, margin[:, network], np.nan), label, group))
    return Plot(
        "rates",
        "A rate that grows as the loss falls",
        "Two-layer ReLU networks on points of four quadrants, a curve for each network once all samples are fitted. Left: how "
        "far log L has fallen; at a constant rate it creeps as log of the steps, at a rate that grows as 1/L it goes to where L "
        "itself is zero in floating point. Right: the smoothed margin, which small steps never lower; the largest steps do for "
        "a while.",
        [
            Panel("loss", "step", "-log L", losses, x_scale="log", y_scale="log"),
            Panel("margin", "step", "smoothed margin", grown, x_scale="log"),
        ],
    )


def _residuals(record: Any) -> Plot:
    steps, residual = record.step.values[1:], record.residual.values[1:]
    names = ("stationarity", "complementarity")
    lines = [Line(steps, np.maximum(residual[:, k], 1e-6), name, k) for k, name in enumerate(names)]
    return Plot(
        "residuals",
        "Towards a stationary point",
        "One network at the steady loss-based rate: what the best multipliers leave of the conditions for the largest margin, "
        "from where all samples are fitted. Stationarity: the parameters less the weighed slopes; complementarity: weights of "
        "samples beyond the least margin.",
        [Panel("", "step", "relative residual", lines, x_scale="log", y_scale="log")],
    )


def _ends(record: Any) -> Plot:
    steps = record.step.values[1:]
    lines = []
    for group, (name, words) in enumerate((("both", "units that see both"), ("each", "units that see one each"))):
        values = record[f"normalized_{name}"].values[1:]
        lines += [Line(steps, values[:, k], words if k == 0 else None, group) for k in range(min(3, values.shape[1]))]
    rules = [Rule(0.25, "1/4")] + [
        Rule(float(law), "cos(phi/2)/2" if k == 0 else "") for k, law in enumerate(record.law_both.values[:3])
    ]
    return Plot(
        "ends",
        "Two stationary ends, one of them not the largest margin",
        "Two samples of one class at an obtuse angle, three angles. Units that see both samples turn to the bisector and stay "
        "there at a smaller normalized margin than units that each take one: both are stationary, and the start decides.",
        [Panel("", "step", "normalized margin", lines, rules, x_scale="log", y_range=(0.0, 0.3))],
    )


def _biases(record: Any) -> Plot:
    steps = record.step.values[1:]
    named = (("hidden", "constant from a unit"), ("output", "constant as output bias"))
    lines = [
        Line(steps, record[f"smoothed_{name}"].values[1:] / record[f"smoothed_{name}"].values[0], words, group)
        for group, (name, words) in enumerate(named)
    ]
    return Plot(
        "biases",
        "An output bias lets the margin fall",
        "The smoothed margin over its value at the start, from two starts with the same outputs. With the constant in a unit "
        "with a bias of the first layer the network is homogeneous, and the margin grows from the first step; with an output "
        "bias it falls first.",
        [Panel("", "step", "smoothed margin over start", lines, x_scale="log")],
    )


def _digits(record: Any) -> Plot:
    steps = record.step.values[1:]
    named = (RULES[0], RULES[2])
    losses, grown = [], []
    for group, (name, words) in enumerate(named):
        log, margin = record[f"log_{name}"].values[1:], record[f"normalized_{name}"].values[1:]
        losses.append(Line(steps, np.where(log < 0, -log, np.nan), words, group))
        grown.append(Line(steps, np.where(margin > 0, margin, np.nan), words, group))
    return Plot(
        "digits",
        "Handwritten threes and eights",
        "The same for 32 units on the 8 by 8 digits of scikit-learn, threes against eights: how far log L has fallen, and the "
        "least margin over the squared norm of the parameters.",
        [
            Panel("loss", "step", "-log L", losses, x_scale="log", y_scale="log"),
            Panel("margin", "step", "normalized margin", grown, x_scale="log"),
        ],
    )
