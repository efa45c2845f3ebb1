"""What the study computes: least splines by formula, program and dual; networks trained with and without weight decay."""

import functools
import time
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy.optimize import linprog

from thalweg._seeds import stream
from thalweg.exact import penalized_spline, representation_cost, spline_cost, spline_network
from thalweg.initializations.he import He
from thalweg.parametrizations.two_layer_relu import TwoLayerReLU
from thalweg.trajectory.follow import Progress

Finals = tuple[xr.Dataset, dict[str, Any]]
SHAPES = ("rough", "wave", "parabola", "line")
FAST, SLOW = 0.9, 0.999
"""Adam's averages of gradients and of their squares."""


def points(rng: np.random.Generator, count: int, shape: str) -> tuple[np.ndarray, np.ndarray]:
    """Points on the line, spread evenly over [-2, 2] and moved a little."""
    x = np.linspace(-2.0, 2.0, count) + rng.uniform(-0.15, 0.15, count)
    if shape == "rough":
        return x, rng.normal(size=count)
    if shape == "wave":
        return x, np.sin(rng.uniform(1.0, 2.0) * x + rng.uniform(0.0, 2 * np.pi)) + rng.uniform(-0.5, 0.5) * x
    slope, level = rng.uniform(0.5, 3.0) * rng.choice([-1.0, 1.0]), rng.normal()
    return x, slope * x + level if shape == "line" else slope * x + level + 0.25 * rng.uniform(0.1, 0.6) * slope * x**2


def program(x: np.ndarray, y: np.ndarray, kinks: np.ndarray) -> float:
    """The least sum of weights over a dictionary of units with these kinks, to the right and to the left."""
    right, left = np.maximum(x[:, None] - kinks, 0.0), np.maximum(kinks - x[:, None], 0.0)
    one = np.ones((len(x), 1))
    costs = np.concatenate([np.ones(4 * len(kinks)), np.zeros(2)])
    found = linprog(costs, A_eq=np.hstack([right, -right, left, -left, one, -one]), b_eq=y, bounds=(0, None), method="highs")
    return float(found.fun)


def laws(report: Any, *, key: Any, how_many: int, count: int, dictionary: int) -> Finals:
    """Instances of every shape: the formula, wrong variants of it, the program, the dual, the network."""
    worst: dict[str, list[float]] = {}
    rng = stream(key, "data")

    def meet(**values: float) -> None:
        for name, value in values.items():
            worst.setdefault(name, []).append(float(value))

    for index in range(how_many):
        shape = SHAPES[index % len(SHAPES)]
        x, y = points(rng, count, shape)
        solution, params = spline_cost(x, y), spline_network(x, y)
        value, inner = solution.value, np.diff(y) / np.diff(x)
        bends, total = np.abs(np.diff(inner)).sum(), abs(inner[0] + inner[-1])
        natural = max(bends, total)
        found = program(x, y, np.unique(np.concatenate([np.linspace(-4.0, 4.0, dictionary), x])))
        flat = bends + abs(inner[0]) + abs(inner[-1])
        variants = {"program": value, "bends": bends, "sum": total, "natural": natural, "flat": flat}
        meet(**{f"law_{name}": abs(variant - found) / found for name, variant in variants.items()})
        meet(gap=solution.gap, gap_natural=1 - solution.dual_value / natural, gap_bends=1 - bends / value)
        size = 0.5 * float(np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))
        outputs = (params["W2"] @ np.maximum(params["W1"] * x + params["b1"][:, None], 0.0))[0] + params["b2"]
        meet(network=max(abs(size - value) / value, np.abs(outputs - y).max()), network_units=len(params["W1"]) - len(x))
        bent_right = bends + abs(inner[0]) * 2  # a line on the left, which takes two units, and all bends to the right
        meet(network_right=abs(bent_right - value) / value, network_zero=np.abs(y).max())
        if shape == "line":
            slope = abs(inner[0])
            line = {"W1": np.sqrt(slope) * np.array([[1.0], [-1.0]]), "W2": np.sqrt(slope) * np.array([[1.0, -1.0]])}
            meet(line=value / slope, line_program=found / slope, line_straight=representation_cost(line) / slope)
            meet(line_flat=flat / slope)
    finals: dict[str, Any] = {name: max(values) for name, values in worst.items()}
    finals["line_least"] = min(worst["line"])
    return _picture(*points(rng, count, "rough"), *points(rng, count, "parabola")), finals


def _picture(x: np.ndarray, y: np.ndarray, x_far: np.ndarray, y_far: np.ndarray) -> xr.Dataset:
    """Two splines with their duals on a grid: one whose end pieces go on straight, one whose end slopes change."""
    grid = np.linspace(-4.0, 4.0, 401)
    variables: dict[str, Any] = {"grid": (("record",), grid)}
    for name, a, b in (("rough", x, y), ("parabola", x_far, y_far)):
        order = np.argsort(a)
        a, b = a[order], b[order]
        solution, inner = spline_cost(a, b), np.diff(b) / np.diff(a)
        variables[f"spline_{name}"] = (("record",), _piecewise(grid, a, b, solution.predictor[0, 0], solution.predictor[0, -1]))
        variables[f"natural_{name}"] = (("record",), _piecewise(grid, a, b, inner[0], inner[-1]))
        variables[f"right_{name}"] = (("record",), np.maximum(a - grid[:, None], 0.0) @ solution.dual)
        variables[f"left_{name}"] = (("record",), np.maximum(grid[:, None] - a, 0.0) @ solution.dual)
        variables |= {f"x_{name}": (("point",), a), f"y_{name}": (("point",), b)}
    return xr.Dataset(variables)


def _piecewise(grid: np.ndarray, x: np.ndarray, y: np.ndarray, first: float, last: float) -> np.ndarray:
    values = np.interp(grid, x, y)
    values = np.where(grid < x[0], y[0] + first * (grid - x[0]), values)
    return np.where(grid > x[-1], y[-1] + last * (grid - x[-1]), values)


@functools.partial(jax.jit, static_argnames=("width", "chunk"))
def _descend(state: Any, x: Any, y: Any, decays: Any, rates: Any, *, width: int, chunk: int) -> Any:
    """A chunk of Adam on $\\frac12\\sum(h - y)^2 + \\frac\\lambda2\\sum w^2$ of many networks at once, one a row."""
    counted = jnp.concatenate([jnp.ones(width), jnp.zeros(width), jnp.ones(width), jnp.zeros(1)])

    def gradient(theta: Any, decay: Any) -> Any:
        w, b, a = (theta[:, k * width : (k + 1) * width] for k in range(3))
        inside = w[:, :, None] * x + b[:, :, None]
        on = inside > 0
        hidden = jnp.where(on, inside, 0.0)
        residual = jnp.einsum("sh,shn->sn", a, hidden) + theta[:, -1:] - y
        through = jnp.where(on, residual[:, None, :], 0.0)
        slopes = [a * (through * x).sum(2), a * through.sum(2), (hidden * residual[:, None, :]).sum(2)]
        return jnp.concatenate([*slopes, residual.sum(1, keepdims=True)], axis=1) + decay * counted * theta

    def step(state: Any, now: Any) -> Any:
        theta, mean, square, count = state
        slope = gradient(theta, now[0][:, None])
        mean, square = FAST * mean + (1 - FAST) * slope, SLOW * square + (1 - SLOW) * slope**2
        moved = mean / (1 - FAST ** (count + 1)) / (jnp.sqrt(square / (1 - SLOW ** (count + 1))) + 1e-15)
        return (theta - now[1] * moved, mean, square, count + 1), None

    return jax.lax.scan(step, state, (decays, rates), length=chunk)[0]


def descended(
    report: Any, theta: np.ndarray, x: np.ndarray, y: np.ndarray, last: np.ndarray, first: float, rate: float, steps: int
) -> np.ndarray:
    """Networks after Adam, at 50 moments, `(moments, networks, parameters)`.

    In the first half weight decay falls from `first` to `last` (of each network) by a constant factor a step; in the second
    half the rate falls from `rate` to a ten thousandth of it.
    """
    chunk = steps // 50
    width = (theta.shape[1] - 1) // 3
    state = (jnp.asarray(theta), jnp.zeros(theta.shape), jnp.zeros(theta.shape), jnp.zeros(()))
    found, started = [theta], time.perf_counter()
    for at in range(50):
        share = (at * chunk + np.arange(chunk)) / (50 * chunk)
        higher = np.where(last > 0, (first / np.where(last > 0, last, 1.0)) ** np.maximum(0.0, 1 - 2 * share)[:, None], 0.0)
        rates = rate * 1e-4 ** np.maximum(0.0, 2 * share - 1)
        state = _descend(state, x, y, last * higher, rates, width=width, chunk=chunk)
        found.append(np.asarray(state[0]))
        done = (at + 1) * chunk
        motion = SimpleNamespace(steps=done, time=float(done), gradients=done, loss=float("nan"))
        report(Progress(motion, time.perf_counter() - started, 0))
    return np.stack(found)


def flattened(params: dict[str, np.ndarray]) -> np.ndarray:
    """The parameters of one network in a row: inner weights, inner biases, outer weights, outer bias."""
    return np.concatenate([params["W1"][:, 0], params["b1"], params["W2"][0], params["b2"]])


def measured(theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Of networks `(..., parameters)`: size C, size with biases, misfit, squares, imbalance; and cost R by its kinks."""
    width = (theta.shape[-1] - 1) // 3
    w, b, a = (theta[..., k * width : (k + 1) * width] for k in range(3))
    size = 0.5 * (np.sum(w**2, axis=-1) + np.sum(a**2, axis=-1))
    residual = outputs(theta, x) - y
    costs = [
        representation_cost({"W1": row[:width, None], "b1": row[width : 2 * width], "W2": row[None, 2 * width : 3 * width]})
        for row in theta.reshape(-1, theta.shape[-1])
    ]
    return {
        "size": size,
        "all": size + 0.5 * np.sum(b**2, axis=-1),
        "misfit": np.abs(residual).max(axis=-1),
        "squares": 0.5 * np.sum(residual**2, axis=-1),
        "imbalance": np.sum(np.abs(w**2 - a**2), axis=-1) / (2 * size),
        "cost": np.reshape(costs, theta.shape[:-1]),
    }


def outputs(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The outputs of networks `(..., parameters)` at x."""
    width = (theta.shape[-1] - 1) // 3
    w, b, a = (theta[..., k * width : (k + 1) * width] for k in range(3))
    return np.einsum("...h,...hn->...n", a, np.maximum(w[..., None] * x + b[..., None], 0.0)) + theta[..., -1:]


def training(
    report: Any,
    *,
    key: Any,
    width: int,
    count: int,
    starts: int,
    free_starts: int,
    steps: int,
    decay: float,
    first: float,
    rate: float,
    scale: float,
    large: float,
    reach: float,
) -> Finals:
    """Networks of one width on one instance: with weight decay, from the same starts without, and from large ones without.

    Of the networks with decay the one of least training loss is kept; of those without decay, which reach a loss of zero or
    stay away from it, the one of least size among those that fit.
    """
    x, y = points(stream(key, "data"), count, "wave")
    exact, best = spline_cost(x, y), penalized_spline(x, y, decay)
    network = TwoLayerReLU(x[None, :], width=width)
    kinds = [(scale, starts), (scale, free_starts), (large, free_starts)]
    theta = np.stack(
        [flattened(He(size, reach=reach).sample(network, key=(*key, k))) for size, number in kinds for k in range(number)]
    )
    decays = np.repeat([decay, 0.0], [starts, 2 * free_starts])
    path = descended(report, theta, x, y, decays, first, rate, steps)
    ends, before = measured(path[-1], x, y), measured(theta, x, y)
    loss = ends["squares"] + decay * ends["size"]
    kept = int(np.argmin(loss[:starts]))
    fitting = np.where(ends["misfit"] < 1e-3, ends["size"], 1e9 * (1 + ends["misfit"]))
    free = starts + int(np.argmin(fitting[starts : starts + free_starts]))
    wide = starts + free_starts + int(np.argmin(fitting[starts + free_starts :]))
    finals: dict[str, Any] = {
        "least": exact.value,
        "certified": best.value,
        "certificate": best.gap,
        "certified_tenfold": penalized_spline(x, y, 10 * decay).value,
        "loss_start": float(before["squares"][kept] + decay * before["size"][kept]),
        "within": float(np.mean(loss[:starts] <= 1.01 * best.value)),
        "stuck": float(np.mean(loss[:starts] > 2 * best.value)),
    }
    for name, at in (("trained", kept), ("free", free), ("large", wide)):
        finals |= {f"{what}_{name}": float(values[at]) for what, values in ends.items()}
        finals[f"loss_{name}"] = float(loss[at])
    finals |= {f"{what}_start": float(values[kept]) for what, values in before.items()}
    grid = np.linspace(-3.0, 3.0, 301)
    spline = _piecewise(grid, np.sort(x), y[np.argsort(x)], exact.predictor[0, 0], exact.predictor[0, -1])
    along = measured(path[:, [kept, free]], x, y)
    data = xr.Dataset(
        {
            "steps": (("record",), np.arange(len(path)) * (steps // 50)),
            "size": (("record", "network"), along["size"]),
            "cost": (("record", "network"), along["cost"]),
            "misfit": (("record", "network"), along["misfit"]),
            "x": (("point",), x),
            "y": (("point",), y),
            "grid": (("place",), grid),
            "spline": (("place",), spline),
            "trained": (("place",), outputs(path[-1, kept], grid)),
            "free": (("place",), outputs(path[-1, free], grid)),
            "large": (("place",), outputs(path[-1, wide], grid)),
            "losses": (("start",), loss[:starts]),
        }
    )
    return data, finals
