"""What the study of diverging norms runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.norms_diverge import work
from thalweg.studies.norms_diverge.claims import claims
from thalweg.studies.norms_diverge.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The published problem; the flow in place of millions of steps of descent.

    Arguments:
        depths: 2 to 4, as published.
        scale: of the entries of the product at the start, as published; negative: of those with negative determinant, larger,
            so that they have stopped by the end.
        loss: half the sum of squares at the end.
        how_many, drawn, signs_scale, signs_loss: random factors that are followed, those whose sign alone is counted, the
            scale of their product, and the loss that they are followed to.
        flow_scale, flow_rtol, flow_loss: of the package's own flow at depth 3.
    """

    depths: tuple[int, ...] = (2, 3, 4)
    scale: float = 1e-5
    negative: float = 1e-2
    loss: float = 1e-7
    how_many: int = 30
    drawn: int = 2000
    signs_scale: float = 1e-2
    signs_loss: float = 1e-3
    flow_scale: float = 1e-5
    flow_rtol: float = 1e-8
    flow_loss: float = 1e-4


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Paths and signs for every seed, the package's own flow once."""
    found = [Case({"family": "flow"}, seeds[0])]
    return [*found, *(Case({"family": family}, seed) for seed in seeds for family in ("paths", "signs"))]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: depths without 2, 3 or 4, which claims read.
    """
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    if missing := {2, 3, 4}.difference(p.depths):
        raise ValueError(f"depths must hold 2, 3 and 4, as published; {sorted(missing)} are missing")
    if family == "paths":
        return Work(work.paths, {"key": key, "scale": p.scale, "negative": p.negative, "depths": p.depths, "loss": p.loss})
    if family == "signs":
        more = {"how_many": p.how_many, "drawn": p.drawn, "scale": p.signs_scale, "loss": p.signs_loss}
        return Work(work.signs, {"key": key, "depth": 3} | more)
    more = {"scale": p.flow_scale, "negative": p.negative, "rtol": p.flow_rtol, "loss": p.flow_loss}
    return Work(work.flow, {"key": key, "depth": 3} | more)


STUDY = Study(
    name="norms-diverge",
    title="Norms to infinity",
    question="Is some norm minimised at all? In one small completion the flow drives every norm and quasi-norm to infinity while "
    "the rank goes to its least.",
    sources=(Source("razin2020implicit", "theorem 1 and figure 1"),),
    parameters=Parameters(),
    quick=Parameters(loss=1e-6, how_many=6, drawn=400, flow_scale=1e-3, flow_rtol=1e-6, flow_loss=1e-3),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about a minute; quick: about ten seconds",
)
