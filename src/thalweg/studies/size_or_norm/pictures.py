"""Pictures and tables of the size of the weights and the size of the network."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds

NORMS = {
    "path_margin": "path norm over margin",
    "layers_margin": "product of layer norms over margin",
    "l2": "norm of all weights",
}


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """Errors against width, and norms against width beside errors against norms."""
    there = [data for data in parameters.data if _widths(parameters, evidence, data)]
    return [_errors(parameters, evidence, there), _norms(parameters, evidence, there)] if there else []


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Errors and norms of every width, of the large start and of random labels."""
    found = []
    for data, count in zip(parameters.data, parameters.counts):
        kinds = [("widths", width, f"{width} units") for width in _widths(parameters, evidence, data)]
        kinds.append(("large", parameters.widths[-1], f"{parameters.widths[-1]} units, start times {parameters.large:g}"))
        kinds.append(("random", parameters.random, f"{parameters.random} units, random labels"))
        names = ("train", "test_mean", "test_error", "epochs", "l2", "layers", "path", "margin", "path_margin")
        rows: list[list[Cell | str]] = []
        for family, width, label in kinds:
            results = evidence.select(family=family, data=data, width=width)
            if results:
                cells = [Cell(*over_seeds([float(r.finals[name]) for r in results])) for name in names]
                rows.append([label, *cells])
        if rows:
            columns = ["", "train", "test", "its error", "epochs", "all weights", "layers", "path", "margin", "path / margin"]
            found.append(
                Table(
                    f"norms_{data}",
                    f"Errors and norms: {data}",
                    f"Trained on {count} examples until the loss is {parameters.target:g} or the epochs are spent. The norm of "
                    "all weights, the product of the layers' Frobenius norms, the path norm (root of the sum over paths of "
                    "products of squared weights), the least margin on training examples. Test error is the mean over draws "
                    "of examples, with its standard error, all else the median; then the median over seeds with the "
                    "least and the largest.",
                    columns,
                    rows,
                )
            )
    return found


def _widths(parameters: Any, evidence: Evidence, data: str) -> list[int]:
    return [width for width in parameters.widths if evidence.select(family="widths", data=data, width=width)]


def _along(evidence: Evidence, data: str, widths: list[int], name: str) -> np.ndarray:
    """Median, least and largest over seeds of a final number, `(3, widths)`."""
    rows = []
    for width in widths:
        results = evidence.select(family="widths", data=data, width=width)
        rows.append(over_seeds([float(r.finals[name]) for r in results]))
    return np.array(rows).T


def _errors(parameters: Any, evidence: Evidence, there: list[str]) -> Plot:
    panels = []
    for data in there:
        widths = _widths(parameters, evidence, data)
        lines = []
        for k, (name, label) in enumerate((("train", "training error"), ("test_mean", "test error"))):
            middle, low, high = _along(evidence, data, widths, name)
            lines.append(Line(np.array(widths, float), middle, label, k, markers=True, low=low, high=high))
        large = evidence.select(family="large", data=data, width=parameters.widths[-1])
        if large:
            error = over_seeds([float(r.finals["test_mean"]) for r in large])[0]
            lines.append(Line(np.array([float(parameters.widths[-1])]), np.array([error]), "test, large start", 2, markers=True))
        panels.append(Panel(data, "hidden units", "error", lines, [Rule(0.0, "")], x_scale="log", y_range=(-0.02, 0.45)))
    return Plot(
        "errors",
        "Errors and the width of the network",
        "Training error is zero from a moderate width on. If the number of weights limited how well a network predicts, the test "
        "error would rise from there; it goes on falling, and stays low with many more weights than examples. The single "
        "point is the widest network from a larger start, which fits as well: its weights are larger, not more.",
        panels,
    )


def _norms(parameters: Any, evidence: Evidence, there: list[str]) -> Plot:
    panels = []
    for data in there:
        widths = [width for width in _widths(parameters, evidence, data) if width >= parameters.fitting]
        if not widths:
            continue
        lines = []
        for k, (name, label) in enumerate(NORMS.items()):
            middle = _along(evidence, data, widths, name)[0]
            lines.append(Line(np.array(widths, float), middle / middle[0], label, k, markers=True))
        first = f"{data}: norms over those at {widths[0]}"
        panels.append(Panel(first, "hidden units", "relative to the narrowest", lines, x_scale="log", y_scale="log"))
    for data in there:
        widths = [width for width in _widths(parameters, evidence, data) if width >= parameters.fitting]
        lines = []
        for k, (family, label) in enumerate((("widths", "one for each width"), ("large", "large start"))):
            results = [r for r in evidence.select(family=family, data=data) if r.coordinates["width"] in widths]
            norms = np.array([float(r.finals["path_margin"]) for r in results])
            errors = np.array([float(r.finals["test_mean"]) for r in results])
            order = np.argsort(norms)
            if len(results):
                lines.append(Line(norms[order], errors[order], label, 3 + k, style="dot", markers=True))
        panels.append(Panel(f"{data}: error against norm", "path norm over margin", "test error", lines, x_scale="log"))
    return Plot(
        "norms",
        "What tells how well a network predicts",
        "Networks that fit. First, how measures of the size of the weights change with width: the path norm over the margin "
        "falls as the test error does; the norm of all weights and the product of the layers' norms rise with the number "
        "of weights, which the start alone makes them do. Then the test error against the path norm over the margin.",
        panels,
    )
