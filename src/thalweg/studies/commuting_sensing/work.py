"""What the study computes: the equation against its closed form, excess norms, faces of solutions, and the package's own flow."""

from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.optimize import minimize, nnls

from thalweg._seeds import stream
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.identity import Identity
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.matrix_sensing import MatrixSensing
from thalweg.theory import (
    CommutingSensing,
    compare,
    excess_coefficient,
    excess_exponent,
    feasible_directions,
    joint_eigenbasis,
    least_trace,
    multiplier_rate,
    points,
    sensing_limit,
    sensing_velocity,
    vertices,
)
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes
from thalweg.trajectory.stop import Time
from thalweg.trajectory.trajectory import Trajectory

DEMO = np.array([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]]), np.array([2.0, 1.0])
FACE = np.array([[1.0, 1.0, 1.0], [1.0, -0.2, 0.0]]), np.array([1.0, 0.1])
UNREACHABLE = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]]), np.array([1.0, 4.0])
"""Values on which the mean of 1, 2 and 3 would be 4: no positive weights do that."""

SLACKEST = 0.2
"""At depth 2 an excess that falls with a smaller power than this is left to the claim on powers."""

Finals = tuple[xr.Dataset, dict[str, Any]]


def instance(key: Any, size: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian spectra, and values that positive eigenvalues have."""
    rng = stream(key, "data")
    spectra = rng.normal(size=(count, size))
    return spectra, spectra @ rng.exponential(size=size)


def listed(finals: dict[str, Any]) -> xr.Dataset:
    """The final numbers once more, as the record of a work that has no path."""
    return xr.Dataset({"numbers": ("record", np.array([float(value) for value in finals.values()]))})


def closed_forms(multipliers: np.ndarray, spectra: np.ndarray, scale: float, depth: float) -> dict[str, np.ndarray]:
    """The closed form, and wrong ones: another exponent, half the factor, another depth, no motion."""
    inside = multipliers @ spectra

    def form(slope: np.ndarray, of: float) -> np.ndarray:
        if of == 2:
            return scale**depth * np.exp(slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            return scale**depth * np.maximum(1 - slope, 1e-9) ** (-of / (of - 2))

    return {
        "closed_form": form(inside, depth),
        "closed_form_exponent": scale**depth * np.maximum(1 - inside, 1e-9) ** (-depth / (depth - 1)),
        "closed_form_half": form(inside / 2, depth),
        "closed_form_deeper": form(inside, depth + 1),
        "closed_form_still": np.full_like(inside, scale**depth),
    }


def equation(report: Any, *, key: Any, size: int, count: int, scale: float, depths: Any, rtols: Any, end: float) -> Finals:
    """The equation of the eigenvalues and of the multipliers, integrated by scipy, against closed form and limit."""
    spectra, values = instance(key, size, count)
    finals: dict[str, Any] = {}
    for depth in depths:
        rate = multiplier_rate(scale, depth)

        def field(_: float, state: np.ndarray, depth: float = depth, rate: float = rate) -> np.ndarray:
            eigenvalues = np.exp(state[:size])
            residual = spectra @ eigenvalues - values
            logs = sensing_velocity(eigenvalues, spectra, values, depth) / eigenvalues
            return np.concatenate([logs, -rate * residual])

        start = np.concatenate([np.full(size, depth * np.log(scale)), np.zeros(count)])
        ended = np.full(size, scale**depth)
        for rtol in rtols:
            found = solve_ivp(field, (0, end), start, method="LSODA", rtol=rtol, atol=rtol / 10)
            eigenvalues, multipliers = np.exp(found.y[:size].T), found.y[size:].T
            largest = np.maximum.accumulate(eigenvalues.max(axis=1))
            for name, form in closed_forms(multipliers, spectra, scale, depth).items():
                finals[f"{name}_{depth:g}_{rtol:g}"] = float((np.abs(form - eigenvalues).max(axis=1) / largest).max())
            ended = eigenvalues[-1]
        largest_end = float(ended.max())
        ends = {
            "end": sensing_limit(spectra, values, scale, depth).eigenvalues,
            "end_deeper": sensing_limit(spectra, values, scale ** (depth / (depth + 1)), depth + 1).eigenvalues,
            "end_half": sensing_limit(spectra, values, scale / 2 ** (1 / depth), depth).eigenvalues,
            "end_vertex": least_trace(spectra, values).eigenvalues,
            "end_nearest": np.linalg.lstsq(spectra, values, rcond=None)[0],
        }
        for name, other in ends.items():
            finals[f"{name}_{depth:g}"] = float(np.abs(other - ended).max()) / largest_end
    spectra, values = UNREACHABLE
    found = solve_ivp(
        lambda _, logs: sensing_velocity(np.exp(logs), spectra, values, 3) / np.exp(logs),
        (0, 1e5),
        np.full(3, 3 * np.log(0.3)),
        method="LSODA",
        rtol=1e-9,
        atol=1e-9,
    )
    plateau = float(np.sum((spectra @ np.exp(found.y[:, -1]) - values) ** 2) / 2)
    finals |= {"plateau": plateau, "plateau_least": float(nnls(spectra, values)[1] ** 2 / 2)}
    return listed(finals), finals


def excess(report: Any, *, scales: Any, depths: Any) -> Finals:
    """The excess of the nuclear norm over the least one on the example of three eigenvalues, with its laws."""
    spectra, values = DEMO
    found = np.array([[_excess(spectra, values, scale, depth) for scale in scales] for depth in depths])
    finals: dict[str, Any] = {"least": least_trace(spectra, values).value}
    for depth, row in zip(depths, found, strict=True):
        finals[f"exponent_{depth:g}"] = excess_exponent(spectra, values, depth)
        if depth > 2:
            finals[f"coefficient_{depth:g}"] = excess_coefficient(spectra, values, depth)
        for scale, number in zip(scales, row, strict=True):
            finals[f"excess_{depth:g}_{scale:g}"] = float(number)
    dual = least_trace(spectra, values).multipliers
    off = ~least_trace(spectra, values).support
    finals["exponent_any_dual"] = 2 * float((1 - dual @ spectra)[off].min())
    data = xr.Dataset(
        {"excess": (("record", "scale"), found), "depth": ("record", np.array(depths, float))},
        coords={"scale": np.array(scales, float)},
    )
    return data, finals


def _excess(spectra: np.ndarray, values: np.ndarray, scale: float, depth: float) -> float:
    """Through the slack of the linear program, which differences of norms near 1e-16 would lose."""
    least = least_trace(spectra, values)
    slack = np.where(least.support, 0.0, 1 - least.multipliers @ spectra)
    return float(slack @ sensing_limit(spectra, values, scale, depth).eigenvalues)


def instances(report: Any, *, key: Any, how_many: int, size: int, count: int, depths: Any) -> Finals:
    """Random instances: the excess at tiny starts, and the power with which it falls, against their laws."""
    finals: dict[str, Any] = {}
    for depth in depths:
        worst, nearest, moderate, measured, predicted = [], [], [], [], []
        for number in range(how_many):
            spectra, values = instance((*key, number), size, count)
            least = least_trace(spectra, values)
            if least.support.all():
                continue
            power = excess_exponent(spectra, values, depth)
            # at depth 2 powers are anything from 0 on: scales at which the excess is neither visible nor below float64
            tiny = 10.0 ** -min(30.0, 40 / power) if depth == 2 else 10 ** (-18 / depth)
            ratio = 10.0 ** -min(20.0, 20 / power) if depth == 2 else 0.1
            first, second = (_excess(spectra, values, scale, depth) for scale in (tiny, tiny * ratio))
            worst.append(second / least.value if power >= SLACKEST else 0.0)
            moderate.append(_excess(spectra, values, 0.1, depth) / least.value)
            measured.append(np.log(second / first) / np.log(ratio))
            predicted.append(power)
            least_norm = nnls(np.vstack([1e6 * spectra, np.eye(size)]), np.append(1e6 * values, np.zeros(size)))[0]
            nearest.append(least_norm.sum() / least.value - 1)
        finals[f"worst_{depth:g}"] = float(np.max(np.abs(worst)))
        finals[f"nearest_{depth:g}"] = float(np.median(nearest))
        finals[f"moderate_{depth:g}"] = float(np.max(np.abs(moderate)))
        differences = np.subtract(measured, predicted)
        finals[f"power_{depth:g}"] = float(np.quantile(np.abs(differences), 0.9))
        finals[f"power_next_{depth:g}"] = float(np.quantile(np.abs(differences - 1), 0.9))
        finals[f"power_none_{depth:g}"] = float(np.quantile(predicted, 0.9))
    return listed(finals), finals


def face(report: Any, *, key: Any, how_many: int, size: int, depths: Any, scale: float) -> Finals:
    """Where all solutions have one nuclear norm: which of them the flow takes, against the largest and least powers."""
    finals: dict[str, Any] = {}
    rng = stream(key, "data")
    problems = [FACE]
    for _ in range(how_many):
        rows = np.vstack([np.ones(size), rng.normal(size=size)])
        problems.append((rows, rows @ rng.dirichlet(np.ones(size))))
    for depth in depths:
        apart: dict[str, list[float]] = {"largest": [], "least": [], "other_power": [], "nearest": []}
        for spectra, values in problems:
            ended = sensing_limit(spectra, values, scale, depth).eigenvalues
            corners = vertices(spectra, values)
            lowest = corners[int(np.argmin(_power(corners, 2 / depth if depth > 2 else 0.999)))]
            apart["largest"].append(float(np.abs(_largest(spectra, ended, depth) - ended).max()))
            apart["other_power"].append(float(np.abs(_largest(spectra, ended, depth + 1) - ended).max()))
            apart["least"].append(float(np.abs(lowest - ended).max()))
            apart["nearest"].append(float(np.abs(np.linalg.lstsq(spectra, values, rcond=None)[0] - ended).max()))
        for name, numbers in apart.items():
            middle = np.max(numbers) if name == "largest" else np.median(numbers)
            finals[f"{name}_{depth:g}"] = float(middle)
    spectra, values = FACE
    direction = feasible_directions(spectra)[0]
    ended = {depth: sensing_limit(spectra, values, 1e-3, depth).eigenvalues for depth in (2, 3, 4)}
    low = -np.min(ended[3][direction > 0] / direction[direction > 0])
    high = np.min(ended[3][direction < 0] / -direction[direction < 0])
    along = np.linspace(low, high, 201)
    points_on = ended[3] + along[:, None] * direction
    variables = {"along": ("record", along), "nuclear": ("record", points_on.sum(axis=1))}
    for depth in (2, 3, 4):
        power = _power(points_on, 2 / depth) if depth > 2 else _entropy(points_on)
        variables[f"power_{depth}"] = ("record", power)
        finals[f"chosen_{depth}"] = float((ended[depth] - ended[3]) @ direction)
    return xr.Dataset(variables), finals


def _power(eigenvalues: np.ndarray, power: float) -> np.ndarray:
    return np.sum(np.maximum(eigenvalues, 0.0) ** power, axis=-1)


def _entropy(eigenvalues: np.ndarray) -> np.ndarray:
    kept = np.maximum(eigenvalues, 1e-300)
    return -np.sum(kept * np.log(kept), axis=-1)


def _largest(spectra: np.ndarray, near: np.ndarray, depth: float) -> np.ndarray:
    """The solution with the largest sum of 2/N-th powers (depth 2: entropy), by a general optimiser over the face."""
    basis = feasible_directions(spectra)

    def objective(move: np.ndarray) -> tuple[float, np.ndarray]:
        at = near + move @ basis
        if at.min() <= 0:
            return np.inf, np.zeros(len(basis))
        if depth == 2:
            return -float(_entropy(at)), basis @ (np.log(at) + 1)
        return -float(_power(at, 2 / depth)), -2 / depth * basis @ at ** (2 / depth - 1)

    # from off the answer, so that the optimiser has to find it
    away = 0.3 * near.min() / np.abs(basis.sum(axis=0)).max() * np.ones(len(basis))
    found = minimize(objective, away, jac=True, method="BFGS", options={"gtol": 1e-10})
    return near + found.x @ basis


def flow(
    report: Any, *, key: Any, size: int, count: int, scale: float, depth: int, rtol: float, end: float, records: int
) -> Finals:
    """The package's own flow from a multiple of the identity, with measurements that commute, and with some that do not."""
    spectra, values = instance(key, size, count)
    rng = stream(key, "noise")
    basis = np.linalg.qr(rng.normal(size=(size, size)))[0]
    measurements = np.einsum("ik,ak,jk->aij", basis, spectra, basis)
    other = rng.normal(size=(size, size))
    apart = measurements.copy()
    apart[-1] += 0.3 * (other + other.T)
    times = np.geomspace(end / 1000, end, records)[:-1]
    finals: dict[str, Any] = {}
    data = xr.Dataset()
    for name, matrices in (("", measurements), ("_mixed", apart)):
        wanted = values if not name else np.einsum("aij,ij->a", matrices, basis @ np.diag(rng.exponential(size=size)) @ basis.T)
        run = _followed(report, matrices, wanted, scale, depth, rtol, end, times, key)
        path = points(run)
        made = compare(CommutingSensing(), path)
        finals[f"residual{name}"] = made.worst
        finals[f"commutator{name}"] = joint_eigenbasis(matrices).commutator
        if not name:
            limit = CommutingSensing().limit(path).eigenvalues
            measured = made.laid.measured
            biggest = float(measured[-1].max())
            sorts = joint_eigenbasis(matrices).spectra
            deeper = [
                sensing_limit(sorts, sorts @ at, scale ** (depth / (depth + 1)), depth + 1).eigenvalues for at in measured[1:]
            ]
            finals |= {
                "residual_deeper": float(np.abs(np.array(deeper) - measured[1:]).max()) / biggest,
                "residual_still": float(np.abs(measured - measured[0]).max()) / biggest,
                "end": float(np.abs(measured[-1] - limit).max()) / biggest,
                "end_vertex": float(np.abs(measured[-1] - least_trace(sorts, wanted).eigenvalues).max()) / biggest,
                "end_start": float(np.abs(measured[0] - limit).max()) / biggest,
                "gradients": int(run.data.gradients.values[-1]),
            }
            data = xr.Dataset(
                {
                    "time": ("record", path.time),
                    "eigenvalues": (("record", "index"), measured),
                    "predicted": (("record", "index"), made.laid.predicted),
                    "limit": ("index", limit),
                }
            )
    return data, finals


def _followed(
    report: Any, matrices: Any, values: Any, scale: float, depth: int, rtol: float, end: float, at: Any, key: Any
) -> Trajectory:
    return follow(
        MatrixSensing(matrices, values, loss="half sum of squares"),
        DeepLinear(depth=depth, shape=matrices.shape[1:]),
        Identity(scale**depth),
        GradientFlow(rtol, solver="explicit"),
        until=Time(end),
        record=[Factors()],
        at=AtTimes(at.tolist()),
        key=key,
        report=report,
    )
