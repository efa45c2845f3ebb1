"""Fewer samples than coefficients, from a start of any scale: between a kernel method and a search for few coefficients."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.explorer.experiments.base import AbstractExperiment, History, Lane, Values
from thalweg.explorer.experiments.charts import Path, Picture, Profile, Series, charts_json, rule
from thalweg.explorer.experiments.diagonal_family import DiagonalFamily
from thalweg.explorer.experiments.families import FINEST, AbstractFamily, Exact
from thalweg.explorer.experiments.matrix_family import MatrixFamily
from thalweg.explorer.knobs import BadKnob, Choice, Knob, Real, Whole
from thalweg.observables.distance import DistanceTo
from thalweg.observables.loss import Loss
from thalweg.observables.predictor import Predictor
from thalweg.trajectory.follow import Progress
from thalweg.trajectory.regime import KERNEL, RICH, Regime, regime
from thalweg.trajectory.schedule import EverySteps
from thalweg.trajectory.stop import Gradients, LossBelow

FOUND = 0.5
"""A planted coefficient counts as found within this part of it."""
FAMILIES: Mapping[str, AbstractFamily] = {"diagonal": DiagonalFamily(), "matrix": MatrixFamily()}
MODELS = {"diagonal": "diagonal network", "matrix": "matrix factorization"}


class KernelOrRich(AbstractExperiment):
    """A scale that turns one solution into another: the path of the coefficients beside the exact limit and its extremes."""

    name: ClassVar[str] = "kernel"
    title: ClassVar[str] = "Kernel or rich"
    question: ClassVar[str] = (
        "There are more coefficients than samples, so that many solutions fit them all. Gradient flow picks one by the scale of "
        "its start: from a large one that of a kernel method, from a small one that with few coefficients, which for a matrix "
        "is one of low rank. Where is the turn?"
    )
    knobs: ClassVar[Sequence[Knob]] = (
        Choice(
            "model",
            "model",
            MODELS,
            "diagonal",
            "The coefficients are those of a vector, or the eigenvalues of a product of square matrices.",
        ),
        Real(
            "scale",
            "scale of the start",
            1e-6,
            10.0,
            1e-3,
            "Of every parameter, where coefficients begin at zero; or of each matrix, as a multiple of the identity.",
            log=True,
        ),
        Whole(
            "depth",
            "depth",
            2,
            5,
            2,
            "A coefficient is the difference of two parameters, each to this power; or this many matrices are multiplied.",
        ),
        Whole("coefficients", "coefficients", 10, 100, 60, "How many there are to be found: eigenvalues, of a matrix."),
        Whole("samples", "samples", 3, 99, 30, "How many there are to find them by; fewer than coefficients."),
        Whole(
            "sparsity", "coefficients not zero", 1, 20, 5, "Of what is planted, that the samples come from; of a matrix the rank."
        ),
        Whole("seed", "seed", 0, 9999, 0, "Of the samples and of what is planted."),
    )
    unsent: ClassVar[frozenset[str]] = frozenset({"predictor"})

    def check(self, values: Values) -> None:
        size, samples = values["coefficients"], values["samples"]
        if samples >= size:
            raise BadKnob(
                "samples", f"{samples} samples leave one solution for {size} coefficients: take fewer, so that there is a choice"
            )
        if values["sparsity"] > size:
            raise BadKnob("sparsity", f"of {size} coefficients no {values['sparsity']} can be other than zero")
        family_of(values).check(values)

    def lanes(self, values: Values) -> Sequence[Lane]:
        family = family_of(values)
        words = {
            **family.asked(values),
            "algorithm": GradientFlow(rtol=1e-4, solver="rock4"),
            "record": [
                Loss(),
                Predictor(),
                *(DistanceTo(one.predictor, name=one.record) for one in family.exact(values)),
            ],
            "until": LossBelow(FINEST) | Gradients(family.most_gradients),
            "at": EverySteps(family.interval(values)),
            "key": values["seed"],
        }
        return [Lane("run", family.label(values), words)]

    def opening(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        family = family_of(values)
        planted, exact = family.planted(values), family.exact(values)
        still = [{"label": one.label, "values": one.coefficients} for one in exact]
        norms = sorted((one.norm, one.rule) for one in exact)
        return {
            "axis": "log",
            "charts": charts_json(_charts(family, exact)),
            "profiles": {"coefficients": [*still, {"label": "planted", "values": planted}]},
            "rules": {
                "l1": [rule("y", norm, label) for norm, label in norms],
                "paths": [rule("y", float(value), "planted") for value in planted if value],
            },
            "pictures": family.pictured(values, None),
        }

    def references(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        return {"sentence": family_of(values).reference(values)}

    def told(self, values: Values, lane: Lane, progress: Progress, history: History) -> Mapping[str, Any]:
        predictor = history["predictor"][-1]
        return {"sentence": _sentence(values, predictor), "pictures": family_of(values).pictured(values, predictor)}

    def derived(self, values: Values, lane: Lane, records: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        family, predictors = family_of(values), records["predictor"]
        coefficients = family.coefficients(values, predictors)
        more = family.derived(values, predictors)
        return {"coefficients": coefficients, "l1_norm": np.abs(coefficients).sum(axis=1), **more}

    def closing(self, values: Values, lane: Lane, run: Any, history: History) -> Mapping[str, Any]:
        said = _sentence(values, history["predictor"][-1])
        added = family_of(values).added(values, history["predictor"])
        said = f"{said} {added}" if added else said
        if run is None:
            return {"sentence": f"{said} The run has stopped."}
        return {"sentence": f"{said} {_regime(regime(run, twin=False))} The run has ended: {run.outcome.sentence}."}

    def snippet(self, values: Values) -> str:
        family = family_of(values)
        network, start = family.called(values)
        distances = [f'        tw.DistanceTo({one.python}, name="{one.record}"),' for one in family.exact(values)]
        return "\n".join(
            [
                "import jax",
                "import numpy as np",
                "import thalweg as tw",
                "",
                'jax.config.update("jax_enable_x64", True)',
                "",
                *family.lines(values),
                "",
                "run = tw.follow(",
                "    problem,",
                f"    {network},",
                f"    {start},",
                '    tw.GradientFlow(rtol=1e-4, solver="rock4"),',
                "    record=[",
                "        tw.Loss(),",
                "        tw.Predictor(),",
                *distances,
                "    ],",
                f"    until=tw.LossBelow({FINEST:g}) | tw.Gradients({family.most_gradients}),",
                f"    at=tw.EverySteps({family.interval(values)}),",
                f"    key={values['seed']},",
                ")",
                "print(run)",
                "print(tw.regime(run, twin=False))",
                "",
            ]
        )


def family_of(values: Values) -> AbstractFamily:
    """The family that the knob `model` names."""
    return FAMILIES[values["model"]]


def _sentence(values: Values, predictor: np.ndarray) -> str:
    family = family_of(values)
    limit, least, _ = family.exact(values)
    return sentence(values, family.coefficients(values, predictor[None])[0], limit.coefficients, least.coefficients)


def sentence(values: Values, now: np.ndarray, limit: np.ndarray, least: np.ndarray) -> str:
    """What is being seen, from the coefficients now, in the exact limit, and of the least norm."""
    family = family_of(values)
    planted, words = family.planted(values), family.words
    there = planted != 0
    right = int(np.sum(np.abs(now - planted)[there] <= FOUND * np.abs(planted[there])))
    of = f"{int(there.sum())} planted {words.one}{'s' if there.sum() > 1 else ''}"
    ratio, end = (float(np.abs(one).sum() / np.abs(least).sum()) for one in (now, limit))
    return (
        f"From scale {values['scale']:.3g} the path has found {right} of {of} and is at "
        f"{ratio:.2f} times the least {words.norm}; the exact limit is at {end:.2f}."
    )


def _regime(found: Regime) -> str:
    """How far the run has gone from the kernel of its start, in words."""
    name = "the kernel regime" if found.score <= KERNEL else "the rich regime" if found.score >= RICH else "between the two"
    return (
        f"This is {name}: of the tangent kernels at start and end the score is {found.score:.2g}, where 0 is a kernel method and "
        f"1 the other end."
    )


def _charts(family: AbstractFamily, exact: Sequence[Exact]) -> list[Path | Profile | Picture]:
    words = family.words
    many = f"{words.one}s"
    return [
        Profile("coefficients", f"The {many} now", words.now, words.one, "coefficients", f"number of the {words.one}"),
        Path("paths", f"Paths of the {many}", words.paths, words.one, [Series("coefficients", many)]),
        Path("l1", words.title, words.sizes, words.norm, [Series("l1_norm", words.norm)]),
        Path(
            "distances",
            "Distances from what it may tend to",
            "The flow tends to the exact limit for its scale, and to no other solution.",
            "distance",
            [Series(one.record, f"to the {one.label}", group=k) for k, one in enumerate(exact)],
            scale="log",
        ),
        Path("losses", "Loss", words.loss, "loss", [Series("loss", "samples")], scale="log"),
        *family.pictures(),
    ]
