"""Pictures and tables of singular values along the path."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, Result, over_seeds
from thalweg.studies.singular_values.claims import take_off

PRINTED = {
    1: ("11.7", "10.4", "10.3", "9.2", "8.7", "7.8"),
    2: ("45.5", "38.5", "36.5", "28.7", "24.8", "6.0"),
    3: ("53", "47.4", "44.4", "38.6", "33.2", "below .3"),
}
PRINTED_TAKE_OFF = {3: ("8.0e3", "9.3e3", "1.05e4", "1.25e4", "1.5e4")}
PRINTED_FILMS = {1: ("68.3", "36", "13.73"), 2: ("3350", "about 60", "1.450"), 3: ("3770", "about 60", "1.398")}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The rise of the singular values on random targets and on ratings, the law against the path, the enhancement."""
    pictures = []
    descent = [_first(evidence, family="descent", depth=depth) for depth in (1, 2, 3)]
    if any(descent):
        pictures.append(
            Plot(
                "rise",
                "Singular values along gradient descent",
                f"The ten largest singular values while gradient descent (rate {parameters.rate:g}) completes a "
                f"{parameters.side} by {parameters.side} matrix of rank {parameters.rank} from {parameters.observed} entries. A "
                "single matrix raises all of them at once. With two factors large ones run ahead of small ones; with three "
                "the five directions of the target are learnt one after another and the others stay at nothing.",
                [_rise(result, f"depth {d}", "steps") for d, result in zip((1, 2, 3), descent, strict=True) if result],
            )
        )
    films = [_first(evidence, family="movielens", depth=depth) for depth in (1, 2, 3)]
    if any(films):
        pictures.append(
            Plot(
                "films",
                "The same on MovieLens-100K",
                f"Singular values along gradient flow on {parameters.films.ratings:,} film ratings. The ratings are not centred, "
                "so the first direction is mostly their mean.",
                [_rise(result, f"depth {d}", "time", log=True) for d, result in zip((1, 2, 3), films, strict=True) if result],
            )
        )
        pictures.append(_held_out(films))
    law = [_first(evidence, family="path", depth=depth) for depth in (2, 3)]
    if any(law):
        pictures.append(_law([(d, result) for d, result in zip((2, 3), law, strict=True) if result]))
    pictures.append(_enhancement())
    return pictures


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Final singular values and take-offs on random targets, and the numbers on ratings."""
    found = []
    if evidence.select(family="descent"):
        found.append(_final_values(parameters, evidence))
    if evidence.select(family="movielens"):
        found.append(_films(parameters, evidence))
    return found


def _first(evidence: Evidence, **at: Any) -> Result | None:
    results = evidence.select(**at)
    return min(results, key=lambda result: result.seed) if results else None


def _rise(result: Result, title: str, clock: str, log: bool = False) -> Panel:
    record = result.record()
    x = record[clock].values
    values = record.singular_values.values
    lines = [
        Line(
            x,
            np.maximum(values[:, r], 1e-4) if log else values[:, r],
            "first five" if r == 0 else ("others" if r == 5 else None),
            0 if r < 5 else 1,
        )
        for r in range(values.shape[1])
    ]
    rules = (
        []
        if log
        else [
            Rule(float(result.finals[f"truth_sigma_{r}"]), "target" if r == 1 else "")
            for r in range(1, 6)
            if f"truth_sigma_{r}" in result.finals
        ]
    )
    label = "singular value"
    return Panel(title, clock, label, lines, rules, y_scale="log" if log else "linear")


def _held_out(films: list[Result | None]) -> Plot:
    lines = []
    rules = []
    for depth, result in zip((1, 2, 3), films, strict=True):
        if result is not None:
            record = result.record()
            lines.append(Line(record.time.values, record.held_out_error.values, f"depth {depth}", depth))
            rules = [Rule(float(result.finals["mean_predictor"]), "mean of the seen ratings")]
    panel = Panel("held-out ratings", "time", "mean squared error", lines, rules, y_scale="log")
    return Plot(
        "held-out",
        "Error on held-out ratings",
        "Mean squared error on ratings that were not seen. Depth reduces it by an order of magnitude; yet predicting the mean of "
        "the seen ratings everywhere does better still on so few: this is a picture of a bias, not of a recommender.",
        [panel],
    )


def _law(results: list[tuple[int, Result]]) -> Plot:
    panels = []
    for depth, result in results:
        record = result.record()
        lines = []
        for r in range(3):
            lines.append(Line(record.time.values, record.measured_velocity.values[:, r], f"measured, {r + 1}", r))
            label = f"predicted, {r + 1}"
            lines.append(Line(record.time.values, record.predicted_velocity.values[:, r], label, r, style="dot"))
        panels.append(Panel(f"depth {depth}", "time", "velocity", lines))
    return Plot(
        "law",
        "The law of motion over the path",
        "Velocities of the three largest singular values along gradient flow from a balanced start: measured from the factors, "
        "and as theorem 3 predicts them from the singular vectors and the gradient. The curves lie on one another; the claims "
        "above say how closely.",
        panels,
    )


def _enhancement() -> Plot:
    sigma = np.linspace(0, 2, 101)
    lines = [Line(sigma, np.ones_like(sigma), "depth 1", 1)]
    lines += [Line(sigma, sigma ** (2 - 2 / n), f"depth {n}", n) for n in (2, 3)]
    lines.append(Line(sigma, sigma**2, "infinite depth", 4, style="dash"))
    return Plot(
        "enhancement",
        "Enhancement and attenuation",
        "The factor by which depth N multiplies the velocity of a singular value, divided by N: above 1 it is enhanced, below 1 "
        "attenuated, more so the deeper the product.",
        [Panel("factor over N", "singular value", "sigma^(2 - 2/N)", lines)],
    )


def _final_values(parameters: Any, evidence: Evidence) -> Table:
    rows: list[list[Cell | str]] = []
    for depth in (1, 2, 3):
        results = evidence.select(family="descent", depth=depth)
        finals = [result.record().singular_values.values[-1] for result in results]
        count = min([6, *(len(final) for final in finals)]) if finals else 0
        cells: list[Cell | str] = [Cell(*over_seeds([f[r] for f in finals]), PRINTED[depth][r]) for r in range(count)]
        cells += [""] * (6 - count)
        rows.append([f"depth {depth}, at step {parameters.steps[depth - 1]:,}", *cells])
    results = evidence.select(family="descent", depth=3)
    if results:
        records = [result.record() for result in results]
        count = min([5, *(record.singular_values.shape[1] for record in records)])
        cells = [Cell(*over_seeds([take_off(x, r) for x in records]), PRINTED_TAKE_OFF[3][r]) for r in range(count)]
        rows.append(["take-off at depth 3, step", *cells, *[""] * (6 - count)])
    return Table(
        "final-values",
        "Singular values at the end, and take-offs",
        "Median over fresh instances with the least and the largest, and the published number, from another instance, beside it. "
        "Take-off: half of the final value.",
        ["run", *(f"{r}." for r in range(1, 7))],
        rows,
    )


def _films(parameters: Any, evidence: Evidence) -> Table:
    whole = parameters.films.most == 0
    rows: list[list[Cell | str]] = []
    for depth in (1, 2, 3):
        results = evidence.select(family="movielens", depth=depth)
        if not results:
            continue
        record = results[0].record()
        values = record.singular_values.values[-1]
        numbers = [float(values[0]), float(values[1]), float(record.held_out_error.values[-1])]
        printed = PRINTED_FILMS[depth] if whole else (None, None, None)
        seconds = Cell(float(results[0].finals["seconds"]))
        gradients = Cell(float(results[0].finals["gradients"]))
        cells = [Cell(number, published=text) for number, text in zip(numbers, printed, strict=True)]
        rows.append([f"depth {depth}", *cells, gradients, seconds])
    finals = evidence.select(family="movielens")[0].finals
    rows.append(["zero predictor", "", "", Cell(float(finals["zero_predictor"]), published="13.728" if whole else None), "", ""])
    rows.append(["mean of the seen ratings", "", "", Cell(float(finals["mean_predictor"])), "", ""])
    return Table(
        "films",
        "MovieLens-100K",
        f"{parameters.films.ratings:,} ratings seen, the others held out, one random split; the published numbers are from the "
        "first 10,000 of a shuffled file that is not the publisher's."
        + ("" if whole else f" Here only the {parameters.films.most} most rated films and most active users."),
        ["run", "first singular value", "second", "held-out error", "gradients", "seconds"],
        rows,
    )
