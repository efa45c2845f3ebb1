"""What the study of explicit and implicit regularization runs."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from thalweg.studies.claim import Source
from thalweg.studies.explicit_or_implicit import work
from thalweg.studies.explicit_or_implicit.claims import claims
from thalweg.studies.explicit_or_implicit.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Sizes of the random instances are ours; the curves are those of the paper.

    Arguments:
        least, largest, count: of the coefficients at which the curves are compared.
        size, samples, how_many: of the random instances; trainings: how many of them are trained too.
        scales: from the first to the second number, so many; rtol: of scipy's solver in training.
    """

    least: float = 1e-3
    largest: float = 1e3
    count: int = 121
    size: int = 8
    samples: int = 3
    how_many: int = 200
    trainings: int = 20
    scales: tuple[float, float, int] = (1e-4, 20.0, 36)
    rtol: float = 1e-12


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The curves once, random instances for every seed."""
    return [Case({"family": "curves"}, seeds[0]), *(Case({"family": "instances"}, seed) for seed in seeds)]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: as many samples as coefficients, where nothing is left to choose.
    """
    p = parameters
    if p.samples >= p.size:
        raise ValueError(f"samples must be fewer than the {p.size} coefficients, got {p.samples}: else there is one solution")
    if case.coordinates["family"] == "curves":
        return Work(work.curves, {"least": p.least, "largest": p.largest, "count": p.count})
    sizes = {"size": p.size, "samples": p.samples, "how_many": p.how_many, "trainings": p.trainings, "rtol": p.rtol}
    first, last, count = p.scales
    return Work(work.instances, {"key": (root, case.seed), "scales": np.geomspace(first, last, count)} | sizes)


STUDY = Study(
    name="explicit-or-implicit",
    title="Explicit or implicit",
    question="Is starting from alpha the same as keeping the weights close to alpha? At depth 2 it is not: the explicit bias is "
    "the implicit bias of depth 4, with the same two ends, reached by other powers of alpha.",
    sources=(Source("woodworth2020kernel", "section 4, the explicit regularizer, and figure 2"),),
    parameters=Parameters(),
    quick=Parameters(count=61, how_many=24, trainings=2, scales=(1e-4, 20.0, 12)),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about forty seconds; quick: about two seconds",
)
