"""What the study of the margins of boosting runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.boosting_margin import work
from thalweg.studies.boosting_margin.claims import claims
from thalweg.studies.boosting_margin.pictures import plots, tables
from thalweg.studies.claim import Source
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The published matrix and shrinkages; lengths of the runs, and random matrices, are ours.

    Arguments:
        shrinkages: full steps first, and a half among them.
        steps: of the long runs; lengths: of steps of a fixed length.
        how_many: random matrices for each seed; bound_steps: along which the guarantee is looked at.
    """

    shrinkages: tuple[float, ...] = (1.0, 0.5, 0.25, 0.125)
    steps: int = 50_000
    lengths: tuple[float, ...] = (0.5, 0.1, 0.02)
    how_many: int = 20
    bound_steps: int = 3000


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The published matrix once, random ones for every seed."""
    return [Case({"family": "matrix"}, seeds[0]), *(Case({"family": "guarantees"}, seed) for seed in seeds)]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: shrinkages that do not begin with full and half steps, which the claims compare.
    """
    p = parameters
    if tuple(p.shrinkages[:2]) != (1.0, 0.5) or len(p.shrinkages) < 3:
        raise ValueError(f"shrinkages must begin with 1 and 0.5 and hold another, which claims compare; got {p.shrinkages}")
    if case.coordinates["family"] == "matrix":
        return Work(work.matrix, {"shrinkages": p.shrinkages, "steps": p.steps, "lengths": p.lengths})
    sizes = {"how_many": p.how_many, "shrinkages": p.shrinkages, "steps": p.bound_steps, "long": p.steps}
    return Work(work.guarantees, {"key": (root, case.seed)} | sizes)


STUDY = Study(
    name="boosting-margin",
    title="The margin of boosting",
    question="Does boosting, which is coordinate descent, find the largest l1 margin? With shrunk steps of any of four kinds; "
    "with the full steps of AdaBoost not always, as a matrix shows on which it cycles by the golden ratio.",
    sources=(Source("telgarsky2013margins", "section 3"), Source("rudin2004dynamics", "section 6")),
    parameters=Parameters(),
    quick=Parameters(how_many=3, bound_steps=1000),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 1),
    cost="full: about twenty-five seconds of computing; quick: about seven, nearly all of it compilation",
)
