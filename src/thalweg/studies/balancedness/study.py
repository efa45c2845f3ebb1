"""What to run: imbalances along flows and descents, from near zero, and over random starts."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.balancedness.claims import claims
from thalweg.studies.balancedness.pictures import plots, tables
from thalweg.studies.balancedness.work import along_descents, along_flows, near_zero, over_starts
from thalweg.studies.claim import Source
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The networks and how they are followed.

    Arguments:
        widths: $d_0, \\ldots, d_N$ for flow and descent; every second one equal, so that the Gram matrices of the other sides
            can be compared too.
        powers: of the losses of the flow.
        rtols, end, times: tolerances of the flow, its end, and how often it is recorded; flow_seeds: on how many seeds.
        rates: of gradient descent, to time `span`.
        deep: widths of the network that starts near zero; std, larger: the standard deviations of its entries; rate, loss,
            most: of its descent, to that loss, in so many steps at most.
        even, uneven, spread, draws: widths of Gaussian starts, their standard deviation, and how many are drawn.
        shapes, depths: of balanced starts.
    """

    widths: tuple[int, ...] = (5, 6, 5, 6)
    powers: tuple[int, ...] = (2, 4)
    rtols: tuple[float, ...] = (1e-7, 1e-8, 1e-9, 1e-10, 1e-11)
    end: float = 3.0
    times: int = 30
    flow_seeds: int = 5
    rates: tuple[float, ...] = (0.02, 0.01, 0.005, 0.0025, 0.00125)
    span: float = 1.0
    deep: tuple[int, ...] = (128, 32, 32, 1)
    std: float = 1e-3
    larger: float = 0.1
    rate: float = 0.3
    loss: float = 1e-5
    most: int = 10_000
    even: tuple[int, ...] = (100, 100, 100)
    uneven: tuple[int, ...] = (20, 30, 10, 40)
    spread: float = 6.0
    draws: int = 1000
    shapes: tuple[tuple[int, int], ...] = ((5, 5), (3, 7), (7, 3), (1, 6), (20, 35))
    depths: tuple[int, ...] = (2, 3, 5, 8)


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Along flows first; then for each seed along descents, from near zero, and over random starts."""
    found = [Case({"family": "flow"}, seed) for seed in seeds[: parameters.flow_seeds]]
    return found + [Case({"family": family}, seed) for seed in seeds for family in ("descent", "near zero", "starts")]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case."""
    p, key = parameters, (root, case.seed)
    if len(p.widths) != 4 or p.widths[:2] != p.widths[2:]:
        raise ValueError(f"widths must be four, of which every second one is equal, such as 5, 6, 5, 6; got {p.widths}")
    if case.coordinates["family"] == "flow":
        settings = {"widths": p.widths, "powers": p.powers, "rtols": p.rtols, "end": p.end, "times": p.times}
        return Work(along_flows, settings | {"key": key})
    if case.coordinates["family"] == "descent":
        return Work(along_descents, {"widths": p.widths, "rates": p.rates, "end": p.span, "key": key})
    if case.coordinates["family"] == "near zero":
        settings = {"widths": p.deep, "std": p.std, "larger": p.larger, "rate": p.rate, "loss": p.loss, "most": p.most}
        return Work(near_zero, settings | {"key": key})
    settings = {"widths": p.even, "uneven": p.uneven, "std": p.spread, "draws": p.draws, "shapes": p.shapes, "depths": p.depths}
    return Work(over_starts, settings | {"key": key})


STUDY = Study(
    name="balancedness",
    title="Balanced factors",
    question="Gradient flow keeps how far neighbouring factors are from balanced. How exactly, and what do steps make of it?",
    sources=(
        Source("arora2018optimization", "theorem 1"),
        Source("arora2019convergence", "claim 2, procedure 1 and figure 2c"),
    ),
    parameters=Parameters(),
    quick=Parameters(
        powers=(2,),
        rtols=(1e-7, 1e-9, 1e-11),
        times=10,
        flow_seeds=1,
        rates=(0.02, 0.01, 0.005),
        even=(60, 60, 60),
        draws=200,
        shapes=((5, 5), (3, 7), (7, 3)),
        depths=(2, 5),
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about half a minute; quick: some ten seconds, most of it compilation",
)
