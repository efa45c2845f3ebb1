"""What the study computes: where the flow ends among solutions of one nuclear norm, and what Schatten sums do around it."""

from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from thalweg._seeds import stream
from thalweg.theory import (
    degenerate_instance,
    feasible_directions,
    least_along,
    least_trace,
    schatten_derivatives,
    schatten_power,
    sensing_limit,
    sensing_velocity,
    vertices,
)

UNIQUE = np.array([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]]), np.array([2.0, 1.0])
"""Measurements with one solution of least nuclear norm, a vertex."""

Finals = tuple[xr.Dataset, dict[str, Any]]


def instances(key: Any, sizes: Any, how_many: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The two of the theory at every size, and some with the trace and random diagonal measurements."""
    found = [degenerate_instance(size, second=second) for size in sizes for second in (False, True)]
    rng = stream(key, "data")
    for _ in range(how_many):
        size = int(rng.choice(sizes))
        spectra = np.vstack([np.ones(size), rng.normal(size=(int(rng.integers(1, size - 1)), size))])
        found.append((spectra, spectra @ rng.dirichlet(np.full(size, 4.0))))
    return found


def around(report: Any, *, key: Any, sizes: Any, how_many: int, depths: Any, powers: Any, scale: float) -> Finals:
    """Second derivatives, descents and vertices around the limit of the flow, at every depth and for every power.

    What is kept is the worst over instances, depths and directions, for each power; powers of 1 and above stand beside
    those of the proposition as what must fail.
    """
    columns = ("bend", "descent", "gap")
    found = {name: np.full(len(powers), -np.inf if name == "bend" else np.inf) for name in columns}
    trace_apart, smallest = 0.0, np.inf
    for spectra, values in instances(key, sizes, how_many):
        corners = vertices(spectra, values)
        directions = feasible_directions(spectra)
        for depth in depths:
            limit = sensing_limit(spectra, values, scale, depth).eigenvalues
            smallest = min(smallest, float(limit.min()))
            trace_apart = max(trace_apart, float(np.abs(corners.sum(axis=1) - limit.sum()).max()))
            for at, power in enumerate(powers):
                here = float(schatten_power(limit, power))
                bends = [_bend(limit, move, power) / here for move in directions]
                down = min(min(_step(limit, move, power), _step(limit, -move, power)) for move in directions) / here - 1
                gap = 1 - float(schatten_power(corners, power).min()) / here
                found["bend"][at] = max(found["bend"][at], *bends)
                found["descent"][at] = min(found["descent"][at], -down)
                found["gap"][at] = min(found["gap"][at], gap)
    finals = {f"{name}_{power:g}": float(found[name][at]) for name in columns for at, power in enumerate(powers)}
    finals |= {"trace_apart": trace_apart, "smallest": smallest}
    variables: dict[str, Any] = {name: ("record", numbers) for name, numbers in found.items()}
    return xr.Dataset(variables | {"power": ("record", np.array(powers))}), finals


def _bend(limit: np.ndarray, move: np.ndarray, power: float) -> float:
    """The second derivative, also where the proposition says nothing: at and above power 1."""
    if power < 1:
        return schatten_derivatives(limit, move, power)[1]
    return float(power * (power - 1) * np.sum(limit ** (power - 2) * move**2))


def _step(limit: np.ndarray, move: np.ndarray, power: float) -> float:
    """The sum after a step along the direction that changes the eigenvalues by at most a hundredth part."""
    size = 0.01 * float(np.min(limit[move != 0] / np.abs(move[move != 0])))
    return float(schatten_power(limit + size * move, power))


def example(report: Any, *, powers: Any) -> Finals:
    """The three-dimensional instances: limits by the equation and by the program, and the segment of solutions."""
    finals: dict[str, Any] = {}
    one, two = degenerate_instance(3), degenerate_instance(3, second=True)
    for name, (spectra, values) in (("one", one), ("two", two)):
        for depth in (2, 3, 4):
            limit = sensing_limit(spectra, values, 0.05, depth).eigenvalues
            ended = _integrated(spectra, values, 0.05, depth)
            finals[f"ode_{name}_{depth}"] = float(np.abs(limit - ended).max())
            finals[f"ode_still_{name}_{depth}"] = float(np.abs(0.05**depth - ended).max())
            corner = vertices(spectra, values)[0]
            finals[f"ode_vertex_{name}_{depth}"] = float(np.abs(corner - ended).max())
            finals |= {f"vertex_{name}_{depth}_{k}": float(v) for k, v in enumerate(corner)}
            finals |= {f"limit_{name}_{depth}_{k}": float(v) for k, v in enumerate(limit)}
            nearest = np.linalg.lstsq(spectra, values, rcond=None)[0]
            finals |= {f"nearest_{name}_{depth}_{k}": float(v) for k, v in enumerate(nearest)}
    spectra, values = two
    limit = sensing_limit(spectra, values, 0.05, 3).eigenvalues
    direction = feasible_directions(spectra)[0]
    low = -float(np.min(limit[direction > 0] / direction[direction > 0]))
    high = float(np.min(limit[direction < 0] / -direction[direction < 0]))
    along = np.linspace(low, high, 201)
    sums = {power: schatten_power(limit + along[:, None] * direction, power) for power in powers}
    for power in powers:
        finals[f"segment_limit_{power:g}"] = float(schatten_power(limit, power))
        finals[f"segment_least_{power:g}"] = least_along(limit, direction, power)[0]
        finals[f"segment_bend_{power:g}"] = _bend(limit, direction, power)
        finals[f"segment_top_{power:g}"] = float(along[int(np.argmax(sums[power]))])
    spectra, values = UNIQUE
    corner = np.maximum(least_trace(spectra, values).eigenvalues.round(12), 0.0)
    ended = sensing_limit(spectra, values, 1e-5, 3).eigenvalues
    finals["unique_apart"] = float(np.abs(ended - corner).max())
    for name, at in (("corner", corner), ("inside", limit)):
        move = 1e-4 * feasible_directions(spectra if name == "corner" else two[0])[0]
        rises = [
            float(schatten_power(at + sign * move, power) / schatten_power(at, power) - 1)
            for power in (0.1, 0.5, 0.9)
            for sign in (1.0, -1.0)
            if (at + sign * move).min() >= 0
        ]
        finals[f"rises_{name}"] = min(rises)
    variables: dict[str, Any] = {f"power_{power:g}": ("record", sums[power]) for power in powers}
    return xr.Dataset(variables | {"along": ("record", along)}), finals


def _integrated(spectra: np.ndarray, values: np.ndarray, scale: float, depth: int) -> np.ndarray:
    found = solve_ivp(
        lambda _, logs: sensing_velocity(np.exp(logs), spectra, values, depth) / np.exp(logs),
        (0, 1e5),
        np.full(spectra.shape[1], depth * np.log(scale)),
        method="LSODA",
        rtol=1e-10,
        atol=1e-10,
    )
    return np.exp(found.y[:, -1])
