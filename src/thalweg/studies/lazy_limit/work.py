"""What the study computes: large starts and their limits, kernels, degrees, and the regime score against the scale."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.initializations.constant import Constant
from thalweg.initializations.given import Given
from thalweg.observables.kernel import tangent_kernel
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.parametrizations.diagonal import Diagonal
from thalweg.parametrizations.homogeneity import homogeneity
from thalweg.parametrizations.model import Model
from thalweg.problems.linear_regression import LinearRegression
from thalweg.studies.lazy_limit.flows import Student, displacement, ended, kernel_flow
from thalweg.trajectory.follow import follow
from thalweg.trajectory.regime import regime, regime_score
from thalweg.trajectory.stop import LossBelow

Finals = tuple[xr.Dataset, dict[str, Any]]
STARTS = ("copies", "centred", "biased")


def regression(rng: np.random.Generator, samples: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs with singular values between 1/2 and 3/2, and targets of norm 2."""
    left, right = (np.linalg.qr(rng.normal(size=(side, samples)))[0] for side in (samples, size))
    inputs = (left * rng.uniform(0.5, 1.5, size=samples)) @ right.T
    targets = rng.normal(size=samples)
    return inputs, 2 * targets / np.linalg.norm(targets)


def slope(sizes: Any, values: Any) -> float:
    """The exponent of a power law, by least squares of logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(values, 1e-300)), 1)[0])


def instance(report: Any, *, key: Any, limit: Any, student: Any, score: Any) -> Finals:
    """All that scipy integrates for one seed, under one roof: each part has its own scales."""
    parts = {
        "limit": limits(report, key=key, **limit),
        "student": students(report, key=key, **student),
        "score": scores(report, key=key, **score),
    }
    # the dimension of a record is one: shorter parts are filled with numbers that are none
    length = max(data.sizes["record"] for data, _ in parts.values())
    padded = [data.pad(record=(0, length - data.sizes["record"])).rename(scale=f"scale_{n}") for n, (data, _) in parts.items()]
    return xr.merge(padded), {name: value for _, finals in parts.values() for name, value in finals.items()}


def limits(report: Any, *, key: Any, samples: int, size: int, depths: Any, scales: Any) -> Finals:
    """A diagonal network from large starts beside its kernel flow, scaled as it should be and as it was printed."""
    inputs, targets = regression(stream(key, "data"), samples, size)
    nearest = np.linalg.pinv(inputs) @ targets
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {"scale": ("record", np.array(scales, dtype=float))}
    for depth in depths:
        jacobian = depth * np.hstack([inputs, -inputs])
        rates = np.linalg.eigvalsh(jacobian @ jacobian.T)
        times = np.concatenate([[0.0], np.geomspace(0.01 / rates[-1], 30 / rates[0], 60)])
        limit = kernel_flow(jacobian, targets, times)
        far = _largest(limit)
        rows = []
        for scale in scales:
            # the clock as printed, t / alpha^(D - 1), is alpha^(D - 1) t in the clock of the limit
            late = np.minimum(scale ** (depth - 1) * times, times[-1])
            clock = np.unique(np.concatenate([times, late]))
            path, beta = displacement(depth, scale, inputs, targets, clock)
            here, there = path[np.searchsorted(clock, times)], path[np.searchsorted(clock, late)]
            row = {
                "apart": _largest(here - limit),
                "printed": _largest(there / scale**depth - limit) / far,
                "printed_scale": _largest(here / scale**depth - limit) / far,
                "printed_clock": _largest(there - limit) / far,
                "unscaled": _largest(here / scale ** (depth - 1) - limit) / far,
                "function": _largest((beta[-1:] - nearest) / np.linalg.norm(nearest)),
                "function_printed": _largest((beta[-1:] / scale - nearest) / np.linalg.norm(nearest)),
            }
            rows.append(row)
        for name in rows[0]:
            values = [row[name] for row in rows]
            variables[f"{name}_{depth}"] = ("record", np.array(values))
            finals[f"{name}_{depth}"] = values[-1]
            finals[f"slope_{name}_{depth}"] = slope(scales, values)
        first = [row["function"] for row in rows[:2]]  # before rounding takes it, at the greater depths
        finals[f"slope_function_{depth}"] = slope(scales[:2], first)
    return xr.Dataset(variables), finals


def students(report: Any, *, key: Any, samples: int, units: int, scales: Any, end: float, how_many: int) -> Finals:
    """Two-layer students whose outputs are multiplied by a large number: how far they and their linearizations go."""
    times = np.linspace(0.0, end, 41)
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {"scale": ("record", np.array(scales, dtype=float))}
    kinds = [("smooth", start) for start in STARTS] + [("kinked", "copies")]
    for number, (kind, start) in enumerate(kinds):
        found = []
        for instance in range(how_many):
            rng = stream((*key, number, instance), "data")
            student = Student(rng, samples=samples, units=units, smooth=kind == "smooth", start=start)
            found.append([student.laziness(scale, times) for scale in scales])
        middle = np.median(np.array(found), axis=0)
        for column, name in enumerate(("moved", "parameters", "outputs")):
            label = f"{name}_{kind}_{start}"
            variables[label] = ("record", middle[:, column])
            finals[label] = float(middle[-1, column])
            slopes = [slope(scales, np.array(one)[:, column]) for one in found]
            finals[f"slope_{label}"] = slopes[int(np.argmax(np.abs(np.array(slopes) - np.median(slopes))))]
            finals[f"median_{label}"] = float(np.median(slopes))
    return xr.Dataset(variables), finals


def scores(report: Any, *, key: Any, samples: int, size: int, depths: Any, scales: Any) -> Finals:
    """The regime score of diagonal networks from small starts to large ones, by scipy, and on one coefficient."""
    inputs, targets = regression(stream(key, "data"), samples, size)
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {"scale": ("record", np.array(scales, dtype=float))}
    for depth in depths:
        rows = {"score": [], "cosine": [], "one": []}
        for scale in scales:
            plus, minus = ended(depth, scale, inputs, targets)
            last = _kernel(depth, inputs, plus, minus)
            first = _kernel(depth, inputs, np.full(size, scale), np.full(size, scale))
            rows["score"].append(regime_score(first, last))
            rows["cosine"].append(float(np.sum(first * last) / np.linalg.norm(first) / np.linalg.norm(last)))
            single = ended(depth, scale, np.ones((1, 1)), np.array([2.0]))
            rows["one"].append(regime_score(*(_kernel(depth, np.ones((1, 1)), *w) for w in ((np.array([scale]),) * 2, single))))
        for name, values in rows.items():
            variables[f"{name}_{depth}"] = ("record", np.array(values))
        finals[f"least_fall_{depth}"] = float(np.diff(_log_odds(rows["score"])).max())
        finals[f"least_fall_cosine_{depth}"] = float(np.diff(_log_odds(1 - np.array(rows["cosine"]))).max())
        finals[f"low_{depth}"], finals[f"high_{depth}"] = rows["score"][0], rows["score"][-1]
        finals[f"cosine_low_{depth}"] = 1 - rows["cosine"][0]
        finals[f"slope_score_{depth}"] = slope(scales[-3:], rows["score"][-3:])
    law = {name: np.array([closed(scale, power) for scale in scales]) for name, power in (("law", 4), ("law_square", 2))}
    one = np.asarray(variables["one_2"][1])
    finals |= {f"apart_{name}": float(np.abs(values - one).max()) for name, values in law.items()}
    finals["apart_still"] = float(one.max())
    variables["law"] = ("record", law["law"])
    return xr.Dataset(variables), finals


def closed(scale: float, power: float) -> float:
    r"""$(s - 1)/(s + 1)$ with $s = \sqrt{1 + \beta^2/4\alpha^4}$ at $\beta = 2$; the exponent of the scale may be another."""
    s = np.sqrt(1 + 1 / scale**power)
    return float((s - 1) / (s + 1))


def models(report: Any, *, key: Any, samples: int, size: int, depths: Any, scales: Any, run_scales: Any) -> Finals:
    """Kernels at scaled parameters, degrees of homogeneity, and the package's own regime score of a model's runs."""
    rng = stream(key, "data")
    inputs, targets = regression(rng, samples, size)
    held_out = rng.normal(size=(4 * samples, size))
    finals: dict[str, Any] = {}
    for name, network, params, degree in _networks(rng, inputs, depths):
        found = homogeneity(network, params)
        finals |= {f"degree_{name}": found.degree, f"deviation_{name}": found.deviation, f"known_{name}": degree}
        finals[f"breaks_{name}"] = ", ".join(found.breaks)
        grown = [jax.tree.map(lambda w, scale=scale: scale * np.asarray(w), params) for scale in scales]
        sizes = [float(np.linalg.norm(np.asarray(tangent_kernel(network, one)))) for one in grown]
        finals[f"exponent_{name}"] = slope(scales, sizes)
        if name == "diagonal_2":
            ones = [np.ones(size), np.ones(size)]
            kernel, gram = np.asarray(tangent_kernel(network, ones)), inputs @ inputs.T
            finals["factor"] = float(np.sum(kernel * gram) / np.sum(gram**2))
            finals["factor_one_sign"] = float(np.sum(_kernel(2, inputs, np.ones(size), np.zeros(size)) * gram) / np.sum(gram**2))
            for printed in (8, 4, 2):
                finals[f"factor_off_{printed}"] = float(np.abs(kernel - printed * gram).max() / np.abs(kernel).max())
    model = Model(_diagonal_of(2), inputs)
    rows: dict[str, list[float]] = {"score": [], "function": [], "same": [], "drift": []}
    for scale in run_scales:
        descent = GradientDescent(0.002 / max(scale, 1.0) ** 2)
        start = Given(Constant(scale).sample(Diagonal(size=size), key=0))
        problem = LinearRegression.whitened(targets[None, :])
        run = follow(problem, model, start, descent, until=LossBelow(1e-12), key=0, report=report)
        made = regime(run, inputs=held_out, algorithm=GradientDescent(0.01 / scale**2))
        rows["score"].append(made.score)
        rows["function"].append(float(made.function_distance or 0.0))
        ends, starts = ended(2, scale, inputs, targets), (np.full(size, scale), np.full(size, scale))
        wanted = regime_score(_kernel(2, held_out, *starts), _kernel(2, held_out, *ends))
        rows["same"].append(abs(made.score / wanted - 1))
        rows["drift"].append(abs(made.kernel_drift / wanted - 1))
    finals["runs_apart"], finals["runs_apart_drift"] = max(rows["same"]), max(rows["drift"])
    finals["function_one"] = rows["function"][run_scales.index(1)]
    finals["function_low"], finals["function_high"] = rows["function"][0], rows["function"][-1]
    variables: dict[str, Any] = {"scale": ("record", np.array(run_scales, dtype=float))}
    return xr.Dataset(variables | {name: ("record", np.array(values)) for name, values in rows.items()}), finals


def _networks(rng: np.random.Generator, inputs: np.ndarray, depths: Any) -> list[tuple[str, AbstractParametrization, Any, float]]:
    size = inputs.shape[1]
    made: list[tuple[str, AbstractParametrization, Any, float]] = []
    for depth in depths:
        params: list[np.ndarray] = [rng.uniform(0.5, 1.5, size) for _ in range(2)]
        made.append((f"diagonal_{depth}", Model(_diagonal_of(depth), inputs), params, depth))
        network = DeepLinear(depth=depth, shape=(2, 3))
        made.append((f"linear_{depth}", network, [rng.normal(size=shape) for shape in network.shapes], depth))
    inner, second, outer = rng.normal(size=(5, size)), rng.normal(size=(4, 5)), rng.normal(size=5)
    bias = rng.normal(size=5)
    made.append(("relu_2", Model(_relu, inputs), {"in": inner, "out": outer}, 2))
    deep = {"in": inner, "middle": second, "out": outer[:4]}
    made.append(("relu_3", Model(_relu, inputs), deep, 3))
    made.append(("relu_first_bias", Model(_relu, inputs), {"in": inner, "in bias": bias, "out": outer}, 2))
    made.append(("relu_last_bias", Model(_relu, inputs), {"in": inner, "out": outer, "out bias": bias[0]}, np.nan))
    return made


def _relu(params: Any, x: Any) -> Any:
    layer = jax.nn.relu(params["in"] @ x + params.get("in bias", 0.0))
    if "middle" in params:
        layer = jax.nn.relu(params["middle"] @ layer)
    return params["out"] @ layer + params.get("out bias", 0.0)


def _diagonal_of(depth: int) -> Any:
    def network(params: Any, x: Any) -> Any:
        return jnp.dot(params[0] ** depth - params[1] ** depth, x)

    return network


def _kernel(depth: int, inputs: np.ndarray, plus: np.ndarray, minus: np.ndarray) -> np.ndarray:
    weights = depth**2 * (plus ** (2 * depth - 2) + minus ** (2 * depth - 2))
    return (inputs * weights) @ inputs.T


def _largest(rows: np.ndarray) -> float:
    return float(np.linalg.norm(rows, axis=1).max())


def _log_odds(values: Any) -> np.ndarray:
    array = np.clip(np.asarray(values), 1e-15, 1 - 1e-15)
    return np.log(array) - np.log1p(-array)
