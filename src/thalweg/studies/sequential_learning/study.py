"""Sequential learning: what is run. Two layers against their closed form, one layer beside them, finite steps."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from thalweg.studies.claim import Source
from thalweg.studies.sequential_learning import descents, work
from thalweg.studies.sequential_learning.claims import claims
from thalweg.studies.sequential_learning.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Sizes of the runs.

    Arguments:
        side: of the square matrices; shapes: which follow the closed form, `square` and `wide` (4 outputs, 7 inputs, 5 hidden).
        rtols: tolerances of the flow there.
        features, samples, ratio: of the autoencoder's data: how many, and the ratio of successive variances.
        delta: of its start; plateaus: how many are looked at; tight: the tolerance of that flow and of those below.
        later, sizes: of the perturbed moments: what is added to each delta, and the norms of what is off the diagonal.
        apart: delta of the two components whose orders differ.
        rate, steps: of gradient descent on matrices.
        products, shares: the grid of rates times sigma and of starts over plateaus on which bounds are looked at.
        product, deltas: at which steps to half of the plateau are counted.
        classes: of the labelled data.
    """

    side: int = 6
    shapes: tuple[str, ...] = ("square", "wide")
    rtols: tuple[float, ...] = (1e-7, 1e-8, 1e-9)
    features: int = 20
    samples: int = 1000
    ratio: float = 0.7
    delta: float = 20.0
    plateaus: int = 6
    tight: float = 1e-10
    later: float = 3.0
    sizes: tuple[float, ...] = (1e-6, 1e-5, 1e-4)
    apart: float = 14.0
    rate: float = 0.1
    steps: int = 300
    products: tuple[float, ...] = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.45)
    shares: tuple[float, ...] = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
    product: float = 0.1
    deltas: tuple[float, ...] = (50.0, 100.0, 200.0, 350.0)
    classes: int = 6


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Flows, descents and data sets of every seed; bounds and transition times, in which there is no chance, once."""
    found = [Case({"family": family}, seed) for seed in seeds[:1] for family in ("bounds", "transitions", "orders")]
    for seed in seeds:
        found += [Case({"family": "closed-form", "shape": shape}, seed) for shape in parameters.shapes]
        found += [Case({"family": family}, seed) for family in ("staircase", "perturbation", "descent", "decompositions")]
    return found


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The computation of a case; instances depend on root and seed alone."""
    p, key = parameters, (root, case.seed)
    square: dict[str, Any] = {"outputs": p.side, "inputs": p.side, "hidden": p.side}
    match case.coordinates["family"]:
        case "closed-form":
            shape = square if case.coordinates["shape"] == "square" else {"outputs": 4, "inputs": 7, "hidden": 5}
            return Work(work.closed_form, {**shape, "rtols": p.rtols, "key": key})
        case "staircase":
            data = {"inputs": p.features, "samples": p.samples, "ratio": p.ratio}
            return Work(work.staircase, {**data, "delta": p.delta, "plateaus": p.plateaus, "rtol": p.tight, "key": key})
        case "perturbation":
            return Work(work.perturbation, {**square, "later": p.later, "sizes": p.sizes, "rtol": p.tight, "key": key})
        case "orders":
            return Work(work.orders, {"side": p.side, "delta": p.apart, "rtol": p.tight, "key": key})
        case "decompositions":
            return Work(work.decompositions, {"inputs": 2 * p.side, "classes": p.classes, "samples": p.samples, "key": key})
        case "descent":
            return Work(descents.descent, {**square, "rate": p.rate, "steps": p.steps, "key": key})
        case "bounds":
            return Work(descents.bounds, {"products": p.products, "shares": p.shares})
        case _:
            return Work(descents.transitions, {"product": p.product, "deltas": p.deltas})


STUDY = Study(
    name="sequential-learning",
    title="Two layers learn one component after another",
    question="Why does a product of two matrices learn solutions of rank one, two, three in turn, and a single one all at once?",
    sources=(
        Source("gidel2019implicit", "continuous and discrete dynamics, autoencoder"),
        Source("izenman1975reduced", "reduced-rank regression"),
    ),
    parameters=Parameters(),
    quick=Parameters(shapes=("square",), features=6, plateaus=4),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: under a minute on two cores; quick: about fifteen seconds",
)
