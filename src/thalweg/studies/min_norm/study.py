"""What the study of least solutions runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.min_norm import work
from thalweg.studies.min_norm.claims import claims
from thalweg.studies.min_norm.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Random instances, whose sizes are ours, and the published examples, whose rates are.

    Arguments:
        samples, size, how_many: of the random instances, Gaussian samples and positive coefficients behind the values.
        shares: the rates, as shares of half the largest stable one at the solution and at the start.
        momenta: of mirror descent with dual momentum.
        halvings: of the rate of natural gradient descent; passes: single samples of stochastic descent.
        scale, tolerances: of mirror flow with the hyperbolic entropy.
        natural_rates, momentum_pairs, fading, fading_halvings: in the example of two coefficients; the momentum that is kept
            while the rate is halved.
        steepest_rates, steepest_halvings: in the example of three coefficients.
        keep: how many steps the pictures show.
    """

    samples: int = 8
    size: int = 30
    how_many: int = 6
    shares: tuple[float, ...] = (0.15, 0.4, 1.0)
    momenta: tuple[float, ...] = (0.3, 0.6)
    halvings: int = 7
    passes: int = 400_000
    scale: float = 0.2
    tolerances: tuple[float, ...] = (1e-2, 1e-5, 1e-9)
    natural_rates: tuple[float, ...] = (0.2, 0.15, 0.1)
    momentum_pairs: tuple[tuple[float, float], ...] = ((0.1, 0.5), (0.05, 0.5), (0.05, 0.6), (0.02, 0.7))
    fading: float = 0.5
    fading_halvings: int = 7
    steepest_rates: tuple[float, ...] = (0.2, 0.1, 0.05, 0.02)
    steepest_halvings: int = 6
    keep: int = 200


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The examples once; random instances and a flow for every seed."""
    found = [Case({"family": "plane"}, seeds[0]), Case({"family": "space"}, seeds[0])]
    return [*found, *(Case({"family": family}, seed) for seed in seeds for family in ("random", "flow"))]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case."""
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    sizes = {"key": key, "samples": p.samples, "size": p.size}
    if family == "random":
        more = {"how_many": p.how_many, "shares": p.shares, "momenta": p.momenta, "halvings": p.halvings, "passes": p.passes}
        return Work(work.random, sizes | more)
    if family == "flow":
        return Work(work.flow, sizes | {"scale": p.scale, "tolerances": p.tolerances})
    if family == "plane":
        more = {"fading": p.fading, "halvings": p.fading_halvings, "keep": p.keep}
        return Work(work.plane, {"rates": p.natural_rates, "pairs": p.momentum_pairs} | more)
    return Work(work.space, {"rates": p.steepest_rates, "halvings": p.steepest_halvings})


STUDY = Study(
    name="min-norm",
    title="Which solution each geometry finds",
    question="Where many coefficients interpolate, which of them does a descent find? Mirror descent the nearest in its own "
    "divergence, at any rate; natural gradient, momentum of the parameters and steepest descent in a norm no such thing.",
    sources=(Source("gunasekar2018characterizing", "section 2"),),
    parameters=Parameters(),
    quick=Parameters(
        samples=4,
        size=10,
        how_many=3,
        halvings=5,
        passes=100_000,
        tolerances=(1e-2, 1e-6),
        fading_halvings=4,
        steepest_halvings=4,
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 1),
    cost="full: about forty seconds of computing; quick: about eight, nearly all of it compilation",
)
