"""What the study of sparse regression runs."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from thalweg.studies.claim import Source
from thalweg.studies.sparse_regression import work
from thalweg.studies.sparse_regression.claims import claims
from thalweg.studies.sparse_regression.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work

GRID = tuple(1.5 - at / 4 for at in range(31))
LONG = (*(-at / 4 for at in range(29)), -8.0, -9.0, -10.0, -11.0, -12.0)


@dataclasses.dataclass(frozen=True)
class Parameters:
    r"""The published instance, and the sweeps of the talk; noise of variance 0.01.

    Arguments:
        size, samples, nonzeros, deviation: $d$, $N$, $k$ and the deviation of the noise of the instances seen at all scales,
            `instances` for each seed.
        exponents, shown: $\log_{10}\alpha$ of the scales, and of those in the table.
        level: of the population error.
        half, below: what is allowed for $\log_{10}\alpha$ at half height and at the level, wider for fewer instances;
            factor: for the norms in the table.
        many_size, many_samples, many_nonzeros: of the sweeps, their middle values where the other one is varied.
        sweep: $N$; sparsity: $k$; long: exponents down which the largest scale is looked for; falls: the four N between
            which its fall is compared; plain: the N at which noise is counted and not.
        trained, scales, rtol, solver, rates, loss: size, samples and nonzeros of the instances that are trained, the first
            of them by descent too, $\alpha$, the
            tolerance and the solver of the flow, rates of descent as shares of one over the largest curvature, and the
            loss to end at.
        law_size, law_samples, how_many, norms, shares: of the small instances of theorem 2, with $\epsilon$.
    """

    size: int = 1000
    samples: int = 100
    nonzeros: int = 5
    deviation: float = 0.1
    instances: int = 1
    exponents: tuple[float, ...] = GRID
    shown: tuple[float, ...] = (1.0, -1.25, -2.0, -3.0, -4.0, -6.0)
    level: float = 0.025
    half: tuple[float, float] = (-1.44, -1.2)
    below: tuple[float, float] = (-2.6, -2.0)
    factor: float = 1.6
    many_size: int = 1000
    many_samples: int = 150
    many_nonzeros: int = 5
    sweep: tuple[int, ...] = (40, 50, 60, 70, 80, 100, 120, 150, 200, 300, 400)
    sparsity: tuple[int, ...] = (1, 2, 5, 10, 15, 20)
    long: tuple[float, ...] = LONG
    falls: tuple[int, int, int, int] = (60, 120, 200, 400)
    plain: int = 100
    threshold: tuple[float, float] = (40.0, 80.0)
    trained: tuple[tuple[int, int, int], ...] = ((200, 40, 3), (1000, 100, 5))
    scales: tuple[float, ...] = (0.1, 0.01, 0.001)
    rtol: float = 1e-7
    solver: str = "auto"
    rates: tuple[float, ...] = (0.1, 0.05, 0.025)
    loss: float = 1e-18
    law_size: int = 6
    law_samples: int = 3
    how_many: int = 40
    norms: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
    shares: tuple[float, ...] = (0.05, 0.2, 0.5, 1.0)


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """All scales, the sweeps and the laws for every seed, training once."""
    families = ("along", "needed", "laws")
    every = [Case({"family": family}, seed) for family in families for seed in seeds]
    return [*(Case({"family": "training", "size": size}, seeds[0]) for size, *_ in parameters.trained), *every]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case.

    Raises:
        ValueError: sweeps without the values that the claims compare.
    """
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    if missing := {*p.falls, p.plain}.difference(p.sweep):
        raise ValueError(f"sweep must hold the numbers of samples in falls and plain; {sorted(missing)} are missing")
    if family == "along":
        shape = {"size": p.size, "samples": p.samples, "nonzeros": p.nonzeros, "deviation": p.deviation}
        more: dict[str, Any] = {
            "instances": p.instances,
            "shape": shape,
            "exponents": p.exponents,
            "level": p.level,
            "shown": p.shown,
        }
        return Work(work.along, {"key": key} | more)
    if family == "needed":
        fixed = {"size": p.many_size, "samples": p.many_samples, "nonzeros": p.many_nonzeros, "deviation": p.deviation}
        more = {"samples": p.sweep, "nonzeros": p.sparsity, "fixed": fixed, "exponents": p.long, "level": p.level}
        return Work(work.needed, {"key": key} | more)
    if family == "laws":
        more = {"size": p.law_size, "samples": p.law_samples, "how_many": p.how_many, "norms": p.norms, "shares": p.shares}
        return Work(work.laws, {"key": key} | more)
    size, samples, nonzeros = next(shape for shape in p.trained if shape[0] == case.coordinates["size"])
    shape = {"size": size, "samples": samples, "nonzeros": nonzeros, "deviation": p.deviation}
    rates = p.rates if size == p.trained[0][0] else ()
    more = {"shape": shape, "scales": p.scales, "rtol": p.rtol, "solver": p.solver, "rates": rates, "loss": p.loss}
    return Work(work.training, {"key": key} | more)


STUDY = Study(
    name="sparse-regression",
    title="Sparse regression: how small a start has to be",
    question="A diagonal network that starts at the scale alpha ends at the solution that is least under one exact potential, "
    "between the l2 norm and the l1 norm. How small must alpha be to find a sparse truth, and what does it cost in samples?",
    sources=(Source("woodworth2020kernel", "theorems 1 and 2, and figure 1"),),
    parameters=Parameters(),
    quick=Parameters(
        instances=4,
        half=(-1.5, -1.15),
        below=(-3.2, -1.9),
        many_size=300,
        many_samples=70,
        many_nonzeros=3,
        sweep=(24, 60, 90, 140),
        sparsity=(1, 3, 8),
        falls=(24, 60, 90, 140),
        plain=90,
        threshold=(20.0, 95.0),
        trained=((40, 8, 2),),
        rtol=1e-8,
        solver="rock4",
        how_many=4,
        norms=(0.1, 1.0, 10.0, 100.0),
        shares=(0.05, 0.5),
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(20, 2),
    cost="full: a minute and a half on two cores, 20 instances; quick: about eight seconds, half of them compilation",
)
