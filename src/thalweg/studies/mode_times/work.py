"""What the study of mode times computes: runs beside closed forms, an independent integration, small descents."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from thalweg._seeds import stream
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.balanced import Balanced
from thalweg.initializations.given import Given
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.linear_regression import LinearRegression
from thalweg.problems.random_matrices import orthonormal
from thalweg.theory.mode_times import escape_time, mode_path, mode_time
from thalweg.theory.points import points
from thalweg.theory.unequal_modes import unequal_modes
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes, EverySteps
from thalweg.trajectory.stop import Steps, Time

Found = tuple[xr.Dataset, dict[str, Any]]
ESCAPES = (3, 4, 6)
SHARES = np.linspace(0, 1, 41)[1:-1]


def flow(
    report: Any, *, depth: int, outputs: int, inputs: int, targets: Sequence[float], rtols: Sequence[float], key: tuple[int, int]
) -> Found:
    """The flow of whitened regression from a decoupled start at several tolerances, beside the closed form and wrong ones."""
    left, right, start = _frame(outputs, inputs, len(targets), key)
    target = np.array(targets)
    problem = LinearRegression.whitened((left * target) @ right.T)
    network = DeepLinear(depth=depth, shape=(outputs, inputs), hidden=max(outputs, inputs))
    end = 1.1 * float(mode_time(start.min(), 0.98 * target[-1], target[-1], depth))
    finals: dict[str, Any] = {}
    size = float(np.linalg.norm(target))
    time = measured = rotated = np.zeros(0)
    for place, rtol in enumerate(rtols):
        run = follow(
            problem, network, Balanced(matrix=(left * start) @ right.T), GradientFlow(rtol),
            until=Time(end), key=key, record=[Factors()], at=AtTimes(list(end * SHARES)), report=report,
        )  # fmt: skip
        path = points(run, count=len(run.data.record))
        time, rotated = path.time, left.T @ path.predictors @ right
        measured = np.diagonal(rotated, axis1=1, axis2=2)
        finals[f"residual_{place}"] = _apart(rotated, mode_path(time[:, None], start, target, depth)) / size
    finals["coupling"] = _apart(rotated, measured) / size
    for name, wrong in _wrong(depth).items():
        finals[name] = _apart(rotated, wrong(time[:, None], start, target)) / size
    predicted = mode_path(time[:, None], start, target, depth)
    return _paths(time, measured, predicted), finals


def hyperbolas(report: Any, *, outputs: int, inputs: int, targets: Sequence[float], rtol: float, key: tuple[int, int]) -> Found:
    """Depth 2 from factors of unequal size: the hyperbolas beside the closed form, and beside that of a balanced start."""
    left, right, start = _frame(outputs, inputs, len(targets), key)
    target, rng = np.array(targets), stream(key, "start")
    width = max(outputs, inputs)
    turn = orthonormal(rng, width, len(target))
    ratio = rng.uniform(2.0, 6.0, len(target)) ** rng.choice([-1.0, 1.0], len(target))
    a, b = np.sqrt(start * ratio), np.sqrt(start / ratio)
    end = 1.1 * float(mode_time(start.min(), 0.98 * target[-1], target[-1], 2))
    run = follow(
        LinearRegression.whitened((left * target) @ right.T),
        DeepLinear(depth=2, shape=(outputs, inputs), hidden=width),
        Given([(turn * a) @ right.T, (left * b) @ turn.T]),
        GradientFlow(rtol), until=Time(end), key=key, record=[Factors()], at=AtTimes(list(end * SHARES)), report=report,
    )  # fmt: skip
    path = points(run, count=len(run.data.record))
    time = path.time[:, None]
    found_a = np.stack([np.diagonal(turn.T @ f[0] @ right) for f in path.factors])
    found_b = np.stack([np.diagonal(left.T @ f[1] @ turn) for f in path.factors])
    exact_a, exact_b = unequal_modes(time, a, b, target)
    balanced = mode_path(time, start, target, 2)
    scale = float(np.sqrt(target).max())
    finals = {
        "hyperbola": float(max(np.abs(found_a - exact_a).max(), np.abs(found_b - exact_b).max())) / scale,
        "hyperbola_as_balanced": float(np.abs(found_a * found_b - balanced).max() / target.max()),
        "hyperbola_still": float(np.abs(found_a - a).max()) / scale,
        "hyperbola_invariant": float(np.abs(found_a**2 - found_b**2 - (a**2 - b**2)).max()) / scale**2,
        "hyperbola_other_invariant": float(np.abs(found_a - found_b - (a - b)).max()) / scale,
        "hyperbola_sum_of_squares": float(np.abs(found_a**2 + found_b**2 - (a**2 + b**2)).max()) / scale**2,
    }
    curves = {"first": (("record", "mode"), found_a), "second": (("record", "mode"), found_b)}
    exact = {"exact_first": (("record", "mode"), exact_a), "exact_second": (("record", "mode"), exact_b)}
    return xr.Dataset({"time": ("record", path.time), **curves, **exact}), finals


def descent(
    report: Any,
    *,
    depth: int,
    outputs: int,
    inputs: int,
    targets: Sequence[float],
    start: float,
    rate: float,
    key: tuple[int, int],
) -> Found:
    """Gradient descent from one small value for all modes, beside the closed form of the flow."""
    left, right, _ = _frame(outputs, inputs, len(targets), key)
    target = np.array(targets)
    problem = LinearRegression.whitened((left * target) @ right.T)
    network = DeepLinear(depth=depth, shape=(outputs, inputs), hidden=max(outputs, inputs))
    end = float(mode_time(start, 0.95 * target[-1], target[-1], depth))
    begin = Balanced(matrix=(left * np.full(len(target), start)) @ right.T)
    steps = max(int(end / rate), 2000)
    run = follow(
        problem, network, begin, GradientDescent(rate),
        until=Steps(steps), key=key, record=[Factors()], at=EverySteps(max(1, steps // 400)), report=report,
    )  # fmt: skip
    path = points(run, count=len(run.data.record))
    measured = np.diagonal(left.T @ path.predictors @ right, axis1=1, axis2=2)
    predicted = mode_path(path.time[:, None], start, target, depth)
    finals: dict[str, Any] = {"descent": float(np.abs((measured - predicted) / target).max())}
    for name, wrong in _wrong(depth).items():
        finals[name] = float(np.abs((measured - wrong(path.time[:, None], np.full(len(target), start), target)) / target).max())
    for index, s in enumerate(target):
        finals[f"half_{index}"] = crossing(path.time, measured[:, index], 0.5 * s)
        finals[f"width_{index}"] = crossing(path.time, measured[:, index], 0.9 * s) - crossing(
            path.time, measured[:, index], 0.1 * s
        )
    return _paths(path.time, measured, predicted), finals


def scalars(report: Any, *, depths: Sequence[float], starts: Sequence[float], target: float) -> Found:
    """The mode equation by an ordinary integrator, in the logarithm of the value, beside formulas and wrong ones."""
    clock = np.linspace(0.0, 1.0, 60)
    curves, exact, whole, near, still = [], [], [], [], []
    for depth in depths:
        first = 0.01 * target
        times = float(mode_time(first, 0.99 * target, target, depth)) * clock
        path = _integrated(times, first, target, depth)
        curves.append(path)
        exact.append(_gap(path, mode_path(times, first, target, depth)) / target)
        still.append(_gap(path, np.array([first])) / target)
        if math.isinf(depth):
            near.append(_gap(path, mode_path(times / 100, first, target, 100)) / target)
        else:
            near.append(_gap(path, mode_path(times, first, target, depth + 0.5)) / target)
            whole += [_gap(path, mode_path(times, first, target, math.floor(depth))) / target] * (depth % 1 > 0)
    finals = {
        "any_depth": max(exact),
        "another_depth": min(near),
        "depth_rounded_down": min(whole),
        "any_depth_still": min(still),
    }
    halves = np.array([[_reached(u, target, depth)[0.5] for u in starts] for depth in ESCAPES])
    finals |= _escapes(halves, starts, target) | _sharpness(min(starts), target) | _layers(target) | _rates(target)
    data = {"clock": ("record", clock), "paths": (("depth", "record"), np.array(curves) / target)}
    data |= {"half": (("escape", "start"), halves), "from": ("start", np.array(starts))}
    return xr.Dataset(data, coords={"depth": ("depth", np.array(depths, dtype=float))}), finals


def starts(report: Any, *, instances: int, samples: int, inputs: int, steps: int, small: float, key: tuple[int, int]) -> Found:
    """l4 regression at depths 1, 4 and 8 by gradient descent at the best of a grid of rates, from two kinds of start."""
    x, y = _regressions(stream(key, "data"), instances, samples, inputs)
    rates = np.array([mantissa * 10.0**power for power in range(-5, 0) for mantissa in (1, 5)])
    begun, ended = {}, {}
    for depth, scale in ((1, None), (4, None), (8, None), (8, small)):
        first, last = _power_descent(x, y, depth, scale, rates, steps, stream(key, "start"))
        begun[depth, scale], ended[depth, scale] = first[:, 0], np.where(np.isfinite(last), last, np.inf)
    best = {at: values.min(axis=1) for at, values in ended.items()}
    finals = {
        "identity_4": float(np.median(best[4, None] / best[1, None])),
        "identity_8": float(np.median(best[8, None] / best[1, None])),
        "small_8": float(np.median(best[8, small] / best[1, None])),
        "small_8_left": float(np.min(best[8, small] / begun[8, small])),
        "identity_8_left": float(np.median(best[8, None] / begun[8, None])),
        "depth_1_left": float(np.median(best[1, None] / begun[1, None])),
    }
    return xr.Dataset({"ratio": (("record", "depth"), np.stack([best[n, None] / best[1, None] for n in (4, 8)], axis=1))}), finals


def hierarchy(report: Any, *, levels: int, start: float, rate: float, steps: int, key: tuple[int, int]) -> Found:
    """Items at the leaves of a binary tree, a feature for each of its nodes; two layers and one, from a small random start."""
    features = tree(levels)
    u, s, vt = np.linalg.svd(features, full_matrices=False)
    rng = stream(key, "start")
    width, (rows, columns) = 2**levels, features.shape
    first = rng.normal(size=(width, columns)) * start
    second = rng.normal(size=(rows, width)) * start
    shallow = second @ first
    clock = rate * np.arange(steps + 1)
    deep_modes, shallow_modes = np.empty((steps + 1, len(s))), np.empty((steps + 1, len(s)))
    for step in range(steps + 1):
        product = second @ first
        deep_modes[step] = np.einsum("im,ij,mj->m", u, product, vt)
        shallow_modes[step] = np.einsum("im,ij,mj->m", u, shallow, vt)
        slope = product - features
        first, second = first - rate * second.T @ slope, second - rate * slope @ first.T
        shallow = shallow - rate * (shallow - features)
    groups = _levels(s)
    deep, flat = (
        np.array([crossing(clock, modes[:, i], 0.5 * s[i]) for i in range(len(s))]) for modes in (deep_modes, shallow_modes)
    )
    finals = {
        "levels_apart": min(float(deep[b].min() / deep[a].max()) for a, b in itertools.pairwise(groups)),
        "levels_apart_shallow": min(float(flat[b].min() / flat[a].max()) for a, b in itertools.pairwise(groups)),
        "levels_apart_reversed": min(float(deep[a].min() / deep[b].max()) for a, b in itertools.pairwise(groups)),
    }
    kept = slice(0, None, max(1, steps // 300))
    both = {"deep": (("record", "mode"), deep_modes[kept]), "shallow": (("record", "mode"), shallow_modes[kept])}
    level = np.concatenate([np.full(len(group), index) for index, group in enumerate(groups)])
    return xr.Dataset({"time": ("record", clock[kept]), **both, "target": ("mode", s), "level": ("mode", level)}), finals


def crossing(time: np.ndarray, values: np.ndarray, level: float) -> float:
    """When a rising series first passes a level, between records by straight lines; not a number if it never does."""
    if values.max() < level:
        return math.nan
    at = int(np.argmax(values >= level))
    if at == 0:
        return float(time[0])
    below, above = values[at - 1], values[at]
    return float(time[at - 1] + (level - below) / (above - below) * (time[at] - time[at - 1]))


def tree(levels: int) -> np.ndarray:
    """Features by items: a row for each node of a binary tree, 1 at the leaves below it."""
    rows = [np.kron(np.eye(2**level), np.ones((1, 2 ** (levels - level)))) for level in range(levels + 1)]
    return np.concatenate(rows)


def _levels(values: np.ndarray) -> list[np.ndarray]:
    """Places of equal singular values, largest first."""
    return np.split(np.arange(len(values)), np.flatnonzero(-np.diff(values) > 1e-9 * values[0]) + 1)


def _frame(outputs: int, inputs: int, modes: int, key: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = stream(key, "data")
    left, right = orthonormal(rng, outputs, modes), orthonormal(rng, inputs, modes)
    return left, right, rng.uniform(0.03, 0.08, modes)


def _apart(rotated: np.ndarray, diagonal: np.ndarray) -> float:
    gap = np.array(rotated)
    places = range(diagonal.shape[1])
    gap[:, places, places] -= diagonal
    return float(np.linalg.norm(gap, axis=(1, 2)).max())


def _wrong(depth: int) -> dict[str, Callable[..., np.ndarray]]:
    """Laws that are not the law: another exponent, a factor left out, one that does not move."""
    return {
        "still": lambda t, start, s: np.broadcast_to(start, np.broadcast_shapes(t.shape, s.shape)),
        "without_factor": lambda t, start, s: mode_path(t / (depth if depth > 1 else 2), start, s, depth),
        "next_exponent": lambda t, start, s: mode_path(depth * t / (depth + 1), start, s, depth + 1),
        "single_matrix": lambda t, start, s: mode_path(t, start, s, 1 if depth > 1 else 2),
    }


def _paths(time: np.ndarray, measured: np.ndarray, predicted: np.ndarray) -> xr.Dataset:
    both = {"measured": (("record", "mode"), measured), "predicted": (("record", "mode"), predicted)}
    return xr.Dataset({"time": ("record", time), **both})


def _gap(path: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(path - other).max())


def _slope(target: float, depth: float) -> Callable[[float, np.ndarray], np.ndarray]:
    pace = 1.0 if math.isinf(depth) else depth
    return lambda time, y: pace * np.exp(y * (1 - 2 / depth)) * (target - np.exp(y))


def _integrated(times: np.ndarray, start: float, target: float, depth: float) -> np.ndarray:
    ends = (0.0, float(times[-1]))
    tight = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-13}
    return np.exp(solve_ivp(_slope(target, depth), ends, [math.log(start)], t_eval=times, **tight).y[0])


def _reached(start: float, target: float, depth: float) -> dict[float, float]:
    """When the integrated mode passes a tenth, half and nine tenths of its target."""
    shares = (0.1, 0.5, 0.9)

    def event(share: float) -> Callable[[float, np.ndarray], float]:
        def passes(time: float, y: np.ndarray) -> float:
            return float(y[0]) - math.log(share * target)

        passes.terminal = share == shares[-1]  # type: ignore[attr-defined]
        return passes

    ends = (0.0, 2 * float(mode_time(start, 0.95 * target, target, depth)))
    tight = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-11}
    solved = solve_ivp(_slope(target, depth), ends, [math.log(start)], events=[event(share) for share in shares], **tight)
    return {share: float(found[0]) for share, found in zip(shares, solved.t_events, strict=True)}


def _escapes(measured: np.ndarray, starts: Sequence[float], target: float) -> dict[str, float]:
    """How the time to half the target grows as the start shrinks, at depths above 2."""
    found: dict[str, float] = {}
    last = int(np.argmin(starts))
    for depth, times in zip(ESCAPES, measured, strict=True):
        found[f"escape_{depth}"] = float(times[last] / escape_time(starts[last], target, depth))
        found[f"escape_{depth}_as_2"] = float(times[last] / escape_time(starts[last], target, 2))
        found[f"exponent_{depth}"] = float(np.polyfit(np.log(starts), np.log(times), 1)[0])
    return found


def _sharpness(start: float, target: float) -> dict[str, float]:
    found = {}
    for depth in (2, 2.5, 3, 4, 6):
        at = _reached(start, target, depth)
        found[f"sharpness_{depth:g}"] = (at[0.9] - at[0.1]) / at[0.5]
    found["sharpness_formula_2"] = math.log(81) / math.log(target / start)
    return found


def _layers(target: float) -> dict[str, float]:
    """With every factor at scale 0.1 the escape grows tenfold with each factor; with one product at every depth it does not."""
    depths = np.arange(4, 9)
    times = [(n - 2) * _reached(0.1**n, target, int(n))[0.5] for n in depths]
    fixed = [(n - 2) * _reached(1e-4, target, int(n))[0.5] for n in depths]
    tenfold = math.log(10)
    return {
        "layer_growth": float(np.polyfit(depths, np.log(times), 1)[0]) / tenfold,
        "layer_growth_fixed_product": float(np.polyfit(depths, np.log(fixed), 1)[0]) / tenfold,
    }


def _rates(target: float) -> dict[str, float]:
    """Steps of descent on equal scalar factors until nine tenths of the target, over depths 2 to 64."""

    def spread(start: float, rate: Callable[[int], float], most: int) -> float:
        counts = []
        for depth in (2, 4, 8, 16, 64):
            w, steps = start ** (1 / depth), 0
            while w**depth < 0.9 * target and steps < most:
                w, steps = w - rate(depth) * (w**depth - target) * w ** (depth - 1), steps + 1
            counts.append(steps)
        return max(counts) / min(counts)

    return {
        "rate_over_depth": spread(0.5 * target, lambda n: 0.02 / n, 10_000),
        "rate_fixed": spread(0.5 * target, lambda n: 0.02 / 64, 20_000),
        "rate_over_depth_squared": spread(0.5 * target, lambda n: 0.08 / n**2, 20_000),
        "rate_small_start": spread(1e-2 * target, lambda n: 0.02 / n, 20_000),
    }


def _regressions(rng: np.random.Generator, count: int, samples: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Ill-conditioned inputs in a random frame, a linear teacher, outputs of mean square 1."""
    spread = np.geomspace(1, 0.1, inputs)
    x = np.stack([rng.normal(size=(samples, inputs)) * spread @ orthonormal(rng, inputs, inputs).T for _ in range(count)])
    y = np.einsum("isd,id->is", x, rng.normal(size=(count, inputs)))
    return x, y / np.sqrt(np.mean(y**2, axis=1, keepdims=True))


def _power_descent(
    x: np.ndarray, y: np.ndarray, depth: int, scale: float | None, rates: np.ndarray, steps: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mean fourth powers at the start and the end, `(instances, rates)`; identity factors where no scale is given."""
    count, samples, inputs = x.shape
    shapes = [(inputs, inputs)] * (depth - 1) + [(1, inputs)]
    begin = [
        np.broadcast_to(np.eye(*s), (count, 1, *s)) if scale is None else scale * rng.normal(size=(count, 1, *s)) for s in shapes
    ]
    factors = [np.repeat(w, len(rates), axis=1) for w in begin]
    rate, across = rates[None, :, None, None], np.swapaxes(x, 1, 2)

    def losses(product: np.ndarray) -> np.ndarray:
        return np.mean((product[:, :, 0] @ across - y[:, None]) ** 4, axis=2)

    def products() -> list[np.ndarray]:
        below = [factors[0]]
        for factor in factors[1:]:
            below.append(factor @ below[-1])
        return below

    with np.errstate(over="ignore", invalid="ignore"):
        first = losses(products()[-1])
        for _ in range(steps):
            below = products()
            residual = below[-1][:, :, 0] @ across - y[:, None]
            back = (4 * residual**3 @ x / samples)[:, :, None, :]
            moved = list(factors)
            for j in range(depth - 1, -1, -1):
                slope = back @ np.swapaxes(below[j - 1], 2, 3) if j else back
                moved[j] = factors[j] - rate * slope
                back = np.swapaxes(factors[j], 2, 3) @ back
            factors = moved
        return first, losses(products()[-1])
