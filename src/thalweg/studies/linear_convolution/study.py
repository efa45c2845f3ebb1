"""What the study of linear convolutional networks runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.linear_convolution import work
from thalweg.studies.linear_convolution.claims import claims
from thalweg.studies.linear_convolution.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """How many random instances, of 8 features and 6 samples as the known one.

    Arguments:
        two, three, others: instances for each seed, for two and three convolutional layers, and for the other networks.
        starts: for each instance of three layers; two layers have two, a small and a large one.
        package: whether the package's own flow is laid beside, which takes longer to compile than all else in the quick form.
        rtol, end: of that flow, and the time that it is followed for.
    """

    two: int = 12
    three: int = 10
    others: int = 4
    starts: int = 4
    package: bool = True
    rtol: float = 1e-6
    end: float = 2.5


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The known instance and the package's own flow once, random instances for every seed."""
    found = [Case({"family": family}, seed) for seed in seeds for family in ("two_layers", "three_layers", "others")]
    once = [Case({"family": family}, seeds[0]) for family in ("package", "example") if parameters.package or family != "package"]
    return [*once, *found]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case."""
    p, key = parameters, (root, case.seed)
    family = case.coordinates["family"]
    if family == "example":
        return Work(work.example, {})
    if family == "package":
        return Work(work.package, {"key": key, "rtol": p.rtol, "end": p.end})
    if family == "three_layers":
        return Work(work.three_layers, {"key": key, "how_many": p.three, "starts": p.starts})
    if family == "two_layers":
        return Work(work.two_layers, {"key": key, "how_many": p.two})
    return Work(work.others, {"key": key, "how_many": p.others})


STUDY = Study(
    name="linear-convolution",
    title="Linear convolutional networks",
    question="All linear networks compute the same functions: which separating direction does each reach? Convolutions of two "
    "layers find the one of least l1 norm over frequencies, deeper ones a stationary point of a quasi-norm, fully connected ones "
    "the largest Euclidean margin.",
    sources=(Source("gunasekar2018linear", "section 3, implicit bias of linear networks"),),
    parameters=Parameters(),
    quick=Parameters(two=4, three=4, others=3, starts=3, package=False),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 1),
    cost="full: about two minutes; quick: about six seconds",
)
