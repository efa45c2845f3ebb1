"""What to run: line integrals of the end-to-end field, in one piece of work for each seed."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.not_a_regularizer.claims import claims
from thalweg.studies.not_a_regularizer.pictures import plots, tables
from thalweg.studies.not_a_regularizer.work import integrals
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The curve, and the losses that it is laid through.

    Arguments:
        depths: at which the integral for a constant gradient is taken; 1.5, 2, 3 and 6 among them.
        outer, inner: radii of the curve.
        radii: outer radii of the curves that shrink, for a loss of fourth powers.
        size: how many entries the predictor has.
    """

    depths: tuple[float, ...] = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    outer: float = 1.0
    inner: float = 0.1
    radii: tuple[float, ...] = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
    size: int = 10


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """One a seed."""
    return [Case({"family": "integrals"}, seed) for seed in seeds]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The integrals in the frame and for the losses of a seed."""
    settings = dataclasses.asdict(parameters)
    missing = {1.5, 2.0, 3.0, 6.0} - set(parameters.depths)
    if missing:
        raise ValueError(f"depths must hold 1.5, 2, 3 and 6, of which claims speak; {sorted(missing)} are missing")
    if parameters.size < 3:
        raise ValueError(f"size must be at least 3, got {parameters.size}")
    return Work(integrals, settings | {"key": (root, case.seed)})


STUDY = Study(
    name="not-a-regularizer",
    title="Depth is no regularizer",
    question="Is what depth does to gradient descent the effect of some regularizer? No: its field is the gradient of nothing.",
    sources=(Source("arora2018optimization", "theorem 2"),),
    parameters=Parameters(),
    quick=Parameters(depths=(1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0), radii=(0.1, 0.03, 0.01, 0.003, 0.001), size=4),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about 10 seconds; quick: a few seconds, most of it the start of the workers",
)
