"""Points in the plane that a line separates: which of the separating lines does each algorithm tend to?"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from thalweg.algorithms.dual_momentum import DualMomentum
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.margin_descent import NormalizedGradientDescent
from thalweg.algorithms.optax_algorithm import Optax
from thalweg.algorithms.steepest_descent import SteepestDescent
from thalweg.exact import hard_margin
from thalweg.explorer.experiments.base import AbstractExperiment, History, Lane, Values
from thalweg.explorer.experiments.charts import Path, Plane, Series, charts_json, rule
from thalweg.explorer.knobs import BadKnob, Choice, Choices, Knob, Points, Real
from thalweg.initializations.given import Given
from thalweg.observables.loss import Loss
from thalweg.observables.margins import NormalizedMargin
from thalweg.observables.predictor import Predictor
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.classification import Classification
from thalweg.trajectory.follow import Progress
from thalweg.trajectory.schedule import LogSteps
from thalweg.trajectory.stop import Steps

Placed = tuple[tuple[float, float, int], ...]
START: Placed = (
    (2.4, 0.3, 1),
    (2.6, 2.0, 1),
    (2.5, 2.3, 1),
    (0.6, -0.2, 1),
    (1.0, 0.4, 1),
    (2.4, 1.9, 1),
    (-2.5, -1.0, -1),
    (-2.5, -1.6, -1),
    (-3.1, 0.8, -1),
    (-2.4, 0.0, -1),
    (-3.2, 2.7, -1),
    (-2.1, 0.1, -1),
)
NORMS = {"l2": 2, "l1": 1, "linf": math.inf}
NARROWEST = 1e-3
"""The least margin that is taken on: at narrower ones nothing is seen within the steps that there are."""
PER_DECADE = 40


@dataclass(frozen=True)
class Kind:
    """An algorithm of the page.

    Attributes:
        label: on the page. norm: the one whose largest margin the theory says it finds. logarithm: whether it is given the
            logarithm of the loss.
    """

    label: str
    norm: str
    logarithm: bool = True


KINDS: Mapping[str, Kind] = {
    "descent": Kind("gradient descent", "l2", logarithm=False),
    "normalized": Kind("normalized gradient descent", "l2"),
    "momentum": Kind("momentum in the dual", "l2"),
    "coordinate": Kind("coordinate descent", "l1"),
    "sign": Kind("sign descent", "linf"),
    "adam": Kind("Adam", "linf"),
}


class Margins(AbstractExperiment):
    """Points that a reader places, algorithms side by side, and the certified largest margins that they tend to."""

    name: ClassVar[str] = "margins"
    title: ClassVar[str] = "Margins"
    question: ClassVar[str] = (
        "Two classes of points that many lines separate: the loss falls forever, and the line turns meanwhile. Each algorithm "
        "tends to the largest margin, in a norm of its own. Which line is that, and who is there soon?"
    )
    knobs: ClassVar[Sequence[Knob]] = (
        Points("points", "points", START, "Click to place, drag to move."),
        Choices(
            "algorithms",
            "algorithms",
            {name: kind.label for name, kind in KINDS.items()},
            ("descent", "normalized", "momentum", "coordinate", "sign"),
            "Each draws a line of its own.",
        ),
        Choice(
            "line",
            "the line",
            {"zero": "passes through zero", "free": "lies anywhere"},
            "zero",
            "Anywhere: every point has a third coordinate, which is 1, and the norms count its coefficient too.",
        ),
        Real(
            "rate",
            "rate, as a part of what the theory allows",
            0.01,
            10.0,
            1.0,
            "Of every algorithm by its own theory, so that 1 suits all of them; beyond it there is no promise.",
            log=True,
        ),
        Real("steps", "steps", 100.0, 100_000.0, 20_000.0, "Of every algorithm.", log=True),
        Choice(
            "loss",
            "loss",
            {"exponential": "exponential", "logistic": "logistic"},
            "exponential",
            "Both have the same tail, and so the same limits.",
        ),
    )

    def check(self, values: Values) -> None:
        try:
            best = certified(values["points"], values["line"])
        except ValueError:
            through = "through zero " if values["line"] == "zero" else ""
            more = " A line that lies anywhere does." if values["line"] == "zero" and _separable(values["points"]) else ""
            raise BadKnob(
                "points", f"no line {through}separates the two classes, so that no margin is positive: move a point.{more}"
            ) from None
        if best["l2"].value < NARROWEST:
            raise BadKnob(
                "points", f"the largest margin is {best['l2'].value:.1g}, too narrow to be seen here: move the points apart"
            )

    def lanes(self, values: Values) -> Sequence[Lane]:
        problem = problem_of(values["points"], values["line"], values["loss"])
        return [
            Lane(
                name,
                KINDS[name].label,
                {
                    "problem": problem.log if KINDS[name].logarithm else problem,
                    "parametrization": DeepLinear(depth=1, shape=problem.shape),
                    "start": Given([np.zeros(problem.shape)]),
                    "algorithm": _algorithm(name, rate_of(name, values)),
                    "record": [Loss(), Predictor(), *(NormalizedMargin(norm) for norm in NORMS.values())],
                    "until": Steps(round(values["steps"])),
                    "at": LogSteps(PER_DECADE),
                    "key": 0,
                },
            )
            for name in values["algorithms"]
        ]

    def opening(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        best = certified(values["points"], values["line"])
        return {
            "heading": f"{len(values['points'])} points, {values['loss']} loss",
            "axis": "log",
            "charts": charts_json(_charts()),
            "rules": {f"margin_{norm}": [rule("y", solution.value, "largest")] for norm, solution in best.items()},
            "planes": {
                "plane": [
                    {"label": f"largest {_said(norm)} margin", "normal": solution.predictor[0].tolist()}
                    for norm, solution in best.items()
                ]
            },
        }

    def references(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        best = certified(values["points"], values["line"])
        told = ", ".join(f"{solution.value:.4g} in {_said(norm)}" for norm, solution in best.items())
        held = int(np.sum(best["l2"].dual > 0))
        worst = max(max(solution.gap, 1e-16) for solution in best.values())
        plural = "s hold" if held > 1 else " holds"
        return {
            "sentence": f"The largest margins are {told}, each certified to a relative gap of {worst:.0e} or less. "
            f"{held} point{plural} the line of the l2 margin in place."
        }

    def told(self, values: Values, lane: Lane, progress: Progress, history: History) -> Mapping[str, Any]:
        return {"sentence": sentence(values, lane.name, history)}

    def derived(self, values: Values, lane: Lane, records: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        return further(values, lane.name, records)

    def closing(self, values: Values, lane: Lane, run: Any, history: History) -> Mapping[str, Any]:
        if run is not None and run.outcome.kind == "diverged":
            return {"sentence": f"{lane.label.capitalize()} has {run.outcome.sentence}."}
        return {"sentence": sentence(values, lane.name, history)}

    def snippet(self, values: Values) -> str:
        rows = [f"    {[point[k] for point in values['points']]!r}," for k in (0, 1)]
        rows += [f"    {[1.0] * len(values['points'])!r}," if values["line"] == "free" else ""]
        algorithms = [f'    "{name}": {_algorithm_snippet(name, rate_of(name, values))},' for name in values["algorithms"]]
        plain = sorted(name for name in values["algorithms"] if not KINDS[name].logarithm)
        given = f"problem if name in {plain!r} else problem.log" if plain else "problem.log"
        return "\n".join(
            [
                "import jax",
                "import numpy as np",
                *(["import optax"] if "adam" in values["algorithms"] else []),
                "import thalweg as tw",
                "",
                'jax.config.update("jax_enable_x64", True)',
                "",
                "inputs = [",
                *(row for row in rows if row),
                "]",
                f"labels = {[point[2] for point in values['points']]!r}",
                f'problem = tw.Classification(inputs, labels, loss="{values["loss"]}")',
                "algorithms = {",
                *algorithms,
                "}",
                "runs = {",
                "    name: tw.follow(",
                f"        {given},",
                "        tw.DeepLinear(depth=1, shape=problem.shape),",
                "        tw.Given([np.zeros(problem.shape)]),",
                "        algorithm,",
                "        record=[",
                "            tw.Loss(),",
                "            tw.Predictor(),",
                "            tw.NormalizedMargin(2),",
                "            tw.NormalizedMargin(1),",
                "            tw.NormalizedMargin(np.inf),",
                "        ],",
                f"        until=tw.Steps({round(values['steps'])}),",
                f"        at=tw.LogSteps({PER_DECADE}),",
                "        key=0,",
                "    )",
                "    for name, algorithm in algorithms.items()",
                "}",
                "for name, run in runs.items():",
                "    print(name, run)",
                "for norm in (2, 1, np.inf):",
                "    print(tw.exact.hard_margin(problem, norm))",
                "",
            ]
        )


def problem_of(points: Placed, line: str, loss: str = "exponential") -> Classification:
    """The points as samples, with a third coordinate where the line lies anywhere."""
    rows = [[point[0] for point in points], [point[1] for point in points]]
    if line == "free":
        rows.append([1.0] * len(points))
    return Classification(rows, [point[2] for point in points], loss=loss)


@functools.lru_cache(maxsize=32)
def certified(points: Placed, line: str) -> Mapping[str, Any]:
    """The largest margin in each norm.

    Raises:
        ValueError: no line separates the points.
    """
    problem = problem_of(points, line)
    return {name: hard_margin(problem, norm) for name, norm in NORMS.items()}


def rate_of(name: str, values: Values) -> float:
    """The rate of an algorithm: the part that is asked for of one over how much the slope of its loss may change."""
    signed = np.asarray(problem_of(values["points"], values["line"]).signed)
    longest = {norm: float(np.linalg.norm(signed, power, axis=0).max()) for norm, power in NORMS.items()}
    if name == "descent" and values["loss"] == "logistic":
        return values["rate"] * 4 * signed.shape[1] / float(np.linalg.norm(signed, 2)) ** 2
    if name == "adam":
        return values["rate"] * 0.1 / longest["l2"]
    # of the logarithm of the loss, in the norm of the steps, by the longest sample in the dual one
    dual = {"l2": "l2", "l1": "linf", "linf": "l1"}[KINDS[name].norm]
    return values["rate"] / longest[dual] ** 2


def further(values: Values, name: str, fresh: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is computed from records: the share missing of an algorithm's own margin, the angle to the l2 one, powers of ten."""
    best, own = certified(values["points"], values["line"]), KINDS[name].norm
    normals = fresh["predictor"][:, 0]
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    units = normals / np.where(lengths > 0, lengths, np.nan)
    apart = np.linalg.norm(units - best["l2"].predictor[0], axis=1)
    missing = 1 - fresh[margin_record(own)] / best[own].value
    loss = fresh["loss"]
    with np.errstate(divide="ignore", invalid="ignore"):
        fallen = -loss / math.log(10.0) if KINDS[name].logarithm else -np.log10(loss)
    return {
        "missing": np.where(lengths[:, 0] > 0, missing, np.nan),
        "angle": np.degrees(2 * np.arcsin(np.minimum(apart / 2, 1.0))),
        "fallen": np.where(fallen > 0, fallen, np.nan),
    }


def sentence(values: Values, name: str, history: History) -> str:
    """What is being seen of one algorithm, from its numbers."""
    own, steps = KINDS[name].norm, int(history["steps"][-1])
    last = {record: history[record][-1:] for record in ("predictor", "loss", margin_record(own))}
    found = further(values, name, last)
    label, missing, angle = KINDS[name].label, float(found["missing"][0]), float(found["angle"][0])
    if not math.isfinite(missing):
        return f"At the start {label} is at zero, where there is no line yet."
    if missing >= 1:
        return f"After {steps} steps {label} has points on the wrong side of its line."
    off = "off" if own == "l2" else "from that of the largest l2 margin"
    return (
        f"After {steps} steps {label} has {_all_but(missing)} of the largest {_said(own)} margin; its line is {angle:.2g}° {off}."
    )


def margin_record(norm: str) -> str:
    """The name that `NormalizedMargin` records under."""
    return NormalizedMargin(NORMS[norm]).name


def _all_but(missing: float) -> str:
    """A share in words, by what is missing of it."""
    if missing <= 1e-12:
        return "all"
    return f"all but {100 * missing:.2g}%" if missing >= 1e-4 else f"all but {missing:.0e}"


def _said(norm: str) -> str:
    return {"l2": "l2", "l1": "l1", "linf": "l∞"}[norm]


def _separable(points: Placed) -> bool:
    try:
        certified(points, "free")
    except ValueError:
        return False
    return True


def _algorithm(name: str, rate: float) -> Any:
    if name == "adam":
        import optax

        return Optax(optax.adam, learning_rate=rate)
    return {
        "descent": GradientDescent,
        "normalized": NormalizedGradientDescent,
        "momentum": DualMomentum,
        "coordinate": functools.partial(SteepestDescent, 1),
        "sign": functools.partial(SteepestDescent, math.inf),
    }[name](rate)


def _algorithm_snippet(name: str, rate: float) -> str:
    return {
        "descent": f"tw.GradientDescent({rate!r})",
        "normalized": f"tw.NormalizedGradientDescent({rate!r})",
        "momentum": f"tw.DualMomentum({rate!r})",
        "coordinate": f"tw.SteepestDescent(1, {rate!r})",
        "sign": f"tw.SteepestDescent(np.inf, {rate!r})",
        "adam": f"tw.Optax(optax.adam, learning_rate={rate!r})",
    }[name]


def _charts() -> list[Path | Plane]:
    margins = [
        Path(
            f"margin_{norm}",
            f"The {_said(norm)} margin",
            f"The margin of the last point, over the {_said(norm)} norm of the coefficients. Across: the largest that there is.",
            "normalized margin",
            [Series(margin_record(norm), _said(norm))],
            x="steps",
        )
        for norm in NORMS
    ]
    return [
        Plane(
            "plane",
            "The line of each algorithm",
            "Dashed: the lines of the largest margins, computed otherwise.",
            "points",
            "predictor",
        ),
        Path(
            "missing",
            "What is missing of the largest margin",
            "Of each algorithm in its own norm. Plain descent loses it as slowly as one over the logarithm of the steps.",
            "share missing",
            [Series("missing", "share missing")],
            scale="log",
            x="steps",
        ),
        Path(
            "angle",
            "Angle to the largest l2 margin",
            "Algorithms of other norms may stay away from it.",
            "degrees",
            [Series("angle", "angle")],
            scale="log",
            x="steps",
        ),
        *margins,
        Path(
            "loss",
            "How far the loss has fallen",
            "In powers of ten: at 300 it is below any number that a computer keeps, and the line still turns.",
            "powers of ten",
            [Series("fallen", "powers of ten")],
            scale="log",
            x="steps",
        ),
    ]
