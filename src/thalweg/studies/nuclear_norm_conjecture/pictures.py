"""Pictures and tables of the nuclear norm where measurements do not commute."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds

KINDS = {"recovered": "least trace recovers the truth", "other": "it does not", "commuting": "commuting measurements"}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Excess of the nuclear norm by size of the start, on random instances and on the counter-example."""
    found = []
    if results := evidence.select(family="search"):
        record = results[0].record()
        scales = record.scale.values
        lines = []
        for group, (kind, words) in enumerate(KINDS.items()):
            if not int(results[0].finals[f"count_{kind}"]):
                continue
            lines.append(Line(scales, _shown(record[f"median_{kind}"].values), f"{words}: median", group, markers=True))
            lines.append(Line(scales, _shown(record[f"most_{kind}"].values), f"{words}: most", group, style="dash"))
        panel = Panel("random instances", "scale of the start", "relative excess", lines, x_scale="log", y_scale="log")
        found.append(
            Plot(
                "search",
                "Does the flow minimise the nuclear norm?",
                f"By how much the nuclear norm at the end of the flow exceeds the certified least one, on random "
                f"{parameters.size} by {parameters.size} instances of rank {parameters.rank}, by size of the start. "
                "Where the nuclear norm recovers the truth the excess goes with the start, as the conjecture says; with too "
                "few measurements for that it may stay, or grow.",
                [panel],
            )
        )
    if results := evidence.select(family="counterexample"):
        record = results[0].record()
        lines, rules = [], []
        for group, large in enumerate(parameters.larges):
            lines.append(Line(record.scale.values, record[f"excess_{large:g}"].values, f"R = {large:g}", group, markers=True))
            rules.append(Rule((2 * large**2 + 2) / (4 * large) - 1, f"rank one, R = {large:g}"))
        panel = Panel("counter-example", "scale of the start", "relative excess", lines, rules, x_scale="log")
        found.append(
            Plot(
                "counterexample",
                "A completion on which it does not",
                "The same on a symmetric 4 by 4 completion with entries 1, R and R seen. As the start shrinks the flow ends "
                "nearer to the solution of rank one, whose nuclear norm is (2R^2 + 2) / (4R) - 1 above the least: the "
                "lines across.",
                [panel],
            )
        )
    return found


def _shown(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 1e-7)


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The excesses as numbers."""
    found = []
    if results := evidence.select(family="search"):
        rows: list[list[Cell | str]] = []
        for kind, words in KINDS.items():
            counts = over_seeds([float(r.finals[f"count_{kind}"]) for r in results])
            for which in ("median", "most"):
                cells = []
                for scale in parameters.scales:
                    numbers = [float(r.finals[f"{which}_{kind}_{scale:g}"]) for r in results]
                    numbers = [number for number in numbers if np.isfinite(number)] or [np.nan]
                    cells.append(Cell(*over_seeds(numbers)) if np.isfinite(numbers[0]) else Cell(None))
                rows.append([f"{words}, {which}", Cell(*counts), *cells])
        found.append(
            Table(
                "search",
                "Relative excess of the nuclear norm",
                f"{parameters.size} by {parameters.size}, rank {parameters.rank}, "
                f"{', '.join(map(str, parameters.counts))} symmetric Gaussian measurements, from multiples of the identity. "
                "These settings are ours: the sizes of the published experiments are not known to us with certainty.",
                ["instances", "how many", *(f"start {scale:g} I" for scale in parameters.scales)],
                rows,
            )
        )
    if results := evidence.select(family="counterexample"):
        finals = results[0].finals
        rows = [
            [
                f"R = {large:g}",
                Cell(float(finals[f"least_{large:g}"]), published=f"{4 * large:g}"),
                Cell(float(finals[f"trace_{large:g}"]), published=f"{2 * large**2 + 2:g}"),
                Cell(float(finals[f"trace_first_{large:g}"])),
            ]
            for large in parameters.larges
        ]
        found.append(
            Table(
                "counterexample",
                "Nuclear norms on the counter-example",
                "The least one, certified; where the flow ends from "
                f"{min(parameters.tiny):g} I; and from {max(parameters.tiny):g} I.",
                ["", "least", "tiny start", "large start"],
                rows,
            )
        )
    return found
