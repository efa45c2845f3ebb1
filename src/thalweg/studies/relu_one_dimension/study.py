"""What the study of ReLU networks of one input runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.relu_one_dimension import work
from thalweg.studies.relu_one_dimension.claims import claims
from thalweg.studies.relu_one_dimension.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Ten points, widths and weight decay as published; the points, which are not, and all else are ours.

    Arguments:
        how_many, few, dictionary: instances of the law, their points, and kinks of the program beside the points.
        widths: of the networks; count: of points to fit.
        starts: independent starts with weight decay, for each width; free_starts: without.
        steps: of Adam; rate: its rate in the first half, which then falls to a ten thousandth.
        decay: the weight decay in the second half, to which it falls from `first_decay` in the first.
        scale, large: of the start of He, moderate and large; reach: how far its kinks are spread.
    """

    how_many: int = 40
    few: int = 7
    dictionary: int = 801
    widths: tuple[int, ...] = (20, 50, 100)
    count: int = 10
    starts: tuple[int, ...] = (24, 12, 8)
    free_starts: int = 4
    steps: int = 300_000
    rate: float = 0.01
    decay: float = 1e-5
    first_decay: float = 1e-3
    scale: float = 0.7
    large: float = 3.0
    reach: float = 2.2


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The law once a seed, and one training for each seed and width."""
    found = [Case({"family": "training", "width": width}, seed) for width in parameters.widths[::-1] for seed in seeds]
    return [*found, *(Case({"family": "law"}, seed) for seed in seeds)]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case; the points depend on root and seed alone, so that all widths meet the same.

    Raises:
        ValueError: steps that are no multiple of 50, a first decay below the last, or more or fewer starts than widths.
    """
    p, key = parameters, (root, case.seed)
    if case.coordinates["family"] == "law":
        return Work(work.laws, {"key": key, "how_many": p.how_many, "count": p.few, "dictionary": p.dictionary})
    if p.steps % 50 or p.first_decay < p.decay:
        raise ValueError(f"steps must be a multiple of 50 and first_decay at least decay; got {p.steps}, {p.first_decay:g}")
    width = case.coordinates["width"]
    starts = dict(zip(p.widths, p.starts, strict=True))[width]
    counts = {"width": width, "count": p.count, "starts": starts, "free_starts": p.free_starts}
    numbers = {"steps": p.steps, "rate": p.rate, "decay": p.decay, "first": p.first_decay}
    return Work(work.training, {"key": key, **counts, **numbers, "scale": p.scale, "large": p.large, "reach": p.reach})


STUDY = Study(
    name="relu-one-dimension",
    title="ReLU networks of one input",
    question="Which function does weight decay choose among all that fit, when a network of one hidden layer is as wide as one "
    "likes? One of least total bending, a linear spline; and the size of the trained network is what the formula says.",
    sources=(
        Source("savarese2019infinite", "Theorem 3.1, Theorem 3.3 and Figure 1"),
        Source("savarese2019infinite", "as told in a talk on the geometry of optimization"),
    ),
    parameters=Parameters(),
    quick=Parameters(how_many=12, dictionary=101, widths=(20, 50), starts=(16, 8), free_starts=2, steps=100_000),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 1),
    cost="full: about six minutes on two cores; quick: about five seconds",
)
