"""Pictures and tables of linear convolutional networks."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds

STARTS = (("small", "small start"), ("large", "large start"))
SHOWN = (10, 100, 1000, 10000, 100000)


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The known instance on its way, its frequencies, and the rates at which frequencies fade."""
    found = []
    if results := evidence.select(family="example"):
        found += [_way(results[0].record(), results[0].finals), _frequencies(results[0].record())]
    if results := evidence.select(family="two_layers"):
        records = [result.record() for result in results]
        law, fall = (np.concatenate([record[name].values for record in records]) for name in ("law", "fall"))
        found.append(_rates(law, fall))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Norms of the known instance at growing margins, and what random instances came to."""
    found = []
    if results := evidence.select(family="example"):
        finals = results[0].finals
        rows: list[list[Cell | str]] = []
        for depth in (2, 3):
            for name, words in STARTS:
                cells: list[Cell | str] = [Cell(float(finals[f"total_{depth}_{name}_{margin}"])) for margin in SHOWN]
                rows.append([f"{depth} layers, {words}", *cells])
        found.append(
            Table(
                "known",
                "The known instance at growing margins",
                "The l1 norm over all frequencies of the direction, scaled to margin 1; the certified least is "
                f"{finals['least']:.6g}.",
                ["", *(f"margin {margin}" for margin in SHOWN)],
                rows,
            )
        )
    rows = []
    named = (
        ("two_layers", "median_excess", "2 convolutional layers: excess of the l1 norm over frequencies, median"),
        ("two_layers", "worst_excess", "the same, worst run"),
        ("others", "worst_full_2", "2 fully connected layers: excess of the Euclidean norm, worst run"),
        ("others", "worst_full_3", "3 fully connected layers: the same"),
        ("others", "median_diagonal", "2 diagonal layers: excess of the l1 norm, median"),
        (
            "three_layers",
            "upper_residual_",
            "3 convolutional layers: residual of stationarity, power 2/3, upper quartile of settled runs",
        ),
        ("three_layers", "upper_residual_fewer", "the same, power 1"),
        ("three_layers", "spread", "3 convolutional layers: spread of quasi-norm sums over starts, largest"),
    )
    for family, name, words in named:
        if results := evidence.select(family=family):
            rows.append([words, Cell(*over_seeds([float(result.finals[name]) for result in results]))])
    if rows:
        found.append(
            Table(
                "random",
                "Random instances",
                "Relative to certified optima: median over seeds with the least and the largest.",
                ["", "found"],
                rows,
            )
        )
    return found


def _way(record: Any, finals: Any) -> Plot:
    margin = record.margin.values
    excess = [
        Line(margin, record[f"total_2_{name}"].values / finals["least"] - 1, words, group)
        for group, (name, words) in enumerate(STARTS)
    ]
    quasi = [Line(margin, record[f"quasi_3_{name}"].values, words, group) for group, (name, words) in enumerate(STARTS)]
    rules = [Rule(float(finals["least_quasi"]), "at the least l1 norm")]
    return Plot(
        "way",
        "Two layers reach the optimum, three what their start leads to",
        "One instance with 8 features and 6 samples. Left: by how much the l1 norm over frequencies exceeds the certified least, "
        "with two layers, while the margin grows; from both starts it falls as a power of the margin. Right: the sum of moduli "
        "to the power 2/3 with three layers; the two starts settle at different values, both stationary.",
        [
            Panel("two layers", "least margin", "excess of the l1 norm", excess, x_scale="log", y_scale="log"),
            Panel("three layers", "least margin", "sum of moduli^(2/3)", quasi, rules, x_scale="log"),
        ],
    )


def _frequencies(record: Any) -> Plot:
    margin, least = record.margin.values, record.moduli_least.values
    panels = []
    for depth, (name, words) in ((2, STARTS[0]), (3, STARTS[0]), (3, STARTS[1])):
        moduli = record[f"moduli_{depth}_{name}"].values
        lines = [Line(margin, moduli[:, k], f"frequency {k}", k) for k in range(moduli.shape[1])]
        if depth == 2:
            lines += [
                Line(margin[-25:], np.full(25, max(least[k], 1e-9)), f"frequency {k}", k, style="dot")
                for k in range(len(least))
                if least[k] > 1e-6
            ]
        panels.append(
            Panel(
                f"{depth} layers, {words}", "least margin", "modulus", lines, x_scale="log", y_scale="log", y_range=(1e-5, 30.0)
            )
        )
    return Plot(
        "frequencies",
        "Which frequencies are left",
        "Moduli of the frequencies of the direction, scaled to margin 1, while the margin grows; dotted those of the certified "
        "least l1 norm. With two layers what the optimum does not use fades as a power of the margin; with three the start "
        "decides which frequencies stay.",
        panels,
    )


def _rates(law: np.ndarray, fall: np.ndarray) -> Plot:
    order = np.argsort(law)
    ends = np.array([0.4, 1.0])
    lines = [Line(law[order], fall[order], "measured", 0, markers=True), Line(ends, ends, "law", 1, style="dash")]
    return Plot(
        "rates",
        "The dual says how fast a frequency fades",
        "Random instances with two layers: the exponent with which the slowest frequency that the optimum does not use fades, "
        "between margins 1e6 and 1e8, against one less the modulus of the certified dual there. Runs off the line still wait at "
        "a saddle, for a frequency that has to grow from almost nothing.",
        [Panel("", "1 - modulus of the dual", "exponent", lines, y_range=(0.0, 1.2))],
    )
