"""Many seeds of one study: one worker process after the other's work, and two side by side.

    python benchmarks/seeds.py [--seeds 64] [--jobs 2] [--json FILE]

The study is in this file: completion of 100 by 100 matrices of rank 5 from 2000 entries at depth 3. It runs first with
one worker process that may use every core, then with `--jobs` of them, each pinned to a core; each time into a fresh
store. Starting a worker and compiling is timed apart, by a run of as many seeds as there are workers, and taken off.
Memory is the largest resident set of any worker.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import thalweg as tw
from thalweg.lab.carry_out import run
from thalweg.lab.plan import Plan
from thalweg.studies.bounds import AtMost
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.study import Case, Setup, Study


def build(parameters: Any, case: Case, root: int) -> Setup:
    """One instance, followed to a train error of 1e-6."""
    key, shape = (root, case.seed), (100, 100)
    return Setup(
        tw.MatrixCompletion.random(shape=shape, rank=5, observed=2000, key=key),
        tw.DeepLinear(depth=3, shape=shape),
        tw.Gaussian(1e-3),
        tw.GradientFlow(rtol=1e-4),
        until=tw.LossBelow(1e-6),
        key=key,
        record=[tw.Loss(), tw.ReconstructionError()],
        at=tw.EverySteps(10),
    )


def cases(parameters: Any, seeds: Sequence[int]) -> list[Case]:
    """One run a seed."""
    return [Case({"depth": 3}, seed) for seed in seeds]


def claims(parameters: Any) -> list[Claim]:
    """That the runs came to what they should."""
    nothing = Mutant("the zero matrix", lambda e: e.replaced(lambda r: {"reconstruction_error": 1.0}))
    source = Source("arora2019implicit", "figure 1")
    sentence = "Depth 3 recovers the target to 1e-3."
    return [
        Claim(
            "recovers",
            sentence,
            source,
            "table",
            lambda e: e.final("reconstruction_error", depth=3),
            AtMost(1e-3),
            nothing,
            [nothing],
        )
    ]


STUDY = Study(
    name="many-seeds",
    title="Many seeds",
    question="How long do many seeds take?",
    sources=(Source("arora2019implicit", "figure 1"),),
    parameters=Source("", ""),
    quick=Source("", ""),
    cases=cases,
    build=build,
    claims=claims,
    plots=lambda parameters, evidence: [],
    tables=lambda parameters, evidence: [],
    seeds=(64, 8),
    cost="a minute",
)


def timed(seeds: int, jobs: int) -> tuple[float, str]:
    """Seconds of a study into a fresh store, and its verdict."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        done = run(Plan(__file__, seeds=seeds), Path(folder), jobs=jobs)
        return time.perf_counter() - began, done.verdicts[0].verdict


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=64, help="how many")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes of the second run")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    arguments = parser.parse_args()
    found: dict[str, Any] = {"seeds": arguments.seeds, "jobs": arguments.jobs}
    for jobs in (1, arguments.jobs):
        setup, _ = timed(jobs, jobs)
        whole, verdict = timed(arguments.seeds, jobs)
        rate = (arguments.seeds - jobs) / (whole - setup)
        found[f"with_{jobs}"] = {"setup": setup, "seconds": whole, "runs_per_second": rate, "verdict": verdict}
        print(f"{jobs} worker(s): {whole:.1f} s, {setup:.1f} s of it to start and compile; {rate:.2f} runs a second; {verdict}")
    found["ratio"] = found[f"with_{arguments.jobs}"]["runs_per_second"] / found["with_1"]["runs_per_second"]
    found["worker_megabytes"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    found["load"] = os.getloadavg()[0]
    print(f"throughput: {found['ratio']:.2f} times; largest worker {found['worker_megabytes']:.0f} MB")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
