"""What the study computes: margins along the paths of boosting, on a published matrix and on random ones."""

from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.algorithms.coordinate_descent import STEPS, CoordinateDescent
from thalweg.algorithms.steepest_descent import SteepestDescent
from thalweg.exact.hard_margin import hard_margin
from thalweg.initializations.given import Given
from thalweg.observables.predictor import Predictor
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.classification import Classification
from thalweg.studies.side_by_side import ended
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AbstractSchedule, EverySteps, LogSteps
from thalweg.trajectory.stop import Steps

Finals = tuple[xr.Dataset, dict[str, Any]]

ANSWERS = np.array(
    [
        [-1, 1, 1, 1, 1, -1, -1, 1],
        [-1, 1, 1, -1, -1, 1, 1, 1],
        [1, -1, 1, 1, 1, -1, 1, 1],
        [1, -1, 1, 1, -1, 1, 1, 1],
        [1, -1, 1, -1, 1, 1, 1, -1],
        [1, 1, -1, 1, 1, 1, 1, -1],
        [1, 1, -1, 1, 1, 1, -1, 1],
        [1, 1, 1, 1, -1, -1, 1, -1],
    ],
    dtype=float,
)
"""The matrix of eight samples (rows) and eight weak learners on which AdaBoost cycles: 1 where the learner is right."""

BEST, CYCLED = 3 / 8, 1 / 3
GOLDEN = (1 + 5**0.5) / 2
STEP = 1.5 * float(np.log(GOLDEN))
r"""The step of the cycle: edges of $1/\varphi$ give $\frac12\ln\varphi^3$."""
AT = 1000
"""The iterations that were published."""
LEAST_MARGIN = 0.05


def problem(entries: np.ndarray, loss: str = "exponential") -> Classification:
    """Classification by rows of entries, one for each sample, followed in the logarithm of its loss."""
    return Classification(entries.T, np.ones(len(entries)), loss=loss, logarithm=True)


def margins(rows: np.ndarray, entries: np.ndarray) -> np.ndarray:
    r"""$\min_i (Aw)_i / \|w\|_1$ of rows, `(..., d)`; zero at $w = 0$."""
    sizes = np.abs(rows).sum(-1)
    return np.divide((rows @ entries.T).min(-1), sizes, out=np.zeros_like(sizes), where=sizes > 0)


def matrix(report: Any, *, shrinkages: Any, steps: int, lengths: Any) -> Finals:
    """The published matrix: AdaBoost with shrinkage, its cycle, the logistic loss, and steps of fixed lengths."""
    known = hard_margin(problem(ANSWERS), 1, gap=1e-12)
    finals: dict[str, Any] = {
        "best": known.value,
        "best_gap": known.gap,
        "euclidean": hard_margin(problem(ANSWERS), 2).value,
        "infinite": hard_margin(problem(ANSWERS), np.inf).value,
    }

    def path(shrinkage: float, count: int, at: AbstractSchedule) -> xr.Dataset:
        run = follow(
            problem(ANSWERS),
            DeepLinear(depth=1, shape=(1, 8)),
            Given([np.zeros((1, 8))]),
            CoordinateDescent("adaboost", shrinkage),
            until=Steps(count),
            record=[Predictor()],
            at=at,
            key=0,
            report=report,
        )
        return run.data

    curves, clock = [], np.zeros(0)
    for shrinkage in shrinkages:
        data = path(shrinkage, steps, LogSteps())
        clock = data.steps.values
        curve = margins(data.predictor.values[:, 0], ANSWERS)
        curves.append(curve)
        finals[f"end_{shrinkage:g}"] = float(curve[-1])
        finals[f"early_{shrinkage:g}"] = float(curve[int(np.argmax(data.steps.values >= AT))])
    variables: dict[str, Any] = {"steps": (("record",), clock), "margin": (("record", "run"), np.stack(curves, 1))}
    for shrinkage in (shrinkages[0], shrinkages[1]):
        rows = path(shrinkage, 400, EverySteps(1)).predictor.values[:, 0]
        moves = np.abs(np.diff(rows, axis=0))
        finals[f"cycle_{shrinkage:g}"] = float(np.abs(moves[-30:].max(1) - STEP).max())
        order = moves.argmax(1)
        finals[f"period_{shrinkage:g}"] = _period(order[-60:])
        variables[f"moves_{shrinkage:g}"] = (("early",), moves.max(1))
        variables[f"order_{shrinkage:g}"] = (("early",), order)
    zero = np.zeros(8)
    rows, _, _ = ended(
        [problem(ANSWERS, "logistic")] * len(shrinkages),
        [CoordinateDescent("line search", shrinkage) for shrinkage in shrinkages],
        [zero] * len(shrinkages),
        floor=-np.inf,
        most=steps,
    )
    finals |= {f"logistic_{nu:g}": float(value) for nu, value in zip(shrinkages, margins(rows, ANSWERS), strict=True)}
    fixed = [SteepestDescent(1, length, normalized=True) for length in lengths]
    rows, _, _ = ended([problem(ANSWERS)] * len(fixed), fixed, [zero] * len(fixed), floor=-np.inf, most=steps)
    finals |= {f"fixed_{length:g}": float(value) for length, value in zip(lengths, margins(rows, ANSWERS), strict=True)}
    return xr.Dataset(variables), finals


def _period(order: np.ndarray) -> int:
    """The least period of a sequence; its length if it has none."""
    return next((p for p in range(1, len(order) // 2) if (order[p:] == order[:-p]).all()), len(order))


def drawn(key: Any, how_many: int) -> list[np.ndarray]:
    """Matrices of the same shape with entries from -1 to 1 at random, the best margin at least `LEAST_MARGIN`."""
    rng = stream(key, "data")
    found: list[np.ndarray] = []
    while len(found) < how_many:
        entries = rng.uniform(-1, 1, size=ANSWERS.shape)
        if np.linalg.matrix_rank(entries) == len(entries) and hard_margin(problem(entries), 1).value >= LEAST_MARGIN:
            found.append(entries)
    return found


def guarantees(report: Any, *, key: Any, how_many: int, shrinkages: Any, steps: int, long: int) -> Finals:
    """The guarantee along the path for every rule, on the published matrix and on random ones, and wrong variants of it."""
    tables = [ANSWERS, *drawn(key, how_many)]
    best = np.array([hard_margin(problem(entries), 1).value for entries in tables])
    runs = [(at, shrinkage) for at in range(len(tables)) for shrinkage in shrinkages]
    problems, zeros = [problem(tables[at]) for at, _ in runs], [np.zeros(8)] * len(runs)
    gamma, nu = best[[at for at, _ in runs], None], np.array([shrinkage for _, shrinkage in runs])[:, None]
    count, log = np.arange(1, steps + 1)[None], np.log(len(ANSWERS))
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {"steps": (("record",), count[0])}
    for rule in STEPS:
        name, most = rule.replace(" ", "_"), long if rule == "adaboost" else steps
        algorithms = [CoordinateDescent(rule, shrinkage) for _, shrinkage in runs]
        rows, _, kept = ended(problems, algorithms, zeros, floor=-np.inf, most=most, keep=steps)
        curves = np.stack([margins(path[1:], tables[at]) for path, (at, _) in zip(kept, runs, strict=True)])
        length = np.abs(np.diff(kept, axis=1)).sum(-1).cumsum(1)
        variants = {
            "": gamma * (1 - nu / 2) - log / (count * nu * gamma),
            "_length": gamma * (1 - nu / 2) - log / length,
            "_free": gamma * (1 - nu / 2) + 0 * count,
            "_larger": gamma * (1 + nu / 2) - log / (count * nu * gamma),
            "_fast": gamma * (1 - nu / 2) - log / count,
            "_unshrunk": gamma - log / (count * nu * gamma),
        }
        # where the guarantee is below zero it says nothing that a start does not
        finals |= {f"slack_{name}{what}": float(np.min((curves - law)[law > 0])) for what, law in variants.items()}
        if rule == "quadratic":
            variables["margin"] = (("record", "run"), curves[: len(shrinkages)].T)
            variables["guarantee"] = (("record", "run"), variants[""][: len(shrinkages)].T)
        if rule == "adaboost":
            full = [k for k, (_, shrinkage) in enumerate(runs) if shrinkage == 1]
            shares = np.array([margins(rows[k], tables[runs[k][0]]) / best[runs[k][0]] for k in full])
            finals |= {"share_matrix": float(shares[0]), "share": float(shares[1:].min())}
    return xr.Dataset(variables), finals
