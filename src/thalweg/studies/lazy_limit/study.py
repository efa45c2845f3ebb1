"""What the study of large starts runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.lazy_limit import work
from thalweg.studies.lazy_limit.claims import claims
from thalweg.studies.lazy_limit.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    r"""Sizes and scales; the student is that of the published figures, 15 samples on the circle and 20 units.

    Arguments:
        samples, size: of the regression that diagonal networks fit; its inputs have singular values in [1/2, 3/2].
        depths: D, of diagonal networks; model_depths: of those whose kernels and degrees are measured.
        scales: $\alpha$ of the limit; score_scales: of the regime score, from small to large.
        student_samples, units, student_scales, end, how_many: of the students, their time, and how many for each start.
        kernel_scales: at which kernels are compared; run_scales: of the runs that `tw.regime` measures, 1 among them.
    """

    samples: int = 6
    size: int = 16
    depths: tuple[int, ...] = (2, 3, 4)
    model_depths: tuple[int, ...] = (2, 3, 4)
    scales: tuple[float, ...] = (2, 5, 10, 20, 40, 100)
    score_scales: tuple[float, ...] = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
    student_samples: int = 15
    units: int = 20
    student_scales: tuple[float, ...] = (30, 100, 300, 1000)
    end: float = 20.0
    how_many: int = 10
    kernel_scales: tuple[float, ...] = (0.1, 0.5, 2, 10)
    run_scales: tuple[float, ...] = (0.05, 0.1, 0.2, 0.5, 1, 2, 5)


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The paths by scipy for every seed, and the package's own models once."""
    return [Case({"family": "models"}, seeds[0]), *(Case({"family": "instance"}, seed) for seed in seeds)]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: runs without the scale 1, or fewer than three scales, from which no exponents can be read.
    """
    p, key = parameters, (root, case.seed)
    if 1 not in p.run_scales:
        raise ValueError(f"run_scales must hold 1, got {p.run_scales}")
    if min(len(p.scales), len(p.score_scales), len(p.student_scales)) < 3:
        raise ValueError("scales, score_scales and student_scales must hold three scales or more, or there are no exponents")
    sizes = {"samples": p.samples, "size": p.size}
    if case.coordinates["family"] == "models":
        more = {"depths": p.model_depths, "scales": p.kernel_scales, "run_scales": tuple(sorted(p.run_scales))}
        return Work(work.models, {"key": key} | sizes | more)
    student = {"samples": p.student_samples, "units": p.units, "scales": p.student_scales, "end": p.end}
    return Work(
        work.instance,
        {
            "key": key,
            "limit": sizes | {"depths": p.depths, "scales": p.scales},
            "student": student | {"how_many": p.how_many},
            "score": sizes | {"depths": p.depths, "scales": tuple(sorted(p.score_scales))},
        },
    )


STUDY = Study(
    name="lazy-limit",
    title="Large starts and the kernel",
    question="When is a network a kernel method? From a start that is large enough, once displacement and clock are scaled as "
    "they have to be; a score between 0 and 1 says how far from it a run is.",
    sources=(
        Source("chizat2019lazy", "theorem 2.2 and figure 1"),
        Source("woodworth2020kernel", "sections 2 to 4"),
    ),
    parameters=Parameters(),
    quick=Parameters(
        samples=4,
        size=8,
        model_depths=(2, 3),
        scales=(4, 16, 64),
        score_scales=(0.01, 0.1, 0.5, 2, 10),
        student_scales=(30, 100, 300),
        how_many=3,
        kernel_scales=(0.5, 2),
        run_scales=(0.2, 1, 5),
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about a minute; quick: about five seconds, most of it compilation",
)
