"""Pictures and tables of matrix completion."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds
from thalweg.studies.matrix_completion.claims import EXACT, SLACK
from thalweg.studies.matrix_completion.published import ERROR, NUCLEAR, RANK, published

LABELS = {ERROR: "reconstruction error", NUCLEAR: "nuclear norm", RANK: "effective rank"}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Error and effective rank against the scale of the start; and the spectra that the methods end with."""
    few, many = parameters.observed
    pictures = [_against_scale(parameters, evidence, observed) for observed in (few, many)]
    spectra = Panel(
        f"{few} entries seen, first instance",
        "index of the singular value",
        "singular value",
        _spectra(parameters, evidence, few),
        y_scale="log",
        y_range=(1e-3, 2e2),
    )
    pictures.append(
        Plot(
            "spectra",
            "The spectra of the solutions",
            f"The ten largest singular values of each completion of one instance with {few} entries seen. The target has rank "
            f"{parameters.rank}. Least nuclear norm spreads its weight over many directions, depth 2 fewer; depths 3 and 4 end "
            "with the five of the target and next to nothing beside them.",
            [spectra],
        )
    )
    return pictures


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """One table for each count of entries: every method and scale, the published number beside ours."""
    return [_table(parameters, evidence, observed) for observed in parameters.observed]


def _against_scale(parameters: Any, evidence: Evidence, observed: int) -> Plot:
    scales = sorted(parameters.scales)
    panels = []
    for quantity, log in ((ERROR, True), (RANK, False)):
        lines = []
        for index, depth in enumerate(parameters.depths):
            at = {"observed": observed, "method": f"depth {depth}", "threshold": parameters.threshold}
            triples = [_over_seeds(evidence, quantity, **at, scale=scale) for scale in scales]
            kept = [(s, t) for s, t in zip(scales, triples, strict=True) if t is not None]
            if kept:
                x, (middle, low, high) = np.array([s for s, _ in kept]), np.array([t for _, t in kept]).T
                lines.append(Line(x, middle, f"depth {depth}", index + 1, markers=True, low=low, high=high))
        rules = []
        exact = _over_seeds(evidence, quantity, observed=observed, method=EXACT)
        if exact is not None and (not log or exact[0] > 1e-12):
            rules.append(Rule(exact[0], "least nuclear norm"))
        if quantity == RANK:
            truth = _over_seeds(evidence, "truth_effective_rank", observed=observed, method=EXACT)
            if truth is not None:
                rules.append(Rule(truth[0], "target"))
        scale = "log" if log else "linear"
        label = LABELS[quantity]
        panels.append(Panel(label, "scale of the start", label, lines, rules, x_scale="log", y_scale=scale))
    return Plot(
        f"scales-{observed}",
        f"{observed} entries seen",
        f"Completion of a {parameters.side} by {parameters.side} matrix of rank {parameters.rank} from {observed} entries, "
        "against the scale of the start: the median over instances, bars from the least to the largest. The error is the "
        "mean square over all entries; the target has mean square 1.",
        panels,
    )


def _spectra(parameters: Any, evidence: Evidence, observed: int) -> list[Line]:
    seeds = evidence.seeds()
    if not seeds:
        return []
    first = evidence.of_seed(seeds[0])
    scale = min(parameters.scales)
    lines = []
    chosen: list[tuple[str, dict[str, Any]]] = [("least nuclear norm", {"method": EXACT})]
    for depth in parameters.depths:
        chosen.append((f"depth {depth}", {"method": f"depth {depth}", "scale": scale, "threshold": parameters.threshold}))
    for index, (label, at) in enumerate(chosen):
        found = first.select(observed=observed, **at)
        if found:
            values = [found[0].finals[f"sigma_{r}"] for r in range(1, 11) if f"sigma_{r}" in found[0].finals]
            lines.append(Line(np.arange(1, len(values) + 1), np.array(values), label, index, markers=True))
    return lines


def _table(parameters: Any, evidence: Evidence, observed: int) -> Table:
    rows: list[list[Cell | str]] = []
    rows.append(
        [
            "target",
            "",
            _cell(evidence, "truth_nuclear_norm", observed, "truth", None, NUCLEAR, method=EXACT),
            _cell(evidence, "truth_effective_rank", observed, "truth", None, RANK, method=EXACT),
            "",
        ]
    )
    for label, method in (("least nuclear norm, exact", EXACT), ("least nuclear norm within 1e-3, as published", SLACK)):
        cells = [_cell(evidence, q, observed, method, None, q, method=method) for q in (ERROR, NUCLEAR, RANK)]
        rows.append([label, *cells, ""])
    for depth in parameters.depths:
        for scale in sorted(parameters.scales, reverse=True):
            at = {"method": f"depth {depth}", "scale": scale, "threshold": parameters.threshold}
            name = f"depth {depth}"
            cells = [_cell(evidence, q, observed, name, scale, q, **at) for q in (ERROR, NUCLEAR, RANK)]
            gradients = _cell(evidence, "gradients", observed, name, scale, "gradients", **at)
            rows.append([f"depth {depth}, start {scale:g}", *cells, gradients])
    return Table(
        f"completion-{observed}",
        f"{observed} entries seen",
        f"Median over {len(evidence.seeds())} fresh instances, with the least and the largest; the published number, from "
        "another instance, beside it. Networks are stopped at a mean squared train error of "
        f"{parameters.threshold:g}, which with many entries is what is left of their error.",
        ["method", "reconstruction error", "nuclear norm", "effective rank", "gradients"],
        rows,
    )


def _over_seeds(evidence: Evidence, quantity: str, **at: Any) -> tuple[float, float, float] | None:
    values = [float(result.finals[quantity]) for result in evidence.select(**at)]
    return over_seeds(values) if values else None


def _cell(evidence: Evidence, final: str, observed: int, named: str, start: float | None, quantity: str, **at: Any) -> Cell | str:
    found = _over_seeds(evidence, final, observed=observed, **at)
    printed = published(observed, named, start, quantity)
    if found is None:
        return Cell(None, published=printed, note="not run")
    return Cell(found[0], found[1], found[2], printed)
