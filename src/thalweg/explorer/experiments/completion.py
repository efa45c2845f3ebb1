"""Matrix completion by gradient descent on a product of matrices, live."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from thalweg.exact import nuclear_norm
from thalweg.explorer.experiments.algorithms import ALGORITHMS, algorithm, snippet_of, stop, stop_snippet
from thalweg.explorer.experiments.base import AbstractExperiment, History, Lane, Values
from thalweg.explorer.experiments.charts import Path, Picture, Series, charts_json, point, rule
from thalweg.explorer.experiments.forecasts import LEARNT, Forecast, due_time, forecasts
from thalweg.explorer.experiments.pictures import picture
from thalweg.explorer.knobs import BadKnob, Choice, Knob, Real, Whole
from thalweg.initializations.balanced import Balanced
from thalweg.initializations.gaussian import Gaussian
from thalweg.initializations.identity import Identity
from thalweg.initializations.orthogonal import Orthogonal
from thalweg.observables.imbalance import Imbalance
from thalweg.observables.loss import Loss
from thalweg.observables.norms import EffectiveRank, NuclearNorm
from thalweg.observables.reconstruction_error import ReconstructionError
from thalweg.observables.spectrum import SingularValues
from thalweg.observables.velocity import MeasuredVelocity, PredictedVelocity
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.matrix_completion import MatrixCompletion
from thalweg.trajectory.follow import Progress

SHOWN = 10
FOLLOW_THE_LAW = ("flow", "descent")
"""Algorithms whose time is that of the law of a mode; descent to the first order of its rate."""
STARTS = {
    "gaussian": "Gaussian",
    "balanced": "balanced (random)",
    "orthogonal": "orthogonal",
    "identity": "identity",
}


class Completion(AbstractExperiment):
    """Knobs for the problem, the start and the algorithm; spectra, losses, norms and the matrix itself as they move."""

    name: ClassVar[str] = "completion"
    title: ClassVar[str] = "Completion"
    question: ClassVar[str] = (
        "Some entries of a matrix of low rank are seen. Gradient descent fits them with a product of matrices, and no one asks "
        "for low rank: what does it fill in?"
    )
    knobs: ClassVar[Sequence[Knob]] = (
        Whole("depth", "depth", 1, 8, 3, "How many matrices are multiplied. With 1 there is nothing but the matrix itself."),
        Real("scale", "scale of the start", 1e-6, 1.0, 1e-3, "How large the product is at the start.", log=True),
        Whole("rank", "rank of the target", 1, 10, 5, "How many directions the matrix behind the entries has."),
        Real("share", "share of entries seen", 0.05, 1.0, 0.2, "The others are to be filled in."),
        Whole("rows", "rows", 10, 120, 100, "Of the matrix."),
        Whole("columns", "columns", 10, 120, 100, "Of the matrix."),
        Choice("start", "kind of start", STARTS, "gaussian", "How the matrices are drawn at first."),
        Choice("algorithm", "algorithm", ALGORITHMS, "flow", "What moves the matrices."),
        Real("rate", "learning rate", 1e-4, 2.0, 0.1, "Of all algorithms but the flow, which has none.", log=True),
        Whole("seed", "seed", 0, 9999, 0, "Of all that is drawn by chance."),
    )

    def check(self, values: Values) -> None:
        rows, columns, rank = values["rows"], values["columns"], values["rank"]
        if rank > min(rows, columns):
            raise BadKnob("rank", f"a matrix of {rows} by {columns} has no rank {rank}")
        need = max(rows, columns)
        if _seen(values) < 2 * need:
            least = math.ceil(1000 * 2 * need / (rows * columns)) / 1000
            raise BadKnob("share", f"so few entries leave rows or columns without any; {least:g} is the least at this shape")

    def lanes(self, values: Values) -> Sequence[Lane]:
        shape, seed = (values["rows"], values["columns"]), values["seed"]
        problem = MatrixCompletion.random(shape=shape, rank=values["rank"], observed=_seen(values), key=seed)
        words = {
            "problem": problem,
            "parametrization": DeepLinear(depth=values["depth"], shape=shape),
            "start": _start(values),
            "algorithm": algorithm(values),
            "record": _record(values),
            "until": stop(values),
            "key": seed + 1,
        }
        return [Lane("run", f"depth {values['depth']}", words)]

    def opening(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        problem = lanes[0].words["problem"]
        target = problem.target
        reach = float(np.quantile(np.abs(target), 0.99))
        return {
            "entries": problem.count,
            "charts": charts_json(_charts(values)),
            "rules": {
                "spectrum": [rule("y", size, "target") for size in np.linalg.svd(target, compute_uv=False)[: values["rank"]]],
                "nuclear": [rule("y", float(np.linalg.norm(target, "nuc")), "target")],
                "rank": [rule("y", _effective(target), "target")],
            },
            "pictures": {"target": picture(target, reach), "observed": picture(problem.observed, reach)},
        }

    def references(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        problem = lanes[0].words["problem"]
        found = nuclear_norm(problem, gap=1e-4, max_iterations=400)
        unseen = np.isnan(problem.observed)
        error = float(np.mean((found.predictor - problem.target)[unseen] ** 2)) if unseen.any() else None
        proof = f"certified to a relative gap of {found.gap:.0e}" if found.certified else "not yet certified"
        rules = {
            "nuclear": [rule("y", found.value, "least possible")],
            "rank": [rule("y", _effective(found.predictor), "of least nuclear norm")],
        }
        if error is not None:
            rules["losses"] = [rule("y", error, "unseen, least nuclear norm")]
        against = "" if error is None else f" Filling in by the least nuclear norm has an error of {error:.2g} on unseen entries."
        said = f"The least nuclear norm that agrees with what is seen is {found.value:.4g}, {proof}.{against}"
        return {"rules": rules, "sentence": said}

    def told(self, values: Values, lane: Lane, progress: Progress, history: History) -> Mapping[str, Any]:
        predictor = _product(progress.params)
        target = lane.words["problem"].target
        reach = float(np.quantile(np.abs(target), 0.99))
        foreseen = foresee(values, target, history)
        due = [rule("x", one.due, str(place + 1)) for place, one in enumerate(foreseen) if one.due is not None]
        came = [point(one.came, one.level) for one in foreseen if one.came is not None]
        return {
            "pictures": {"predictor": picture(predictor, reach), "error": picture(predictor - target, reach)},
            "rules": {"spectrum": [*due, *came]},
            "sentence": sentence(values, target, history, foreseen),
        }

    def closing(self, values: Values, lane: Lane, run: Any, history: History) -> Mapping[str, Any]:
        target = lane.words["problem"].target
        ending = run.outcome.sentence if run is not None else "stopped"
        return {"sentence": f"{sentence(values, target, history, foresee(values, target, history))} The run has {ending}."}

    def snippet(self, values: Values) -> str:
        return "\n".join(
            [
                "import jax",
                *(["import optax"] if values["algorithm"] == "adam" else []),
                "import thalweg as tw",
                "",
                'jax.config.update("jax_enable_x64", True)',
                "",
                "problem = tw.MatrixCompletion.random(",
                f"    shape=({values['rows']}, {values['columns']}), rank={values['rank']}, observed={_seen(values)}, "
                f"key={values['seed']}",
                ")",
                "run = tw.follow(",
                "    problem,",
                f"    tw.DeepLinear(depth={values['depth']}, shape=problem.shape),",
                f"    {_start_snippet(values)},",
                f"    {snippet_of(values)},",
                f"    record=[{', '.join(_record_snippets(values))}],",
                f"    until={stop_snippet(values)},",
                f"    key={values['seed'] + 1},",
                ")",
                "print(run)",
                "",
            ]
        )


def _charts(values: Values) -> list[Path | Picture]:
    velocities = [
        Series("measured_velocity", "measured"),
        Series("predicted_velocity", "predicted from the balanced flow", style="dash", group=1),
    ]
    errors = [Series("loss", "seen entries")]
    if values["share"] < 1:
        errors.append(Series("unobserved_error", "unseen entries", group=1))
    return [
        Path(
            "spectrum",
            "Singular values of the product",
            "Each curve is one direction. Across: the target's. Upright: when theory forecast each to be half learnt. Circles: "
            "when it was.",
            "singular value",
            [Series("singular_values", "singular values")],
        ),
        Path("losses", "Errors", "Mean squares over the entries.", "mean square", errors, scale="log"),
        Path(
            "velocity",
            "Speed of the singular values",
            "The theory says: depth times a power of the singular value times the pull of the loss.",
            "change per unit of time",
            velocities,
        ),
        Path(
            "nuclear",
            "Nuclear norm",
            "The sum of the singular values, beside the least that agrees with the seen entries.",
            "nuclear norm",
            [Series("nuclear_norm", "nuclear norm")],
        ),
        Path(
            "rank",
            "Effective rank",
            "How many directions the product has, weighed by their size.",
            "effective rank",
            [Series("effective_rank", "effective rank")],
        ),
        _imbalance(values["depth"]),
        Picture("predictor", "The product now", "What is filled in, entry by entry."),
        Picture("target", "The target", "What is behind the entries.", still=True),
        Picture("error", "The error now", "Product less target."),
        Picture("observed", "What is seen", "All that the algorithm knows; the rest is hidden from it.", still=True),
    ]


def _imbalance(depth: int) -> Path:
    what = "The flow keeps it; what a discrete algorithm adds is the error of its steps." if depth > 1 else "One matrix has none."
    return Path(
        "imbalance",
        "Imbalance of the factors",
        what,
        "imbalance",
        [Series("imbalance", "imbalance")],
        scale="log",
    )


def _effective(matrix: np.ndarray) -> float:
    r"""$\exp$ of the entropy of the singular values."""
    sizes = np.linalg.svd(matrix, compute_uv=False)
    shares = sizes[sizes > 0] / sizes.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def foresee(values: Values, target: np.ndarray, history: History) -> Sequence[Forecast]:
    """Forecasts of the target's directions, as far as they have been made; none where an algorithm has another law."""
    if values["algorithm"] not in FOLLOW_THE_LAW or (values["depth"] == 1 and values["share"] < 1):
        return []  # without depth a direction of the target is not one of the path, unless all entries are seen
    return forecasts(
        values["depth"], _sizes(values, target), history["time"], history["singular_values"], history["predicted_velocity"]
    )


def sentence(values: Values, target: np.ndarray, history: History, foreseen: Sequence[Forecast]) -> str:
    """What is being seen, from the numbers."""
    sizes, spectrum = _sizes(values, target), history["singular_values"][-1]
    learnt = int(sum(value >= LEARNT * size for value, size in zip(spectrum, sizes, strict=False)))
    others = spectrum[len(sizes) :]
    depth, of = values["depth"], f"{len(sizes)} direction{'s' if len(sizes) > 1 else ''}"
    said = f"Depth {depth} has learnt {learnt} of {of}"
    noise = float(others[0] / sizes[-1]) if len(others) else 0.0
    if learnt < len(sizes):
        due = _next_due(values, float(sizes[learnt]), learnt, history) if foreseen else None
        said += f"; the {_ordinal(learnt + 1)} is due at about t = {due:.3g}." if due is not None else "."
    elif noise > 0.1:
        said += f", and beyond them it has grown others, to {noise:.0%} of the last of them."
    else:
        said += ", and nothing else."
    kept = [(place, one) for place, one in enumerate(foreseen) if one.due is not None and one.came is not None]
    if kept:
        place, last = kept[-1]
        said += f" The {_ordinal(place + 1)} was forecast for t = {last.due:.4g} and came at t = {last.came:.4g}."
    unseen, seen = float(history["unobserved_error"][-1]) if "unobserved_error" in history else None, float(history["loss"][-1])
    if unseen is not None:
        said += f" Mean square error {seen:.2g} on seen entries, {unseen:.2g} on unseen ones."
    return said


def _next_due(values: Values, size: float, place: int, history: History) -> float | None:
    """When the direction that comes next is due, from where it is now."""
    now, value, speed = (history[name][-1] for name in ("time", "singular_values", "predicted_velocity"))
    return due_time(values["depth"], size, float(now), float(value[place]), float(speed[place]))


def _sizes(values: Values, target: np.ndarray) -> np.ndarray:
    """The singular values of the target's directions."""
    return np.linalg.svd(target, compute_uv=False)[: values["rank"]]


def _ordinal(count: int) -> str:
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return words[count - 1] if count <= len(words) else f"{count}th"


def _seen(values: Values) -> int:
    return round(values["share"] * values["rows"] * values["columns"])


def _record(values: Values) -> list[Any]:
    count = min(SHOWN, values["rows"], values["columns"])
    everything = [
        Loss(),
        SingularValues(count),
        PredictedVelocity(count),
        MeasuredVelocity(count),
        NuclearNorm(),
        EffectiveRank(),
        Imbalance(),
    ]
    return [*everything, ReconstructionError("unobserved")] if values["share"] < 1 else everything


def _record_snippets(values: Values) -> list[str]:
    count = min(SHOWN, values["rows"], values["columns"])
    names = [f"tw.{name}({count})" for name in ("SingularValues", "PredictedVelocity", "MeasuredVelocity")]
    rest = ["tw.NuclearNorm()", "tw.EffectiveRank()", "tw.Imbalance()"]
    return ["tw.Loss()", *names, *rest, *(['tw.ReconstructionError("unobserved")'] if values["share"] < 1 else [])]


def _start(values: Values) -> Any:
    return {"gaussian": Gaussian, "balanced": Balanced, "orthogonal": Orthogonal, "identity": Identity}[values["start"]](
        values["scale"]
    )


def _start_snippet(values: Values) -> str:
    return f"tw.{values['start'].capitalize()}({values['scale']!r})"


def _product(factors: Sequence[np.ndarray]) -> np.ndarray:
    product = factors[0]
    for factor in factors[1:]:
        product = factor @ product
    return product
