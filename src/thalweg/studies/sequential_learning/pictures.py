"""Pictures and tables of sequential learning."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, Result, over_seeds
from thalweg.theory.two_layer_descent import descent_bounds, descent_mode, descent_transition, published_descent_bounds

SETS = (
    "autoencoder",
    "teacher along principal axes",
    "classes, white noise",
    "classes, coloured noise",
    "teacher at random",
    "frame at random",
)


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The staircase beside a single matrix, the closed form, the two orders, bounds on finite steps, rates beyond the gap."""
    pictures = []
    staircase = _first(evidence, family="staircase")
    if staircase:
        pictures.append(_staircase(parameters, staircase))
    closed = _first(evidence, family="closed-form", shape="square")
    if closed:
        pictures.append(_closed(closed))
    orders = _first(evidence, family="orders")
    if orders:
        pictures.append(_orders(orders))
    perturbation = _first(evidence, family="perturbation")
    if perturbation:
        pictures.append(_perturbation(perturbation))
    pictures.append(_bounds())
    transitions = _first(evidence, family="transitions")
    if transitions:
        pictures.append(_gap(transitions))
    return pictures


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """Printed statements beside what holds, excess over the published bound, transition times, how common decompositions are."""
    found = []
    if evidence.select(family="closed-form", shape="square"):
        found.append(_forms(parameters, evidence))
    if evidence.select(family="bounds"):
        found.append(_excess(evidence.select(family="bounds")[0]))
    if evidence.select(family="transitions"):
        found.append(_halves(parameters, evidence.select(family="transitions")[0]))
    if evidence.select(family="decompositions"):
        found.append(_decompositions(evidence))
    return found


def _first(evidence: Evidence, **at: Any) -> Result | None:
    results = evidence.select(**at)
    return min(results, key=lambda result: result.seed) if results else None


def _staircase(parameters: Any, result: Result) -> Plot:
    record = result.record()
    shown = min(parameters.plateaus, len(record.transition))
    rules = [Rule(float(t), f"T_{i + 1}", axis="x") for i, t in enumerate(record.transition.values[:shown])]
    late = record.time.values >= 0.5 * record.transition.values[0]
    time, brief = record.time.values[late], record.shallow_time.values
    deep = {"label": "two layers", "group": 0}
    flat = {"label": "one layer", "group": 1}
    return Plot(
        "staircase",
        "A linear autoencoder: two layers and one",
        f"Trace norm and reconstruction error of an autoencoder of {parameters.features} Gaussian features whose "
        "variances fall by "
        f"{parameters.ratio:g}. Two layers from exp(-{parameters.delta:g}) in each direction climb a staircase, a step "
        "at each "
        "transition time T_i = delta / sigma_i (vertical rules), and the error falls in steps with it. One layer from "
        "zero learns "
        "all directions at once.",
        [
            Panel(
                "two layers: trace norm",
                "time",
                "trace norm",
                [Line(time, record.trace.values[late], **deep)],
                rules,
                x_scale="log",
            ),
            Panel(
                "two layers: error",
                "time",
                "half mean squared error",
                [Line(time, record.error.values[late], **deep)],
                rules,
                x_scale="log",
            ),
            Panel(
                "one layer: trace norm", "time", "trace norm", [Line(brief, record.shallow_trace.values, **flat)], x_scale="log"
            ),
            Panel(
                "one layer: error",
                "time",
                "half mean squared error",
                [Line(brief, record.shallow_error.values, **flat)],
                x_scale="log",
            ),
        ],
    )


def _closed(result: Result) -> Plot:
    record = result.record()
    time = record.time.values

    def lines(name: str, label: str) -> list[Line]:
        found = []
        for mode in range(record.measured.shape[1]):
            found.append(Line(time, record[name].values[:, mode], label if mode == 0 else None, 0))
            exact = record.predicted.values[:, mode]
            found.append(Line(time, exact, "closed form" if mode == 0 else None, 1, style="dash"))
        return found

    return Plot(
        "closed-form",
        "Components in closed form, and what an invertible matrix does to it",
        "Components of the flow of two layers in the common frame of the moments, with the closed form dashed. Left: "
        "an orthogonal "
        "matrix between the layers, the two lie on one another. Right: the same product to start from, with an "
        "invertible matrix "
        "between the layers, as printed: the factors are not balanced and the closed form is missed.",
        [
            Panel("orthogonal between the layers", "time", "component", lines("measured", "flow")),
            Panel("invertible between the layers", "time", "component", lines("invertible", "flow")),
        ],
    )


def _orders(result: Result) -> Plot:
    record = result.record()
    time = record.time.values
    lines = [
        Line(time, record["first"].values, "sigma 2, lambda 10", 0),
        Line(time, record["second"].values, "sigma 1, lambda 0.5", 1),
    ]
    rules = [Rule(0.2, "sigma / lambda = 0.2"), Rule(2.0, "sigma / lambda = 2")]
    return Plot(
        "orders",
        "Learnt first, though worth less",
        "Two components with (sigma, lambda) = (2, 10) and (1, 0.5). The first has the larger sigma and is learnt "
        "first; reduced-rank "
        "regression of rank 1 keeps the second, whose sigma^2 / lambda is five times as large. On the first plateau "
        "the path is not "
        "at the best map of rank 1.",
        [Panel("two components", "time", "component", lines, rules)],
    )


def _perturbation(result: Result) -> Plot:
    record = result.record()
    lines = [
        Line(record.time.values, record.deviation.values[place], f"epsilon {size:g}", place)
        for place, size in enumerate(record.epsilon.values)
    ]
    return Plot(
        "perturbation",
        "Moments that nearly share their frame",
        "Distance of the factors to the closed form when the inputs' moment has off the diagonal a matrix of norm "
        "epsilon: in "
        "proportion to epsilon at every time.",
        [Panel("deviation of the factors", "time", "distance", lines, y_scale="log")],
    )


def _bounds() -> Plot:
    product, start, count = 0.45, 0.1, 16
    t = np.arange(count + 1)
    path = descent_mode(count, start, 1.0, 1.0, product)
    low, high = descent_bounds(t, start, 1.0, 1.0, product)
    looser, broken = published_descent_bounds(t, start, 1.0, 1.0, product)
    sides = [
        Line(t, path, "gradient descent", 0, markers=True),
        Line(t, low, "bounds that hold", 1, style="dash"),
        Line(t, high, None, 1, style="dash"),
        Line(t, looser, "published bounds", 2, style="dot"),
        Line(t, broken, None, 2, style="dot"),
    ]
    excess = []
    for place, rate in enumerate((0.45, 0.3, 0.1)):
        steps = int(8 / rate)
        at = np.arange(1, steps + 1)
        over = descent_mode(steps, start, 1.0, 1.0, rate)[1:] - published_descent_bounds(at, start, 1.0, 1.0, rate)[1]
        excess.append(Line(rate * at[over > 0], over[over > 0], f"eta sigma {rate:g}", place + 3, markers=True))
    return Plot(
        "bounds",
        "Bounds on finite steps",
        "Left: a component at eta sigma = 0.45 from a tenth of its plateau, between bounds that hold, and the "
        "published ones: the lower "
        "is loose, the upper is crossed. Right: by how much gradient descent exceeds the published upper "
        "bound, at the steps at which it does.",
        [
            Panel("eta sigma = 0.45", "step", "share of the plateau", sides),
            Panel("over the published upper bound", "eta sigma times step", "excess", excess, y_scale="log"),
        ],
    )


def _gap(result: Result) -> Plot:
    record = result.record()
    kept = record.step.values <= 1.5 * record.transition.values[-1]
    step, share = record.step.values[kept], record.share.values[kept]
    lines = [Line(step, share[:, mode], f"sigma {s}", mode) for mode, s in enumerate(("1", "0.8"))]
    rules = [Rule(float(t), f"T_{i + 1}", axis="x") for i, t in enumerate(record.transition.values)]
    rate = float(result.finals["rate_over_gap"])
    return Plot(
        "gap",
        "One after the other without a gap condition",
        f"Two components at a rate {rate:.2g} times that of the published gap condition. They are learnt in turn all "
        "the same, at "
        "delta / ln(1 + eta sigma_i) steps (vertical rules).",
        [Panel("two components of near sigma", "step", "share of the plateau", lines, rules)],
    )


def _forms(parameters: Any, evidence: Evidence) -> Table:
    names = {
        "closed form": f"residual_{int(np.argmin(parameters.rtols))}",
        "sigma and lambda exchanged (as printed)": "exchanged",
        "moments that are sums over 100 samples (as printed)": "without_mean",
        "an invertible Q between the layers (as printed)": "invertible",
        "the first factor in place of the second (as printed)": "second_factor_as_printed",
        "half the speed": "half_speed",
        "one layer": "one_layer",
    }
    results = evidence.select(family="closed-form", shape="square")
    rows: list[list[Cell | str]] = [
        [what, Cell(*over_seeds([float(r.finals[name]) for r in results]))] for what, name in names.items()
    ]
    return Table(
        "forms",
        "Distance of the flow to the closed form and to what was printed",
        "Largest distance along the path, relative to the largest product, or for the factors to the largest of them.",
        ["form", "distance"],
        rows,
    )


def _excess(result: Result) -> Table:
    record = result.record()
    rows: list[list[Cell | str]] = [
        [f"eta sigma {float(product):g}", *(Cell(float(x)) for x in record.excess.values[place])]
        for place, product in enumerate(record["product"].values)
    ]
    return Table(
        "excess",
        "By how much gradient descent exceeds the published upper bound",
        "The largest excess over all steps, in units of the plateau sigma / lambda, by rate and by start in the same "
        "units. The bounds "
        "with powers of 1 - 2 eta sigma and (1 + eta sigma)^-2 are kept everywhere.",
        ["rate", *(f"from {float(share):g}" for share in record["from"].values)],
        rows,
    )


def _halves(parameters: Any, result: Result) -> Table:
    record = result.record()
    rows: list[list[Cell | str]] = []
    for delta, half in zip(record.delta.values, record.half.values, strict=True):
        exact = float(delta * descent_transition(1.0, parameters.product))
        rows.append([f"delta {float(delta):g}", Cell(float(half)), Cell(exact), Cell(float(delta / parameters.product))])
    return Table(
        "transition-steps",
        "Steps until a component is half learnt",
        f"At eta sigma = {parameters.product:g} from exp(-2 delta), with delta / ln(1 + eta sigma) and the published "
        "delta / (eta sigma).",
        ["start", "measured", "exact", "published"],
        rows,
    )


def _decompositions(evidence: Evidence) -> Table:
    results = evidence.select(family="decompositions")
    rows: list[list[Cell | str]] = [[name, Cell(*over_seeds([float(r.finals[name]) for r in results]))] for name in SETS]
    return Table(
        "decompositions",
        "How nearly data have a common decomposition",
        "Share of the inputs' moment off the diagonal in the singular vectors of the cross moment, on synthetic "
        "Gaussian data. Real "
        "images, which the paper tabulates, are not part of this library.",
        ["data", "share off the diagonal"],
        rows,
    )
