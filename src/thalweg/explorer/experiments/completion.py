"""Matrix completion by gradient descent on a product of matrices, live."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from thalweg.exact import nuclear_norm
from thalweg.explorer.experiments.algorithms import ALGORITHMS, algorithm, snippet_of, stop, stop_snippet
from thalweg.explorer.experiments.base import AbstractExperiment, History, Lane, Values
from thalweg.explorer.experiments.charts import Path, Picture, Series, charts_json, rule
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
LEARNT = 0.5
"""The part of a target's singular value from which on a direction counts as learnt."""
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
        dues = due_times(values, target, history)
        due = [rule("x", when, f"{_ordinal(place + 1)} due") for place, when in enumerate(dues) if when is not None]
        return {
            "pictures": {"predictor": picture(predictor, reach), "error": picture(predictor - target, reach)},
            "rules": {"spectrum": due[:1]},
            "sentence": sentence(values, target, history, dues),
        }

    def closing(self, values: Values, lane: Lane, run: Any, history: History) -> Mapping[str, Any]:
        target = lane.words["problem"].target
        ending = run.outcome.sentence if run is not None else "stopped"
        return {"sentence": f"{sentence(values, target, history, [])} The run has {ending}."}

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
            "Each curve is one direction. Dashed across: the target's. Dashed upright: when the next is due to be half learnt.",
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
        Path(
            "imbalance",
            "Imbalance of the factors",
            "The flow keeps it; what a discrete algorithm adds is the error of its steps.",
            "imbalance",
            [Series("imbalance", "imbalance")],
            scale="log",
        ),
        Picture("predictor", "The product now", "What is filled in, entry by entry."),
        Picture("target", "The target", "What is behind the entries.", still=True),
        Picture("error", "The error now", "Product less target."),
        Picture("observed", "What is seen", "All that the algorithm knows; the rest is hidden from it.", still=True),
    ]


def _effective(matrix: np.ndarray) -> float:
    r"""$\exp$ of the entropy of the singular values."""
    sizes = np.linalg.svd(matrix, compute_uv=False)
    shares = sizes[sizes > 0] / sizes.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def due_times(values: Values, target: np.ndarray, history: History) -> list[float | None]:
    r"""When each direction is due to be half learnt, from where it is: $\dot\sigma = N\sigma^{2-2/N} g$ with $g$ as it is now.

    None where it has been learnt or does not grow.
    """
    sizes = np.linalg.svd(target, compute_uv=False)[: values["rank"]]
    now, depth = float(history["time"][-1]), values["depth"]
    spectrum, velocity = history["singular_values"][-1], history["predicted_velocity"][-1]
    found: list[float | None] = []
    for size, value, speed in zip(sizes, spectrum, velocity, strict=False):
        end, value = LEARNT * float(size), float(max(value, 1e-300))
        if value >= end or speed <= 0 or values["algorithm"] != "flow":
            found.append(None)
            continue
        pull = float(speed) / (depth * value ** (2 - 2 / depth))
        found.append(now + way(value, end, depth) / (depth * pull))
    return [None if when is None or not math.isfinite(when) else when for when in found]


def way(start: float, end: float, depth: int) -> float:
    r"""$\int_{start}^{end} \sigma^{2/N-2}\,d\sigma$: how long a unit pull takes, $N$ times.

    Examples:
        >>> way(1.0, 3.0, 1), round(way(1.0, math.e, 2), 12)
        (2.0, 1.0)
    """
    if depth == 2:
        return math.log(end / start)
    power = 2 / depth - 1
    return (end**power - start**power) / power


def sentence(values: Values, target: np.ndarray, history: History, dues: Sequence[float | None]) -> str:
    """What is being seen, from the numbers."""
    sizes = np.linalg.svd(target, compute_uv=False)[: values["rank"]]
    spectrum = history["singular_values"][-1]
    learnt = int(sum(value >= LEARNT * size for value, size in zip(spectrum, sizes, strict=False)))
    others = spectrum[len(sizes) :]
    depth, of = values["depth"], f"{len(sizes)} direction{'s' if len(sizes) > 1 else ''}"
    said = f"Depth {depth} has learnt {learnt} of {of}"
    noise = float(others[0] / sizes[-1]) if len(others) else 0.0
    if learnt < len(sizes):
        due = next((when for when in dues[learnt:] if when is not None), None)
        said += f"; the {_ordinal(learnt + 1)} is due at about t = {due:.3g}." if due is not None else "."
    elif noise > 0.1:
        said += f", and beyond them it has grown others, to {noise:.0%} of the last of them."
    else:
        said += ", and nothing else."
    unseen, seen = float(history["unobserved_error"][-1]) if "unobserved_error" in history else None, float(history["loss"][-1])
    if unseen is not None:
        said += f" Mean square error {seen:.2g} on seen entries, {unseen:.2g} on unseen ones."
    return said


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
