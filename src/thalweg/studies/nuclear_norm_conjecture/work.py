"""What the study computes: the flow of symmetric products from multiples of the identity, against certified least traces."""

from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from thalweg._seeds import stream
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.exact import nuclear_norm
from thalweg.initializations.identity import Identity
from thalweg.observables.predictor import Predictor
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.matrix_completion import MatrixCompletion
from thalweg.problems.matrix_sensing import MatrixSensing
from thalweg.studies.nuclear_norm_conjecture.least_psd import least_trace_psd
from thalweg.trajectory.follow import follow
from thalweg.trajectory.stop import LossBelow, Time

RECOVERED = 1e-5
"""The truth counts as of least trace where the certified least is within this of its trace, relatively."""

Finals = tuple[xr.Dataset, dict[str, Any]]


def symmetric_flow(
    measurements: np.ndarray, values: np.ndarray, scale: float, *, stop: float = 1e-8, rtol: float = 1e-8
) -> np.ndarray:
    r"""$UU^\top$ at the end of $\dot U = -\sum_i r_iA_iU$ from $U = \alpha I$, until residuals are `stop` of the values."""
    size = measurements.shape[1]
    flat, largest = measurements.reshape(len(measurements), -1), float(np.abs(values).max())

    def residuals(state: np.ndarray) -> np.ndarray:
        root = state.reshape(size, size)
        return flat @ (root @ root.T).ravel() - values

    def field(_: float, state: np.ndarray) -> np.ndarray:
        return -((residuals(state) @ flat).reshape(size, size) @ state.reshape(size, size)).ravel()

    def met(_: float, state: np.ndarray) -> float:
        return float(np.abs(residuals(state)).max()) / largest - stop

    met.terminal = True  # type: ignore[attr-defined]
    start = scale * np.eye(size).ravel()
    found = solve_ivp(field, (0, 1e9), start, method="LSODA", rtol=rtol, atol=rtol * scale / 100, events=met)
    root = found.y[:, -1].reshape(size, size)
    return root @ root.T


def instance(key: Any, size: int, rank: int, count: int, commuting: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Symmetric Gaussian measurements of a random positive semidefinite matrix of trace 1; diagonal ones where they commute."""
    rng = stream(key, "data")
    measurements = rng.normal(size=(count, size, size))
    measurements = (measurements + measurements.transpose(0, 2, 1)) / 2
    root = rng.normal(size=(size, rank))
    truth = root @ root.T / np.sum(root**2)
    if commuting:
        measurements = measurements * np.eye(size)
        truth = np.diag(rng.dirichlet(np.ones(size)))
    return measurements, np.einsum("aij,ij->a", measurements, truth), truth


def search(report: Any, *, key: Any, size: int, rank: int, counts: Any, how_many: int, scales: Any) -> Finals:
    """Relative excess of the nuclear norm over the certified least on random instances, by size of the start.

    Instances are told apart by whether the truth is the solution of least trace, to rounding.
    """
    kinds: dict[str, list[list[float]]] = {"recovered": [], "other": [], "commuting": []}
    gaps, nearest, skipped = [], [], 0
    for count in counts:
        for number in range(how_many):
            measurements, values, truth = instance((*key, count, number), size, rank, count, False)
            least = least_trace_psd(measurements, values, truth)
            if not least.gap <= 1e-4:
                skipped += 1
                continue
            gaps.append(least.gap)
            kind = "recovered" if 1 - least.lower <= RECOVERED else "other"
            kinds[kind].append(_excesses(measurements, values, least.lower, scales))
            flat = measurements.reshape(count, -1)
            close = np.linalg.lstsq(flat, values, rcond=None)[0].reshape(size, size)
            nearest.append(float(np.linalg.norm(close, "nuc")) / least.lower - 1)
    for number in range(how_many):
        measurements, values, truth = instance((*key, 0, number), size, rank, size // 2, True)
        least = least_trace_psd(measurements, values, truth)
        gaps.append(least.gap)
        kinds["commuting"].append(_excesses(measurements, values, least.lower, scales))
    finals: dict[str, Any] = {"gap": float(np.max(gaps)), "skipped": skipped, "nearest": float(np.median(nearest))}
    variables: dict[str, Any] = {"scale": ("record", np.array(scales))}
    for kind, rows in kinds.items():
        table = np.array(rows).reshape(-1, len(scales))
        finals[f"count_{kind}"] = len(table)
        padded = table if len(table) else np.full((1, len(scales)), np.nan)
        variables[f"median_{kind}"] = ("record", np.median(padded, axis=0))
        variables[f"most_{kind}"] = ("record", padded.max(axis=0))
        variables[f"least_{kind}"] = ("record", padded.min(axis=0))
        finals[f"rising_{kind}"] = float(np.mean(padded[:, -1] > 1.02 * padded[:, -2]))
        for at, scale in enumerate(scales):
            finals[f"median_{kind}_{scale:g}"] = float(np.median(padded[:, at]))
            finals[f"most_{kind}_{scale:g}"] = float(padded[:, at].max())
    pooled = np.array([*kinds["recovered"], *kinds["other"]])
    finals["median_all"] = float(np.median(pooled[:, -1]))
    finals["median_all_first"] = float(np.median(pooled[:, 0]))
    return xr.Dataset(variables), finals


def _excesses(measurements: np.ndarray, values: np.ndarray, least: float, scales: Any) -> list[float]:
    return [float(np.trace(symmetric_flow(measurements, values, scale))) / least - 1 for scale in scales]


def entries(large: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The counter-example: a symmetric 4 by 4 completion with one entry 1 and two of a larger size, and its rank-one solution."""
    places, values = ((0, 2), (0, 3), (1, 2)), np.array([1.0, large, large])
    measurements = np.zeros((3, 4, 4))
    for measurement, (row, column) in zip(measurements, places, strict=True):
        measurement[row, column] = measurement[column, row] = 0.5
    vector = np.array([1.0, large, 1.0, large])
    return measurements, values, np.outer(vector, vector)


def counterexample(report: Any, *, larges: Any, scales: Any) -> Finals:
    """The flow on the counter-example by size of the start, its least nuclear norm by two solvers, and that of rank one."""
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {"scale": ("record", np.array(scales))}
    for large in larges:
        measurements, values, lone = entries(large)
        observed = np.full((4, 4), np.nan)
        for (row, column), value in zip(((0, 2), (0, 3), (1, 2)), values, strict=True):
            observed[row, column] = observed[column, row] = value
        solution = nuclear_norm(MatrixCompletion(observed), gap=1e-9)
        least = least_trace_psd(measurements, values, lone)
        traces, errors = [], []
        for scale in scales:
            ended = symmetric_flow(measurements, values, scale, stop=1e-7)
            traces.append(float(np.trace(ended)))
            errors.append(float(np.linalg.norm(ended - lone) / np.linalg.norm(lone)))
        finals |= {
            f"least_{large:g}": float(solution.value),
            f"least_gap_{large:g}": float(max(solution.gap, abs(least.lower / solution.value - 1))),
            f"rank_one_{large:g}": float(np.trace(lone)),
            f"trace_{large:g}": traces[-1],
            f"trace_first_{large:g}": traces[0],
            f"error_{large:g}": errors[-1],
            f"rises_{large:g}": float(np.min(np.diff(traces))),
            f"rises_backwards_{large:g}": float(np.min(np.diff(traces[::-1]))),
        }
        variables[f"excess_{large:g}"] = ("record", np.array(traces) / solution.value - 1)
    return xr.Dataset(variables), finals


def flow(report: Any, *, key: Any, size: int, rank: int, count: int, scale: float, rtol: float) -> Finals:
    """The package's own flow of two factors from a multiple of the identity: it is that of the symmetric product."""
    measurements, values, truth = instance((*key, count, 0), size, rank, count, False)
    run = follow(
        MatrixSensing(measurements, values, loss="half sum of squares"),
        DeepLinear(depth=2, shape=(size, size)),
        Identity(scale**2),
        GradientFlow(rtol, solver="explicit"),
        until=LossBelow(1e-14 * float(values @ values)) | Time(1e5),
        record=[Predictor()],
        key=key,
        report=report,
    )
    ended = symmetric_flow(measurements, values, scale)
    flat = measurements.reshape(count, -1)
    close = np.linalg.lstsq(flat, values, rcond=None)[0].reshape(size, size)
    length = float(np.linalg.norm(ended))
    finals = {
        "apart": float(np.linalg.norm(run.predictor - ended)) / length,
        "apart_other_scale": float(np.linalg.norm(run.predictor - symmetric_flow(measurements, values, 3 * scale))) / length,
        "apart_nearest": float(np.linalg.norm(run.predictor - close)) / length,
        "asymmetry": float(np.linalg.norm(run.predictor - run.predictor.T)) / length,
        "truth": float(np.linalg.norm(run.predictor - truth)) / length,
    }
    return xr.Dataset({"eigenvalues": ("record", np.linalg.eigvalsh(ended)[::-1])}), finals
