"""What the study computes: where the flow of two factors ends, from starts of every scale and width."""

from typing import Any

import jax
import numpy as np
import xarray as xr

from thalweg import (
    DeepLinear,
    Entrywise,
    Given,
    GradientFlow,
    LossBelow,
    MatrixCompletion,
    Orthogonal,
    Unbiased,
    UnbiasedOrthogonal,
    follow,
)
from thalweg.exact import nuclear_norm

Finals = tuple[xr.Dataset, dict[str, Any]]
MEASURED = ("nuclear", "moved", "lazy")
STARTS = ("entries", "halves")
"""Gaussian starts, of which there is one for every width: independent entries, and antisymmetric copies."""


def folded(first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
    """Factors of hidden width rows + columns with the same path of the product as the given ones, of any width.

    The path depends on the factors only through the Gram matrix of the rows of both; so wide ones are folded exactly.
    """
    stacked = np.vstack([second, first.T])
    side = len(stacked)
    if stacked.shape[1] > side:
        stacked = np.asarray(np.linalg.qr(stacked.T, mode="r")).T
    stacked = np.hstack([stacked, np.zeros((side, side - stacked.shape[1]))])
    return [stacked[len(second) :].T, stacked[: len(second)]]


def tangent_kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    r"""$K((i,j),(i',j')) = \delta_{ii'}\langle V_j, V_{j'}\rangle + \delta_{jj'}\langle U_i, U_{i'}\rangle$ of two factors.

    $U = W_2$ and $V = W_1^\top$; entries $(i, j)$ row by row.
    """
    return np.kron(np.eye(len(second)), first.T @ first) + np.kron(second @ second.T, np.eye(first.shape[1]))


def instances(key: Any, side: int, observed: int, size: float, how_many: tuple[int, int]) -> list[tuple[Any, Any]]:
    """Completions of a matrix of rank 1 with their certified least nuclear norm.

    First so many whose target has the least nuclear norm, then so many where that is lower by a hundredth at least;
    instances between the two are passed over.
    """
    kept: tuple[list, list] = ([], [])
    draw = 0
    while any(len(found) < wanted for found, wanted in zip(kept, how_many, strict=True)):
        if draw == 1000:
            raise ValueError(f"{observed} entries of a {side}x{side} matrix: too few draws of both kinds among {draw}")
        problem = MatrixCompletion.random(
            shape=(side, side), rank=1, observed=observed, key=(*key, draw), spectrum=[size], loss="sum of squares"
        )
        least = nuclear_norm(problem, gap=1e-8)
        lower = 1 - least.value / size
        kind = 0 if lower < 1e-6 else 1 if lower > 0.01 else None
        if kind is not None and len(kept[kind]) < how_many[kind]:
            kept[kind].append((problem, least))
        draw += 1
    return [*kept[0], *kept[1]]


def completion(
    report: Any,
    *,
    key: Any,
    side: int,
    observed: int,
    size: float,
    widths: Any,
    scales: Any,
    how_many: Any,
    deepest: float,
    rtol: float,
    fitted: float,
) -> Finals:
    """The ends of all paths: nuclear norms beside the certified least ones, movement of entries that are not observed.

    Each start is drawn once, at scale 1, for every instance and width.
    """
    jax.config.update("jax_enable_x64", True)
    network = DeepLinear(depth=2, shape=(side, side), hidden=2 * side)
    found = instances(key, side, observed, size, how_many)
    shape = (len(found), len(widths), len(scales))
    grids = {f"{name}_{start}": np.empty(shape) for start in STARTS for name in MEASURED}
    grids |= {f"{name}_{start}": np.empty((shape[0], shape[2])) for start in ("orthogonal", "turned") for name in MEASURED}
    cubic = np.empty((shape[0], shape[2], 3))
    shares = []

    def ended(problem: Any, begun: list[np.ndarray]) -> np.ndarray:
        until = LossBelow(fitted)
        return follow(problem, network, Given(begun), GradientFlow(rtol), until=until, key=0, report=report).predictor

    for index, (problem, solution) in enumerate(found):
        for start, width, (name, *row) in _starts(side, widths):
            wide = DeepLinear(depth=2, shape=(side, side), hidden=width)
            unit = folded(*start.sample(wide, key=(*key, index, width)))
            for column, scale in enumerate(scales):
                begun = [scale * factor for factor in unit]
                matrix = ended(problem, begun)
                for measure, value in zip(MEASURED, _measured(problem, begun, matrix), strict=True):
                    grids[f"{measure}_{name}"][(index, *row, column)] = value
                if name == "orthogonal":
                    cubic[index, column] = _apart_from_cubic(problem, matrix, scale)
            if name == "orthogonal" and index >= how_many[0]:
                nuclear = float(np.linalg.norm(ended(problem, [deepest * factor for factor in unit]), "nuc"))
                shares.append((nuclear - solution.value) / (size - solution.value))
    least = np.array([solution.value for _, solution in found])
    finals: dict[str, Any] = {f"cubic{name}": float(cubic[:, -1, at].max()) for at, name in enumerate(("", "_half", "_square"))}
    finals |= {"share": min(shares), "share_most": max(shares)}
    for start in ("orthogonal", "turned"):
        finals |= _finals(start, {name: grids[f"{name}_{start}"] for name in MEASURED}, least, size, scales, how_many)
    for start in STARTS:
        for row, width in enumerate(widths):
            curves = {name: grids[f"{name}_{start}"][:, row] for name in MEASURED}
            finals |= _finals(f"{start}_{width}", curves, least, size, scales, how_many)
    variables: dict[str, Any] = {}
    for name, grid in grids.items():
        variables[name] = (("instance", "width", "record") if grid.ndim == 3 else ("instance", "record"), grid)
    variables |= {"least": ("instance", least), "width": ("width", np.array(widths)), "scale": ("record", np.array(scales))}
    return xr.Dataset(variables), finals


def _finals(
    name: str, curves: dict[str, np.ndarray], least: np.ndarray, size: float, scales: Any, how_many: tuple[int, int]
) -> dict[str, float]:
    """What claims read of one start: numbers over instances at the ends of the scales, each named for the start."""
    nuclear, moved, lazy = (curves[measure] for measure in MEASURED)
    scale, recovered = np.array(scales), slice(0, how_many[0])
    small, over = scale <= 0.01, np.median(nuclear[recovered], axis=0) - size
    lowered = (nuclear[how_many[0] :] - least[how_many[0] :, None]) / (size - least[how_many[0] :, None])
    halfway = np.interp(-0.5, -np.minimum.accumulate(np.median(moved, axis=0)), np.log(scale))
    crossing = np.interp(np.log(size / 10), np.log(np.maximum.accumulate(np.maximum(over, 1e-12))), np.log(scale))
    found = {
        "rich": np.median(moved[recovered], axis=0)[small].min(),
        "rich_large": np.median(moved[recovered], axis=0)[scale == 3].max(),
        "richer": np.median(moved[recovered], axis=0)[scale <= 0.001].min(),
        "excess": np.abs(over[small]).max() / size,
        "excess_large": np.abs(over[scale >= 0.1]).min() / size,
        "share": lowered[:, scale >= 1].min(),
        "under": (nuclear / least[:, None] - 1).min(),
        "under_target": (nuclear / size - 1).min(),
        "rise": np.diff(moved, axis=1).max(),
        "middle": moved[:, scale == 3].max(),
        "far": moved[:, -1].max(),
        "far_least": moved[:, -1].min(),
        "far_median": np.median(moved[:, -1]),
        "lazy": lazy[:, -1].max(),
        "lazy_least": lazy[:, -1].min(),
        "lazy_median": np.median(lazy[:, -1]),
        "lazy_small": lazy[:, small].min(),
        "crossing": np.exp(crossing),
        "halfway": np.exp(halfway),
    }
    return {f"{measure}_{name}": float(value) for measure, value in found.items()}


def _starts(side: int, widths: Any) -> list[tuple[Any, int, tuple]]:
    """Starts at scale 1, their widths, and where in the grids they stand."""
    named = {"entries": Entrywise(1.0), "halves": Unbiased(1.0)}
    found: list[tuple[Any, int, tuple]] = [(UnbiasedOrthogonal(1.0), 2 * side, ("orthogonal",))]
    found.append((Orthogonal(1.0), 2 * side, ("turned",)))
    return found + [(named[name], width, (name, row)) for name in STARTS for row, width in enumerate(widths)]


def _measured(problem: Any, begun: list[np.ndarray], ended: np.ndarray) -> tuple[float, float, float]:
    """The nuclear norm, the movement, and how far it is from that of the tangent kernel of the start.

    Movement is of the entries that are not observed, relative to the norm of the target there.
    """
    seen, hidden = problem.seen.ravel() == 1, problem.seen == 0
    moved = ended - begun[1] @ begun[0]
    kernel = tangent_kernel(*begun)
    linear = kernel[~seen][:, seen] @ np.linalg.lstsq(kernel[seen][:, seen], moved.ravel()[seen], rcond=None)[0]
    unit = np.linalg.norm(problem.target[hidden])
    apart = np.linalg.norm(moved[hidden] - linear) / np.linalg.norm(moved.ravel()[seen])
    return float(np.linalg.norm(ended, "nuc")), float(np.linalg.norm(moved[hidden]) / unit), float(apart)


def _apart_from_cubic(problem: Any, ended: np.ndarray, scale: float) -> list[float]:
    """From the leading term at a large scale, relative to it: with the factor 1/6, with 1/2, and of the second power."""
    data, hidden = problem.filled, problem.seen == 0
    cube = (data @ data.T @ data)[hidden]
    terms = [cube / (6 * scale**4), cube / (2 * scale**4), cube / (6 * scale**2)]
    return [float(np.linalg.norm(ended[hidden] - term) / np.linalg.norm(term)) for term in terms]
