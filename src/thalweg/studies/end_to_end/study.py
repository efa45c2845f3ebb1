"""What to run: identities of the rule, and factors beside the rule in steps, in widths and as flows."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.end_to_end.claims import claims
from thalweg.studies.end_to_end.identities import identities
from thalweg.studies.end_to_end.paths import as_flows, in_steps, widths_and_curves
from thalweg.studies.end_to_end.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The settings, in four parts.

    Arguments:
        kinds: shapes of the matrices that identities are checked on; depths: their depths; momentum, momentum_rate: steps of
            descent on a vector times a scalar, and their rate.
        shape, width, rates, end: of factors that descend beside the rule, to that time at each of the rates.
        inputs, samples, condition, hidden, curve_depths, curve_rates, scale, spread, steps, every: of regression with one
            output: its size, the condition number of its inputs, the hidden widths, the rates in l2 and l4, the scale of the
            balanced start and the standard deviation of the independent one, steps, and steps between records.
        shapes, flow_depths, rtol, flow_end, times: of the flows; flow_seeds: how many seeds they are followed on.
    """

    kinds: tuple[tuple[int, int], ...] = ((5, 5), (3, 7), (7, 3), (1, 6), (6, 1), (8, 8))
    depths: tuple[int, ...] = (2, 3, 4, 5, 8)
    momentum: int = 1000
    momentum_rate: float = 0.05
    shape: tuple[int, int] = (4, 6)
    width: int = 7
    rates: tuple[float, ...] = (0.02, 0.01, 0.005, 0.0025, 0.00125)
    end: float = 1.0
    inputs: int = 64
    samples: int = 500
    condition: float = 1000.0
    hidden: tuple[int, ...] = (1, 10, 100)
    curve_depths: tuple[int, ...] = (2, 3)
    curve_rates: tuple[float, float] = (0.02, 0.02)
    scale: float = 0.01
    spread: float = 0.02
    steps: int = 4000
    every: int = 20
    shapes: tuple[tuple[int, int], ...] = ((8, 8), (20, 35), (128, 1))
    flow_depths: tuple[int, ...] = (2, 3, 5)
    rtol: float = 1e-10
    flow_end: float = 3.0
    times: int = 30
    flow_seeds: int = 5


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """The flows first, which take longest; then three a seed."""
    found = [Case({"family": "flows"}, seed) for seed in seeds[: parameters.flow_seeds]]
    return found + [Case({"family": family}, seed) for seed in seeds for family in ("steps", "widths", "identities")]


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case."""
    p, key, family = parameters, (root, case.seed), case.coordinates["family"]
    if min(p.depths + p.curve_depths + p.flow_depths) < 2:
        raise ValueError("depths must be at least 2: at depth 1 the rule is gradient descent, and there is nothing to compare")
    if len(p.hidden) < 2:
        raise ValueError(f"hidden must hold two widths or more, whose paths are compared; got {p.hidden}")
    if family == "identities":
        settings = {"shapes": p.kinds, "depths": p.depths, "steps": p.momentum, "rate": p.momentum_rate}
        return Work(identities, settings | {"key": key})
    if family == "steps":
        settings = {"shape": p.shape, "hidden": p.width, "depths": p.curve_depths, "rates": p.rates, "end": p.end}
        return Work(in_steps, settings | {"key": key})
    if family == "widths":
        settings = {"inputs": p.inputs, "samples": p.samples, "condition": p.condition, "widths": p.hidden}
        settings |= {"depths": p.curve_depths, "rates": p.curve_rates, "scale": p.scale, "spread": p.spread}
        return Work(widths_and_curves, settings | {"steps": p.steps, "every": p.every, "key": key})
    settings = {"shapes": p.shapes, "depths": p.flow_depths, "rtol": p.rtol, "end": p.flow_end, "times": p.times}
    return Work(as_flows, settings | {"key": key})


STUDY = Study(
    name="end-to-end",
    title="The end-to-end rule",
    question="How does the product of the factors move? By its own gradient, preconditioned by its own powers: depth is a rule "
    "for moving one matrix.",
    sources=(
        Source("arora2018optimization", "theorem 1, claims 1 and 2, section 2.1 and figure 3"),
        Source("arora2019implicit", "lemma 2"),
    ),
    parameters=Parameters(),
    quick=Parameters(
        kinds=((5, 5), (3, 7), (7, 3), (1, 6)),
        depths=(2, 3, 5),
        rates=(0.02, 0.01, 0.005),
        inputs=16,
        samples=200,
        condition=100.0,
        steps=1500,
        every=15,
        shapes=((8, 8),),
        flow_depths=(3,),
        times=10,
        flow_seeds=1,
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about two minutes on two idle cores, most of it compilation of the flows; quick: some ten seconds",
)
