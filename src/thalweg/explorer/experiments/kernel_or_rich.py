"""Least squares by a diagonal network, from a start of any scale: between a kernel method and a search for few coefficients."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.exact import least_l1, least_l2, least_potential
from thalweg.explorer.experiments.base import AbstractExperiment, History, Lane, Values
from thalweg.explorer.experiments.charts import Path, Profile, Series, charts_json, rule
from thalweg.explorer.knobs import BadKnob, Knob, Real, Whole
from thalweg.initializations.constant import Constant
from thalweg.observables.distance import DistanceTo
from thalweg.observables.loss import Loss
from thalweg.observables.predictor import Predictor
from thalweg.parametrizations.diagonal import Diagonal
from thalweg.potentials import DiagonalBias
from thalweg.problems.linear_regression import LinearRegression
from thalweg.trajectory.follow import Progress
from thalweg.trajectory.regime import KERNEL, RICH, Regime, regime
from thalweg.trajectory.schedule import EverySteps
from thalweg.trajectory.stop import Gradients, LossBelow

FOUND = 0.5
"""The part of a planted coefficient from which on it counts as found."""
LEAST = {2: 1e-6, 3: 1e-4, 4: 1e-2, 5: 3e-2}
"""The least scale at each depth from which coefficients leave zero within the work that a reader may ask for."""
FINEST, MOST_GRADIENTS = 1e-7, 60_000


class KernelOrRich(AbstractExperiment):
    """A scale that turns one solution into another: the path of the coefficients beside the exact limit and its extremes."""

    name: ClassVar[str] = "kernel"
    title: ClassVar[str] = "Kernel or rich"
    question: ClassVar[str] = (
        "There are more coefficients than samples, so that many solutions fit them all. Gradient flow picks one by the scale of "
        "its start: from a large one that of a kernel method, from a small one that with few coefficients. Where is the turn?"
    )
    knobs: ClassVar[Sequence[Knob]] = (
        Real("scale", "scale of the start", 1e-6, 10.0, 1e-3, "Of every parameter; the coefficients begin at zero.", log=True),
        Whole("depth", "depth", 2, 5, 2, "A coefficient is the difference of two parameters, each to this power."),
        Whole("coefficients", "coefficients", 10, 100, 60, "How many there are to be found."),
        Whole("samples", "samples", 3, 99, 30, "How many there are to find them by; fewer than coefficients."),
        Whole("sparsity", "coefficients not zero", 1, 20, 5, "Of the planted vector that the outputs come from."),
        Whole("seed", "seed", 0, 9999, 0, "Of the inputs and of the planted vector."),
    )

    def check(self, values: Values) -> None:
        size, samples, depth = values["coefficients"], values["samples"], values["depth"]
        if samples >= size:
            raise BadKnob(
                "samples", f"{samples} samples leave one solution for {size} coefficients: take fewer, so that there is a choice"
            )
        if values["sparsity"] > size:
            raise BadKnob("sparsity", f"of {size} coefficients no {values['sparsity']} can be other than zero")
        if values["scale"] < LEAST[depth]:
            raise BadKnob(
                "scale",
                f"from a scale of {values['scale']:.2g} at depth {depth} the coefficients stay at zero for longer than can be "
                f"followed here; {LEAST[depth]:g} is the least at this depth",
            )

    def lanes(self, values: Values) -> Sequence[Lane]:
        problem = _problem(values)
        limit, l1, l2 = _exact(values, problem)
        words = {
            "problem": problem,
            "parametrization": Diagonal(size=values["coefficients"], depth=values["depth"]),
            "start": Constant(values["scale"]),
            "algorithm": GradientFlow(rtol=1e-4, solver="rock4"),
            "record": [
                Loss(),
                Predictor(),
                DistanceTo(limit.predictor, name="to_limit"),
                DistanceTo(l1.predictor, name="to_least_l1"),
                DistanceTo(l2.predictor, name="to_least_l2"),
            ],
            "until": LossBelow(FINEST) | Gradients(MOST_GRADIENTS),
            "at": EverySteps(_interval(values)),
            "key": values["seed"],
        }
        return [Lane("run", f"depth {values['depth']}, scale {values['scale']:.3g}", words)]

    def opening(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        _, planted = drawn(values)
        vectors = [("exact limit for this scale", "to_limit"), ("least l1", "to_least_l1"), ("least l2", "to_least_l2")]
        still = [{"label": label, "values": _point(lanes[0], name)} for label, name in vectors]
        sizes = {name: float(np.abs(_point(lanes[0], name)).sum()) for name in ("to_least_l1", "to_limit", "to_least_l2")}
        return {
            "axis": "log",
            "charts": charts_json(_charts()),
            "profiles": {"coefficients": [*still, {"label": "planted", "values": planted}]},
            "rules": {
                "l1": _labelled(list(sizes.values()), ["least possible", "exact limit", "of least l2 norm"]),
                "paths": [rule("y", float(value), "planted") for value in planted if value],
            },
        }

    def references(self, values: Values, lanes: Sequence[Lane]) -> Mapping[str, Any]:
        limit, l1, l2 = _exact(values, lanes[0].words["problem"])
        norms = [float(np.abs(found.predictor).sum()) for found in (l1, limit, l2)]
        gaps = [max(found.gap, 1e-16) for found in (l1, limit, l2)]
        return {
            "sentence": f"Of all solutions the least l1 norm is {norms[0]:.4g}, and the planted vector has "
            f"{float(np.abs(drawn(values)[1]).sum()):.4g}. The exact limit of the flow from this scale, the solution that it is "
            f"biased to, has {norms[1]:.4g}; the one of least l2 norm, which a kernel method finds, {norms[2]:.4g}. "
            f"Certified to relative gaps of {gaps[0]:.0e}, {gaps[1]:.0e} and {gaps[2]:.0e}.",
        }

    def told(self, values: Values, lane: Lane, progress: Progress, history: History) -> Mapping[str, Any]:
        said = sentence(values, history["predictor"][-1, 0], _point(lane, "to_limit"), _point(lane, "to_least_l1"))
        return {"sentence": said}

    def derived(self, values: Values, lane: Lane, records: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        return {"l1_norm": np.abs(records["predictor"]).sum(axis=(1, 2))}

    def closing(self, values: Values, lane: Lane, run: Any, history: History) -> Mapping[str, Any]:
        said = sentence(values, history["predictor"][-1, 0], _point(lane, "to_limit"), _point(lane, "to_least_l1"))
        if run is None:
            return {"sentence": f"{said} The run has stopped."}
        return {"sentence": f"{said} {_regime(regime(run, twin=False))} The run has ended: {run.outcome.sentence}."}

    def snippet(self, values: Values) -> str:
        size, samples, few, depth = (values[name] for name in ("coefficients", "samples", "sparsity", "depth"))
        return "\n".join(
            [
                "import jax",
                "import numpy as np",
                "import thalweg as tw",
                "",
                'jax.config.update("jax_enable_x64", True)',
                "",
                f"rng = np.random.default_rng({values['seed']})",
                f"inputs = rng.normal(size=({size}, {samples}))",
                f"planted = np.zeros({size})",
                f"places = rng.choice({size}, size={few}, replace=False)",
                f"planted[places] = rng.choice([-1.0, 1.0], size={few}) * np.linspace(1.5, 0.5, {few})",
                "problem = tw.LinearRegression(inputs=inputs, outputs=(planted @ inputs)[None])",
                "",
                f"limit = tw.exact.least_potential(problem, tw.potentials.DiagonalBias({depth}, {values['scale']!r}))",
                "least_l1, least_l2 = tw.exact.least_l1(problem), tw.exact.least_l2(problem)",
                "print(limit, least_l1, least_l2, sep='\\n')",
                "",
                "run = tw.follow(",
                "    problem,",
                f"    tw.Diagonal(size={size}, depth={depth}),",
                f"    tw.Constant({values['scale']!r}),",
                '    tw.GradientFlow(rtol=1e-4, solver="rock4"),',
                "    record=[",
                "        tw.Loss(),",
                "        tw.Predictor(),",
                '        tw.DistanceTo(limit.predictor, name="to_limit"),',
                '        tw.DistanceTo(least_l1.predictor, name="to_least_l1"),',
                '        tw.DistanceTo(least_l2.predictor, name="to_least_l2"),',
                "    ],",
                f"    until=tw.LossBelow({FINEST:g}) | tw.Gradients({MOST_GRADIENTS}),",
                f"    at=tw.EverySteps({_interval(values)}),",
                f"    key={values['seed']},",
                ")",
                "print(run)",
                "print(tw.regime(run, twin=False))",
                "",
            ]
        )


def sentence(values: Values, now: np.ndarray, limit: np.ndarray, least: np.ndarray) -> str:
    """What is being seen, from the coefficients now, in the exact limit, and of the least l1 norm."""
    _, planted = drawn(values)
    there = planted != 0
    right = int(np.sum(now[there] / planted[there] >= FOUND))
    of = f"{int(there.sum())} planted coefficient{'s' if there.sum() > 1 else ''}"
    ratio, end = (float(np.abs(one).sum() / np.abs(least).sum()) for one in (now, limit))
    return (
        f"From scale {values['scale']:.3g} the path has found {right} of {of} and is at "
        f"{ratio:.2f} times the least l1 norm; the exact limit is at {end:.2f}."
    )


def drawn(values: Values) -> tuple[np.ndarray, np.ndarray]:
    """The inputs, and the planted coefficients, whose sizes go from 1.5 down to 0.5."""
    return _drawn(values["seed"], values["coefficients"], values["samples"], values["sparsity"])


@functools.lru_cache(maxsize=32)
def _drawn(seed: int, size: int, samples: int, few: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs, planted = rng.normal(size=(size, samples)), np.zeros(size)
    places = rng.choice(size, size=few, replace=False)
    planted[places] = rng.choice([-1.0, 1.0], size=few) * np.linspace(1.5, 0.5, few)
    return inputs, planted


def _problem(values: Values) -> LinearRegression:
    inputs, planted = drawn(values)
    return LinearRegression(inputs=inputs, outputs=(planted @ inputs)[None])


def _exact(values: Values, problem: Any) -> tuple[Any, Any, Any]:
    """The limit for the scale, and the solutions of the least norms."""
    bias = DiagonalBias(values["depth"], values["scale"])
    return least_potential(problem, bias), least_l1(problem), least_l2(problem)


def _point(lane: Lane, name: str) -> np.ndarray:
    """The vector that a lane's distance of this name is measured from."""
    return next(one.point[0] for one in lane.words["record"] if one.name == name)


def _labelled(values: Sequence[float], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Rules at ascending values; those too near to be told apart share the label of the first."""
    words = list(labels)
    for k in range(len(values) - 1, 0, -1):
        if values[k] - values[k - 1] < 0.05 * values[-1]:
            words[k - 1], words[k] = f"{words[k - 1]}, {words[k]}", ""
    return [rule("y", value, word) for value, word in zip(values, words, strict=True)]


def _interval(values: Values) -> int:
    """Steps between records: paths from small starts of deep networks take many, and a page needs a few hundred."""
    depth, scale = values["depth"], values["scale"]
    if depth == 2:
        return 1 if scale >= 1e-2 else 2 if scale >= 1e-4 else 3
    return 1 if scale >= 1 else 5 if depth == 3 else 6


def _regime(found: Regime) -> str:
    """How far the run has gone from the kernel of its start, in words."""
    name = "the kernel regime" if found.score <= KERNEL else "the rich regime" if found.score >= RICH else "between the two"
    return (
        f"This is {name}: of the tangent kernels at start and end the score is {found.score:.2g}, where 0 is a kernel method and "
        f"1 the other end."
    )


def _charts() -> list[Path | Profile]:
    distances = [
        Series("to_limit", "to the exact limit for this scale"),
        Series("to_least_l1", "to the least l1 norm", group=1),
        Series("to_least_l2", "to the least l2 norm", group=2),
    ]
    return [
        Profile(
            "coefficients",
            "The coefficients now",
            "Beside solutions that are computed otherwise, and the vector that the outputs come from.",
            "coefficient",
            "predictor",
            "number of the coefficient",
        ),
        Path(
            "paths",
            "Paths of the coefficients",
            "Each curve is one. Across: the planted ones. From a small start they leave zero one after the other.",
            "coefficient",
            [Series("predictor", "coefficients")],
        ),
        Path(
            "l1",
            "l1 norm",
            "The sum of the sizes of the coefficients, beside the least of all solutions.",
            "l1 norm",
            [Series("l1_norm", "l1 norm")],
        ),
        Path(
            "distances",
            "Distances from what it may tend to",
            "The flow tends to the exact limit for its scale, and to no other solution.",
            "distance",
            distances,
            scale="log",
        ),
        Path("losses", "Loss", "Half the mean square over the samples.", "loss", [Series("loss", "samples")], scale="log"),
    ]
