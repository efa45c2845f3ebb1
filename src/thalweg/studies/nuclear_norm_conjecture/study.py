"""What the study of the nuclear norm conjecture runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.nuclear_norm_conjecture import work
from thalweg.studies.nuclear_norm_conjecture.claims import claims
from thalweg.studies.nuclear_norm_conjecture.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Settings of ours: the sizes of the published experiments are not known to us with certainty.

    Arguments:
        size, rank, counts: of random positive semidefinite instances, and how many measurements they have.
        how_many: instances of each count, for each seed.
        scales: of the start $U = \\alpha I$, from large to small.
        larges, tiny: the entries of the counter-example, and the scales of its starts.
        flow_size, flow_rank, flow_count, flow_scale, flow_rtol: of the package's own flow.
    """

    size: int = 8
    rank: int = 2
    counts: tuple[int, ...] = (16, 18, 20, 22)
    how_many: int = 15
    scales: tuple[float, ...] = (1e-1, 1e-2, 1e-3)
    larges: tuple[float, ...] = (2.0, 3.0)
    tiny: tuple[float, ...] = (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8)
    flow_size: int = 6
    flow_rank: int = 2
    flow_count: int = 10
    flow_scale: float = 0.1
    flow_rtol: float = 1e-8


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The search for every seed; the counter-example and the package's own flow once."""
    found = [Case({"family": "flow"}, seeds[0]), Case({"family": "counterexample"}, seeds[0])]
    return [*found, *(Case({"family": "search"}, seed) for seed in seeds)]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: fewer than two scales of the start, or scales that do not shrink.
    """
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    for name, scales in (("scales", p.scales), ("tiny", p.tiny)):
        if len(scales) < 2 or list(scales) != sorted(scales, reverse=True):
            raise ValueError(f"{name} must be at least two sizes of the start, from large to small, got {scales}")
    if family == "search":
        more = {"size": p.size, "rank": p.rank, "counts": p.counts, "how_many": p.how_many, "scales": p.scales}
        return Work(work.search, {"key": key} | more)
    if family == "counterexample":
        return Work(work.counterexample, {"larges": p.larges, "scales": p.tiny})
    more = {"rank": p.flow_rank, "count": p.flow_count, "scale": p.flow_scale, "rtol": p.flow_rtol}
    return Work(work.flow, {"key": key, "size": p.flow_size} | more)


STUDY = Study(
    name="nuclear-norm-conjecture",
    title="The nuclear norm conjecture",
    question="Does the flow of a symmetric product from a tiny start end at the least nuclear norm? On random instances nearly, "
    "as long as the nuclear norm recovers the truth; in general no.",
    sources=(
        Source("gunasekar2017implicit", "conjecture 1 and its experiments"),
        Source("li2021towards", "the counter-example to the nuclear norm conjecture"),
    ),
    parameters=Parameters(),
    quick=Parameters(counts=(18, 22), how_many=5, flow_size=4, flow_rank=1, flow_count=5, flow_rtol=1e-6),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about a minute and a half; quick: about ten seconds",
)
