"""What the study computes: balanced paths of both signs, signs of random starts, and the package's own flow."""

from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.exact import nuclear_norm
from thalweg.initializations.given import Given
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.matrix_completion import MatrixCompletion
from thalweg.studies.norms_diverge.coordinates import Path, balanced_factors, balanced_path, factor_path
from thalweg.theory import NormsDiverge, compare, distance_to_rank_one_bound, points, unseen_entry_bound
from thalweg.theory.norms_diverge import OBSERVED, effective_rank, half_sum_of_squares
from thalweg.trajectory.follow import follow
from thalweg.trajectory.stop import LossBelow, Time

LOSSES = (1e-2, 1.2e-3, 1e-4)
"""At which the size of the unseen entry is read off the published curves."""
DRAWN = 120

Finals = tuple[xr.Dataset, dict[str, Any]]


def starts(key: Any, scale: float, negative: float) -> dict[str, np.ndarray]:
    """A Gaussian product with positive determinant, and the same at another scale with its first row turned round."""
    start = stream(key, "start").normal(size=(2, 2))
    start[:, 0] *= np.sign(np.linalg.det(start))
    return {"positive": scale * start, "negative": negative * start * [[-1.0], [1.0]]}


def paths(report: Any, *, key: Any, scale: float, negative: float, depths: Any, loss: float) -> Finals:
    """Both signs at every depth to a small loss: the unseen entry, norms, effective rank, distance to rank one."""
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    for depth in depths:
        for sign, start in starts(key, scale, negative).items():
            path = balanced_path(start, depth, loss)
            finals |= {f"{name}_{sign}_{depth}": value for name, value in _measured(path, loss).items()}
            grid = np.geomspace(0.9, loss * 1.0001, DRAWN)
            variables["loss"] = ("record", grid)
            variables[f"entry_{sign}_{depth}"] = ("record", np.array([path.at(one) for one in grid]))
            order = np.argsort(path.loss)
            rank = effective_rank(np.exp(path.logs))
            drawn = np.interp(np.log(grid), np.log(path.loss[order]), rank[order])
            variables[f"rank_{sign}_{depth}"] = ("record", drawn)
    return xr.Dataset(variables), finals


def _measured(path: Path, loss: float) -> dict[str, float]:
    entry = np.abs(path.products[:, 0, 0])
    late = path.loss < 0.3
    low, high = path.loss < 1e4 * loss, path.loss > loss * 0.999
    kept = low & high
    slope = np.polyfit(np.log(path.loss[kept]), np.log(entry[kept]), 1)[0]
    distance = np.exp(path.logs[:, 1])
    rank = effective_rank(np.exp(path.logs))
    norms = np.exp(path.logs[-1])
    found = {
        "ratio": float(entry[-1] * np.sqrt(path.loss[-1])),
        "ratio_mean": float(entry[-1] * np.sqrt(path.loss[-1] * 2 / 3)),
        "over_bound": float(np.min(entry[late] / unseen_entry_bound(path.loss[late]))),
        "over_bound_without_half": float(np.min(entry[late] * np.sqrt(path.loss[late]))),
        "slope": float(slope),
        "distance_over_bound": float(np.max(distance[late] / distance_to_rank_one_bound(path.loss[late]))),
        "rank": float(rank[-1]),
        "rank_start": float(rank[0]),
        "nuclear": float(norms.sum()),
        "log_second": float(path.logs[-1, 1]),
        "start": float(entry[0]),
        "growth": path.at(loss * 1.0001) / path.at(1e3 * loss),
    }
    return found | {f"at_{one:g}": path.at(one) for one in LOSSES}


def signs(report: Any, *, key: Any, depth: int, how_many: int, drawn: int, scale: float, loss: float) -> Finals:
    """The sign of the determinant along paths of random factors, balanced ones and as they are, and how often it is positive."""
    rng = stream(key, "start")
    changes = {"balanced": 0, "unbalanced": 0}
    saturated = 0
    for _ in range(how_many):
        factors = scale ** (1 / depth) * rng.normal(size=(depth, 2, 2))
        product = np.linalg.multi_dot(list(factors[::-1]))
        for kind, start in (("balanced", balanced_factors(product, depth)), ("unbalanced", factors)):
            path, determinant = factor_path(start, loss)
            changed = bool((np.sign(determinant) != np.sign(determinant[0])).any())
            changes[kind] += changed
            if kind == "unbalanced" and determinant[0] > 0:
                saturated += abs(path.products[-1, 0, 0]) * np.sqrt(path.loss[-1]) < 0.5
    products = rng.normal(size=(drawn, depth, 2, 2))
    positive = np.prod(np.linalg.det(products), axis=1) > 0
    finals: dict[str, Any] = {f"changed_{kind}": count / how_many for kind, count in changes.items()}
    finals |= {"saturated": saturated / how_many, "share": float(positive.mean())}
    squares = np.linalg.det(products[:, 0] @ np.swapaxes(products[:, 0], 1, 2)) > 0
    finals |= {"share_symmetric": float(squares.mean()), "share_coin": 0.5}
    return xr.Dataset({"positive": ("record", positive.astype(float))}), finals


def flow(report: Any, *, key: Any, depth: int, scale: float, negative: float, rtol: float, loss: float) -> Finals:
    """The package's own flow of the factors from both signs, and the least nuclear norm of a completion."""
    problem = MatrixCompletion(OBSERVED, loss="half sum of squares")
    network = DeepLinear(depth=depth, shape=(2, 2))
    finals: dict[str, Any] = {"least_nuclear": nuclear_norm(problem, gap=1e-9).value}
    variables: dict[str, Any] = {}
    for sign, start in starts(key, scale, negative).items():
        run = follow(
            problem,
            network,
            Given(list(balanced_factors(start, depth))),
            GradientFlow(rtol, solver="explicit"),
            until=LossBelow(loss) | Time(1e7),
            record=[Factors()],
            key=key,
            report=report,
        )
        path = points(run, count=DRAWN)
        losses = half_sum_of_squares(path.predictors)
        finals |= {
            f"ratio_{sign}": float(abs(path.predictors[-1, 0, 0]) * np.sqrt(losses[-1])),
            f"nuclear_{sign}": float(np.linalg.svd(path.predictors[-1], compute_uv=False).sum()),
            f"gradients_{sign}": int(run.data.gradients.values[-1]),
        }
        if sign == "positive":
            made = compare(NormsDiverge(), path)
            finals["residual_positive"] = made.worst
            doubled = 1 / np.sqrt(losses)
            short = np.maximum(doubled - made.laid.measured, 0) / doubled
            finals["residual_without_half"] = float(short[losses < 0.3].max())
        else:
            bound = unseen_entry_bound(losses)
            short = np.maximum(bound - np.abs(path.predictors[:, 0, 0]), 0) / np.maximum(bound, 1e-300)
            finals["residual_negative"] = float(short[losses < 0.3].max())
        at = np.linspace(0, len(path) - 1, DRAWN)
        for name, numbers in (("entry", np.abs(path.predictors[:, 0, 0])), ("loss", losses)):
            variables[f"{name}_{sign}"] = ("record", np.interp(at, np.arange(len(path)), numbers))
    return xr.Dataset(variables), finals
