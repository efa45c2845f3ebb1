"""What the study computes: the regularizers of every depth, training, limits, and the flow of exponential loss."""

import itertools
from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from thalweg._seeds import stream
from thalweg.exact.hard_margin import hard_margin
from thalweg.exact.least_norm import least_l1, least_l2
from thalweg.exact.least_potential import least_potential, least_potentials
from thalweg.potentials.diagonal_bias import DiagonalBias
from thalweg.problems.classification import Classification
from thalweg.problems.linear_regression import LinearRegression
from thalweg.studies.diagonal_training import trained
from thalweg.theory.diagonal_flow import diagonal_flow

Finals = tuple[xr.Dataset, dict[str, Any]]
GAP = 1e-13
ERROR = 0.025
"""What counts as having found the sparse coefficients: the squared distance from them."""
EXAMPLE = np.array([[1.0, 0.0], [0.0, 0.8], [0.4, 0.4]])
"""Two samples, as columns, with a feature each, and one that they share."""
APART, ALONE = np.array([1.0, 1.25, 0.0]), np.array([0.0, 0.0, 2.5])
"""The coefficients with margins of 1 of the former two features, and of the latter alone."""


def bias(depth: float, unit: Any) -> DiagonalBias:
    r"""$Q^D_\alpha$ by $\alpha^D$, which is what it depends on."""
    return DiagonalBias(depth, np.asarray(unit, float) ** (1 / depth))


def curves(report: Any, *, depths: Any, units: Any, coefficients: int) -> Finals:
    r"""How the regularizers of all depths rank one coefficient against many, over $\alpha^D$."""
    units, d = np.asarray(units, float), coefficients
    one, many = np.eye(1, d)[0], np.full(d, d**-0.5)
    ratio = np.array([[float(bias(depth, u).value(one) / bias(depth, u).value(many)) for u in units] for depth in depths])
    b = np.linspace(-6.0, 6.0, 121)
    shapes = np.array([bias(depth, 0.1).density(b) / float(bias(depth, 0.1).density(np.array(1.0))) for depth in depths])
    finals: dict[str, Any] = {"l2": float(np.abs(ratio[:, -1] - 1).max())}
    finals["l2_small"] = float(np.abs(ratio[:, 0] - 1).max())
    for depth, row in zip(depths, ratio, strict=True):
        excess = row * np.sqrt(d) - 1
        finals[f"l1_{depth}"] = float(excess[0])
        finals[f"l1_half_{depth}"] = float(excess[len(excess) // 2])
        # the quasi-norm, to the power 2/D, of the two
        finals[f"quasi_{depth}"] = float(np.sqrt(d) * d ** (1 / depth - 1) - 1)
        finals[f"power_{depth}"] = _slope(units[:3], excess[:3])
        finals[f"law_{depth}"] = 1 - 2 / depth
        finals[f"quasi_power_{depth}"] = 2 / depth
    # at depth 2 the excess times ln(1/alpha^2) tends to half the logarithm of d
    tiny = np.array([1e-300, 1e-200])
    slow = np.array([float(bias(2, u).value(one) / bias(2, u).value(many)) * np.sqrt(d) - 1 for u in tiny])
    finals["logarithm"] = float(np.abs(slow * np.log(1 / tiny) / np.log(np.sqrt(d)) - 1).max())
    finals["logarithm_square"] = float(np.abs(slow * np.log(1 / tiny) ** 2 / np.log(np.sqrt(d)) - 1).max())
    finals["logarithm_none"] = float(np.abs(slow / np.log(np.sqrt(d)) - 1).max())
    data = xr.Dataset(
        {"ratio": (("depth", "record"), ratio), "curve": (("depth", "coefficient"), shapes)},
        coords={"depth": list(map(float, depths)), "unit": ("record", units), "coefficient": b},
    )
    return data, finals


def flows(report: Any, *, key: Any, size: int, samples: int, how_many: int, scales: Any, rtols: Any) -> Finals:
    """Training at depths 2, 3 and 4 at several tolerances, the last near rounding, beside the minimum; the kernel regime."""
    rng = stream(key, "data")
    depths = (2, 3, 4)
    errors = np.zeros((len(depths), len(scales), how_many, len(rtols)))
    finals: dict[str, Any] = {}
    worst = dict.fromkeys((f"{name}_{depth}" for depth in depths for name in ("deeper", "other_scale", "to_l1", "to_l2")), np.inf)
    drawn = [(rng.normal(size=(size, samples)), rng.normal(size=samples)) for _ in range(how_many)]
    for index, (x, y) in enumerate(drawn):
        pair = (x.T, y)
        l1, l2 = least_l1(pair).predictor[0], least_l2(pair).predictor[0]
        unit = np.linalg.norm(l2)
        for (i, depth), (j, scale) in itertools.product(enumerate(depths), enumerate(scales)):
            limit = least_potential(pair, DiagonalBias(depth, scale), gap=GAP).predictor[0]
            ends = [trained(x, y, depth, np.full(size, scale), rtol=rtol) for rtol in rtols]
            errors[i, j, index] = [np.linalg.norm(end - limit) / unit for end in ends]
            wrong = {
                "deeper": least_potential(pair, DiagonalBias(depth + 1, scale)).predictor[0],
                "other_scale": least_potential(pair, DiagonalBias(depth, 1.5 * scale)).predictor[0],
                "to_l1": l1,
                "to_l2": l2,
            }
            for name, point in wrong.items():
                worst[f"{name}_{depth}"] = min(worst[f"{name}_{depth}"], float(np.linalg.norm(ends[-1] - point) / unit))
    finals |= worst
    for i, depth in enumerate(depths):
        finals[f"error_{depth}"] = float(errors[i, ..., -1].max())
        finals[f"order_{depth}"] = _slope(np.asarray(rtols[:-1]), np.exp(np.log(errors[i, ..., :-1]).mean(axis=(0, 1))))
        finals[f"order_flat_{depth}"] = 0.0
        finals[f"order_square_{depth}"] = 2 * finals[f"order_{depth}"]
    finals |= _kernel(*drawn[0])
    data = xr.Dataset(
        {"error": (("depth", "scale", "instance", "record"), errors)},
        coords={"depth": list(depths), "scale": np.asarray(scales, float), "rtol": ("record", np.asarray(rtols, float))},
    )
    return data, finals


def _kernel(x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    r"""How far a network from $\alpha\mathbf{1}$ is from its linearization, scaled as it should be and as it was printed."""
    problem = LinearRegression(x, y[None], loss="half sum of squares")
    l2 = problem.solution[0]
    scales = np.array([5.0, 10.0, 20.0])
    values, vectors = np.linalg.eigh(problem.root.T @ problem.root)
    missing = -((problem.solution @ problem.root)[0]) @ vectors
    finals: dict[str, Any] = {}
    for depth in (2, 3):
        rate = 2 * depth**2
        times = np.concatenate([[0.0], np.geomspace(0.01, 12.0, 40)]) / (rate * values[0])
        gone = -np.expm1(-rate * values * times[:, None]) / (rate * values) * missing
        change = -depth * gone @ vectors.T @ problem.root.T
        linear = np.stack([change, -change], axis=1)
        right, printed, ends, printed_ends = [], [], [], []
        for scale in scales:
            pace = scale ** (depth - 1)
            path = diagonal_flow(problem, depth=depth, scale=scale, times=times / pace**2, rtol=1e-11)
            right.append(_farthest(pace * (path.weights - scale) - linear))
            slower = diagonal_flow(problem, depth=depth, scale=scale, times=times / pace, rtol=1e-9)
            printed.append(_farthest(slower.weights / scale - (1 + linear)))
            end = least_potential(problem, DiagonalBias(depth, scale), gap=GAP).predictor[0]
            ends.append(np.linalg.norm(end - l2) / np.linalg.norm(l2))
            printed_ends.append(np.linalg.norm(end / scale - l2) / np.linalg.norm(l2))
        finals[f"kernel_power_{depth}"] = _slope(scales, np.array(right))
        finals[f"kernel_power_printed_{depth}"] = _slope(scales, np.array(printed))
        finals[f"kernel_end_{depth}"] = float(ends[-1])
        finals[f"kernel_end_printed_{depth}"] = float(printed_ends[-1])
    return finals


def limits(report: Any, *, key: Any, size: int, samples: int, how_many: int, depths: Any) -> Finals:
    """Where squared loss ends from a small start at every depth: at the least l1 norm, and not at the least quasi-norm."""
    rng = stream(key, "limits")
    x, y = rng.normal(size=(how_many, size, samples)), rng.normal(size=(how_many, samples))
    l1 = np.concatenate([least_l1((a.T, b)).predictor for a, b in zip(x, y, strict=True)])
    l2 = np.concatenate([least_l2((a.T, b)).predictor for a, b in zip(x, y, strict=True)])
    unit = np.linalg.norm(l2, axis=1)
    finals: dict[str, Any] = {}
    for depth in depths:
        # at depth 2 so small because off the support coefficients are a power of it that may be near zero
        grid = np.geomspace(1.0, 1e-60, 13) if depth == 2 else np.geomspace(1.0, 1e-9, 7)
        ends = least_potentials(x, y, [bias(depth, unit_) for unit_ in grid], gap=1e-10).predictor
        apart = np.linalg.norm(ends - l1, axis=-1) / unit
        sparse = np.array([_least_quasi_norm(a, b, 2 / depth) for a, b in zip(x, y, strict=True)])
        other = np.linalg.norm(sparse - l1, axis=-1) / unit > 0.05
        finals[f"to_l1_{depth}"] = float(np.median(apart[-1]))
        finals[f"from_large_{depth}"] = float(np.median(apart[0]))
        finals[f"to_quasi_{depth}"] = (
            float(np.median((np.linalg.norm(ends[-1] - sparse, axis=-1) / unit)[other])) if other.any() else 0.0
        )
        finals[f"differ_{depth}"] = int(other.sum())
    return xr.Dataset({"l1": (("record", "coefficient"), l1)}), finals


def _least_quasi_norm(x: np.ndarray, y: np.ndarray, power: float) -> np.ndarray:
    """The interpolating vector of least sum of powers below one: it has as many coefficients as samples."""
    d, m = x.shape
    supports = np.array(list(itertools.combinations(range(d), m)))
    values = np.linalg.solve(x[supports].mT, np.broadcast_to(y, (len(supports), m))[..., None])[..., 0]
    best = int((np.abs(values) ** power).sum(1).argmin())
    found = np.zeros(d)
    found[supports[best]] = values[best]
    return found


def sparse(report: Any, *, key: Any, size: int, nonzero: int, noise: float, samples: Any, depths: Any, units: Any) -> Finals:
    r"""Sparse regression: the largest $\alpha^D$ that still finds the coefficients, by the number of samples and depth."""
    rng = stream(key, "data")
    units = np.asarray(units, float)
    truth = np.zeros(size)
    truth[:nonzero] = nonzero**-0.5
    x = rng.normal(size=(size, max(samples)))
    y = truth @ x + noise * rng.normal(size=max(samples))
    errors = np.zeros((len(samples), len(depths), len(units)))
    for i, count in enumerate(samples):
        for j, depth in enumerate(depths):
            found = least_potentials(x[None, :, :count], y[None, :count], [bias(depth, u) for u in units], gap=1e-6)
            errors[i, j] = ((found.predictor[:, 0] - truth) ** 2).sum(-1)
    needed = np.array([[_crossing(units, row) for row in rows] for rows in errors])
    finals = {
        f"needed_{n}_{d}": float(v) for n, row in zip(samples, needed, strict=True) for d, v in zip(depths, row, strict=True)
    }
    finals["deeper"] = float(np.median(np.diff(needed, axis=1).min(axis=1)))
    finals["shallower"] = float(np.median(np.diff(needed[:, ::-1], axis=1).min(axis=1)))
    finals["more"], finals["fewer"] = float((needed[-1] - needed[0]).min()), float((needed[0] - needed[-1]).min())
    finals["first_layer"] = float(np.median(needed[:, 1] - needed[:, 0]))
    finals["last_layers"] = float(np.median(needed[:, -1] - needed[:, -2]))
    finals["kernel"] = float(errors[..., 0].min())
    finals["rich"] = float(errors[..., -1].max())
    data = xr.Dataset(
        {"error": (("samples", "depth", "record"), errors), "needed": (("samples", "depth"), needed)},
        coords={"samples": list(samples), "depth": list(map(float, depths)), "unit": ("record", units)},
    )
    return data, finals


def _crossing(units: np.ndarray, errors: np.ndarray) -> float:
    """The logarithm to base 10 of the largest unit with an error below `ERROR`, between those that were solved for."""
    below = np.flatnonzero(errors < ERROR)
    if not len(below):
        return float(np.log10(units[-1]) - 1)
    k = int(below[0])
    if k == 0:
        return float(np.log10(units[0]))
    share = np.log(errors[k - 1] / ERROR) / np.log(errors[k - 1] / errors[k])
    return float(np.log10(units[k - 1]) + share * np.log10(units[k] / units[k - 1]))


def grown(
    signed: np.ndarray, depth: float, unit: float, ratio: float, *, rtol: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    r"""The flow of exponential loss in a clock in which the norm of the predictor grows from 0 to `ratio` times $\alpha^D$.

    In its dual, $\dot\nu$ is the softmin of the margins; the clock is $\ln(1 + \|\beta\|/\alpha^D)$.

    Returns:
        The clock, and $\beta$, `(count, d)`.
    """
    potential = bias(depth, unit)
    bound = min(potential.dual_bound, 700.0) * (1 - 2.0**-53)

    def velocity(_: float, nu: np.ndarray) -> np.ndarray:
        z = np.clip(signed @ nu, -bound, bound)
        beta = potential.inverse(z)
        margins = beta @ signed
        share = np.exp(margins.min() - margins)
        share /= share.sum()
        return share * (unit + np.linalg.norm(beta)) / np.linalg.norm(potential.inverse_slope(z) * (signed @ share))

    clock = np.linspace(0.0, np.log1p(ratio), count)
    solved = solve_ivp(
        velocity, (0.0, clock[-1]), np.zeros(signed.shape[1]), method="LSODA", t_eval=clock, rtol=rtol, atol=1e-3 * rtol
    )
    if not solved.success:
        raise ArithmeticError(f"the flow stopped before its end: {solved.message}")
    return clock, potential.inverse(solved.y.T @ signed.T)


def exponential(report: Any, *, key: Any, size: int, samples: int, how_many: int, units: Any, ratio: float) -> Finals:
    """Exponential loss from large starts at depth 2: margins in both norms along the path; the example from small ones."""
    rng = stream(key, "data")
    rows: dict[str, list[Any]] = {}
    kept: list[Any] = []
    for _ in range(how_many):
        x = rng.normal(size=(size, samples))
        problem = Classification(x, np.where(rng.normal(size=samples) > 0, 1.0, -1.0))
        best1, best2 = hard_margin(problem, 1), hard_margin(problem, 2)
        between = float((best2.predictor @ problem.signed).min() / np.abs(best2.predictor).sum() / best1.value)
        margins: list[float] = []
        level = np.nan
        for unit in units:
            clock, beta = grown(problem.signed, 2, unit, ratio, rtol=1e-9, count=90)
            margin = (beta[1:] @ problem.signed).min(1)
            l1 = margin / np.abs(beta[1:]).sum(1) / best1.value
            l2 = margin / np.linalg.norm(beta[1:], axis=1) / best2.value
            top = int(l2.argmax())
            for name, value in (("top", l2[top]), ("end_l1", l1[-1]), ("end_l2", l2[-1]), ("start_l1", between)):
                rows.setdefault(f"{name}_{unit:g}", []).append(float(value))
            # how much of the way from the margin of the kernel to the largest l1 margin is left
            rows.setdefault(f"left_{unit:g}", []).append(float((1 - l1[-1]) / (1 - between)))
            rows.setdefault(f"left_top_{unit:g}", []).append(float((1 - l1[top]) / (1 - between)))
            # where half of the way is behind that the first start comes
            level = (between + l1[-1]) / 2 if unit == units[0] else level
            past = int(np.flatnonzero((l1[:-1] < level) & (l1[1:] >= level))[-1])
            share = (level - l1[past]) / (l1[past + 1] - l1[past])
            margins.append(float(np.exp((1 - share) * np.log(margin[past]) + share * np.log(margin[past + 1]))))
            kept.append((unit, clock[1:], l1, l2, margin))
        rows.setdefault("scaling", []).append(_slope(np.asarray(units, float), np.array(margins)))
    finals: dict[str, Any] = {name: float(np.median(values)) for name, values in rows.items()}
    finals["scaling_root"] = finals["scaling"] / 2
    finals |= _example()
    data = xr.Dataset(
        {
            name: (("path", "record"), np.array([row[i] for row in kept]))
            for i, name in ((1, "clock"), (2, "l1"), (3, "l2"), (4, "margin"))
        },
        coords={"unit": ("path", [row[0] for row in kept])},
    )
    return data, finals


def _example() -> dict[str, Any]:
    r"""The example from a small start at depths 3 and 4: where it ends, what is stationary there, and what is least."""
    finals: dict[str, Any] = {}
    for depth in (3, 4):
        power = 2 / depth
        _, beta = grown(EXAMPLE, depth, 1e-3, 1e6, rtol=1e-9, count=20)
        end = beta[-1] / (beta[-1] @ EXAMPLE).min()
        quasi = float((np.abs(end) ** power).sum())
        margins = beta[-1] @ EXAMPLE
        share = np.exp(margins.min() - margins)
        pull = EXAMPLE @ (share / share.sum())
        live = end > 0.1 * end.max()
        # on the support, |beta|^(2/D - 1) is a multiple of the pull of the samples
        multiple = end[live] ** (power - 1) / pull[live]
        finals |= {
            f"example_end_{depth}": float(np.linalg.norm(end - APART)),
            f"example_least_{depth}": float(np.linalg.norm(ALONE - APART)),
            f"example_excess_{depth}": quasi / float((ALONE**power).sum()) - 1,
            f"example_no_excess_{depth}": 0.0,
            f"example_stationary_{depth}": _spread(multiple),
            f"example_first_power_{depth}": _spread(1 / pull[live]),
            f"example_wrong_power_{depth}": _spread(end[live] ** (2 / (depth + 1) - 1) / pull[live]),
            f"example_l1_gain_{depth}": float(ALONE.sum() / np.abs(end).sum() - 1),
        }
    return finals


def _spread(values: np.ndarray) -> float:
    return float(np.ptp(values) / values.mean())


def _farthest(apart: np.ndarray) -> float:
    return float(np.linalg.norm(apart.reshape(len(apart), -1), axis=1).max())


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
