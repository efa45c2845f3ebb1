"""What is computed: the field of the end-to-end dynamics, its line integrals, and the exceptions of depth 2."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.parametrizations.preconditioner import preconditioned
from thalweg.problems.linear_regression import LinearRegression
from thalweg.problems.random_matrices import orthonormal
from thalweg.studies.study import Report
from thalweg.theory.line_integral import (
    Gradient,
    KeyholeCurve,
    constant_gradient_integral,
    depth_two_curl,
    line_integral,
    linear_potential,
    plane_of,
    quadratic_potential,
    regularizer_integral,
    single_output_field,
)

WRONG = {
    "exponent": lambda n: (n / (3 - 2 / n) - 1, 2 - 2 / n),
    "factor": lambda n: (n - 1, 3 - 2 / n),
    "parallel": lambda n: (1 / (3 - 2 / n) - 1, 3 - 2 / n),
}
"""Wrong closed forms: the exponent of the field itself; the power not integrated; the factor N of the projection left out."""


def integrals(
    report: Report, *, depths: Sequence[float], outer: float, inner: float, radii: Sequence[float], size: int, key: Any
) -> tuple[xr.Dataset, Mapping[str, Any]]:
    """Every number of the study, for one seed."""
    rng = stream(key, "data")
    frame = orthonormal(rng, size, size)
    curve = KeyholeCurve(frame[0], frame[1], outer, inner)

    def constant(w: np.ndarray) -> np.ndarray:
        return np.broadcast_to(frame[0], w.shape)

    grid = np.array(depths, dtype=float)
    measured = np.array([line_integral(constant, curve, n) for n in grid])
    closed = np.array([constant_gradient_integral(1.0, n, outer=outer, inner=inner) for n in grid])
    finals: dict[str, Any] = {f"integral_{n:g}": float(value) for n, value in zip(grid, measured, strict=True)}
    beyond = grid > 2
    finals["closed_form"] = _worst(measured[beyond], closed[beyond])
    for name, form in WRONG.items():
        wrong = np.array([2 * form(n)[0] * (outer ** form(n)[1] - inner ** form(n)[1]) for n in grid[beyond]])
        finals[f"closed_form_{name}"] = _worst(measured[beyond], wrong)

    finals |= _matrices(rng, outer, inner)
    ratios, slopes = _other_losses(rng, frame, np.array(radii))
    finals |= slopes
    finals |= _depth_two(rng, frame, outer, inner)
    ends, paths = _flow_lines(outer, inner)
    data = xr.Dataset(
        {
            "integral": ("depth", measured),
            "closed_form": ("depth", closed),
            "deviation": (("curve", "radius"), ratios),
            "flow": (("network", "line", "record", "axis"), paths),
            "reached": (("network", "line"), ends),
        },
        coords={"depth": grid, "radius": np.array(radii), "curve": ["half circles", "quarter circles"], "network": [1.0, 3.0]},
    )
    return data, finals


def _worst(measured: np.ndarray, formula: np.ndarray) -> float:
    return float(np.max(np.abs(formula / measured - 1)))


def _matrices(rng: np.random.Generator, outer: float, inner: float) -> dict[str, float]:
    """The integral in the plane of the leading singular vectors against the field of whole matrices, term by term."""
    problem = LinearRegression(rng.normal(size=(4, 30)), rng.normal(size=(3, 30)))
    start = -problem.cross_moment
    u, s, vt = np.linalg.svd(start)
    places, steps = KeyholeCurve([1.0, 0.0], [0.0, 1.0], outer, inner).pieces(32)
    plane = regularizer_integral(problem, 3, outer=outer, inner=inner)
    right, one_sided = 0.0, 0.0
    for place, step in zip(places.reshape(-1, 2), steps.reshape(-1, 2), strict=True):
        w, by = np.outer(u[:, 0], place @ vt[:2]), np.outer(u[:, 0], step @ vt[:2])
        gradient = w @ problem.input_moment + start
        right += float(np.sum(preconditioned(w, gradient, 3.0, np) * by))
        one_sided += float(np.sum(3 * np.linalg.norm(w) ** (4 / 3) * gradient * by))
    exact = constant_gradient_integral(s[0], 3, outer=outer, inner=inner)
    return {
        "matrices": abs(right / plane - 1),
        "matrices_unprojected": abs(one_sided / plane - 1),
        "matrices_of_constant": abs(exact / plane - 1),
        "leading": abs(plane_of(problem)[3] / s[0] - 1),
    }


def _other_losses(rng: np.random.Generator, frame: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """A loss of fourth powers about a random vector: the integral against that of its gradient at 0, as the curve shrinks."""
    inputs = rng.normal(size=(60, len(frame)))
    labels = inputs @ frame[2] + 0.5 * rng.normal(size=60)

    def quartic(w: np.ndarray) -> np.ndarray:
        return (w @ inputs.T - labels) ** 3 @ inputs / len(labels)

    start = quartic(np.zeros((1, len(frame))))[0]
    norm = float(np.linalg.norm(start))
    e = start / norm
    side = frame[0] - (frame[0] @ e) * e
    rows = []
    for angle in (np.pi, np.pi / 2):
        row = []
        for radius in radii:
            curve = KeyholeCurve(e, side / np.linalg.norm(side), radius, radius / 10, angle)
            exact = constant_gradient_integral(norm, 3, outer=radius, inner=radius / 10, angle=angle)
            row.append(abs(line_integral(quartic, curve, 3) / exact - 1))
        rows.append(row)
    found = np.array(rows)
    slopes = [float(np.polyfit(np.log(radii), np.log(row), 1)[0]) for row in found]
    return found, {
        "slope_half": slopes[0],
        "slope_quarter": slopes[1],
        "smallest_deviation": float(found[:, np.argmin(radii)].max()),
    }


def _depth_two(rng: np.random.Generator, frame: np.ndarray, outer: float, inner: float) -> dict[str, float]:
    """Depth 2: closed curves see nothing for linear and isotropic losses, and the area integral of the curl otherwise."""
    size = len(frame)
    slope, target = rng.normal(size=(2, size))
    stretch = np.linspace(1.0, 3.0, size)
    moment = frame.T @ (stretch[:, None] * frame)
    losses: dict[str, Gradient] = {
        "linear": lambda w: np.broadcast_to(slope, w.shape),
        "isotropic": lambda w: w - target,
        "anisotropic": lambda w: w @ moment - target,
    }
    planes = [orthonormal(rng, size, 2).T for _ in range(3)]
    curves = [KeyholeCurve(e, f, outer, inner, angle) for (e, f), angle in zip(planes, (np.pi, np.pi / 2, 1.0), strict=True)]
    found = {}
    for name, gradient in losses.items():
        for depth in (2, 3):
            values = [abs(line_integral(gradient, curve, depth)) for curve in curves]
            found[f"{name}_depth_{depth}"] = max(values) if depth == 2 else min(values)
    sector = KeyholeCurve(frame[0], frame[1], outer, inner, np.pi / 2)
    area = -(stretch[1] - stretch[0]) * (outer**3 - inner**3) / 6
    around = line_integral(losses["anisotropic"], sector, 2)
    found["curl"] = abs(around / area - 1)
    found["curl_isotropic"] = abs(line_integral(losses["isotropic"], sector, 2) / area - 1)
    found["curl_depth_3"] = abs(line_integral(losses["anisotropic"], sector, 3) / area - 1)
    places = rng.normal(size=(20, size))
    linear = functools.partial(linear_potential, slope=slope)
    quadratic = functools.partial(quadratic_potential, target=target)
    for depth in (2, 3):
        gaps = [
            np.abs(_differentiated(potential, w) - single_output_field(w, losses[name](w), depth)).max()
            for potential, name in ((linear, "linear"), (quadratic, "isotropic"))
            for w in places
        ]
        found[f"potentials_depth_{depth}"] = float(max(gaps))
    found["curl_at_points"] = float(min(np.abs(depth_two_curl(w, moment)).max() for w in places))
    return found


def _differentiated(potential: Any, w: np.ndarray) -> np.ndarray:
    """A gradient by central differences of fourth order."""
    h = 1e-3
    moves = h * np.eye(len(w))
    near = potential(w + moves) - potential(w - moves)
    far = potential(w + 2 * moves) - potential(w - 2 * moves)
    return (8 * near - far) / (12 * h)


def _flow_lines(outer: float, inner: float, lines: int = 9, records: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Lines of the field in the plane for a gradient along the first axis, in steps of equal length: depths 1 and 3."""
    step = 3.0 * outer / records
    heights = np.linspace(-1.2, 1.2, lines) * outer + 0.03 * inner
    found = np.zeros((2, lines, records, 2))
    for k, depth in enumerate((1.0, 3.0)):
        w = np.stack([np.full(lines, 1.5 * outer), heights], axis=1)
        for i in range(records):
            found[k, :, i] = w
            middle = w - 0.5 * step * _unit(w, depth)
            w = w - step * _unit(middle, depth)
    return np.linalg.norm(found[:, :, -1], axis=-1), found


def _unit(w: np.ndarray, depth: float) -> np.ndarray:
    field = single_output_field(w, np.broadcast_to(np.array([1.0, 0.0]), w.shape), depth)
    return field / np.linalg.norm(field, axis=-1, keepdims=True)
