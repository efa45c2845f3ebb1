"""Pictures and tables of margins along the paths of algorithms."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, Result, over_seeds

NORMS = {"l1": "l1", "l2": "Euclidean", "linf": "maximum"}
FAST = {
    "descent": "descent",
    "root": "normalized, falling rates",
    "normalized": "normalized, constant rate",
    "momentum": "momentum in the dual",
}
KINDS = {
    "momentum": "momentum in the dual",
    "coordinate": "coordinate descent",
    "sign": "sign descent",
    "adam": "Adam",
    "polynomial": "descent, polynomial tail",
}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Gaps against steps, against the logarithm of time, and the three margins on the way of each algorithm."""
    found = []
    both = [r for family in ("compared", "digits") for r in evidence.select(family=family)[:1]]
    if both:
        found.append(_gaps(parameters, both))
    if results := evidence.select(family="flow"):
        found.append(_flow(results[0]))
    if results := evidence.select(family="compared"):
        found.append(_directions(results[0]))
    return found


def _gaps(parameters: Any, results: list[Result]) -> Plot:
    panels = []
    for result in results:
        record = result.record()
        steps, lines = record.steps.values, []
        for group, (name, words) in enumerate(FAST.items()):
            if f"{name}_l2" not in record:
                continue
            off = 1 - record[f"{name}_l2"].values
            seen = np.isfinite(off) & (off > 0) & (steps >= 10)
            lines.append(Line(steps[seen], off[seen], words, group))
            power = {"root": -0.5, "normalized": -1.0, "momentum": -2.0}.get(name)
            if power is not None:
                x = np.array([steps[seen][-1] / 30, steps[seen][-1]])
                y = 2.5 * off[seen][-1] * (x / x[-1]) ** power
                lines.append(Line(x, y, f"power {power:g}", group, style="dash"))
        one, other = parameters.digits
        what = {"compared": f"{parameters.samples} Gaussian samples", "digits": f"digits {one} and {other}"}
        rules = [Rule(1e-6, "a millionth")]
        panels.append(
            Panel(
                what[str(result.coordinates["family"])],
                "steps",
                "relative gap of the margin",
                lines,
                rules,
                x_scale="log",
                y_scale="log",
            )
        )
    return Plot(
        "gaps",
        "How fast the margin comes to the largest",
        "By how much the Euclidean margin is below the largest, which is proved, relative to it. Dashed: the powers of "
        "the number "
        "of steps that theory gives, beside each curve. Plain descent gains about one part in log t; momentum in the dual "
        "reaches a millionth while descent is off by percents.",
        panels,
    )


def _flow(result: Result) -> Plot:
    record, finals = result.record(), result.finals
    log_time, gap = record.log_time.values, record.gap.values
    seen = log_time > 2
    limit = float(finals["limit"])
    lines = [
        Line(log_time[seen], gap[seen], "flow", 0),
        Line(log_time[seen], limit / log_time[seen], "entropy less least surprise, over log t", 0, style="dash"),
        Line(np.array([finals["descent_log_time"]]), np.array([finals["descent_gap"]]), "plain descent", 1, markers=True),
    ]
    angle = [Line(log_time[seen], record.angle.values[seen], "flow", 0)]
    x = np.array([30.0, log_time[-1]])
    angle.append(Line(x, record.angle.values[-1] * (x / x[-1]) ** -1.0, "power -1", 0, style="dash"))
    cost = [Line(record.gradients.values[seen], record.raw_margin.values[seen], "flow", 0)]
    log: dict[str, Any] = {"x_scale": "log", "y_scale": "log"}
    return Plot(
        "flow",
        "The flow beyond the smallest number",
        "The flow of the logistic loss on one instance, followed in the clock of margins to a time whose logarithm is several "
        "thousand. Left: the gap of its margin, relative to the largest, beside what the weights of the support vectors "
        "say of it; "
        "the mark is plain descent at the end of its steps. Middle: how far its direction is from that of the largest margin. "
        "Right: the margin that it has reached after so many gradients; above the line its loss is zero in double precision.",
        [
            Panel("gap of the margin", "log t", "relative gap", lines, **log),
            Panel("direction", "log t", "distance of directions", angle, **log),
            Panel("cost", "gradients", "margin", cost, [Rule(745.0, "loss underflows")], y_scale="log"),
        ],
    )


def _directions(result: Result) -> Plot:
    record = result.record()
    steps, panels = record.steps.values, []
    for norm, words in NORMS.items():
        lines = []
        for group, (name, label) in enumerate(KINDS.items()):
            shares = record[f"{name}_{norm}"].values
            seen = np.isfinite(shares) & (shares > 0.4) & (steps >= 10)
            lines.append(Line(steps[seen], shares[seen], label, group))
        panels.append(
            Panel(
                f"{words} norm", "steps", "share of the largest margin", lines, [Rule(1.0, "largest")], "log", y_range=(0.4, 1.05)
            )
        )
    return Plot(
        "directions",
        "To each algorithm its norm",
        "The margin over each of three norms along the same paths, as a share of the largest, on an instance where the three "
        "largest margins lie in three directions. Coordinate descent comes to the largest l1 margin, momentum (as descent, much "
        "later) to the Euclidean, sign descent and Adam to the one of the maximum norm; a loss with a polynomial tail to none.",
        panels,
    )


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Where each algorithm has come to, and how fast."""
    found = []
    if results := evidence.select(family="compared"):
        found += [_limits(results), _speeds(results, "speeds", "Speeds on Gaussian samples")]
    if results := evidence.select(family="digits"):
        one, other = parameters.digits
        found.append(_speeds(results, "digits", f"Speeds on the digits {one} and {other}"))
    return found


def _limits(results: list[Result]) -> Table:
    rows: list[list[Cell | str]] = []
    margins = [Cell(*over_seeds([float(r.finals[f"margin_{norm}"]) for r in results])) for norm in NORMS]
    rows.append(["largest margin, proved", *margins])
    for at, words in NORMS.items():
        shares = [1.0 if at == norm else None for norm in NORMS]
        cells: list[Cell | str] = []
        for norm, known in zip(NORMS, shares, strict=True):
            values = [known if known is not None else float(r.finals[f"share_{norm}_at_{at}"]) for r in results]
            cells.append(Cell(*over_seeds(values)))
        rows.append([f"share at the solution, {words} norm", *cells])
    for name, words in {**FAST, **KINDS}.items():
        cells = [Cell(*over_seeds([float(r.finals[f"share_{norm}_{name}"]) for r in results])) for norm in NORMS]
        rows.append([words, *cells])
    return Table(
        "limits",
        "Which margin each algorithm finds",
        "The largest margins in three norms, and what share of each the three solutions and the algorithms at the end of their "
        "steps have; median over instances, least and largest.",
        ["", *(f"{words} norm" for words in NORMS.values())],
        rows,
    )


def _speeds(results: list[Result], name: str, title: str) -> Table:
    published = {"descent": "1/log t", "root": "1/sqrt t", "normalized": "1/t", "momentum": "1/t^2"}
    rows: list[list[Cell | str]] = []
    for algorithm, words in FAST.items():
        if f"off_{algorithm}" not in results[0].finals:
            continue
        off = Cell(*over_seeds([float(r.finals[f"off_{algorithm}"]) for r in results]))
        slope = [float(r.finals[f"slope_{algorithm}"]) for r in results]
        rows.append([words, off, Cell(*over_seeds(slope), published=published[algorithm])])
    return Table(
        name,
        title,
        "The gap of the Euclidean margin at the end, relative to the largest, and the power of the number of steps with which it "
        "falls over the last factor of ten; beside it what theory says.",
        ["", "gap", "power"],
        rows,
    )
