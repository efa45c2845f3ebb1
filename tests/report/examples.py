"""Made-up studies, as rich as real ones: what the report is tested on, and looked at with."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.lab.finished import Missing, StudyRun
from thalweg.studies.bounds import AtMost
from thalweg.studies.claim import Claim, Mutant, Source, Verdict
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.study import Case, Setup, Solve, Study

PAPER = "arora2019implicit"


@dataclasses.dataclass(frozen=True)
class Films:
    most: int = 0
    ratings: int = 10_000


@dataclasses.dataclass(frozen=True)
class Parameters:
    side: int = 100
    rank: int = 5
    observed: tuple[int, int] = (2000, 5000)
    scales: tuple[float, ...] = (1e-3, 1e-4, 1e-5, 1e-6)
    rtol: float = 1e-5
    films: Films = dataclasses.field(default_factory=Films)


def claim(name: str, reduce: str = "median") -> Claim:
    null = Mutant("the zero matrix in place of the networks", lambda e: e)
    return Claim(name, "A sentence.", Source(PAPER, "figure 1"), "figure", lambda e: 1.0, AtMost(2.0), null, [null], reduce)


def verdict(
    name: str = "depths 3 and 4 recover",
    kind: str = "pass",
    measured: float | None = 2.61e-5,
    **changes: Any,
) -> Verdict:
    usual = Verdict(
        study="matrix-completion",
        claim=name,
        sentence="From the smallest start depths 3 and 4 recover the target: error at most 1e-4.",
        grade="table",
        source=f"{PAPER}, figure 1 (2000 entries)",
        verdict=kind,
        published="2.7e-5 and 2.3e-5",
        measured=measured,
        low=1.9e-5,
        high=3.4e-5,
        allowed="at most 0.0001",
        margin=0.739,
        null_margin=-9999.0,
        mutants={"depth 2 in their place": -229.0, "a start of scale 1": -410.0},
        reason="",
        seeds=(0, 1, 2, 3, 4),
        mode="full",
    )
    return dataclasses.replace(usual, **changes)


def never_run(parameters: Any, case: Case, root: int) -> Setup | Solve:
    raise NotImplementedError("examples are not run")


def run(
    name: str = "matrix-completion",
    verdicts: Sequence[Verdict] = (),
    plots: Sequence[Plot] = (),
    tables: Sequence[Table] = (),
    missing: Sequence[Missing] = (),
    mode: str = "full",
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    parameters: Any = None,
    **changes: Any,
) -> StudyRun:
    study = Study(
        name=name,
        title="Matrix completion: least nuclear norm against depth",
        question="Does gradient flow on a deep factorization find the completion of least nuclear norm, or one of "
        "lower rank? With $W = W_N \\cdots W_1$ and a start of scale $\\epsilon \\to 0$.",
        sources=(Source(PAPER, "section 4, figures 1 and 2"), Source("candes2009exact", "theorem 1.1")),
        parameters=Parameters(),
        quick=Parameters(scales=(1e-3, 1e-5)),
        cases=lambda parameters, seeds: [],
        build=never_run,
        claims=lambda parameters: [claim(v.claim, "max" if v.grade == "theorem" else "median") for v in verdicts],
        plots=lambda parameters, evidence: plots,
        tables=lambda parameters, evidence: tables,
        seeds=(5, 2),
        cost="two minutes on two cores",
    )
    usual = Parameters() if mode == "full" else Parameters(scales=(1e-3, 1e-5))
    made = StudyRun(
        study=study,
        parameters=usual if parameters is None else parameters,
        mode=mode,
        root=0,
        seeds=tuple(seeds),
        evidence=Evidence([Result({"depth": 3}, seed, {"error": 2.6e-5}, xr.Dataset) for seed in seeds]),
        missing=missing,
        verdicts=verdicts,
        seconds=417.3,
        computed=3,
        provenance={
            "versions": {"thalweg": "0.1.0", "jax": "0.10.2", "diffrax": "0.7.2", "numpy": "2.3.1"},
            "python": "3.11.9",
            "precision": "float64",
            "device": "cpu: cpu",
            "threads": 2,
        },
    )
    return dataclasses.replace(made, **changes)


def completion() -> StudyRun:
    """All kinds of verdicts, a table with published numbers, curves against the scale, spectra."""
    verdicts = [
        verdict(
            "nuclear norm is certified",
            sentence="The least nuclear norm is computed with a certificate: feasible to rounding, relative duality "
            "gap at most 1e-6.",
            grade="theorem",
            source="candes2009exact, equation (1.5), the convex program",
            published=None,
            measured=9.7e-8,
            low=8.1e-8,
            high=9.7e-8,
            allowed="at most 1e-06",
            margin=0.903,
            null_margin=-1.7e5,
            mutants={"the solution with slack 1e-3 taken as exact": -998.0},
        ),
        verdict(
            "nuclear norm fails on few entries",
            sentence="With 2000 of 10000 entries seen, the least nuclear norm does not recover the target: error at least 1e-2.",
            published="1.06e-1",
            measured=0.0648,
            low=0.0312,
            high=0.109,
            allowed="at least 0.01",
            margin=5.48,
            null_margin=-1.0,
            mutants={"5000 entries seen instead": -1.0},
        ),
        verdict(),
        verdict(
            "depth 2 gains from smaller starts",
            kind="fail",
            sentence="At depth 2 the error falls with the scale of the start: the error at 1e-6 is at most a quarter "
            "of that at 1e-3.",
            published="2.3e-2 against 1.0e-1",
            measured=0.318,
            low=0.204,
            high=0.533,
            allowed="at most 0.25",
            margin=-0.272,
            null_margin=-3.0,
            mutants={"the two exchanged": -11.6},
            reason="measured 0.318, allowed at most 0.25",
        ),
        verdict(
            "effective rank",
            kind="inconclusive",
            sentence="The effective rank $\\exp(-\\sum_r p_r \\ln p_r)$ at depth 2 lies between that of the target "
            "and that of the least nuclear norm.",
            published="6.6",
            measured=6.83,
            low=5.9,
            high=7.7,
            allowed="5.2 to 9",
            margin=0.43,
            null_margin=-1.1,
            mutants={"depth 3 in its place": 0.021, "depth 1 in its place": -2.2},
            reason="a wrong variant passes too (depth 3 in its place): the check cannot tell",
        ),
        verdict(
            "ratings",
            kind="not run",
            sentence="On held-out ratings depth 3 does at least as well as depth 2.",
            grade="figure",
            source=f"{PAPER}, figure 3, MovieLens-100K",
            published="1.398 against 1.450",
            measured=None,
            low=None,
            high=None,
            allowed="at most 1",
            margin=None,
            null_margin=None,
            mutants={},
            seeds=(),
            reason="MovieLens-100K is not at hand; set THALWEG_DATA to the folder that holds ml-100k",
        ),
    ]
    absent = "MovieLens-100K is not at hand"
    missing = [Missing(Case({"family": "movielens", "depth": depth}, 0), absent) for depth in (1, 2, 3)]
    return run(verdicts=verdicts, plots=[scales(), spectra()], tables=[errors()], missing=missing)


def singular_values() -> StudyRun:
    """Rising singular values in three panels, in the quick form with changed parameters."""
    verdicts = [
        verdict(
            "velocities follow the law",
            sentence="From a balanced start $\\dot\\sigma_r = -N (\\sigma_r^2)^{1-1/N} \\langle \\nabla \\ell, u_r "
            "v_r^\\top \\rangle$ along the whole path: the largest difference, relative to the largest velocity, is "
            "at most 100 tolerances of the flow.",
            study="singular-values",
            grade="theorem",
            source=f"{PAPER}, theorem 3",
            published=None,
            measured=3.2e-7,
            low=3.2e-7,
            high=3.2e-7,
            allowed="at most 1e-06",
            margin=0.68,
            seeds=(0,),
            mode="quick",
            mutants={"the factor N left out": -5e5, "the exponent of depth N + 1": -4.1e5},
        ),
        verdict(
            "one after another",
            sentence="At depth 3 the five directions are learnt one after another: their take-offs spread over at "
            "least twice the time that the first takes to rise from a tenth to nine tenths.",
            study="singular-values",
            grade="figure",
            source=f"{PAPER}, figure 3, synthetic",
            published="take-offs at 8.0e3, 9.3e3, 1.05e4, 1.25e4, 1.5e4",
            measured=4.12,
            allowed="at least 2",
            margin=1.06,
            seeds=(0,),
            mode="quick",
            null_margin=-1.0,
            mutants={"depth 1 in its place": -0.98},
        ),
    ]
    changed = Parameters(rank=3, scales=(1e-3, 1e-5), films=Films(most=200))
    made = run("singular-values", verdicts, [rise(), law()], [final_values()], mode="quick", seeds=(0,), parameters=changed)
    study = dataclasses.replace(
        made.study,
        title="Singular values along the path",
        question="How do the singular values of a product of matrices move, and why do deeper products learn one "
        "direction after another?",
    )
    return dataclasses.replace(made, study=study, computed=1)


def scales() -> Plot:
    x = np.array([1e-6, 1e-5, 1e-4, 1e-3])
    panels = []
    published = ([(0.018, 0.031, 0.06, 0.1), (2.7e-5, 3e-5, 2.8e-5, 4e-5), (2.3e-5, 2.8e-5, 2.8e-5, 2.2e-5)],
                 [(6.6, 7.1, 8.3, 10.1), (4.95, 4.95, 4.96, 5.0), (4.95, 4.95, 4.95, 4.95)])  # fmt: skip
    for title, values, log, rule in zip(
        ("reconstruction error", "effective rank"), published, (True, False), (0.0648, 9.45), strict=True
    ):
        lines = [
            Line(x, np.array(y), f"depth {n}", n - 1, markers=True, low=np.array(y) * 0.7, high=np.array(y) * 1.3)
            for n, y in zip((2, 3, 4), values, strict=True)
        ]
        rules = [Rule(rule, "least nuclear norm")] + ([] if log else [Rule(4.93, "target")])
        panels.append(Panel(title, "scale of the start", title, lines, rules, "log", "log" if log else "linear"))
    return Plot(
        "scales-2000",
        "2000 entries seen",
        "Completion of a 100 by 100 matrix of rank 5 from 2000 entries, against the scale of the start: the median "
        "over instances, bars from the least to the largest. The error is the mean square over all entries; the "
        "target has mean square 1.",
        panels,
    )


def spectra() -> Plot:
    index = np.arange(1, 11)
    top = np.array([54.7, 48.4, 43.9, 39.2, 34.4])
    lines = [
        Line(index, np.r_[top, tail * np.linspace(1, 0.3, 5)], label, group, markers=True)
        for group, (label, tail) in enumerate(
            {"least nuclear norm": 6.0, "depth 2": 1.4, "depth 3": 0.03, "depth 4": 0.004}.items()
        )
    ]
    panel = Panel(
        "2000 entries seen, first instance", "index of the singular value", "singular value", lines, y_scale="log",
        y_range=(1e-3, 2e2),
    )  # fmt: skip
    return Plot("spectra", "The spectra of the solutions", "The ten largest singular values of each.", [panel])


def rise(records: int = 2000) -> Plot:
    steps = np.linspace(0, 2e4, records)
    top = (53.0, 47.4, 44.4, 38.6, 33.2)
    panels = []
    for depth in (1, 2, 3):
        lines = []
        for r in range(10):
            if depth == 1:
                y = (11.7 - 0.5 * r) * (1 - np.exp(-steps / 4000))
            else:
                final = top[r] if r < 5 else (6.0 - r / 2 if depth == 2 else 0.2)
                off = (3500 + 500 * r) if depth == 2 else (8000 + 1700 * r)
                y = final / (1 + np.exp(-(steps - off) / (700 if depth == 2 else 150)))
            label = {0: "first five", 5: "others"}.get(r)
            lines.append(Line(steps, y, label, 0 if r < 5 else 1))
        rules = [Rule(value, "target" if r == 0 else "") for r, value in enumerate(top)]
        panels.append(Panel(f"depth {depth}", "steps", "singular value", lines, rules))
    return Plot(
        "rise",
        "Singular values along gradient descent",
        "The ten largest singular values while gradient descent completes a 100 by 100 matrix of rank 5 from 2000 "
        "entries. A single matrix raises all of them at once. With two factors large ones run ahead of small ones; "
        "with three the five directions of the target are learnt one after another and the others stay at nothing.",
        panels,
    )


def law() -> Plot:
    time = np.linspace(0, 100, 500)
    lines = []
    for r in range(3):
        y = np.exp(-(((time - 30 - 20 * r) / 8) ** 2))
        lines.append(Line(time, y, f"measured, {r + 1}", r, low=y * 0.9, high=y * 1.1))
        lines.append(Line(time, y, f"predicted, {r + 1}", r, style="dot"))
    panel = Panel("depth 2", "time", "velocity $\\dot\\sigma_r$", lines, [Rule(50.0, "half time", "x")])
    return Plot("law", "The law of motion over the path", "Velocities of the three largest singular values.", [panel])


def errors() -> Table:
    rows: list[list[Cell | str]] = [
        ["target", "", Cell(220.24, 218.9, 221.7, "219.45"), Cell(4.93, 4.9, 4.95, "4.93"), ""],
        ["least nuclear norm, exact", Cell(0.0648, 0.0312, 0.109, "1.06e-1"), Cell(216.2, 212.0, 218.4, "210.15"),
         Cell(8.42, 7.2, 9.6, "9.45"), ""],
        ["depth 2, start 1e-06", Cell(0.0206, 0.0035, 0.031, "2.3e-2"), Cell(220.1, 219.0, 221.2, "217.2"),
         Cell(6.83, 5.9, 7.7, "6.6"), Cell(1843.0, 1520.0, 2210.0)],
        ["depth 3, start 1e-06", Cell(2.61e-5, 1.9e-5, 3.4e-5, "2.7e-5"), Cell(220.3, 219.1, 221.8, "219.4"),
         Cell(4.95, 4.93, 4.97, "4.95"), Cell(2871.0, 2504.0, 3102.0)],
        ["depth 4, start 1e-06", Cell(None, published="2.3e-5", note="not run"), Cell(None, note="not run"),
         Cell(None, published="4.95", note="not run"), ""],
    ]  # fmt: skip
    return Table(
        "completion-2000",
        "2000 entries seen",
        "Median over 5 fresh instances, with the least and the largest.",
        ["method", "reconstruction error", "nuclear norm", "effective rank", "gradients"],
        rows,
    )


def final_values() -> Table:
    printed = {1: (11.7, 10.4, 10.3, 9.2, 8.7, 7.8), 2: (45.5, 38.5, 36.5, 28.7, 24.8, 6.0)}
    rows: list[list[Cell | str]] = [
        [f"depth {depth}, at step 15,000", *(Cell(1.03 * v, 0.98 * v, 1.06 * v, f"{v:g}") for v in values)]
        for depth, values in printed.items()
    ]
    return Table("final-values", "Singular values at the end", "", ["run", *(f"{r}." for r in range(1, 7))], rows)


def awkward() -> StudyRun:
    """Whatever might break a page: markup in sentences, numbers that are none, long words, empty panels."""
    hostile = '<script>alert("1")</script> & <img src=x onerror=alert(2)> 50% of $x_1 < 2$ \\ {brace} #1 ~ ^'
    x = np.arange(6.0)
    gaps = np.array([1.0, np.nan, np.inf, -1.0, 0.0, 2.0])
    long = "a label that goes on for so long that no legend and no axis could ever hold it in a single line " * 2
    panels = [
        Panel("nothing", "x", "y", []),
        Panel("gaps", "x", hostile, [Line(x, gaps, hostile), Line(x, -x, "below", 9)], x_scale="log", y_scale="log"),
        Panel(long, long, long, [Line(x, x, long, 12, low=x - 1, high=x + 1)], [Rule(np.nan, "no"), Rule(2, long)]),
        Panel("one point", "$\\frac{", "$5", [Line(np.ones(1), np.ones(1), "a $ sign", markers=True)]),
    ]
    table = Table(
        "odd names/of tables",
        hostile,
        hostile,
        [hostile, "value"],
        [[hostile, Cell(float("nan"), float("-inf"), float("inf"), hostile, hostile)], ["", "~1e-5"]],
    )
    verdicts = [
        verdict(hostile, "fail", float("nan"), sentence=hostile, reason=hostile, mutants={hostile: float("nan")}),
        verdict("infinite", "fail", float("inf"), margin=float("-inf"), null_margin=float("nan"), source="my notes"),
        verdict("the null passes", "inconclusive", 1.0, null_margin=0.0, mutants={"kept": 0.0}, reason="cannot tell"),
        verdict("no reason", "not run", None, low=None, high=None, margin=None, null_margin=None, mutants={}, seeds=()),
    ]
    made = run("../odd study", verdicts, [Plot("a/b", hostile, hostile, panels), Plot("a b", "Empty", "", [])], [table])
    sources = (Source("unknown2000key", "p. 1"),)
    study = dataclasses.replace(made.study, title=hostile, question=hostile, sources=sources)
    return dataclasses.replace(made, study=study, provenance={"note": hostile})


def every_run() -> list[StudyRun]:
    return [completion(), singular_values(), awkward(), run("no-claims")]
