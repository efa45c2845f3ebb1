"""What the study computes beside: the tangent kernel, and the limit of infinite width where measurements commute."""

from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from thalweg import DeepLinear, Entrywise, Orthogonal, UnbiasedOrthogonal
from thalweg._seeds import stream
from thalweg.exact import least_potential
from thalweg.potentials import Hypentropy, Quadratic
from thalweg.problems.random_matrices import orthonormal
from thalweg.studies.completion_regimes.work import Finals, folded, tangent_kernel

POTENTIALS = {"": 0.5, "_unhalved": 1.0, "_quartered": 0.25}
"""The square of the potential's scale over that of the start: as stated, and wrong ones."""


def ended(measurements: np.ndarray, values: np.ndarray, begun: list[np.ndarray], rtol: float = 1e-9) -> np.ndarray:
    r"""Where gradient flow of $\frac12\sum_i(\langle A_i, UV^\top\rangle - y_i)^2$ ends, by scipy's LSODA."""
    right, left = begun[0].T, begun[1]
    rows, width = left.shape

    def velocity(_: float, flat: np.ndarray) -> np.ndarray:
        u, v = flat[: rows * width].reshape(rows, width), flat[rows * width :].reshape(-1, width)
        pull = np.tensordot(values - np.einsum("iab,ab->i", measurements, u @ v.T), measurements, 1)
        return np.concatenate([(pull @ v).ravel(), (pull.T @ u).ravel()])

    def far(_: float, flat: np.ndarray) -> float:
        u, v = flat[: rows * width].reshape(rows, width), flat[rows * width :].reshape(-1, width)
        return float(np.abs(np.einsum("iab,ab->i", measurements, u @ v.T) - values).max()) - 1e-9

    far.terminal = True  # type: ignore[attr-defined]
    flat = np.concatenate([left.ravel(), right.ravel()])
    found = solve_ivp(velocity, (0, 1e6), flat, method="LSODA", rtol=rtol, atol=1e-3 * rtol, events=far).y[:, -1]
    return found[: rows * width].reshape(rows, width) @ found[rows * width :].reshape(-1, width).T


def off_stationary(matrix: np.ndarray, measurements: np.ndarray, square: float) -> float:
    r"""How far $\nabla Q_\mu$ of a matrix is from the span of the measurements, relative to its norm; $\mu^2$ is `square`."""
    left, singular, right = np.linalg.svd(matrix)
    slope = ((left * np.arcsinh(singular / (2 * square))) @ right).ravel()
    span = measurements.reshape(len(measurements), -1).T
    return float(np.linalg.norm(slope - span @ np.linalg.lstsq(span, slope, rcond=None)[0]) / np.linalg.norm(slope))


def commuting(report: Any, *, key: Any, side: int, count: int, how_many: int, scales: Any, widths: Any, draws: int) -> Finals:
    """Ends of the flow from orthogonal starts, and from Gaussian ones of growing width, beside the program's solution."""
    rng, network = stream(key, "data"), DeepLinear(depth=2, shape=(side, side), hidden=2 * side)
    kept: dict[str, list[float]] = {f"apart{name}": [] for name in (*POTENTIALS, "_least_squares")}
    kept |= {"stationary": [], "stationary_not_commuting": []}
    wide = np.empty((how_many, draws, len(widths)))
    for index in range(how_many):
        turn, spectra = orthonormal(rng, side, side), rng.normal(size=(count, side))
        planted = np.where(np.arange(side) < 2, rng.choice([-1.0, 1.0], side) * rng.uniform(0.5, 1.5, side), 0.0)
        values, measurements = spectra @ planted, np.einsum("ab,ib,cb->iac", turn, spectra, turn)
        other = rng.normal(size=(count, side, side))
        other = (other + other.transpose(0, 2, 1)) / 2
        truth = np.einsum("iab,ab->i", other, (turn * planted) @ turn.T)
        for scale in scales:
            begun = UnbiasedOrthogonal(np.sqrt(scale)).sample(network, key=(*key, index))
            matrix = ended(measurements, values, begun)
            limits = {f"apart{name}": Hypentropy(np.sqrt(share * scale)) for name, share in POTENTIALS.items()}
            for name, potential in {**limits, "apart_least_squares": Quadratic()}.items():
                kept[name].append(_apart(matrix, turn, least_potential((spectra, values), potential).predictor[0]))
            kept["stationary"].append(off_stationary(matrix, measurements, scale / 2))
            kept["stationary_not_commuting"].append(off_stationary(ended(other, truth, begun), other, scale / 2))
        middle = scales[len(scales) // 2]
        least = least_potential((spectra, values), Hypentropy(np.sqrt(middle / 2))).predictor[0]
        for (draw, row), _ in np.ndenumerate(wide[index]):
            broad = DeepLinear(depth=2, shape=(side, side), hidden=widths[row])
            begun = folded(*Entrywise(np.sqrt(middle / widths[row])).sample(broad, key=(*key, index, draw, row)))
            wide[index, draw, row] = _apart(ended(measurements, values, begun, 1e-6), turn, least)
    finals = {name: float(max(numbers)) for name, numbers in kept.items()}
    finals |= {f"least_{name}": float(min(numbers)) for name, numbers in kept.items()}
    typical = np.sqrt(np.mean(wide**2, axis=(0, 1)))
    finals["narrowing"] = float(np.polyfit(np.log(widths), np.log(typical), 1)[0])
    finals["narrowing_squared"] = float(np.polyfit(np.log(widths), np.log(typical**2), 1)[0])
    finals |= {f"wide_{width}": float(value) for width, value in zip(widths, typical, strict=True)}
    variables: dict[str, Any] = {"apart": (("instance", "draw", "record"), wide), "width": ("record", np.array(widths))}
    return xr.Dataset(variables), finals | kernels(key, side)


def kernels(key: Any, side: int) -> dict[str, float]:
    """The formula of the tangent kernel beside products of derivatives, and its entries off the diagonal at three starts.

    The product of two factors is linear in each entry of them, so differences are derivatives.
    """
    finals = {}
    starts = {
        "entries": (Entrywise(1.0), 3 * side),
        "turned": (Orthogonal(1.0), side),
        "orthogonal": (UnbiasedOrthogonal(1.0), 2 * side),
    }
    for name, (start, width) in starts.items():
        first, second = start.sample(DeepLinear(depth=2, shape=(side, side), hidden=width), key=key)
        columns = [(second @ one).ravel() for one in _units(first)] + [(one @ first).ravel() for one in _units(second)]
        true = np.stack(columns, axis=1) @ np.stack(columns)
        formula = tangent_kernel(first, second)
        finals[f"kernel_{name}"] = float(np.abs(formula - true).max() / np.abs(true).max())
        finals[f"off_{name}"] = float(np.abs(true - np.diag(np.diag(true))).max() / np.abs(true).max())
        if name == "entries":
            swapped = tangent_kernel(second.T, first.T)
            one = np.kron(np.eye(side), first.T @ first)
            finals["kernel_swapped"] = float(np.abs(swapped - true).max() / np.abs(true).max())
            finals["kernel_one"] = float(np.abs(one - true).max() / np.abs(true).max())
    return finals


def _units(factor: np.ndarray) -> list[np.ndarray]:
    """Matrices of a factor's shape with a single 1."""
    return list(np.eye(factor.size).reshape(-1, *factor.shape))


def _apart(matrix: np.ndarray, turn: np.ndarray, eigenvalues: np.ndarray) -> float:
    return float(np.linalg.norm(matrix - (turn * eigenvalues) @ turn.T) / np.linalg.norm(eigenvalues))
