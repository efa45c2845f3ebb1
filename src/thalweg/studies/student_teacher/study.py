"""The study `student-teacher`: generalisation in time against simulation in high dimension."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.student_teacher.claims import claims
from thalweg.studies.student_teacher.pictures import plots, tables
from thalweg.studies.student_teacher.work import formulas, paths, simulated
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The teacher, the students, and how many of them.

    Arguments:
        snr: signal to noise; inr: start to signal.
        ratios: samples over parameters; 0.5, 1 and 2 must be among them.
        length: parameters; draws: of inputs for each ratio; teachers: that each draw is learnt from.
        tested, trained: the largest relative deviation of the means from theory.
        side, samples: of the students whose paths are followed; end: of their time.
        rtols: of the flow of the shallow ones; scales: end-to-end, of the starts of the deep ones.
    """

    snr: float = 5.0
    inr: float = 0.1
    ratios: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0)
    length: int = 1000
    draws: int = 20
    teachers: int = 16
    tested: float = 0.02
    trained: float = 0.02
    side: int = 40
    samples: int = 20
    end: float = 1000.0
    rtols: tuple[float, ...] = (1e-5, 1e-7, 1e-9)
    scales: tuple[float, ...] = (1e-1, 1e-3, 1e-5, 1e-7)


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Three families: `simulated` at each ratio, `paths` that are followed, `formulas` once."""
    found = [Case({"family": "formulas"}, seed) for seed in seeds[:1]]
    for seed in seeds:
        found += [Case({"family": "simulated", "ratio": ratio}, seed) for ratio in parameters.ratios]
        found.append(Case({"family": "paths"}, seed))
    return found


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case; draws depend on root, seed and ratio alone."""
    given = {"snr": parameters.snr, "inr": parameters.inr}
    key = (root, case.seed)
    if case.coordinates["family"] == "formulas":
        return Work(formulas, {**given, "late": 1000.0})
    if case.coordinates["family"] == "paths":
        shape = {"length": parameters.side, "samples": parameters.samples, "end": parameters.end}
        return Work(paths, {**given, **shape, "rtols": parameters.rtols, "scales": parameters.scales, "key": key})
    size = {"length": parameters.length, "draws": parameters.draws, "teachers": parameters.teachers}
    return Work(simulated, {**given, **size, "ratio": case.coordinates["ratio"], "key": key})


STUDY = Study(
    name="student-teacher",
    title="Generalisation in time",
    question="When does training longer hurt? A linear student of a noisy linear teacher, in high dimension: exactly. "
    "(The published experiments with rectified units are left out: they have no law to be held against.)",
    sources=(
        Source("advani2020high", "sections 2 and 3"),
        Source("ali2019continuous", "early stopping beside ridge regression"),
    ),
    parameters=Parameters(),
    quick=Parameters(
        ratios=(0.5, 1.0, 2.0), length=200, tested=0.06, trained=0.04, side=16, samples=8, rtols=(1e-5, 1e-8), scales=(1e-1, 1e-5)
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(3, 1),
    cost="full: about 8 minutes on two cores; quick: about 10 seconds",
)
