"""What the study of one measurement runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.one_measurement import work
from thalweg.studies.one_measurement.claims import claims
from thalweg.studies.one_measurement.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The example of the theory, and sizes that are ours.

    Arguments:
        depths: of the example, 1 to 4 among them; real numbers are allowed.
        rtol: of scipy's solver; far: what is measured where the asymptote is to be seen.
        size, scale, entry_depths, how_many: of the random starts with one observed entry.
        flow_depths, flow_rtol, flow_end, tilt: of the package's own flow, and the angle of the tilted start.
    """

    depths: tuple[float, ...] = (1, 1.5, 2, 2.5, 3, 4, 6)
    rtol: float = 1e-10
    far: float = 1e7
    size: int = 3
    scale: float = 0.05
    entry_depths: tuple[int, ...] = (1, 2, 3)
    how_many: int = 10
    flow_depths: tuple[int, ...] = (2, 3, 4)
    flow_rtol: float = 1e-8
    flow_end: float = 60.0
    tilt: float = 0.3


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The example and the package's own flow once, one entry for every seed."""
    found = [Case({"family": "flow", "depth": depth}, seeds[0]) for depth in parameters.flow_depths]
    return [*found, Case({"family": "aligned"}, seeds[0]), *(Case({"family": "entry"}, seed) for seed in seeds)]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: depths of the example without 1, 2, 3 or 4, which the table needs.
    """
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    if family == "aligned":
        if missing := {1, 2, 3, 4}.difference(p.depths):
            raise ValueError(f"depths must hold 1, 2, 3 and 4, the depths of the table; {sorted(missing)} are missing")
        return Work(work.aligned, {"depths": p.depths, "rtol": p.rtol, "far": p.far})
    if family == "entry":
        more = {"size": p.size, "scale": p.scale, "depths": p.entry_depths, "how_many": p.how_many}
        return Work(work.entry, {"key": key} | more)
    depth = case.coordinates["depth"]
    return Work(work.flow, {"key": key, "depth": depth, "rtol": p.flow_rtol, "end": p.flow_end, "tilt": p.tilt})


STUDY = Study(
    name="one-measurement",
    title="One measurement",
    question="How does depth hold small singular values back? With a single measurement each is a function of another: linear, "
    "a power, and from depth 3 on with an asymptote that it never passes.",
    sources=(Source("arora2019implicit", "section 3.2, the example of one measurement"),),
    parameters=Parameters(),
    quick=Parameters(depths=(1, 2, 2.5, 3, 4), how_many=3, flow_depths=(3,), flow_rtol=1e-6),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about a quarter of a minute, most of it compilation; quick: about five seconds",
)
