"""What the study of Schatten quasi-norms runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.schatten import work
from thalweg.studies.schatten.claims import claims
from thalweg.studies.schatten.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Instances and powers; the published matrices are not known, and these satisfy the proposition.

    Arguments:
        sizes: of the matrices, from 3 on.
        how_many: random instances with the trace among the measurements, for each seed.
        depths, powers: at which every instance is looked at.
        scale: of each factor at the start.
    """

    sizes: tuple[int, ...] = (3, 4, 5, 6, 8)
    how_many: int = 40
    depths: tuple[int, ...] = (2, 3, 4)
    powers: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 2 / 3, 0.7, 0.8, 0.9)
    scale: float = 1e-3


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The example once; instances of every seed."""
    return [Case({"family": "example"}, seeds[0]), *(Case({"family": "around"}, seed) for seed in seeds)]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case."""
    p = parameters
    powers = (*p.powers, 1.0, 2.0)
    if case.coordinates["family"] == "example":
        return Work(work.example, {"powers": powers[:-1]})
    more = {"sizes": p.sizes, "how_many": p.how_many, "depths": p.depths, "powers": powers, "scale": p.scale}
    return Work(work.around, {"key": (root, case.seed)} | more)


STUDY = Study(
    name="schatten",
    title="No Schatten quasi-norm either",
    question="If depth does not change which norm is minimised, is it a quasi-norm nearer to the rank? Where many solutions have "
    "the least nuclear norm the flow ends among them where every Schatten quasi-norm goes down on both sides.",
    sources=(Source("arora2019implicit", "proposition 1"),),
    parameters=Parameters(),
    quick=Parameters(sizes=(3, 4, 5), how_many=10),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: a few seconds; quick: a second, beside the start of a worker",
)
