"""Pictures and tables of explicit and implicit regularization."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The two curves, the roots of the quartic, and the minima over the scale of the start."""
    found = []
    if results := evidence.select(family="curves"):
        found += [_curves(results[0].record()), _roots(results[0].record())]
    if results := evidence.select(family="instances"):
        found.append(_minima([result.record() for result in results]))
    return found


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Which training ends at the explicit minimum, and the powers with which minima arrive at their limits."""
    found = []
    results = evidence.select(family="instances")
    if not results:
        return found
    rows: list[list[Cell | str]] = [
        [words, Cell(*over_seeds([float(r.finals[name]) for r in results]))]
        for words, name in (
            ("least distance over weights of depth 2", "over_weights"),
            ("training, depth 4 from the root of the scale", "trained_4"),
            ("training, depth 3 with the same product", "trained_3"),
            ("training, depth 2 from the same scale", "trained_2"),
            ("training, depth 4 from the same scale", "trained_4_same_scale"),
            ("training, depth 4 from the root, uneven start", "uneven"),
        )
    ]
    found.append(
        Table(
            "trainings",
            "What ends at the explicit minimum",
            "Largest distance from the minimum of R at scale 0.5, relative to the least l2 norm: median over seeds with the "
            "least and the largest. Only depth 4 from an even start, the square root of the scale, ends there.",
            ["", "distance"],
            rows,
        )
    )
    powers: list[list[Cell | str]] = []
    for words, name, law in (
        ("explicit, to the least l1 norm", "power_explicit_l1", "2"),
        ("implicit, to the least l1 norm", "power_implicit_l1", ""),
        ("implicit, 2(1 - c) of its certificate", "power_certificate", ""),
        ("explicit, to the least l2 norm", "power_explicit_l2", "-4"),
        ("implicit, to the least l2 norm", "power_implicit_l2", "-4"),
    ):
        powers.append([words, Cell(*over_seeds([float(r.finals[name]) for r in results])), law])
    found.append(
        Table(
            "powers",
            "Powers of the scale with which minima arrive",
            "Medians over instances; over seeds the median with the least and the largest. The explicit minimum arrives at the "
            "least l1 norm as fast on every instance, the implicit one as fast as its certificate is strict.",
            ["", "power", "law"],
            powers,
        )
    )
    return found


def _curves(record: Any) -> Plot:
    b = record.b.values
    lines = [
        Line(b, record.q.values, "implicit, q", 0),
        Line(b, record.r.values, "explicit, r, which is q of depth 4", 1),
        Line(b, np.abs(b), "absolute value", 2, style="dot"),
    ]
    explicit = [
        Line(b, record.r.values, "explicit, r, which is q of depth 4", 1),
        Line(b, record.third.values, "explicit, depth 3", 3, style="dash"),
        Line(b, np.abs(b), "absolute value", 2, style="dot"),
    ]
    return Plot(
        "curves",
        "Implicit and explicit regularizer of one coefficient",
        "Left, what gradient flow of depth 2 from 1 minimizes, and the least squared distance of the weights from 1: the first "
        "bends like z ln z and crosses the absolute value at 5.23, the second stays below it. Right, the least squared distance "
        "at depths 2 and 3: at depth 3 it bends inwards, as no implicit bias does.",
        [Panel("depth 2", "coefficient", "regularizer", lines), Panel("explicit", "coefficient", "squared distance", explicit)],
    )


def _roots(record: Any) -> Plot:
    b = record.wide.values
    lines = [
        Line(b, record.root_smaller.values, "smaller real root", 0),
        Line(b, record.root_larger.values, "larger real root", 1, style="dash"),
        Line(b, record.defined.values, "least squared distance", 2, style="dot"),
    ]
    apart = np.abs(record.integrated.values / record.defined.values - 1)
    same = [Line(b, np.maximum(apart, 1e-17), "relative difference", 2)]
    return Plot(
        "roots",
        "Which root of the quartic, and which implicit bias",
        "Left, the two real roots that the published quartic has for every coefficient: the least squared distance is the "
        "smaller, whose curve hides it. Right, how far it is from the integral of the inverse of h of depth 4: rounding.",
        [
            Panel("roots", "coefficient", "root", lines, x_scale="log", y_scale="log"),
            Panel("r against q of depth 4", "coefficient", "relative difference", same, x_scale="log", y_scale="log"),
        ],
    )


def _minima(records: list[Any]) -> Plot:
    scale = records[0].scale.values

    def line(name: str, label: str, group: int) -> Line:
        values = np.concatenate([record[name].values for record in records], axis=1)
        low, middle, high = (np.maximum(np.quantile(values, share, axis=1), 1e-14) for share in (0.25, 0.5, 0.75))
        return Line(scale, middle, label, group, low=low, high=high)

    ends = [
        line("implicit_l1", "implicit to least l1 norm", 0),
        line("explicit_l1", "explicit to least l1 norm", 1),
        line("implicit_l2", "implicit to least l2 norm", 2),
        line("explicit_l2", "explicit to least l2 norm", 3),
    ]
    between = [line("between", "between the two", 4)]
    rule = [Rule(0.5, "scale of the trainings", axis="x")]
    return Plot(
        "minima",
        "Explicit and implicit minimum over the scale of the start",
        "Distances on random instances, relative to the least l2 norm: medians with quartiles. Both minima tend to the least l1 "
        "norm for small scales and to the least l2 norm for large ones; the explicit one arrives at the former as the square of "
        "the scale, the implicit one slower, on most instances far slower; in between they differ.",
        [
            Panel("from the two limits", "scale of the start", "distance", ends, x_scale="log", y_scale="log"),
            Panel("from each other", "scale of the start", "distance", between, rule, x_scale="log", y_scale="log"),
        ],
    )
