"""What the study of depth and loss runs."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from thalweg.studies.claim import Source
from thalweg.studies.depth_and_loss import work
from thalweg.studies.depth_and_loss.claims import claims
from thalweg.studies.depth_and_loss.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    r"""Depths and sparse regression are those of the paper; other sizes are ours.

    Arguments:
        curve_depths, units, coefficients: of the regularizers: depths, $\alpha^D$ from the first to the second number, so
            many, and how many coefficients stand against one.
        size, samples, how_many, scales, rtols: of the trainings.
        instances: of the limits.
        sparse_size, nonzero, noise, sparse_samples, sparse_depths, sparse_units: of sparse regression; noise is the
            standard deviation.
        margin_size, margin_samples, margin_instances, large_units, ratio: of exponential loss: $\alpha^2$ of the starts, and
            how many times it the predictor grows to.
    """

    curve_depths: tuple[float, ...] = (2, 3, 5, 10, 100)
    units: tuple[float, float, int] = (1e-12, 1e6, 73)
    coefficients: int = 100
    size: int = 8
    samples: int = 3
    how_many: int = 10
    scales: tuple[float, ...] = (0.3, 0.6, 1.0)
    rtols: tuple[float, ...] = (1e-6, 1e-8, 1e-10, 1e-12, 1e-13)
    instances: int = 200
    sparse_size: int = 1000
    nonzero: int = 5
    noise: float = 0.1
    sparse_samples: tuple[int, ...] = (100, 200, 300, 400, 500)
    sparse_depths: tuple[float, ...] = (2, 3, 5, 8)
    sparse_units: tuple[float, float, int] = (1.0, 1e-9, 19)
    margin_size: int = 6
    margin_samples: int = 3
    margin_instances: int = 5
    large_units: tuple[float, ...] = (30.0, 100.0, 300.0)
    ratio: float = 1000.0


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The curves and exponential loss once, the rest for every seed."""
    once = [Case({"family": "curves"}, seeds[0]), Case({"family": "exponential"}, seeds[0])]
    return [*once, *(Case({"family": family}, seed) for seed in seeds for family in ("flows", "limits", "sparse"))]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: depths of the curves, or of sparse regression, without those that the claims read.
    """
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    if family == "curves":
        if 2 not in p.curve_depths or len(p.curve_depths) < 2:
            raise ValueError(f"curve_depths must hold 2 and at least one depth above it, got {p.curve_depths}")
        arguments = {"depths": p.curve_depths, "units": np.geomspace(*p.units), "coefficients": p.coefficients}
        return Work(work.curves, arguments)
    if family == "flows":
        sizes = {"size": p.size, "samples": p.samples, "how_many": p.how_many}
        return Work(work.flows, {"key": key, "scales": p.scales, "rtols": p.rtols} | sizes)
    if family == "limits":
        sizes = {"size": p.size, "samples": p.samples, "how_many": p.instances}
        return Work(work.limits, {"key": key, "depths": (2, 3, 5, 8)} | sizes)
    if family == "sparse":
        if len(p.sparse_depths) < 3 or len(p.sparse_samples) < 2:
            raise ValueError("sparse regression needs three depths and two numbers of samples at least, to compare them")
        sizes = {"size": p.sparse_size, "nonzero": p.nonzero, "noise": p.noise, "samples": p.sparse_samples}
        return Work(work.sparse, {"key": key, "depths": p.sparse_depths, "units": np.geomspace(*p.sparse_units)} | sizes)
    sizes = {"size": p.margin_size, "samples": p.margin_samples, "how_many": p.margin_instances}
    return Work(work.exponential, {"key": key, "units": p.large_units, "ratio": p.ratio} | sizes)


STUDY = Study(
    name="depth-and-loss",
    title="Depth and loss",
    question="What do diagonal networks of depth D minimize? With squared loss something between the l1 and the l2 norm at every "
    "depth; with exponential loss the quasi-norm 2/D in the end, whatever the start, and only up to stationary points.",
    sources=(
        Source("woodworth2020kernel", "section 5, theorem 3 and figure 3"),
        Source("moroshko2020implicit", "diagonal linear networks"),
    ),
    parameters=Parameters(),
    quick=Parameters(
        units=(1e-12, 1e6, 37),
        how_many=1,
        scales=(0.3, 1.0),
        rtols=(1e-6, 1e-9, 1e-12, 1e-13),
        instances=40,
        sparse_size=300,
        nonzero=3,
        sparse_samples=(50, 100),
        sparse_units=(1.0, 1e-5, 11),
        margin_samples=2,
        margin_instances=3,
        large_units=(30.0, 200.0),
        ratio=300.0,
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(3, 1),
    cost="full: about half a minute on two cores; quick: about five seconds",
)
