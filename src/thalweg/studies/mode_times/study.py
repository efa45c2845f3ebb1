"""Mode times: what is run. Times and paths of modes at every depth, and what they say of learning."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from thalweg.studies.claim import Source
from thalweg.studies.mode_times import work
from thalweg.studies.mode_times.claims import claims
from thalweg.studies.mode_times.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Sizes of the runs.

    Arguments:
        outputs, inputs: of the matrices that are learnt; targets: their singular values, falling.
        flows: depths at which the flow is followed, at each of rtols, from values between 0.03 and 0.08.
        descents: depths at which gradient descent is followed at the rate, all modes from the one start.
        depths: at which the mode equation is integrated, whole or not.
        starts: from which escapes are timed.
        instances, samples, features, steps, small: of the regressions with fourth powers at depths 1, 4 and 8: how many,
            their samples and inputs, steps at each rate, and the scale of each factor of the near-zero start.
        levels: of the tree of items.
    """

    outputs: int = 8
    inputs: int = 6
    targets: tuple[float, ...] = (2.0, 1.4, 0.9, 0.5)
    flows: tuple[int, ...] = (2, 3, 4)
    rtols: tuple[float, ...] = (1e-7, 1e-8, 1e-9)
    descents: tuple[int, ...] = (1, 2, 3)
    start: float = 0.01
    rate: float = 1e-3
    depths: tuple[float, ...] = (1, 1.5, 2, 2.5, 3, 5, 8, math.inf)
    starts: tuple[float, ...] = (1e-5, 1e-6, 1e-7, 1e-8)
    instances: int = 32
    samples: int = 40
    features: int = 5
    steps: int = 1500
    small: float = 1e-2
    levels: int = 4


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Runs of every seed, and of the first alone what has no chance in it or has many instances of its own."""
    found = [Case({"family": "scalars"}, seed) for seed in seeds[:1]]
    found += [Case({"family": "starts"}, seed) for seed in seeds[:1]]
    for seed in seeds:
        found += [Case({"family": "flow", "depth": depth}, seed) for depth in parameters.flows]
        found.append(Case({"family": "hyperbolas"}, seed))
        found += [Case({"family": "descent", "depth": depth}, seed) for depth in parameters.descents]
        found.append(Case({"family": "hierarchy"}, seed))
    return found


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The computation of a case; instances depend on root and seed alone, so all depths meet the same one."""
    p, key = parameters, (root, case.seed)
    shape: dict[str, Any] = {"outputs": p.outputs, "inputs": p.inputs, "targets": p.targets, "key": key}
    match case.coordinates["family"]:
        case "scalars":
            return Work(work.scalars, {"depths": p.depths, "starts": p.starts, "target": 1.0})
        case "starts":
            sizes = {"instances": p.instances, "samples": p.samples, "inputs": p.features, "steps": p.steps}
            return Work(work.starts, {**sizes, "small": p.small, "key": key})
        case "flow":
            return Work(work.flow, {"depth": case.coordinates["depth"], "rtols": p.rtols, **shape})
        case "hyperbolas":
            return Work(work.hyperbolas, {"rtol": min(p.rtols), **shape})
        case "descent":
            return Work(work.descent, {"depth": case.coordinates["depth"], "start": p.start, "rate": p.rate, **shape})
        case _:
            return Work(work.hierarchy, {"levels": p.levels, "start": 1e-3, "rate": 0.01, "steps": 1500, "key": key})


STUDY = Study(
    name="mode-times",
    title="How long each mode takes",
    question="How long does a product of matrices take to learn one direction of its target, and what does depth change?",
    sources=(
        Source("saxe2014exact", "sections 1.3 and 2, appendix A"),
        Source("saxe2019mathematical", "progressive differentiation"),
        Source("arora2018optimization", "section 8"),
        Source("arora2019implicit", "theorem 3"),
    ),
    parameters=Parameters(),
    quick=Parameters(outputs=4, inputs=5, flows=(2,), instances=16, steps=800, levels=3),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 1),
    cost="full: about a minute on two cores; quick: about ten seconds",
)
