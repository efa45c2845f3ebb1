"""Pictures and tables of sparse regression from starts of every scale."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds
from thalweg.studies.sparse_regression.claims import DEEPEST, KNOWN

SCALE = "scale of the start, alpha"


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The three published figures, the sweep of sparsity, and training beside the convex solution."""
    found = []
    if results := evidence.select(family="along"):
        records = [result.record() for result in results]
        found += [_error(parameters, records, results), _norms(parameters, records)]
    if results := evidence.select(family="needed"):
        records = [result.record() for result in results]
        found += [_samples(parameters, records), _sparsity(parameters, records)]
    if results := evidence.select(family="training"):
        found += [_training(parameters, r.record()) for r in results if r.coordinates["size"] == parameters.trained[0][0]]
    return found


def _error(parameters: Any, records: list[Any], results: list[Any]) -> Plot:
    alpha = 10.0 ** records[0].exponent.values
    lines = []
    for group, (name, label, style) in enumerate(
        [("error", "where the network ends", "solid"), ("error_distance", "least distance from the start", "dash")]
    ):
        low, middle, high = _spread(records, name)
        lines.append(Line(alpha, middle, label, group, style, low=low, high=high))
    l1, l2 = (float(np.median([result.finals[f"error_{name}"] for result in results])) for name in ("l1", "l2"))
    rules = [
        Rule(l2, f"least l2 norm, {l2:.3f}"),
        Rule(l1, f"least l1 norm, {l1:.4f}"),
        Rule(parameters.level, f"{parameters.level:g}"),
    ]
    panel = Panel("", SCALE, "squared distance from the truth", lines, rules, "log", "log")
    return Plot(
        "error",
        "Small starts find the sparse truth",
        f"Squared distance of the solution from the truth, with d = {parameters.size} coefficients of which "
        f"{parameters.nonzeros} are not zero and {parameters.samples} noisy samples: median, least and largest over "
        "instances. A diagonal network trained to zero loss ends, without any training here, where a certified convex program "
        "is least: from the plateau of the l2 solution, which learns nothing, down to near that of the l1 solution. The "
        f"population loss is this distance plus the irreducible variance {parameters.deviation**2:g} of the noise. Dashed: among "
        "the interpolating networks the one nearest to the start, which is another solution.",
        [panel],
    )


def _spread(records: list[Any], name: str) -> np.ndarray:
    """Least, median and largest over the instances of all seeds."""
    return np.quantile(np.concatenate([record[name].values for record in records], axis=1), (0.0, 0.5, 1.0), axis=1)


def _norms(parameters: Any, records: list[Any]) -> Plot:
    alpha = 10.0 ** records[0].exponent.values
    linear, logarithmic = [], []
    for group, (name, label) in enumerate([("l1", "l1 norm above the least"), ("l2", "l2 norm above the least")]):
        low, middle, high = _spread(records, name)
        linear.append(Line(alpha, middle, label, group, low=low, high=high))
        if name == "l1":
            logarithmic.append(Line(alpha, middle, label, group, low=low, high=high))
    explicit = _spread(records, "l1_distance")[1]
    logarithmic.append(Line(alpha, np.where(explicit > 1e-6, explicit, np.nan), "the same, nearest to the start", 2, "dash"))
    at = np.array(sorted(KNOWN["l1"]))
    logarithmic.append(
        Line(10.0**at, np.array([KNOWN["l1"][float(a)] for a in at]), "known, other instances", 3, "dot", markers=True)
    )
    return Plot(
        "norms",
        "From the l2 to the l1 solution",
        "By how much the l1 norm of the solution is above that of the l1 solution, and its l2 norm above that of the l2 "
        "solution, against the scale of the start: median, least and largest over instances. On the right the first of them on "
        "a logarithmic axis: it falls as one over the logarithm of the scale, while what is nearest to the start gets there as "
        "a power of it.",
        [
            Panel("both", SCALE, "excess", linear, x_scale="log"),
            Panel("the l1 norm", SCALE, "excess", logarithmic, x_scale="log", y_scale="log", y_range=(1e-4, 10.0)),
        ],
    )


def _reached(records: list[Any], name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median and quartiles of the scales; not a number where the median is none."""
    low, middle, high = np.quantile([record[name].values for record in records], (0.25, 0.5, 0.75), axis=0, method="nearest")
    missing = middle < DEEPEST
    return tuple(np.where(missing, np.nan, 10.0 ** np.maximum(part, DEEPEST)) for part in (low, middle, high))  # type: ignore[return-value]


def _lines(records: list[Any], name: str) -> list[Line]:
    x = records[0][name].values
    found = []
    for group, (end, label) in enumerate([("scale", "distance at most {}"), ("noisy", "noise counted: at most {}")]):
        low, middle, high = _reached(records, f"{name}_{end}")
        found.append(Line(x, middle, label.format("0.025"), group, markers=True, low=low, high=high))
    return found


def _samples(parameters: Any, records: list[Any]) -> Plot:
    l1 = np.median([record.samples_l1.values for record in records], axis=0)
    first = next((n for n, error in zip(parameters.sweep, l1, strict=True) if error <= parameters.level), None)
    rules = [Rule(float(first), f"l1 solution gets there: {first}", axis="x")] if first else []
    panel = Panel("", "number of samples", "largest scale of the start", _lines(records, "samples"), rules, y_scale="log")
    return Plot(
        "samples",
        "Fewer samples ask for a far smaller start",
        f"The largest scale from which the solution is within {parameters.level:g} of the truth (squared distance), against the "
        f"number of samples, with d = {parameters.many_size} and {parameters.many_nonzeros} nonzero coefficients: median and "
        "quartiles over instances. Near the number of samples at which the l1 solution itself gets there (upright line) the "
        "scale falls by decades from one instance to the next. The second curve counts the irreducible variance "
        f"{parameters.deviation**2:g} of the noise as part of the {parameters.level:g}. Scales are looked for down to 1e-12.",
        [panel],
    )


def _sparsity(parameters: Any, records: list[Any]) -> Plot:
    panel = Panel(
        "",
        "number of nonzero coefficients",
        "largest scale of the start",
        _lines(records, "nonzeros"),
        x_scale="log",
        y_scale="log",
    )
    return Plot(
        "sparsity",
        "So does a truth that is less sparse",
        f"The largest scale from which the solution is within {parameters.level:g} of the truth (squared distance), against the "
        f"number of nonzero coefficients, with d = {parameters.many_size} and {parameters.many_samples} samples: median and "
        "quartiles over instances. A curve ends where no scale gets most instances there: the l1 solution does not either.",
        [panel],
    )


def _training(parameters: Any, record: Any) -> Plot:
    rates, scales = record.rate.values, record.scale.values
    lines = [
        Line(rates, row, f"alpha = {a:g}", k, ("solid", "dash", "dot")[k % 3], markers=True)
        for k, (a, row) in enumerate(zip(scales, record.apart.values, strict=True))
    ]
    flow = float(record.flow.values.max())
    panel = Panel(
        "", "rate, as a share of one over the curvature", "largest difference of a coefficient", lines,
        [Rule(flow, f"gradient flow: {flow:.0e}")], "log", "log",
    )  # fmt: skip
    size, samples, _ = parameters.trained[0]
    return Plot(
        "training",
        "Training ends at the convex solution",
        f"A diagonal network with {size} coefficients trained on {samples} samples until the loss is {parameters.loss:g}: how "
        "far it ends from the certified least potential of its scale. Gradient flow (horizontal line, the largest over the "
        "scales) ends there; gradient descent in proportion to its rate beside it.",
        [panel],
    )


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The solutions at a few scales, the scales that are needed, training, and how much of theorem 2's room is used."""
    found = []
    if results := evidence.select(family="along"):
        rows: list[list[Cell | str]] = []
        for at in parameters.shown:
            cells: list[Cell | str] = [f"10^{at:g}"]
            for name in ("error", "l1", "l2"):
                known = KNOWN["l1"].get(at) if name == "l1" else None
                spread = over_seeds([float(result.finals[f"{name}_{at:g}"]) for result in results])
                cells.append(Cell(*spread, published=f"{known:g}" if known is not None else None))
            rows.append(cells)
        found.append(
            Table(
                "scales",
                "The solution at a few scales",
                "Squared distance from the truth, and by how much the l1 and the l2 norm are above the least: median over "
                "instances with the least and the largest; beside the excess of the l1 norm what is known of other instances.",
                ["scale", "error", "l1 excess", "l2 excess"],
                rows,
            )
        )
    if results := evidence.select(family="needed"):
        rows = []
        for name, values in (("samples", parameters.sweep), ("nonzeros", parameters.sparsity)):
            for value in values:
                cells = [f"{value} {name}"]
                for end in ("", "_noisy"):
                    numbers = [float(result.finals[f"{name}_{value}{end}"]) for result in results]
                    share = float(np.mean(np.array(numbers) > DEEPEST))
                    middle = float(np.median(numbers))
                    cells += [Cell(middle if middle > DEEPEST else None, note="none" if middle <= DEEPEST else None), Cell(share)]
                rows.append(cells)
        found.append(
            Table(
                "needed",
                "The largest scale that is small enough",
                f"log10 of the largest scale at which the squared distance from the truth is at most {parameters.level:g}: "
                "median, and the share of instances in which some scale is; then with the irreducible variance of the noise.",
                ["", "log10 alpha", "share", "noise counted", "share"],
                rows,
            )
        )
    if results := evidence.select(family="training"):
        rows = []
        for result in results:
            for scale in parameters.scales:
                names = (f"{name.format(f'{scale:g}')}" for name in ("flow_{}", "descent_{}", "descent_{}_one", "order_{}"))
                numbers = [Cell(float(result.finals[name])) if name in result.finals else "" for name in names]
                rows.append([f"{result.coordinates['size']} coefficients, {scale:g}", *numbers])
        found.append(
            Table(
                "training",
                "Training beside the convex solution",
                "Largest difference of a coefficient from the certified solution: of gradient flow, of gradient descent taken to "
                "rate zero, and of descent at its smallest rate; and the power of the rate with which descent's falls.",
                ["scale", "flow", "descent, rate to zero", "descent", "power of the rate"],
                rows,
            )
        )
    if results := evidence.select(family="laws"):
        rows = [
            [label, *(Cell(*over_seeds([float(result.finals[f"theorem_{name}"]) for result in results])) for name in names)]
            for label, names in (("l1 norm", ("l1", "l1_l2")), ("squared l2 norm", ("l2", "l2_l1")))
        ]
        found.append(
            Table(
                "room",
                "How much of theorem 2's room is used",
                "The excess of the norm over the least, as a share of the one that the theorem allows, at its scale and at the "
                "scale for the other norm: the largest over small instances, median over seeds. It holds, with much to spare.",
                ["", "at the theorem's scale", "at the other one's"],
                rows,
            )
        )
    return found
