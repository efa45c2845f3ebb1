"""A study of your own in one file: does the imbalance of the factors stay what it was? Run it by its path:

thalweg run examples/my_study.py
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

import thalweg as tw
from thalweg.drawing.plot import Line, Panel, Plot
from thalweg.studies.bounds import AtMost
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence
from thalweg.studies.study import Case, Setup, Study

LAW = Source("arora2018optimization", "theorem 1, its hypothesis of balancedness")


@dataclasses.dataclass(frozen=True)
class Parameters:
    """What may be changed by `--set`."""

    side: int = 12
    rtol: float = 1e-8
    end: float = 60.0


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """One run for each depth and instance."""
    return [Case({"depth": depth}, seed) for seed in seeds for depth in (2, 3)]


def build(parameters: Parameters, case: Case, root: int) -> Setup:
    """The run of a case: every random draw comes from the root seed and the case's."""
    key = (root, case.seed)
    shape = (parameters.side, parameters.side)
    return Setup(
        tw.MatrixCompletion.random(shape=shape, rank=2, observed=shape[0] * shape[1] // 2, key=key),
        tw.DeepLinear(depth=case.coordinates["depth"], shape=shape),
        tw.Gaussian(0.5),
        tw.GradientFlow(rtol=parameters.rtol),
        until=tw.Time(parameters.end),
        key=key,
        record=[tw.Imbalance(), tw.Loss()],
    )


def drift(evidence: Evidence) -> float:
    """The largest change of the imbalance along the path, over both depths, relative to the imbalance."""
    found = []
    for depth in (2, 3):
        values = evidence.record(depth=depth).imbalance.values
        found.append(np.abs(values - values[0]).max() / values[0])
    return float(max(found))


def drifting(evidence: Evidence) -> Evidence:
    """What a path with a slow leak would give."""
    return evidence.rerecorded(lambda record: record.assign(imbalance=record.imbalance * (1 + 1e-3 * record.time)))


def halved(evidence: Evidence) -> Evidence:
    """What a path that forgets its start would give."""
    return evidence.rerecorded(lambda record: record.assign(imbalance=record.imbalance * np.exp(-record.time)))


def claims(parameters: Parameters) -> list[Claim]:
    """One sentence that can fail."""
    return [
        Claim(
            "imbalance is conserved",
            "Along gradient flow the imbalance of the factors stays what it was, to 1e-5.",
            LAW,
            "theorem",
            drift,
            AtMost(1e-5),
            null=Mutant("an imbalance that decays", halved),
            mutants=[Mutant("a slow leak", drifting)],
            reduce="max",
        )
    ]


def plots(parameters: Parameters, evidence: Evidence) -> list[Plot]:
    """The imbalance over time."""
    lines = []
    for index, depth in enumerate((2, 3)):
        record = evidence.of_seed(evidence.seeds()[0]).record(depth=depth)
        lines.append(Line(record.time.values, record.imbalance.values, f"depth {depth}", index))
    caption = "The imbalance of the factors along gradient flow: a conserved quantity."
    return [Plot("imbalance", "Imbalance", caption, [Panel("one instance", "time", "imbalance", lines)])]


STUDY = Study(
    name="conserved-imbalance",
    title="The imbalance is conserved",
    question="Does gradient flow on a product of matrices keep the imbalance of its factors?",
    sources=(LAW,),
    parameters=Parameters(),
    quick=Parameters(end=20.0),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=lambda parameters, evidence: [],
    seeds=(3, 1),
    cost="a few seconds",
)
