"""What the study of commuting measurements runs: closed form, limit, excess, faces, and the package's own flow."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.commuting_sensing import work
from thalweg.studies.commuting_sensing.claims import claims
from thalweg.studies.commuting_sensing.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Sizes; the published theorem has none, so that all of them are ours.

    Arguments:
        size, count: eigenvalues and measurements of the random instances.
        scale: of each factor, where paths are followed.
        depths: of the equation; real numbers are allowed, the closed form does not ask for whole ones.
        rtols: tolerances of the equation's solver; end: the time that it is followed to.
        scales: of the excess on the example of three eigenvalues.
        how_many: random instances of one seed.
        flow_depths, flow_rtol, flow_end: of the package's own flow.
    """

    size: int = 6
    count: int = 3
    scale: float = 0.5
    depths: tuple[float, ...] = (2, 2.5, 3, 4)
    rtols: tuple[float, ...] = (1e-5, 1e-7, 1e-9)
    end: float = 2000.0
    scales: tuple[float, ...] = (1e-1, 1e-2, 1e-3, 1e-4)
    how_many: int = 40
    flow_depths: tuple[int, ...] = (2, 3, 4)
    flow_rtol: float = 1e-8
    flow_end: float = 500.0


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The example once, the rest for every seed; the package's own flow on the first instance alone, at every depth."""
    found = [Case({"family": "flow", "depth": depth}, seeds[0]) for depth in parameters.flow_depths]
    found.append(Case({"family": "excess"}, seeds[0]))
    for seed in seeds:
        found += [Case({"family": family}, seed) for family in ("equation", "instances", "face")]
    return found


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case; instances depend on root and seed alone."""
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    sizes = {"key": key, "size": p.size, "count": p.count}
    if family == "equation":
        more = {"scale": p.scale, "depths": p.depths, "rtols": p.rtols, "end": p.end}
        return Work(work.equation, sizes | more)
    if family == "excess":
        return Work(work.excess, {"scales": p.scales, "depths": (2, 3, 4)})
    if family == "instances":
        return Work(work.instances, sizes | {"how_many": p.how_many, "depths": (2, 3, 4)})
    if family == "face":
        return Work(work.face, {"key": key, "how_many": p.how_many // 4, "size": 4, "depths": (2, 3, 4), "scale": 1e-5})
    more = {"scale": p.scale, "depth": case.coordinates["depth"], "rtol": p.flow_rtol, "end": p.flow_end, "records": 40}
    return Work(work.flow, sizes | more)


STUDY = Study(
    name="commuting-sensing",
    title="Measurements that commute",
    question="What does depth minimise? Where measurements commute the path is known in closed form, and the nuclear norm of "
    "where it ends is least at every depth; among such solutions the flow takes the most spread one.",
    sources=(Source("arora2019implicit", "theorem 2"), Source("gunasekar2017implicit", "theorem 1")),
    parameters=Parameters(),
    quick=Parameters(depths=(2, 3), how_many=12, flow_depths=(3,), flow_rtol=1e-6, flow_end=100.0),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about a minute on two cores, most of it compilation; quick: about ten seconds",
)
