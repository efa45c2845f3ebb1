"""A study for tests of the lab: tiny descents that go well, raise, die or lack their data, as `kinds` asks.

It is read by the path of its file, as anyone's own study is.
"""

import contextlib
import dataclasses
import functools
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import thalweg as tw
from thalweg.data.source import DataMissing
from thalweg.drawing.plot import Cell, Line, Panel, Plot, Table
from thalweg.studies.bounds import AtMost
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence
from thalweg.studies.study import Case, Setup, Solve, Study

SOURCE = Source("arora2019implicit", "figure 1")


@dataclasses.dataclass(frozen=True)
class Inner:
    """A group of settings.

    Arguments:
        rate: of descent.
        most: of nothing.
    """

    rate: float = 0.1
    most: int = 0


@dataclasses.dataclass(frozen=True)
class Parameters:
    """What may be changed.

    Arguments:
        kinds: of cases, separated by commas: good, solved, raises, dies, dies-once, no-data, wide, held, one-held.
        marker: a file by which a run that dies once knows that it did; the folder in which runs that are held say that
            they began, and wait for a file `go`.
        side, rank, steps, every, bound: of the runs and of the claims.
    """

    kinds: str = "good,solved"
    marker: str = ""
    side: int = 4
    rank: int = 1
    steps: int = 60
    every: int = 20
    bound: float = 0.5
    scales: tuple[float, ...] = (0.3,)
    shape: tuple[int, int] = (4, 4)
    loud: bool = False
    inner: Inner = Inner()


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """One for each kind and seed."""
    return [Case({"kind": kind}, seed) for seed in seeds for kind in parameters.kinds.split(",") if kind]


def build(parameters: Parameters, case: Case, root: int) -> Setup | Solve:
    """A descent, or what its kind says; only in worker processes does one die."""
    kind, shape, key = case.coordinates["kind"], (parameters.side, parameters.side), (root, case.seed)
    if kind == "no-data":
        raise DataMissing("the toy data are not at hand; set THALWEG_DATA")
    if _in_a_worker() and kind.startswith("dies"):
        _die(Path(parameters.marker) if kind == "dies-once" else None)
    problem = tw.MatrixCompletion.random(shape=shape, rank=parameters.rank, observed=shape[0] * shape[1] - 3, key=key)
    if kind == "solved":
        return Solve("nuclear_norm", problem, {"gap": 1e-6}, measure_solution)
    return Setup(
        problem,
        tw.DeepLinear(depth=2, shape=shape, hidden=shape[0] + {"wide": 1, "dies": 2, "dies-once": 3}.get(kind, 0)),
        tw.Gaussian(parameters.scales[0]),
        tw.GradientDescent(parameters.inner.rate),
        until=tw.Steps(parameters.steps),
        key=key,
        record=[tw.Loss(), tw.SingularValues()],
        at=tw.EverySteps(parameters.every),
        measure=_measure(kind, case.seed, parameters.marker),
    )


def _measure(kind: str, seed: int, folder: str) -> Any:
    if kind in ("held", "one-held"):
        return functools.partial(held, folder=folder, case=f"{kind}-{seed}", one=kind == "one-held")
    return raising if kind == "raises" else measure


def _in_a_worker() -> bool:
    main = getattr(sys.modules["__main__"], "__spec__", None)
    return multiprocessing.parent_process() is not None or (main is not None and main.name == "thalweg.lab.cluster.process")


def _die(marker: Path | None) -> None:
    if marker is None or not marker.exists():
        if marker is not None:
            marker.write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)


def measure(problem: Any, predictor: Any) -> Mapping[str, float]:
    """The error."""
    return {"error": float(np.mean((predictor - problem.target) ** 2))}


def held(problem: Any, predictor: Any, folder: str, case: str, one: bool) -> Mapping[str, float]:
    """The error, once there is a file `go`; where only one is held, of all runs the first."""
    place = Path(folder)
    (place / f"begun {case} {os.getpid()}").write_text(str(os.getppid()))
    wait = not one
    with contextlib.suppress(FileExistsError):
        (place / "held").touch(exist_ok=False)
        wait = True
    end = time.monotonic() + 300
    while wait and not (place / "go").exists() and time.monotonic() < end:
        time.sleep(0.02)
    return measure(problem, predictor)


def measure_solution(problem: Any, solution: Any) -> Mapping[str, float]:
    """The certified gap in place of a loss."""
    return {"loss": float(solution.gap), "error": float(np.mean((solution.predictor - problem.target) ** 2))}


def raising(problem: Any, predictor: Any) -> Mapping[str, float]:
    """What a defect in a study does."""
    raise RuntimeError("no luck [/today]")


def claims(parameters: Parameters) -> list[Claim]:
    """One for each kind: its loss has fallen."""
    return [_claim(kind, parameters.bound) for kind in parameters.kinds.split(",") if kind]


def _claim(kind: str, bound: float) -> Claim:
    def with_loss(value: float) -> Any:
        return lambda evidence: evidence.replaced(lambda result: {"loss": value})

    return Claim(
        f"{kind} falls",
        f"The loss of {kind} falls.",
        SOURCE,
        "figure",
        lambda evidence: evidence.final("loss", kind=kind),
        AtMost(bound),
        null=Mutant("a loss of two", with_loss(2.0)),
        mutants=[Mutant("a loss of one", with_loss(1.0))],
        published="small",
        needs={"kind": kind},
    )


def plots(parameters: Parameters, evidence: Evidence) -> list[Plot]:
    """The losses of good runs."""
    records = [result.record() for result in evidence.select(kind="good")]
    lines = [Line(record.steps.values, record.loss.values, "good") for record in records]
    return [Plot("loss", "Loss", "The loss.", [Panel("loss", "steps", "loss", lines, y_scale="log")])]


def tables(parameters: Parameters, evidence: Evidence) -> list[Table]:
    """The errors of all runs."""
    rows: list[list[Cell | str]] = [[r.coordinates["kind"], Cell(float(r.finals["error"]))] for r in evidence]
    return [Table("errors", "Errors", "", ["kind", "error"], rows)]


STUDY = Study(
    name="tiny",
    title="A tiny study",
    question="Does the lab carry it out?",
    sources=(SOURCE,),
    parameters=Parameters(),
    quick=Parameters(steps=40),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(2, 1),
    cost="a second",
)
