"""What `cluster.py` runs: completions, runs that do nothing, runs that sleep. Workers get the text of this file."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

import thalweg as tw
from thalweg.studies.bounds import AtMost
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.study import Case, Report, Setup, Study, Work

SOURCE = Source("arora2019implicit", "figure 1")


@dataclasses.dataclass(frozen=True)
class Parameters:
    """What the runs do.

    Arguments:
        kind: completion, or wait.
        seconds: that a run waits.
        depths: of completions, a run each and seed.
        rtol: of the flow.
    """

    kind: str = "completion"
    seconds: float = 0.0
    depths: tuple[int, ...] = (2, 3)
    rtol: float = 1e-7


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Depths inside seeds, so that equal shapes do not follow one another."""
    depths = parameters.depths if parameters.kind == "completion" else (0,)
    return [Case({"depth": depth}, seed) for seed in seeds for depth in depths]


def build(parameters: Parameters, case: Case, root: int) -> Setup | Work:
    """A completion of 100 by 100 from 2000 entries to a train error of 1e-6, or a wait."""
    if parameters.kind == "wait":
        return Work(wait, {"seconds": parameters.seconds, "seed": case.seed})
    key, shape = (root, case.seed), (100, 100)
    return Setup(
        tw.MatrixCompletion.random(shape=shape, rank=5, observed=2000, key=key),
        tw.DeepLinear(depth=case.coordinates["depth"], shape=shape),
        tw.Gaussian(1e-3),
        tw.GradientFlow(rtol=parameters.rtol),
        until=tw.LossBelow(1e-6),
        key=key,
        record=[tw.Loss(), tw.ReconstructionError(), tw.SingularValues(10)],
        at=tw.EverySteps(10),
    )


def wait(report: Report, seconds: float, seed: int) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """Needs no processor."""
    time.sleep(seconds)
    return xr.Dataset({"loss": ("record", np.full(100, float(seed)))}), {"loss": 0.0}


def claims(parameters: Parameters) -> list[Claim]:
    """That the runs came back."""
    nothing = Mutant("a loss of one", lambda evidence: evidence.replaced(lambda result: {"loss": 1.0}))
    depth = parameters.depths[0] if parameters.kind == "completion" else 0
    return [
        Claim(
            "came back",
            "The runs came back.",
            SOURCE,
            "table",
            lambda e: e.final("loss", depth=depth),
            AtMost(1e-3),
            nothing,
            [nothing],
        )
    ]


STUDY = Study(
    name="cluster-benchmark",
    title="Many runs",
    question="What does a cluster cost?",
    sources=(SOURCE,),
    parameters=Parameters(),
    quick=Parameters(),
    cases=cases,
    build=build,
    claims=claims,
    plots=lambda parameters, evidence: [],
    tables=lambda parameters, evidence: [],
    seeds=(8, 2),
    cost="as long as asked for",
)
