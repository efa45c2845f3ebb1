"""What is followed: products of factors beside one matrix under the end-to-end rule, in steps and as flows."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.algorithms.end_to_end import EndToEnd
from thalweg.algorithms.end_to_end_flow import EndToEndFlow
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.balanced import Balanced
from thalweg.initializations.given import Given
from thalweg.observables.factors import Factors
from thalweg.observables.predictor import Predictor
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.linear_regression import LinearRegression
from thalweg.problems.random_matrices import orthonormal
from thalweg.studies.study import Report
from thalweg.theory.end_to_end import EndToEndDynamics
from thalweg.theory.points import Points, points
from thalweg.theory.preconditioner import powers, precondition
from thalweg.theory.prediction import compare
from thalweg.theory.single_output import direction
from thalweg.theory.singular_dynamics import SingularVectorVelocity, least_gap, vector_velocity
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes, EverySteps
from thalweg.trajectory.stop import Steps, Time

Found = tuple[xr.Dataset, dict[str, Any]]


def in_steps(
    report: Report, *, shape: tuple[int, int], hidden: int, depths: Sequence[int], rates: Sequence[float], end: float, key: Any
) -> Found:
    """Descent on balanced factors beside descent by the rule, and by wrong rules: how far apart their products are, by rate."""
    problem, matrix = _regression(shape, key), 0.5 * stream(key, "start").normal(size=shape) / np.sqrt(max(shape))
    apart = np.zeros((len(depths), len(rates)))
    once, deeper, once_deeper, shallow, mixed = (np.zeros_like(apart) for _ in range(5))
    single = DeepLinear(depth=1, shape=shape)
    for (i, depth), (j, rate) in itertools.product(enumerate(depths), enumerate(rates)):
        network = DeepLinear(depth=depth, shape=shape, hidden=hidden)
        count = round(end / rate)

        def path(network: DeepLinear, start: Any, algorithm: Any, count: int = count) -> np.ndarray:
            run = follow(
                problem,
                network,
                start,
                algorithm,
                record=[Predictor()],
                at=EverySteps(1),
                until=Steps(count),
                key=key,
                report=report,
            )
            return run.data.predictor.values

        deep = path(network, Balanced(matrix=matrix), GradientDescent(rate))
        rule = path(single, Given([matrix]), EndToEnd(depth, rate))
        other = path(single, Given([matrix]), EndToEnd(depth + 1, rate))
        alone = path(single, Given([matrix]), EndToEnd(1, rate))
        size = np.linalg.norm(deep, axis=(1, 2)).max()
        apart[i, j] = np.linalg.norm(rule - deep, axis=(1, 2)).max() / size
        once[i, j] = np.linalg.norm(rule[1] - deep[1]) / size
        deeper[i, j] = np.linalg.norm(other - deep, axis=(1, 2)).max() / size
        once_deeper[i, j] = np.linalg.norm(other[1] - deep[1]) / size
        shallow[i, j] = np.linalg.norm(alone - deep, axis=(1, 2)).max() / size
        mixed[i, j] = np.linalg.norm(_mixed(problem, matrix, depth, rate, count) - deep[-1]) / size
    data = xr.Dataset(
        {"apart": (("depth", "record"), apart), "once": (("depth", "record"), once), "deeper": (("depth", "record"), deeper)},
        coords={"depth": list(depths), "rate": ("record", np.array(rates))},
    )
    tightest = int(np.argmin(rates))
    finals = {"apart": float(apart[:, tightest].max())}
    for name, table in (("constant", apart), ("constant_deeper", deeper), ("constant_shallow", shallow)):
        finals[name] = float((table / np.array(rates)).max())
    tables = {"slope": apart, "slope_once": once, "slope_deeper": deeper, "slope_once_deeper": once_deeper, "slope_mixed": mixed}
    for name, table in tables.items():
        slopes = [float(np.polyfit(np.log(rates), np.log(row), 1)[0]) for row in table]
        wanted = round(float(np.median(slopes)))
        finals[name] = max(slopes, key=lambda slope, wanted=wanted: abs(slope - wanted))  # the depth that is farthest off
    return data, finals


def _mixed(problem: LinearRegression, matrix: np.ndarray, depth: int, rate: float, count: int) -> np.ndarray:
    """The end of descent by a rule with one exponent from the paper and one from the slides."""
    w = matrix
    for _ in range(count):
        g, total = w @ problem.input_moment - problem.cross_moment, np.zeros_like(w)
        for j in range(depth):
            after, before = powers(w, j / depth, j / depth)
            total += before @ g @ after
        w = w - rate * total
    return w


def widths_and_curves(
    report: Report,
    *,
    inputs: int,
    samples: int,
    condition: float,
    widths: Sequence[int],
    depths: Sequence[int],
    rates: Sequence[float],
    scale: float,
    spread: float,
    steps: int,
    every: int,
    key: Any,
) -> Found:
    """Regression with one output in l2 and l4: descent on factors of several widths, and by the rule of one output."""
    rng = stream(key, "data")
    x = orthonormal(rng, inputs, inputs) * np.geomspace(1, condition**-0.5, inputs) @ rng.normal(size=(inputs, samples))
    truth = rng.normal(size=(1, inputs)) / np.sqrt(inputs)
    y = truth @ x + 0.05 * rng.normal(size=(1, samples))
    begin = scale * stream(key, "start").normal(size=(1, inputs))
    record = np.arange(0, steps + 1, every)
    losses = np.zeros((2, len(depths), len(widths) + 3, len(record)))
    ends = {"width": 0.0, "overlap": 0.0, "overlap_shallow": np.inf, "overlap_deeper": np.inf}
    ends |= {"width_unbalanced": 0.0, "overlap_independent": 0.0}
    for (i, (power, rate)), (j, depth) in itertools.product(enumerate(zip((2, 4), rates, strict=True)), enumerate(depths)):

        def gradient(w: np.ndarray, power: int = power) -> tuple[float, np.ndarray]:
            residual = w @ x - y
            steep = residual ** (power - 1)
            return float(np.sum(steep * residual)) / (power * samples), steep @ x.T / samples

        paths = []
        for k, width in enumerate(widths):
            network = DeepLinear(depth=depth, shape=(1, inputs), hidden=width)
            path, losses[i, j, k] = _descended(gradient, Balanced(matrix=begin).sample(network, key=key), rate, steps, record)
            paths.append(path)
        rules = []
        for k, other in enumerate((depth, depth + 1, 1)):
            path, losses[i, j, len(widths) + k] = _ruled(gradient, begin, other, rate, steps, record)
            rules.append(path)
        size = float(np.abs(paths[0]).max())
        ends["width"] = max(ends["width"], *(float(np.abs(path - paths[0]).max()) / size for path in paths[1:]))
        factors = Balanced(matrix=begin).sample(DeepLinear(depth=depth, shape=(1, inputs), hidden=widths[-1]), key=key)
        tilted, _ = _descended(gradient, [2 * factors[0], *factors[1:-1], factors[-1] / 2], rate, steps, record)
        ends["width_unbalanced"] = max(ends["width_unbalanced"], float(np.abs(tilted - paths[0]).max()) / size)
        widest = DeepLinear(depth=depth, shape=(1, inputs), hidden=widths[-1])
        independent = [rng.normal(size=shape) * spread for shape in widest.shapes]
        alone, _ = _descended(gradient, independent, rate, steps, record)
        ruled, _ = _ruled(gradient, alone[:1], depth, rate, steps, record)
        off = float(np.abs(alone - ruled).max() / np.abs(alone).max())
        ends["overlap_independent"] = max(ends["overlap_independent"], off)
        ends["overlap"] = max(ends["overlap"], float(np.abs(rules[0] - paths[0]).max()) / size)
        ends["overlap_deeper"] = min(ends["overlap_deeper"], float(np.abs(rules[1] - paths[0]).max()) / size)
        ends["overlap_shallow"] = min(ends["overlap_shallow"], float(np.abs(rules[2] - paths[0]).max()) / size)
    models = [*(f"width {width}" for width in widths), "rule", "rule of depth N + 1", "single layer"]
    data = xr.Dataset(
        {"loss": (("power", "depth", "model", "record"), losses)},
        coords={"power": [2, 4], "depth": list(depths), "model": models, "steps": ("record", record)},
    )
    return data, ends


def _descended(
    gradient: Any, factors: list[np.ndarray], rate: float, steps: int, record: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Products and losses along descent on factors with one output, all moved at once."""
    kept = set(record.tolist())
    path, losses = [], []
    for step in range(steps + 1):
        rows = [factors[-1]]
        for w in factors[-2::-1]:
            rows.append(rows[-1] @ w)
        loss, g = gradient(rows[-1])
        if step in kept:
            path.append(rows[-1][0])
            losses.append(loss)
        slopes, back = [], g
        for j, w in enumerate(factors[:-1]):
            slopes.append(rows[len(factors) - 2 - j].T @ back)
            back = back @ w.T
        factors = [w - rate * s for w, s in zip(factors, [*slopes, back], strict=True)]
    return np.array(path), np.array(losses)


def _ruled(
    gradient: Any, begin: np.ndarray, depth: int, rate: float, steps: int, record: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    kept, w = set(record.tolist()), begin
    path, losses = [], []
    for step in range(steps + 1):
        loss, g = gradient(w)
        if step in kept:
            path.append(w[0])
            losses.append(loss)
        w = w - rate * direction(w, g, depth)
    return np.array(path), np.array(losses)


def as_flows(
    report: Report, *, shapes: Sequence[tuple[int, int]], depths: Sequence[int], rtol: float, end: float, times: int, key: Any
) -> Found:
    """The flow of balanced factors beside the end-to-end flow, beside that of another depth, and from unbalanced factors."""
    ticks = np.linspace(0, end, times + 1)
    apart = np.zeros((len(shapes), len(depths), times + 1))
    worst = {"deeper": np.inf, "shallow": np.inf, "unbalanced": np.inf}
    laws = {"dynamics": 0.0, "vectors": 0.0, "dynamics_deeper": np.inf, "vectors_opposite": np.inf, "vectors_deeper": np.inf}
    for i, shape in enumerate(shapes):
        problem = _regression(shape, key)
        matrix = 0.3 * stream(key, "start").normal(size=shape) / np.sqrt(shape[0])
        single = DeepLinear(depth=1, shape=shape)

        def path(network: DeepLinear, start: Any, algorithm: Any, problem: LinearRegression = problem) -> Any:
            return follow(
                problem,
                network,
                start,
                algorithm,
                record=[Factors()],
                at=AtTimes(ticks[1:].tolist()),
                until=Time(end),
                key=key,
                report=report,
            )

        for j, depth in enumerate(depths):
            network = DeepLinear(depth=depth, shape=shape, hidden=min(shape) + 1)
            factors = Balanced(matrix=matrix).sample(network, key=key)
            flow = GradientFlow(rtol, solver="explicit")
            followed = points(path(network, Given(factors), flow), count=times + 1)
            deep = _held(followed.predictors, times + 1)
            rules = {}
            for name, other in (("same", depth), ("deeper", depth + 1), ("shallow", 1)):
                run = path(single, Given([matrix]), EndToEndFlow(other, rtol))
                rules[name] = _held(run.data.factors.values.reshape(-1, *shape), times + 1)
            tilted = points(path(network, Given([1.1 * factors[0], *factors[1:-1], factors[-1] / 1.1]), flow), count=times + 1)
            size = float(np.abs(deep).max())
            apart[i, j] = np.abs(rules["same"] - deep).max(axis=(1, 2)) / size
            for name in ("deeper", "shallow"):
                worst[name] = min(worst[name], float(np.abs(rules[name] - deep).max()) / size)
            worst["unbalanced"] = min(
                worst["unbalanced"], float(np.abs(rules["same"] - _held(tilted.predictors, times + 1)).max()) / size
            )
            _laid(followed, laws)
    data = xr.Dataset(
        {"apart": (("shape", "depth", "record"), apart), "time": ("record", ticks)},
        coords={"shape": [f"{rows} x {columns}" for rows, columns in shapes], "depth": list(depths)},
    )
    return data, {"apart": float(apart.max())} | {f"apart_{name}": value for name, value in worst.items()} | laws


def _held(path: np.ndarray, count: int) -> np.ndarray:
    """A path that came to rest at a minimum before its end, held there to the last of its records."""
    return np.concatenate([path, np.repeat(path[-1:], count - len(path), axis=0)])


def _laid(path: Points, laws: dict[str, float]) -> None:
    """Residuals of the laws of velocity along a path, and of wrong variants of them."""
    laws["dynamics"] = max(laws["dynamics"], compare(EndToEndDynamics(), path).worst)
    size = np.linalg.norm(path.velocities, axis=(1, 2)).max()
    deeper = [precondition(w, g, path.depth + 1) for w, g in zip(path.predictors, path.gradients, strict=True)]
    laws["dynamics_deeper"] = min(
        laws["dynamics_deeper"], float(np.linalg.norm(deeper + path.velocities, axis=(1, 2)).max() / size)
    )
    if min(path.network.shape) == 1:
        return  # one singular vector, fixed by the others' absence: the differences of which the law speaks are empty
    laws["vectors"] = max(laws["vectors"], compare(SingularVectorVelocity(), path).worst)
    gaps = least_gap(path.singular[1])
    t = int(np.argmax(gaps))
    frame = (path.singular[0][t], path.singular[1][t], path.singular[2][t])
    actual = vector_velocity(*frame, -path.velocities[t], 1)[0]
    right = vector_velocity(*frame, path.gradients[t], path.depth)[0]
    inside = frame[0] @ frame[0].T @ right
    opposite = right - 2 * inside
    other = vector_velocity(*frame, path.gradients[t], path.depth + 1)[0]
    scale = np.linalg.norm(actual) / gaps[t]
    laws["vectors_opposite"] = min(laws["vectors_opposite"], float(np.linalg.norm(opposite - actual) / scale))
    laws["vectors_deeper"] = min(laws["vectors_deeper"], float(np.linalg.norm(other - actual) / scale))


def _regression(shape: tuple[int, int], key: Any) -> LinearRegression:
    rng = stream(key, "data")
    inputs = rng.normal(size=(shape[1], 3 * shape[1] + 5))
    outputs = rng.normal(size=shape) / np.sqrt(shape[1]) @ inputs
    return LinearRegression(inputs, outputs + 0.1 * rng.normal(size=outputs.shape))
