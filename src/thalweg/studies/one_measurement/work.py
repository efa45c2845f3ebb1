"""What the study computes: singular values with one measurement, with one entry, and the package's own flow."""

import functools
from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from thalweg._seeds import stream
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.given import Given
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.matrix_sensing import MatrixSensing
from thalweg.theory import SingleMeasurement, compare, points, related_singular_value, singular_value_cap
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes
from thalweg.trajectory.stop import Time

STRENGTH, START, VALUE = np.array([1.0, 0.6, 0.3]), np.array([0.1, 0.09, 0.08]), 3.0
"""The example: singular values of the measurement and of the product at the start, and what is measured."""

Finals = tuple[xr.Dataset, dict[str, Any]]


def grown(strength: np.ndarray, start: np.ndarray, value: float, depth: float, *, rtol: float, count: int = 200) -> np.ndarray:
    r"""Singular values along $\dot\sigma_r = -N\sigma_r^{2-2/N}\rho_r(\sum\rho\sigma - y)$, `(times, r)`."""

    def field(_: float, logs: np.ndarray) -> np.ndarray:
        sigma = np.exp(logs)
        return -depth * sigma ** (1 - 2 / depth) * strength * (strength @ sigma - value)

    # long enough at any depth: the loss falls at least as fast as with the product at its start
    slowest = depth * np.sum(strength**2 * start ** (2 - 2 / depth))
    times = np.concatenate([[0.0], np.geomspace(1e-3 / slowest, 60 / slowest, count)])
    found = solve_ivp(field, (0, times[-1]), np.log(start), method="LSODA", t_eval=times, rtol=rtol, atol=rtol)
    return np.exp(found.y.T)


def aligned(report: Any, *, depths: Any, rtol: float, far: float) -> Finals:
    """The example at every depth, its relations and wrong ones, and how far the second value gets when much is measured."""
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    for depth in depths:
        sigma = grown(STRENGTH, START, VALUE, depth, rtol=rtol)
        finals |= {f"final_{depth:g}_{k + 1}": float(v) for k, v in enumerate(sigma[-1])}
        finals |= {f"start_{depth:g}_{k + 1}": float(v) for k, v in enumerate(START)}
        finals[f"gap_{depth:g}"] = float(sigma[-1, 0] / sigma[-1, 1])
        finals[f"fit_{depth:g}"] = float(abs(STRENGTH @ sigma[-1] - VALUE))
        first, ratio = sigma[:, :1], STRENGTH[1:] / STRENGTH[0]
        laws = {
            "relation": related_singular_value(first, START[1:], START[0], ratio, depth),
            "relation_deeper": related_singular_value(first, START[1:], START[0], ratio, depth + 1),
            "relation_inverse": related_singular_value(first, START[1:], START[0], 1 / ratio, depth),
            "relation_same_start": related_singular_value(first, START[0] + 0 * START[1:], START[0], ratio, depth),
            "relation_still": START[1:] + 0 * first,
        }
        for name, law in laws.items():
            apart = np.minimum(np.abs(law - sigma[:, 1:]), 1e6).max(axis=1)
            finals[f"{name}_{depth:g}"] = float((apart / sigma[:, 0]).max())
        variables[f"sigma_{depth:g}"] = (("record", "index"), sigma)
        variables[f"law_{depth:g}"] = (("record", "rest"), laws["relation"])
    for depth in (2, 3, 4):
        ended = grown(STRENGTH, START, far, depth, rtol=rtol)[-1]
        finals[f"far_{depth}"] = float(ended[1])
        finals[f"far_first_{depth}"] = float(ended[0])
        if depth > 2:
            finals[f"cap_{depth}"] = singular_value_cap(START[1], START[0], STRENGTH[1] / STRENGTH[0], depth)[0]
            power = (depth - 2) / depth
            constant = START[1] ** -power - STRENGTH[1] / STRENGTH[0] * START[0] ** -power
            finals[f"cap_exponent_{depth}"] = float(constant ** (-depth / (depth - 1)))
            finals[f"cap_without_ratio_{depth}"] = float((START[1] ** -power) ** (-1 / power))
    return xr.Dataset(variables), finals


def entry(report: Any, *, key: Any, size: int, scale: float, depths: Any, how_many: int) -> Finals:
    """One entry, a measurement of rank one: from random balanced starts, from an aligned one, and beside it a full-rank one.

    `rise` is the largest of the other singular values at the end over the largest of all at the start.
    """
    one = np.zeros((size, size))
    one[0, 0] = 1.0
    full = np.diag(np.linspace(1.0, 0.5, size))
    finals: dict[str, Any] = {}
    rng = stream(key, "start")
    starts = [scale * rng.normal(size=(size, size)) for _ in range(how_many)]
    steady = np.diag(scale * np.linspace(1.0, 0.8, size))
    example: list[np.ndarray] = []
    for depth in depths:
        for name, measurement in (("entry", one), ("full", full)):
            ends, befores = [], []
            for start in starts if name == "entry" else [steady]:
                befores.append(np.linalg.svd(start, compute_uv=False))
                path = followed(measurement, 1.0, start, depth)
                ends.append(np.linalg.svd(path[-1], compute_uv=False))
                if name == "entry" and start is starts[0]:
                    example.append(np.linalg.svd(path, compute_uv=False))
            finals[f"rise_{name}_{depth}"] = float(np.max([end[1] / b[0] for end, b in zip(ends, befores, strict=True)]))
            finals |= {f"end_{name}_{depth}_{k + 1}": float(v) for k, v in enumerate(ends[0])}
            finals |= {f"before_{name}_{depth}_{k + 1}": float(v) for k, v in enumerate(befores[0])}
            values = np.diag(followed(measurement, 1.0, steady, depth)[-1])
            finals[f"moved_{name}_{depth}"] = float(np.abs(values[1:] - np.diag(steady)[1:]).max() / scale)
        first, others = float(steady[0, 0]), np.diag(steady)[1:]
        printed = related_singular_value(1.0, others, first, 0.6, depth)  # as if an entry coupled them, whatever the ratio
        finals[f"moved_printed_{depth}"] = float(np.abs(printed - others).max() / scale)
        finals[f"rise_printed_{depth}"] = float(printed.max() / first)
    return xr.Dataset({"sigma": (("record", "depth", "index"), np.stack(example, axis=1))}), finals


def followed(measurement: np.ndarray, value: float, start: np.ndarray, depth: int, *, rtol: float = 1e-9) -> np.ndarray:
    """Products along the flow of the factors from a balanced start, by scipy, `(times, d, d)`; the value is met at the end."""
    left, sigma, right = np.linalg.svd(start)
    root = np.diag(sigma ** (1 / depth))
    factors = np.stack([root @ right if depth > 1 else start, *[root] * (depth - 2), *([left @ root] if depth > 1 else [])])
    shape = factors.shape

    def product(parts: Any) -> np.ndarray:
        return functools.reduce(lambda made, factor: factor @ made, parts)

    def field(_: float, flat: np.ndarray) -> np.ndarray:
        parts = list(flat.reshape(shape))
        gradient = (np.sum(measurement * product(parts)) - value) * measurement
        eye = np.eye(shape[1])
        moves = [product([eye, *parts[j + 1 :]]).T @ gradient @ product([eye, *parts[:j]]).T for j in range(depth)]
        return -np.stack(moves).ravel()

    def met(_: float, flat: np.ndarray) -> float:
        return abs(float(np.sum(measurement * product(list(flat.reshape(shape)))) - value)) - 1e-7

    met.terminal = True  # type: ignore[attr-defined]
    times = np.concatenate([[0.0], np.geomspace(1e-2, 1e5, 120)])
    found = solve_ivp(
        field, (0, times[-1]), factors.ravel(), method="LSODA", t_eval=times, events=met, rtol=rtol, atol=rtol / 100
    )
    last = found.y_events[0][-1] if len(found.y_events[0]) else found.y[:, -1]
    rows = np.vstack([found.y.T, np.broadcast_to(last, (len(times) - found.y.shape[1], len(last)))])
    return np.stack([product(list(row.reshape(shape))) for row in rows])


def flow(report: Any, *, key: Any, depth: int, rtol: float, end: float, tilt: float) -> Finals:
    """The package's own flow of the example in turned bases, and of a start whose singular vectors are tilted."""
    rng = stream(key, "data")
    left, right = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2))
    problem = MatrixSensing((left @ np.diag(STRENGTH) @ right.T)[None], [VALUE], loss="half sum of squares")
    root = np.diag(START ** (1 / depth))
    turn = np.array([[np.cos(tilt), -np.sin(tilt), 0.0], [np.sin(tilt), np.cos(tilt), 0.0], [0.0, 0.0, 1.0]])
    times = np.geomspace(end / 1000, end, 40)[:-1]
    finals: dict[str, Any] = {}
    data = xr.Dataset()
    for name, turned in (("", left), ("_tilted", left @ turn)):
        start = [root @ right.T, *[root] * (depth - 2), turned @ root]
        run = follow(
            problem,
            DeepLinear(depth=depth, shape=(3, 3)),
            Given(start),
            GradientFlow(rtol, solver="explicit"),
            until=Time(end),
            record=[Factors()],
            at=AtTimes(times.tolist()),
            key=key,
            report=report,
        )
        path = points(run)
        made = compare(SingleMeasurement(), path)
        finals[f"residual{name}"] = made.worst
        finals[f"off{name}"] = float(made.assumptions[0].size)
        if not name:
            measured = made.laid.measured
            ratio = STRENGTH / STRENGTH[0]
            deeper = related_singular_value(measured[:, :1], measured[0], measured[0, 0], ratio, depth + 1)
            finals["residual_deeper"] = float((np.abs(deeper - measured).max(axis=1) / measured.max(axis=1)).max())
            finals["residual_still"] = float((np.abs(measured[0] - measured).max(axis=1) / measured.max(axis=1)).max())
            finals |= {f"end_{k + 1}": float(v) for k, v in enumerate(measured[-1])}
            variables = {"time": ("record", path.time), "measured": (("record", "index"), measured)}
            data = xr.Dataset(variables | {"predicted": (("record", "index"), made.laid.predicted)})
    return data, finals
