"""What is computed: imbalances along flows and descents, from starts near zero, and over many random starts."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.balanced import Balanced
from thalweg.initializations.base import AbstractInitialization
from thalweg.initializations.gaussian import Gaussian
from thalweg.initializations.given import Given
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.base import AbstractProblem
from thalweg.problems.linear_regression import LinearRegression
from thalweg.problems.power_regression import PowerRegression
from thalweg.studies.small_networks import product, residual_and_slopes
from thalweg.studies.study import Report
from thalweg.theory.imbalance import ImbalanceDrift, balanced_probability, drift, gaussian_imbalance, imbalances
from thalweg.theory.points import points
from thalweg.theory.prediction import compare
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes, EverySteps
from thalweg.trajectory.stop import Steps, Time

Found = tuple[xr.Dataset, dict[str, Any]]
ROUNDING = 1e-300


def along_flows(
    report: Report, *, widths: Sequence[int], powers: Sequence[int], rtols: Sequence[float], end: float, times: int, key: Any
) -> Found:
    """How far imbalances move along gradient flow, by tolerance, and with them two quantities that nothing conserves."""
    network, ticks = _network(widths), np.linspace(0, end, times + 1)
    kinds = {"moved": imbalances, "sum": _sums, "transposed": _transposed}
    moved = np.zeros((len(kinds), len(powers), len(rtols), times + 1))
    balanced, unbalanced = 0.0, 0.0
    for i, power in enumerate(powers):
        problem = _problem(widths, power, key)

        def path(start: AbstractInitialization, rtol: float, problem: AbstractProblem = problem) -> list[list[np.ndarray]]:
            run = follow(
                problem,
                network,
                start,
                GradientFlow(rtol, solver="explicit"),
                record=[Factors()],
                at=AtTimes(ticks[1:].tolist()),
                until=Time(end),
                key=key,
                report=report,
            )
            found = points(run, count=times + 1).factors
            return found + [found[-1]] * (times + 1 - len(found))  # a flow may come to rest at a minimum before its end

        for j, rtol in enumerate(rtols):
            found = path(Gaussian(1.0), rtol)
            moved[:, i, j] = [_moved([kind(f) for f in found]) for kind in kinds.values()]
            unbalanced = max(unbalanced, _size(imbalances(found[-1])))
        balanced = max([balanced, *(_size(imbalances(f)) for f in path(Balanced(1.0), min(rtols)))])
    worst = moved.max(axis=(1, 3))
    tightest = int(np.argmin(rtols))
    data = xr.Dataset(
        {"moved": (("kind", "loss", "rtol", "record"), moved), "time": ("record", ticks)},
        coords={"kind": list(kinds), "loss": list(powers), "rtol": list(rtols)},
    )
    finals = {"balanced": balanced, "unbalanced": unbalanced}
    for kind, row in zip(kinds, worst, strict=True):
        finals |= {kind: float(row[tightest]), f"slope_{kind}": _slope(rtols, row)}
    return data, finals


def along_descents(report: Report, *, widths: Sequence[int], rates: Sequence[float], end: float, key: Any) -> Found:
    """What steps of gradient descent add to imbalances: one step, a fixed time, and the identity at every step."""
    network, problem = _network(widths), _problem(widths, 2, key)
    begin = Balanced(1.0).sample(network, key=key)
    first, last, residual, size = [], [], 0.0, 0.0
    for rate in rates:
        run = follow(
            problem,
            network,
            Given(begin),
            GradientDescent(rate),
            record=[Factors()],
            at=EverySteps(1),
            until=Steps(round(end / rate)),
            key=0,
            report=report,
        )
        path = points(run, count=run.outcome.steps + 1)
        gaps = _moved([imbalances(f) for f in path.factors])
        first.append(gaps[1])
        last.append(gaps[-1])
        if rate == max(rates):
            residual = compare(ImbalanceDrift(), path).worst
            size = float(compare(ImbalanceDrift(), path).laid.measured[0].max())
    wrong = _wrong_steps(problem, begin, max(rates), rates, widths, key)
    data = xr.Dataset(
        {"one_step": ("record", first), "fixed_time": ("record", last)}, coords={"rate": ("record", np.array(rates))}
    )
    finals = {
        "residual": residual,
        "drift": size,
        "slope_one_step": _slope(rates, first),
        "slope_fixed_time": _slope(rates, last),
        **wrong,
    }
    return data, finals


def _wrong_steps(
    problem: AbstractProblem, begin: list[np.ndarray], rate: float, rates: Sequence[float], widths: Sequence[int], key: Any
) -> dict[str, float]:
    """The identity with a wrong term, or of a wrong step: residuals relative to the size of the factors, and a slope."""

    def slopes(factors: list[np.ndarray], other: AbstractProblem = problem) -> list[np.ndarray]:
        gradient = _gradient(other, factors)
        before, after = _partial(factors)
        return [a.T @ gradient @ b.T for a, b in zip(after, before, strict=True)]

    found = slopes(begin)
    after = [w - rate * g for w, g in zip(begin, found, strict=True)]
    change = [b - a for a, b in zip(imbalances(begin), imbalances(after), strict=True)]
    size = max(float(np.sum(w**2)) for w in begin)
    law = drift(found, rate)
    plus = [rate**2 * (b.T @ b + a @ a.T) for a, b in itertools.pairwise(found)]
    turn = list(begin)
    for j in range(len(turn)):
        turn[j] = turn[j] - rate * slopes(turn)[j]
    in_turn = [b - a for a, b in zip(imbalances(begin), imbalances(turn), strict=True)]
    others = [slopes(begin, _problem(widths, 2, (*key, j)))[j] for j in range(len(begin))]
    strangers = []
    for eta in rates:
        apart = [w - eta * g for w, g in zip(begin, others, strict=True)]
        strangers.append(_size([b - a for a, b in zip(imbalances(begin), imbalances(apart), strict=True)]))
    return {
        "residual_none": _size(change) / size,
        "residual_rate": _size([c - d / rate for c, d in zip(change, law, strict=True)]) / size,
        "residual_plus": _size([c - d for c, d in zip(change, plus, strict=True)]) / size,
        "residual_in_turn": _size([c - d for c, d in zip(in_turn, law, strict=True)]) / size,
        "slope_strangers": _slope(rates, strangers),
    }


def near_zero(
    report: Report, *, widths: Sequence[int], std: float, larger: float, rate: float, loss: float, most: int, key: Any
) -> Found:
    """Descent on whitened regression from Gaussian factors near zero: imbalances beside the factors that outgrow them."""
    rng = stream(key, "data")
    target = rng.normal(size=(widths[-1], widths[0]))
    target /= np.linalg.norm(target)
    small = _descended(rng, widths, std, target, rate, loss, most)
    large = _descended(rng, widths, larger, target, rate, loss, most)
    names = ("steps", "imbalance", "least", "loss", "sum")
    data = xr.Dataset(
        {name: ("record", values) for name, values in zip(names, small, strict=True)}
        | {f"large_{name}": ("other", values) for name, values in zip(names, large, strict=True)}
    )
    finals = {
        "ratio": float(small[1][-1] / small[2][-1]),
        "ratio_start": float(small[1][0] / small[2][0]),
        "ratio_large": float(large[1][-1] / large[2][-1]),
        "flat": float(np.abs(small[1] / small[1][0] - 1).max()),
        "flat_weights": float(np.abs(small[2] / small[2][0] - 1).max()),
        "flat_sum": float(np.abs(small[4] / small[4][0] - 1).max()),
        "grown": float(small[2][-1] / small[2][0]),
        "end": float(small[3][-1]),
        "steps": int(small[0][-1]),
    }
    return data, finals


def _descended(
    rng: np.random.Generator, widths: Sequence[int], std: float, target: np.ndarray, rate: float, loss: float, most: int
) -> list[np.ndarray]:
    factors = [std * rng.normal(size=(after, before)) for before, after in itertools.pairwise(widths)]
    rows = []
    for step in range(most + 1):
        residual, slopes = residual_and_slopes(factors, target)
        value = 0.5 * float(np.sum(residual**2))
        if step % 5 == 0 or value <= loss:
            least = min(float(np.linalg.norm(w @ w.T)) for w in factors)
            rows.append((step, _size(imbalances(factors)), least, value, _size(_sums(factors))))
        if value <= loss or not np.isfinite(value):
            break
        factors = [w - rate * g for w, g in zip(factors, slopes, strict=True)]
    return [np.array(column, dtype=float) for column in zip(*rows, strict=True)]


def over_starts(
    report: Report,
    *,
    widths: Sequence[int],
    uneven: Sequence[int],
    std: float,
    draws: int,
    shapes: Sequence[tuple[int, int]],
    depths: Sequence[int],
    key: Any,
) -> Found:
    """How often Gaussian factors are balanced up to delta beside bounds on it, their mean imbalance, and balanced starts."""
    rng = stream(key, "start")
    sizes = _imbalances_drawn(rng, widths, std, draws)
    depth, largest = len(widths) - 1, max(widths)
    scale = np.sqrt(10 * depth * std**4 * largest**3)
    deltas = scale * np.geomspace(0.05, 8.0, 64)
    often = np.array([np.mean(sizes.max(axis=1) <= delta) for delta in deltas])
    bound = np.array([balanced_probability(float(delta), widths, std) for delta in deltas])
    says = (bound > 0) & (bound < 0.98)
    square = np.maximum(0, 1 - 10 * depth * std**4 * largest**2 / deltas**2)
    variance = np.maximum(0, 1 - 10 * depth * std**2 * largest**3 / deltas**2)
    mean = np.mean(_imbalances_drawn(rng, uneven, std, draws) ** 2, axis=0)
    exact = np.array(gaussian_imbalance(uneven, std))
    triples = list(zip(uneven[:-2], uneven[1:-1], uneven[2:], strict=True))
    apart = np.array([std**4 * d * (a * (a + d + 1) + b * (b + d + 1)) for b, d, a in triples])
    data = xr.Dataset({"often": ("record", often), "bound": ("record", bound)}, coords={"delta": ("record", deltas)})
    finals = {
        "slack": float(np.min((often - bound)[says])),
        "slack_square": float(np.min(often - square)),
        "slack_variance": float(np.min(often - variance)),
        "slack_certain": float(np.min((often - 1)[~says])),
        "moment": float(np.abs(mean / exact - 1).max()),
        "moment_apart": float(np.abs(mean / apart - 1).max()),
        "moment_none": float(np.abs(mean / exact).max()),
        "median": float(np.median(sizes.max(axis=1))),
    }
    return data, finals | _procedure(rng, shapes, depths, key)


def _imbalances_drawn(rng: np.random.Generator, widths: Sequence[int], std: float, draws: int) -> np.ndarray:
    found = []
    for _ in range(draws):
        factors = [std * rng.normal(size=(after, before)) for before, after in itertools.pairwise(widths)]
        found.append([np.linalg.norm(gap) for gap in imbalances(factors)])
    return np.array(found)


def _procedure(rng: np.random.Generator, shapes: Sequence[tuple[int, int]], depths: Sequence[int], key: Any) -> dict[str, float]:
    """Balanced starts of random matrices: imbalance, product and spectra of the factors; the same with one factor enlarged."""
    right, uneven = np.zeros(3), np.full(2, np.inf)
    for shape, depth in itertools.product(shapes, depths):
        matrix = rng.normal(size=shape)
        network = DeepLinear(depth=depth, shape=shape, hidden=min(shape) + 3)
        factors = Balanced(matrix=matrix).sample(network, key=key)
        values = np.linalg.svd(matrix, compute_uv=False)
        size, roots = values[0] ** (2 / depth), values ** (1 / depth)
        off = float(np.abs(product(factors) - matrix).max() / values[0])
        right = np.maximum(right, [_size(imbalances(factors)) / size, off, _spectra(factors, roots)])
        other = [factors[0] * 1.1, *factors[1:-1], factors[-1] / 1.1]
        uneven = np.minimum(uneven, [_size(imbalances(other)) / size, _spectra(other, roots)])
    names = ("imbalance", "product", "spectrum", "imbalance_uneven", "spectrum_uneven")
    return {f"start_{name}": float(value) for name, value in zip(names, [*right, *uneven], strict=True)}


def _spectra(factors: Sequence[np.ndarray], expected: np.ndarray) -> float:
    found = [np.linalg.svd(w, compute_uv=False)[: len(expected)] for w in factors]
    return max(float(np.abs(values - expected).max() / expected[0]) for values in found)


def _network(widths: Sequence[int]) -> DeepLinear:
    return DeepLinear(depth=len(widths) - 1, shape=(widths[-1], widths[0]), hidden=list(widths[1:-1]))


def _problem(widths: Sequence[int], power: int, key: Any) -> AbstractProblem:
    rng = stream(key, "data")
    inputs = rng.normal(size=(widths[0], 4 * widths[0])) * np.linspace(0.5, 1.5, widths[0])[:, None]
    outputs = rng.normal(size=(widths[-1], widths[0])) @ inputs
    return LinearRegression(inputs, outputs) if power == 2 else PowerRegression(inputs, outputs, power=power)


def _gradient(problem: AbstractProblem, factors: list[np.ndarray]) -> np.ndarray:
    assert isinstance(problem, LinearRegression)
    return product(factors) @ problem.input_moment - problem.cross_moment


def _partial(factors: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What stands before each factor and what after it, as products."""
    before, after = [np.eye(factors[0].shape[1])], [np.eye(factors[-1].shape[0])]
    for w in factors[:-1]:
        before.append(w @ before[-1])
    for w in factors[:0:-1]:
        after.append(after[-1] @ w)
    return before, after[::-1]


def _sums(factors: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [b.T @ b + a @ a.T for a, b in itertools.pairwise(factors)]


def _transposed(factors: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [b @ b.T - a.T @ a for a, b in itertools.pairwise(factors)]


def _size(gaps: Sequence[np.ndarray]) -> float:
    return max(float(np.linalg.norm(gap)) for gap in gaps)


def _moved(path: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """How far matrices are from those at the start, along a path."""
    return np.array([_size([now - then for now, then in zip(gaps, path[0], strict=True)]) for gaps in path])


def _slope(x: Sequence[float], y: Any) -> float:
    return float(np.polyfit(np.log(x), np.log(np.maximum(y, ROUNDING)), 1)[0])
