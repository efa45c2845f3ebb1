"""What is computed: the landscape about zero, the flow's descent from balance, and how long the flow takes to leave zero."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from thalweg._seeds import stream
from thalweg.initializations.gaussian import Gaussian
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.linear_regression import LinearRegression
from thalweg.problems.random_matrices import orthonormal
from thalweg.studies.small_networks import apart, balanced, flattened, product, residual_and_slopes
from thalweg.studies.study import Report
from thalweg.theory.landscape import (
    hessian_at_zero,
    hessian_spectrum_at_zero,
    leading_change,
    least_decrease,
    least_singular_value,
)


def about_zero(
    report: Report, *, depths: Sequence[int], shape: tuple[int, int], hidden: int, scales: Sequence[float], key: Any
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """Hessians where all factors are 0, and the loss along a random ray from there."""
    rng = stream(key, "data")
    problem = LinearRegression(rng.normal(size=(shape[1], 40)), rng.normal(size=shape) @ rng.normal(size=(shape[1], 40)))
    gradient = -problem.cross_moment
    top = float(np.linalg.svd(gradient, compute_uv=False)[0])
    finals: dict[str, Any] = {}
    changes = []
    for depth in depths:
        network = DeepLinear(depth=depth, shape=shape, hidden=hidden)
        factors = Gaussian(1.0).sample(network, key=key)
        # the same size at the far end of the ray for every depth
        factors = [factor / np.linalg.norm(product(factors)) ** (1 / depth) for factor in factors]
        change = np.array([_loss_change(problem, [s * f for f in factors]) for s in scales])
        changes.append(np.abs(change))
        finals[f"slope_{depth}"] = float(np.polyfit(np.log(scales), np.log(np.abs(change)), 1)[0])
        leading = leading_change(gradient, factors)
        finals[f"leading_{depth}"] = abs(change[0] / (scales[0] ** depth * leading) - 1)
        if depth in (2, 3):
            spectrum = np.linalg.eigvalsh(hessian_at_zero(problem, network)) / top
            predicted = hessian_spectrum_at_zero(gradient, depth, hidden) / top
            finals[f"spectrum_{depth}"] = float(np.abs(spectrum - predicted).max())
            finals[f"hessian_{depth}"] = float(np.abs(spectrum).max())
            if depth == 2:
                doubled = hessian_spectrum_at_zero(2 * gradient, depth, hidden) / top
                finals["spectrum_2_doubled"] = float(np.abs(spectrum - doubled).max())
                finals["spectrum_2_positive"] = float(np.abs(spectrum - np.sort(np.abs(predicted))).max())
                finals["lowest_2"] = float(spectrum[0])
    variables = {"change": (("depth", "record"), np.array(changes)), "scale": ("record", np.array(scales))}
    data = xr.Dataset(variables, coords={"depth": list(depths)})
    return data, finals


def _loss_change(problem: LinearRegression, factors: Sequence[np.ndarray]) -> float:
    w = product(factors)
    return float(np.sum(w * (0.5 * w @ problem.input_moment - problem.cross_moment)))


def descent(
    report: Report, *, depths: Sequence[int], shapes: Sequence[tuple[int, int]], end: float, key: Any
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """Flows from balanced starts for which the law of the least decrease is tight at first, and from one beyond the barrier."""
    rng = stream(key, "start")
    times = np.concatenate([[0.0], np.geomspace(1e-3, 1.0, 60)]) * end
    rows: list[list[np.ndarray]] = []
    finals: dict[str, Any] = dict.fromkeys(("tight", "rise", "rise_backwards", "loss", "loss_early"), 0.0)
    lowest = ("decrease", "least", "least_half", "decrease_exponent", "decrease_times_depth", "decrease_unbalanced")
    finals |= dict.fromkeys(lowest, np.inf)
    names = []
    for depth, shape, kind in itertools.product(depths, shapes, ("along the least direction", "in a random direction")):
        tight = kind == "along the least direction"
        start, target = _instance(rng, shape, tight)
        factors = balanced(start, depth)
        run = _flow(factors, target, times)
        ratio = run["speed"] / run["bound"]
        finals["decrease"] = min(finals["decrease"], float(ratio[run["loss"] > 1e-14].min()))
        finals["rise"] = max(finals["rise"], float(np.diff(run["loss"]).max() / run["loss"][0]))
        finals["rise_backwards"] = max(finals["rise_backwards"], float(-np.diff(run["loss"]).min() / run["loss"][0]))
        finals["loss"] = max(finals["loss"], float(run["loss"][-1] / run["loss"][0]))
        finals["loss_early"] = max(finals["loss_early"], float(run["loss"][1] / run["loss"][0]))
        floor = least_singular_value(target, run["loss"][0])
        finals["least"] = min(finals["least"], float((run["least"] / floor).min()))
        half = least_singular_value(target, run["loss"][0] / 4)
        finals["least_half"] = min(finals["least_half"], float((run["least"] / half).min()))
        if tight:
            finals["tight"] = max(finals["tight"], float(ratio[0]))
            halved = run["least"] ** (1 - 1 / depth)  # of the exponent 1 - 1/N in place of 2 - 2/N
            finals["decrease_exponent"] = min(finals["decrease_exponent"], float((ratio * halved)[0]))
        if tight and shape[0] != shape[1]:
            finals["decrease_times_depth"] = min(finals["decrease_times_depth"], float(ratio[0] / depth))
            narrow = 0 if shape[0] > shape[1] else depth - 1  # the factor that alone moves the predictor that way
            tilted = [0.5 * f if j == narrow else 2.0 * f if j == depth - 1 - narrow else f for j, f in enumerate(factors)]
            other = _flow(tilted, target, times[:2])
            finals["decrease_unbalanced"] = min(finals["decrease_unbalanced"], float((other["speed"] / other["bound"])[0]))
        names.append(f"depth {depth}, {shape[0]} by {shape[1]}, {kind}")
        rows.append([ratio, run["loss"]])
    barrier = _flow([np.eye(2)] * 2, np.diag([1.0, -0.7]), times)
    finals["beyond"] = float(barrier["loss"][-1] / barrier["loss"][0])
    finals["beyond_floor"] = float(barrier["loss"][-1])
    data = xr.Dataset(
        {
            "path": (("case", "curve", "record"), np.array(rows)),
            "barrier": ("record", barrier["loss"]),
            "time": ("record", times),
        },
        coords={"case": names, "curve": ["ratio", "loss"]},
    )
    return data, finals


def _instance(rng: np.random.Generator, shape: tuple[int, int], tight: bool) -> tuple[np.ndarray, np.ndarray]:
    """A start and a target below the barrier, off it in a random direction or in that which the preconditioner shrinks most."""
    rows, columns = shape
    u, v = orthonormal(rng, rows, rows), orthonormal(rng, columns, columns)
    least = min(shape)
    values = np.append(rng.uniform(0.9, 1.6, least - 1), rng.uniform(0.5, 0.7))  # the least below 1, or its powers would not tell
    start = (u[:, :least] * values) @ v[:, :least].T
    if tight:
        off = np.outer(u[:, -1], v[:, -1])  # outside the range of one side where the shape is no square
    else:
        off = rng.normal(size=shape)
    return start, start + 0.4 * values[-1] * off / np.linalg.norm(off)


def _flow(factors: Sequence[np.ndarray], target: np.ndarray, times: np.ndarray) -> dict[str, np.ndarray]:
    """Gradient flow by an integrator of order 8, and what the law speaks of along it."""

    def velocity(time: float, flat: np.ndarray) -> np.ndarray:
        return -flattened(residual_and_slopes(apart(flat, factors), target)[1])

    solved = solve_ivp(velocity, (0.0, times[-1]), flattened(factors), "DOP853", times, rtol=1e-11, atol=1e-14)
    found: dict[str, list[float]] = {name: [] for name in ("speed", "bound", "loss", "least")}
    for flat in solved.y.T:
        here = apart(flat, factors)
        residual, slopes = residual_and_slopes(here, target)
        w = product(here)
        found["speed"].append(sum(float(np.sum(slope**2)) for slope in slopes))
        found["bound"].append(least_decrease(w, residual, len(factors)))
        found["loss"].append(0.5 * float(np.sum(residual**2)))
        found["least"].append(float(np.linalg.svd(w, compute_uv=False)[-1]))
    return {name: np.array(values) for name, values in found.items()}


def escapes(
    report: Report, *, depths: Sequence[int], scales: Sequence[float], size: int, key: Any
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """How long the flow takes to halve the loss from factors near 0, of which the product is aligned with the target."""
    rng = stream(key, "target")
    u, v = orthonormal(rng, size, size), orthonormal(rng, size, size)
    target = u @ v.T
    rows: list[list[float]] = []
    finals: dict[str, Any] = {}
    for depth in depths:
        found: list[float] = []
        for scale in scales:
            factors = balanced(scale**depth * target, depth)

            def halved(time: float, flat: np.ndarray, like: Sequence[np.ndarray] = factors) -> float:
                return 0.5 * float(np.sum((product(apart(flat, like)) - target) ** 2)) - 0.25 * size

            def velocity(time: float, flat: np.ndarray, like: Sequence[np.ndarray] = factors) -> np.ndarray:
                return -flattened(residual_and_slopes(apart(flat, like), target)[1])

            halved.terminal = True  # type: ignore[attr-defined]
            solved = solve_ivp(velocity, (0.0, 1e9), flattened(factors), "DOP853", rtol=1e-9, atol=1e-13, events=halved)
            found.append(float(solved.t_events[0][0]))
        rows.append(found)
        near = np.argsort(scales)[:3]
        finals[f"escape_{depth}"] = float(np.polyfit(np.log(np.array(scales)[near]), np.log(np.array(found)[near]), 1)[0])
        finals[f"longest_{depth}"] = max(found)
    variables = {"escape": (("depth", "record"), np.array(rows)), "scale": ("record", np.array(scales))}
    data = xr.Dataset(variables, coords={"depth": list(depths)})
    return data, finals
