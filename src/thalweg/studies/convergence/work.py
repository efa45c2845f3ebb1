"""What is computed: descent under the theorem's hypotheses, the largest step sizes that work, and descent without them."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.problems.linear_regression import LinearRegression
from thalweg.problems.random_matrices import orthonormal
from thalweg.studies.small_networks import balanced, product, residual_and_slopes
from thalweg.studies.study import Report
from thalweg.theory.convergence import ConvergenceCertificate, convergence_certificate
from thalweg.theory.convergence_failures import indefinite_floor, sufficient_spread, unbalanced_start
from thalweg.theory.convergence_numbers import (
    convergence_rate,
    deficiency_margin,
    largest_imbalance,
    largest_learning_rate,
    residual_margin,
)
from thalweg.theory.imbalance import imbalances

RATES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
HELD = tuple(itertools.product((2, 4), (0.3, 0.1, 0.01)))
LAMBDA = 0.7
"""Minus the one negative eigenvalue of the target of the second failure."""


def certified(
    report: Report, *, depths: Sequence[int], shapes: Sequence[tuple[int, int]], count: int, steps: int, key: Any
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """Gradient descent from starts with margin and imbalance within the theorem, at the largest step size that it allows."""
    rng = stream(key, "start")
    finals: dict[str, Any] = dict.fromkeys(("lemma", "lemma_quadrupled", "lemma_largest", "speed"), np.inf)
    finals |= dict.fromkeys(("invariants", "imbalance_used", "norms_tight"), 0.0)
    finals["certified"] = 1.0
    lost, promised, names = [], [], []
    for depth, shape in itertools.product(depths, shapes):
        instances = [_instance(rng, depth, shape, aligned=k == 0) for k in range(count)]
        factors = [np.stack([one[0][j] for one in instances]) for j in range(depth)]
        target = np.stack([one[1] for one in instances])
        found = [one[2] for one in instances]
        finals["certified"] = min(finals["certified"], *(float(one.holds) for one in found))
        rate = np.array([one.learning_rate for one in found])
        norm = np.array([one.norm for one in found])
        losses, ends = np.zeros((steps + 1, count)), np.zeros((steps + 1, count, 2))
        for step in range(steps + 1):
            residual, slopes = residual_and_slopes(factors, target)
            losses[step] = 0.5 * np.sum(residual**2, axis=(1, 2))
            ends[step] = np.linalg.svd(residual + target, compute_uv=False)[:, [0, -1]]
            if step % max(1, steps // 20) == 0:
                shares = _invariants(factors, residual, norm, found)
                finals["invariants"] = max(finals["invariants"], float(shares.max()))
                finals["norms_tight"] = max(finals["norms_tight"], float(shares[1].max() * 16 ** (1 / depth)))
            factors = [f - rate[:, None, None] * g for f, g in zip(factors, slopes, strict=True)]
        taken = 1 - losses[1:] / losses[:-1]
        largest, least = (taken / (rate * ends[:-1, :, k] ** (2 - 2 / depth)) for k in (0, 1))
        finals["lemma"] = min(finals["lemma"], float(least.min()))
        finals["lemma_quadrupled"] = finals["lemma"] / 4
        finals["lemma_largest"] = min(finals["lemma_largest"], float(largest.min()))
        share = -np.log(losses[-1] / losses[0]) / steps / -np.log1p(-np.array([one.rate for one in found]))
        finals["speed"] = min(finals["speed"], float(share.min()))
        finals["imbalance_used"] = max(finals["imbalance_used"], *(one.imbalance / one.largest_imbalance for one in found))
        lost.append(1 - losses[:, 0] / losses[0, 0])
        promised.append(-np.expm1(np.arange(steps + 1) * np.log1p(-found[0].rate)))
        names.append(f"depth {depth}, {shape[0]} by {shape[1]}")
    kept = np.unique(np.geomspace(1, steps, 40).astype(int))
    data = xr.Dataset(
        {
            "lost": (("case", "record"), np.array(lost)[:, kept]),
            "promised": (("case", "record"), np.array(promised)[:, kept]),
            "steps": ("record", kept),
        },
        coords={"case": names},
    )
    return data, finals


def _instance(
    rng: np.random.Generator, depth: int, shape: tuple[int, int], aligned: bool
) -> tuple[list[np.ndarray], np.ndarray, ConvergenceCertificate]:
    """A target with singular values from 0.5 to 1.5, a start with some of its margin and nearly all of the imbalance allowed.

    Aligned: the two differ along the direction in which descent is slowest, so that the lemma has the least room.
    """
    rows, columns = shape
    u, v = orthonormal(rng, rows, rows), orthonormal(rng, columns, columns)
    least = min(shape)
    values = np.append(rng.uniform(1.0, 1.5, least - 1), 0.5)
    start = (u[:, :least] * values) @ v[:, :least].T
    off = np.outer(u[:, -1], v[:, -1]) if aligned else rng.normal(size=shape)
    target = start + 0.15 * off / np.linalg.norm(off)
    factors = balanced(start, depth)
    problem = LinearRegression.whitened(target)
    exact = convergence_certificate(problem, factors, 1.0)
    moves = [rng.normal(size=factor.shape) for factor in factors]
    trial = [f + 1e-8 * m for f, m in zip(factors, moves, strict=True)]
    size = max(float(np.linalg.norm(d)) for d in imbalances(trial)) / 1e-8
    factors = [f + 0.9 * exact.largest_imbalance / size * m for f, m in zip(factors, moves, strict=True)]
    rate = convergence_certificate(problem, factors, 1.0).largest_learning_rate
    return factors, target, convergence_certificate(problem, factors, rate)


def _invariants(
    factors: Sequence[np.ndarray], residual: np.ndarray, norm: np.ndarray, found: Sequence[ConvergenceCertificate]
) -> np.ndarray:
    """Imbalance, norms of the factors and distance, each over what lemma 2 keeps it below, `(3, instances)`."""
    depth = len(factors)
    allowed = 2 * np.array([one.largest_imbalance for one in found])
    gaps = [np.swapaxes(b, 1, 2) @ b - a @ np.swapaxes(a, 1, 2) for a, b in itertools.pairwise(factors)]
    imbalance = np.max([np.linalg.norm(gap, axis=(1, 2)) for gap in gaps], axis=0)
    spectral = np.max([np.linalg.norm(factor, 2, axis=(1, 2)) for factor in factors], axis=0)
    distance = np.linalg.norm(residual, axis=(1, 2))
    return np.array([imbalance / allowed, spectral / (4 * norm) ** (1 / depth), distance / norm])


def pessimism(
    report: Report, *, depths: Sequence[int], shape: tuple[int, int], count: int, steps: int, key: Any
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """The largest step size at which descent works, by bisection, against the theorem's for the same starts."""
    rng = stream(key, "pessimism")
    rows: list[list[np.ndarray]] = []
    finals: dict[str, Any] = {}
    for depth in depths:
        instances = [_instance(rng, depth, shape, aligned=False) for _ in range(count)]
        factors = [np.stack([one[0][j] for one in instances]) for j in range(depth)]
        target = np.stack([one[1] for one in instances])
        theorem = np.array([one[2].learning_rate for one in instances])
        low = _largest_rate(factors, target, theorem, steps)
        rows.append([theorem, low])
        finals[f"factor_{depth}"] = float(np.median(low / theorem))
        finals[f"least_factor_{depth}"] = float(np.min(low / theorem) / (12288 * depth**2))
        finals[f"best_{depth}"] = _best_factor(depth, steps) / (12288 * depth**2)
        limit = 2 / (depth * np.linalg.norm(target, 2, axis=(1, 2)) ** (2 - 2 / depth))
        finals[f"limit_{depth}"] = float(np.median(low / limit))
    variables = {"rate": (("depth", "kind", "record"), np.array(rows))}
    return xr.Dataset(variables, coords={"depth": list(depths), "kind": ["theorem", "largest"]}), finals


def _best_factor(depth: int, steps: int) -> float:
    """The same where the theorem is least pessimistic: one entry, and a start with nearly all of the margin that there is."""
    factors, target = balanced(np.array([[[0.999]]]), depth), np.ones((1, 1, 1))
    found = convergence_certificate(LinearRegression.whitened(target[0]), [factor[0] for factor in factors], 1.0)
    theorem = np.array([found.largest_learning_rate])
    return float(_largest_rate(factors, target, theorem, steps)[0] / theorem[0])


def _largest_rate(factors: Sequence[np.ndarray], target: np.ndarray, low: np.ndarray, steps: int) -> np.ndarray:
    high = np.full(len(low), 100.0)
    for _ in range(30):
        middle = np.sqrt(low * high)
        works = _works(factors, target, middle, steps)
        low, high = np.where(works, middle, low), np.where(works, high, middle)
    return low


def _works(factors: Sequence[np.ndarray], target: np.ndarray, rate: np.ndarray, steps: int) -> np.ndarray:
    """Whether descent loses nine tenths of its loss, at every network; small rates, which are slow, always work."""
    start = np.sum((product(factors) - target) ** 2, axis=(1, 2))
    here = list(factors)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            _, slopes = residual_and_slopes(here, target)
            here = [f - rate[:, None, None] * g for f, g in zip(here, slopes, strict=True)]
        end = np.sum((product(here) - target) ** 2, axis=(1, 2))
    return (end < 0.1 * start) | ((rate < 10 / steps) & (end < start))


def failures(report: Report, *, dimension: int, steps: int) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """Descent with a margin and no balance, and in balance without a margin, at every rate."""
    finals: dict[str, Any] = {"margin_off": 0.0, "diverged": 0.0, "diverged_balanced": 0.0, "tried": 0.0, "diverged_mild": 0.0}
    paths = []
    for depth, rate in itertools.product((2, 4), RATES):
        spread = sufficient_spread(rate)
        factors = unbalanced_start(depth, dimension, spread=spread)
        problem = LinearRegression.whitened(np.eye(dimension))
        finals["margin_off"] = max(finals["margin_off"], abs(convergence_certificate(problem, factors, rate).margin - 0.75))
        losses = _losses(factors, np.eye(dimension), rate, 40)
        finals["tried"] += 1
        finals["diverged"] += float(not np.isfinite(losses[-1]))
        for name, other in (("balanced", 1 + 1e-12), ("mild", 1 + 0.01 * spread * rate)):
            run = _losses(unbalanced_start(depth, dimension, spread=other), np.eye(dimension), rate, 40)
            finals[f"diverged_{name}"] += float(not np.isfinite(run[-1]))
        paths.append(losses)
    # in its eigenbasis, where all factors stay equal to the last bit; elsewhere rounding leads away from the floor in time
    target = np.diag([*np.linspace(1.0, 0.5, dimension - 1), -LAMBDA])
    floors = []
    for depth, rate in HELD:
        floors.append(_losses([np.eye(dimension)] * depth, target, rate, steps) - indefinite_floor(target, depth))
    finals["below_floor"] = -float(np.min(floors))
    finals["floor_2"] = float(max(abs(path[-1]) for (depth, rate), path in zip(HELD, floors, strict=True) if depth == 2))
    slow = floors[HELD.index((4, 0.1))]
    late = np.arange(steps // 10, steps + 1)
    finals["floor_4"] = float(slow[-1])
    finals["floor_power_4"] = float(np.polyfit(np.log(late), np.log(slow[late]), 1)[0])
    definite = np.diag(np.abs(np.diag(target)))
    finals["floor_with_margin"] = float(abs(_losses([np.eye(dimension)] * 2, definite, 0.1, steps)[-1] - LAMBDA**2 / 2))
    finals["below_floor_odd"] = float(LAMBDA**2 / 2 - np.min(_losses([np.eye(dimension)] * 3, target, 0.9, steps)))
    rotation = orthonormal(np.random.default_rng(0), dimension, dimension)
    turned = rotation @ target @ rotation.T
    rounded = _losses([np.eye(dimension)] * 4, (turned + turned.T) / 2, 0.3, steps)
    kept = np.unique(np.concatenate([np.arange(41), np.geomspace(1, steps, 60).astype(int)]))
    overflowing = np.full((len(paths), len(kept)), np.inf)
    overflowing[:, :41] = paths
    data = xr.Dataset(
        {
            "overflowing": (("case", "record"), overflowing),
            "above_floor": (("held", "record"), np.array(floors)[:, kept]),
            "rounded": ("record", rounded[kept]),
            "steps": ("record", kept),
        },
        coords={
            "case": [f"depth {n}, rate {rate:g}" for n, rate in itertools.product((2, 4), RATES)],
            "held": [f"depth {n}, rate {rate:g}" for n, rate in HELD],
        },
    )
    return data, finals


def _losses(factors: Sequence[np.ndarray], target: np.ndarray, rate: float, steps: int) -> np.ndarray:
    """Losses of gradient descent; infinite from where they overflow."""
    here, found = list(factors), []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps + 1):
            residual, slopes = residual_and_slopes(here, target)
            found.append(0.5 * float(np.sum(residual**2)))
            here = [f - rate * g for f, g in zip(here, slopes, strict=True)]
    return np.where(np.isfinite(found), found, np.inf)


def printed_form(
    report: Report, *, depths: Sequence[int], margins: Sequence[float], steps: int
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    r"""One entry, $\Phi = \frac54c$, $W = c$: the theorem's rate and step size against those printed without norm and depth."""
    finals: dict[str, Any] = {}
    rows = []
    grid = np.array(margins)
    for depth in depths:
        theorem, printed, theorem_works, printed_works = [], [], [], []
        for c in grid:
            target = np.array([[1.25 * c]])
            start = balanced(np.array([[c]]), depth)
            margin = float(1.25 * c - 0.25 * c)
            rate = largest_learning_rate(margin, 1.25 * c, depth)
            losses = _losses(start, target, rate, steps)
            decay = -np.log(losses[-1] / losses[0]) / steps
            theorem.append(decay / convergence_rate(margin, rate, depth))
            printed.append(decay / (c**2 * rate))
            theorem_works.append(losses[-1] < losses[0])
            bold = _losses(start, target, c**4 / (6144 * depth**3), steps)
            printed_works.append(bool(bold[-1] < bold[0]))
        rows.append([theorem, printed])
        finals[f"theorem_{depth}"], finals[f"printed_{depth}"] = float(min(theorem)), float(min(printed))
        finals[f"printed_power_{depth}"] = float(np.polyfit(np.log(grid), np.log(printed), 1)[0])
        finals[f"theorem_power_{depth}"] = float(np.polyfit(np.log(grid), np.log(theorem), 1)[0])
        finals[f"theorem_works_{depth}"] = float(np.mean(theorem_works))
        finals[f"printed_works_{depth}"] = float(np.mean(printed_works))
    finals |= _numbers()
    variables = {"speed": (("depth", "form", "record"), np.array(rows)), "margin": ("record", grid)}
    return xr.Dataset(variables, coords={"depth": list(depths), "form": ["theorem", "printed"]}), finals


def _numbers() -> dict[str, float]:
    """The theorem's numbers at c = 1/2 and norm 1, and at c = 1 for the identity of five dimensions; residual networks."""
    found = {f"rate_{n}": largest_learning_rate(0.5, 1.0, n) for n in (2, 3)}
    found |= {f"steps_{n}": 1 / convergence_rate(0.5, found[f"rate_{n}"], n) for n in (2, 3)}
    found["imbalance_2"] = largest_imbalance(0.5, 1.0, 2)
    found["rate_identity"] = largest_learning_rate(1.0, 5**0.5, 3)
    found["rate_spectral"] = largest_learning_rate(1.0, 1.0, 3)
    rng = np.random.default_rng(0)
    moves = [-np.diag([1.0, 0, 0]), *rng.normal(size=(200, 3, 3))]
    for name, radius in (("residual", 0.499), ("residual_beyond", 0.6)):
        targets = [np.eye(3) + radius * move / np.linalg.norm(move) for move in moves]
        found[name] = min(deficiency_margin(np.eye(3), phi) for phi in targets)
        found[f"{name}_bound"] = min(residual_margin(phi) for phi in targets)
    return found
