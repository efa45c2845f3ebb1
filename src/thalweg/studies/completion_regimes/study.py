"""What the study of kernel and rich regimes of completion runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.completion_regimes.claims import claims
from thalweg.studies.completion_regimes.commuting import commuting
from thalweg.studies.completion_regimes.pictures import plots, tables
from thalweg.studies.completion_regimes.work import completion
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Sizes as published, but for the norm of the target, which is fixed: the unit of the square of a scale.

    Arguments:
        side, observed, size: of the square matrix of rank 1, how many of its entries are seen, its norm.
        widths, scales: hidden widths and deviations of an entry of the factors; 0.001, 0.01, 3 and 10 among the scales.
        how_many: instances in which the target has the least nuclear norm, and in which it has not, for each seed.
        deepest: scale of the smallest start, for the instances in which the target has not the least nuclear norm.
        rtol, fitted: of the flow, and the sum of squares where it ends.
        small, count, instances, squares: side, measurements and instances that commute, squares of the scales there.
        broad, draws: widths and draws of Gaussian starts there.
    """

    side: int = 10
    observed: int = 60
    size: float = 7.3
    widths: tuple[int, ...] = (10, 20, 40, 80, 160, 640)
    scales: tuple[float, ...] = (1e-4, 1e-3, 3e-3, 1e-2, 0.03, 0.06, 0.1, 0.2, 0.3, 0.6, 1.0, 3.0, 10.0)
    how_many: tuple[int, int] = (4, 3)
    deepest: float = 1e-8
    rtol: float = 1e-6
    fitted: float = 1e-10
    small: int = 4
    count: int = 2
    instances: int = 6
    squares: tuple[float, ...] = (0.01, 0.1, 1.0)
    broad: tuple[int, ...] = (16, 64, 256, 1024)
    draws: int = 6


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Completions and measurements that commute, of every seed."""
    return [Case({"family": family}, seed) for seed in seeds for family in ("completion", "commuting")]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: scales that do not ascend to 10 with 0.001, 0.01 and 3 among them, or no width of twice the side.
    """
    p, key = parameters, (root, case.seed)
    if case.coordinates["family"] == "commuting":
        sizes = {"side": p.small, "count": p.count, "how_many": p.instances, "draws": p.draws}
        return Work(commuting, {"key": key, "scales": p.squares, "widths": p.broad} | sizes)
    if not {0.001, 0.01, 3.0} <= set(p.scales) or sorted(set(p.scales)) != list(p.scales) or p.scales[-1] != 10:
        raise ValueError(f"scales must ascend to 10 with 0.001, 0.01 and 3 among them, got {p.scales}")
    if sum(width >= 2 * p.side for width in p.widths) < 2:
        raise ValueError(f"claims of width want two widths of {2 * p.side} or more, got {p.widths}")
    sizes = {"side": p.side, "observed": p.observed, "size": p.size, "how_many": p.how_many, "widths": p.widths}
    run = {"scales": p.scales, "deepest": p.deepest, "rtol": p.rtol, "fitted": p.fitted}
    return Work(completion, {"key": key} | sizes | run)


STUDY = Study(
    name="completion-regimes",
    title="Kernel and rich regimes of completion",
    question="What does the scale of the start decide? Two factors that start small complete a matrix by one of low rank; "
    "from a large start they leave the entries that are not observed where they were, if the product starts at zero.",
    sources=(
        Source("woodworth2020kernel", "section 6, figure 5 and theorem 4"),
        Source("gunasekar2017implicit", "the conjecture"),
    ),
    parameters=Parameters(),
    quick=Parameters(
        widths=(20, 320),
        scales=(1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
        how_many=(2, 2),
        instances=3,
        draws=4,
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 1),
    cost="full: about two minutes on two cores; quick: about a quarter of a minute, half of it compilation",
)
