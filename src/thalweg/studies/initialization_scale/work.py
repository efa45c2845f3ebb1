"""What is computed: steps to convergence for many starts and step sizes at once, and balance along one of the runs."""

import itertools
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.studies.small_networks import balanced, product, residual_and_slopes
from thalweg.studies.study import Report
from thalweg.theory.imbalance import imbalances
from thalweg.trajectory.follow import Progress

KINDS = ("independent", "balanced")
OVERFLOW = 1e8


def sweep(
    report: Report,
    *,
    depth: int,
    kind: str,
    deviations: Sequence[float],
    rates: Sequence[float],
    inputs: int,
    hidden: int,
    threshold: float,
    cap: int,
    key: Any,
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    r"""The fewest steps over all rates to a loss of $\frac12\|w - \phi\|^2 \le$ threshold, for each standard deviation."""
    rng = stream(key, f"{kind} start of depth {depth}")
    target = stream(key, "target").normal(size=(1, inputs))
    target /= np.linalg.norm(target)
    starts = [start(rng, kind, depth, deviation, inputs, hidden) for deviation in deviations]
    products = [product(factors) for factors in starts]
    overlap = np.array([float(np.sum(w * target)) for w in products])
    margin = np.array([1 - float(np.linalg.norm(w - target)) for w in products])
    seen = [compressed(factors, target) for factors in starts]
    width = seen[0][1].shape[1]
    factors = [np.repeat(np.stack([f[j] for f, _ in seen]), len(rates), axis=0) for j in range(depth)]
    goals = np.repeat(np.stack([phi for _, phi in seen]), len(rates), axis=0).reshape(-1, 1, width)
    steps, best = first_to_converge(
        factors, goals, np.tile(rates, len(starts)), np.repeat(np.arange(len(starts)), len(rates)), threshold, cap, report
    )
    converged = np.isfinite(steps)
    within = np.where(converged, steps, cap)
    towards, away = overlap > 0, overlap <= 0
    finals = {
        "converged": float(np.sum(converged)),
        "tried": float(len(steps)),
        "fewest": float(within.min()),
        "first": float(within[0]),
        "spread": float(within.max() / within.min()),
        "at_the_ends": float(min(within[0], within[-1]) / within.min()),
        "towards": float(np.sum(towards)),
        "towards_converged": float(np.sum(converged & towards)),
        "away": float(np.sum(away)),
        "away_converged": float(np.sum(converged & away)),
        "with_margin": float(np.sum(margin > 0)),
    }
    data = xr.Dataset(
        {
            "steps": ("record", steps),
            "deviation": ("record", np.array(deviations)),
            "rate": ("record", best),
            "overlap": ("record", overlap),
            "margin": ("record", margin),
        }
    )
    return data, finals


def start(rng: np.random.Generator, kind: str, depth: int, deviation: float, inputs: int, hidden: int) -> list[np.ndarray]:
    """Factors with independent Gaussian entries, or balanced ones of a product with such entries."""
    if kind == "balanced":
        return balanced(deviation * rng.normal(size=(1, inputs)), depth)
    widths = [inputs, *[hidden] * (depth - 1), 1]
    return [deviation * rng.normal(size=(after, before)) for before, after in itertools.pairwise(widths)]


def compressed(factors: Sequence[np.ndarray], target: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The same descent in fewer inputs: in the space of the rows of the first factor and of the target, which it never leaves."""
    rows = np.concatenate([factors[0], target])
    basis = np.linalg.qr(rows.T)[0].T  # as many rows, whatever their rank
    return [factors[0] @ basis.T, *factors[1:]], target @ basis.T


def first_to_converge(
    factors: Sequence[np.ndarray],
    target: np.ndarray,
    rates: np.ndarray,
    groups: np.ndarray,
    threshold: float,
    cap: int,
    report: Report,
) -> tuple[np.ndarray, np.ndarray]:
    """For each group of networks the step at which the first of them reaches the threshold, and the rate of that one.

    Infinite, and not a number, where none does within the cap. A network stops when its loss overflows, a group when its
    first has arrived.
    """
    count = int(groups.max()) + 1
    steps, best = np.full(count, np.inf), np.full(count, np.nan)
    here = list(factors)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(cap + 1):
            residual, slopes = residual_and_slopes(here, target)
            losses = 0.5 * np.sum(residual**2, axis=(1, 2))
            arrived = losses <= threshold
            for lane in np.flatnonzero(arrived):
                if not np.isfinite(steps[groups[lane]]):
                    steps[groups[lane]], best[groups[lane]] = step, rates[lane]
            done = np.isfinite(steps)[groups] | ~(losses < OVERFLOW)
            here = [f - rates[:, None, None] * g for f, g in zip(here, slopes, strict=True)]
            if done.any():
                kept = ~done
                here, target, rates, groups = [f[kept] for f in here], target[kept], rates[kept], groups[kept]
            if not len(groups):
                break
            if step % 200 == 0:
                _tell(report, step, float(losses.min()) if len(losses) else 0.0)
    return steps, best


def balance(
    report: Report,
    *,
    depth: int,
    deviations: Sequence[float],
    rate: float,
    inputs: int,
    hidden: int,
    threshold: float,
    cap: int,
    key: Any,
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """Imbalance against the size of the factors while independent starts are trained, from a small one and from a larger one."""
    rng = stream(key, "start")
    target = stream(key, "target").normal(size=(1, inputs))
    target /= np.linalg.norm(target)
    finals: dict[str, Any] = {}
    every = max(1, cap // 200)
    grid = np.arange(0, cap + 1, every)
    gap, size = np.full((2, len(deviations), len(grid)), np.nan)
    for k, deviation in enumerate(deviations):
        here = start(rng, "independent", depth, deviation, inputs, hidden)
        for step in range(cap + 1):
            residual, slopes = residual_and_slopes(here, target)
            if step % every == 0:
                gap[k, step // every] = max(np.linalg.norm(d) for d in imbalances(here))
                size[k, step // every] = min(np.linalg.norm(w @ w.T) for w in here)
                _tell(report, step, 0.5 * float(np.sum(residual**2)))
            if 0.5 * np.sum(residual**2) <= threshold and step % every == 0:
                break
            here = [f - rate * g for f, g in zip(here, slopes, strict=True)]
        ends = gap[k, np.isfinite(gap[k])] / size[k, np.isfinite(gap[k])]
        finals[f"share_first_{k}"], finals[f"share_last_{k}"] = float(ends[0]), float(ends[-1])
    data = xr.Dataset(
        {"imbalance": (("start", "record"), gap), "size": (("start", "record"), size), "steps": ("record", grid)},
        coords={"start": list(deviations)},
    )
    return data, finals


def margins(
    report: Report, *, depth: int, deviations: Sequence[float], draws: int, inputs: int, hidden: int, key: Any
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """How many of many independent starts have a deficiency margin, by standard deviation."""
    rng = stream(key, "margins")
    widths = [inputs, *[hidden] * (depth - 1), 1]
    shares = []
    for deviation in deviations:
        vectors = rng.normal(size=(draws, 1))
        for width in widths[-2::-1]:
            # a Gaussian matrix turns a vector into a Gaussian one, as long as the vector was
            vectors = deviation * np.linalg.norm(vectors, axis=1, keepdims=True) * rng.normal(size=(draws, width))
        along = vectors[:, 0]  # the target is the first axis
        shares.append(float(np.mean(np.sum(vectors**2, axis=1) < 2 * along)))
    data = xr.Dataset({"share": ("record", np.array(shares)), "deviation": ("record", np.array(deviations))})
    return data, {"margin_small": shares[0], "margin_large": shares[-1]}


def _tell(report: Report, step: int, loss: float) -> None:
    """Says how far it is, so that the lab can stop it."""
    report(Progress(SimpleNamespace(steps=step, time=float(step), gradients=step, loss=loss), 0.0, 0))
