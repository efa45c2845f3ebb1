"""What the study of sequential learning computes along flows: closed forms, a staircase, perturbed moments, orders."""

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.linalg import expm

from thalweg._seeds import stream
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.given import Given
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.linear_regression import LinearRegression
from thalweg.problems.random_matrices import orthonormal
from thalweg.theory.common_basis import common_decomposition
from thalweg.theory.points import Points, points
from thalweg.theory.reduced_rank import reduced_rank_regression
from thalweg.theory.two_layer import one_layer_mode, phase_transition, two_layer_mode, two_layer_start
from thalweg.theory.two_layer_perturbation import perturbation_bound, perturbation_rate
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes
from thalweg.trajectory.stop import Time

Found = tuple[xr.Dataset, dict[str, Any]]
SAMPLES = 100
"""How many samples the moments of the closed form are taken to be means over, where a text leaves the mean out."""


@dataclasses.dataclass(frozen=True)
class Instance:
    """Moments with a common decomposition, a start that is diagonal in it, and its closed form."""

    inputs: np.ndarray
    outputs: np.ndarray
    sigma: np.ndarray
    lam: np.ndarray
    delta: np.ndarray
    start: list[np.ndarray]

    def problem(self, bent: np.ndarray | None = None) -> LinearRegression:
        """The regression; `bent` is added to the diagonal moment of the inputs in their frame."""
        inside = np.diag(self.lam) + (0 if bent is None else bent)
        count = len(self.sigma)
        cross = (self.outputs[:, :count] * self.sigma) @ self.inputs[:, :count].T
        return LinearRegression.from_moments(self.inputs @ inside @ self.inputs.T, cross)

    def components(self, time: np.ndarray) -> np.ndarray:
        """The closed form of the components, `(points, count)`."""
        return two_layer_mode(time[:, None], self.delta, self.sigma, self.lam[: len(self.sigma)])

    def factors(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The closed form of the two factors at each time."""
        grown = np.sqrt(self.components(time)) * np.exp(self.delta)
        count = len(self.sigma)
        u, v = self.inputs[:, :count], self.outputs[:, :count]
        first = np.einsum("ri,ij,tj,kj->trk", self.start[0], u, grown, u)
        second = np.einsum("ij,tj,kj,kr->tir", v, grown, v, self.start[1])
        return first, second


def instance(outputs: int, inputs: int, hidden: int, key: tuple[int, int]) -> Instance:
    """Random frames, diagonals whose order differs, starts of several sizes."""
    rng = stream(key, "data")
    u, v = orthonormal(rng, inputs, inputs), orthonormal(rng, outputs, outputs)
    count = min(outputs, inputs)
    sigma = np.geomspace(2.0, 0.4, count) * rng.uniform(0.9, 1.1, count)
    lam, delta = rng.uniform(0.4, 2.5, inputs), rng.uniform(1.0, 2.5, count)
    return Instance(u, v, sigma, lam, delta, two_layer_start(u, v, delta, hidden=hidden, key=key))


def closed_form(report: Any, *, outputs: int, inputs: int, hidden: int, rtols: Sequence[float], key: tuple[int, int]) -> Found:
    """The flow beside the closed form at several tolerances; wrong forms, and a start that is not balanced, beside it."""
    made = instance(outputs, inputs, hidden, key)
    end = 1.5 * float((made.delta / made.sigma).max())
    times = np.linspace(0.0, end, 41)
    finals: dict[str, Any] = {}
    path = _followed(report, made.problem(), made.start, min(rtols), times, key)
    for place, rtol in enumerate(rtols):
        at = path if rtol == min(rtols) else _followed(report, made.problem(), made.start, rtol, times, key)
        finals[f"residual_{place}"] = _distance(made, at, made.components(at.time))
    finals |= _wrong_forms(made, path)
    rng = stream(key, "noise")
    stretch = orthonormal(rng, hidden, hidden) * np.geomspace(3.0, 1 / 3, hidden) @ orthonormal(rng, hidden, hidden).T
    loose = [stretch @ made.start[0], made.start[1] @ np.linalg.inv(stretch)]
    skewed = _followed(report, made.problem(), loose, min(rtols), times, key)
    finals["invertible"] = _distance(made, skewed, made.components(skewed.time))
    first, second = made.factors(path.time)
    finals["second_factor"] = _relative(np.stack([f[1] for f in path.factors]), second)
    if outputs == inputs == hidden:
        finals["second_factor_as_printed"] = _relative(np.stack([f[1] for f in path.factors]), np.swapaxes(first, 1, 2))
    measured = _components(made, path)
    loosely = _components(made, skewed)
    predicted = made.components(path.time)
    curves = {"measured": measured, "predicted": predicted, "invertible": loosely}
    return xr.Dataset({"time": ("record", path.time), **{name: (("record", "mode"), x) for name, x in curves.items()}}), finals


def staircase(
    report: Any, *, inputs: int, samples: int, ratio: float, delta: float, plateaus: int, rtol: float, key: tuple[int, int]
) -> Found:
    """An autoencoder on Gaussian data with a geometric spectrum: two layers from a small start, one layer from zero."""
    rng = stream(key, "data")
    spread = np.sqrt(ratio ** np.arange(inputs))
    data = orthonormal(rng, inputs, inputs) @ (spread[:, None] * rng.normal(size=(inputs, samples)))
    problem = LinearRegression(data, data)
    moment, cross = problem.input_moment, problem.cross_moment
    frame = common_decomposition(moment, cross)
    when = delta * phase_transition(frame.sigma)
    middles = (when[:plateaus] + when[1 : plateaus + 1]) / 2
    edges = np.concatenate([[0.0], middles, [1.05 * when[plateaus]]])
    between = [np.linspace(a, b, 31)[1:] for a, b in itertools.pairwise(edges)]
    times = np.union1d(np.concatenate(between), middles)
    start = two_layer_start(frame.inputs, frame.outputs, delta, key=key)
    path = _followed(report, problem, start, rtol, times, key)
    brief = np.geomspace(0.02 / frame.sigma[0], 6.0 / frame.sigma[-1], 200)
    shallow = np.stack([np.eye(inputs) - expm(-moment * t) for t in brief])
    deep_trace, flat_trace = _trace(path.predictors), _trace(shallow)
    places = np.searchsorted(path.time, middles * (1 - 1e-12))
    finals: dict[str, Any] = {}
    counts = range(1, plateaus + 1)
    finals["plateau_gap"] = float(np.abs(deep_trace[places] - counts).max())
    finals["plateau_gap_late"] = float(np.abs(deep_trace[places] - np.array(counts) - 1).min())
    finals["flatness"] = _flatness(path.time, deep_trace, plateaus)
    finals["flatness_shallow"] = _flatness(brief, flat_trace, plateaus)
    kept = {k: reduced_rank_regression(moment, cross, k) for k in range(plateaus + 2)}
    reached = np.searchsorted(flat_trace, counts)
    for name, predictors, at in (("reduced_rank", path.predictors, places), ("reduced_rank_shallow", shallow, reached)):
        finals[name] = max(_relative(predictors[place], kept[k]) for place, k in zip(at, counts, strict=True))
    finals["reduced_rank_least_shallow"] = min(
        _relative(shallow[place], kept[k]) for place, k in zip(reached, counts, strict=True)
    )
    finals["reduced_rank_above"] = min(_relative(path.predictors[at], kept[k + 1]) for at, k in zip(places, counts, strict=True))
    components = np.einsum("ij,tik,kj->tj", frame.outputs, path.predictors, frame.inputs)[:, :plateaus]
    halves = np.array([_crossing(path.time, components[:, i], 0.5) for i in range(plateaus)])
    finals["transitions"] = float(np.abs(halves / when[:plateaus] - 1).max())
    finals["transitions_unscaled"] = float(np.abs(halves * samples / when[:plateaus] - 1).max())
    finals["transitions_halved"] = float(np.abs(2 * halves / when[:plateaus] - 1).max())
    finals["transitions_one_time"] = float(np.abs(halves / when[0] - 1).max())
    closed = two_layer_mode(path.time[:, None], delta, frame.sigma, frame.lam)
    together = one_layer_mode(brief[:, None], frame.sigma, frame.lam)
    apart = two_layer_mode(brief[:, None], 2.0, frame.sigma, frame.lam)
    finals["closed_form"] = float(np.abs(closed.sum(axis=1) - deep_trace).max())
    finals["shallow_closed_form"] = float(np.abs(together.sum(axis=1) - flat_trace).max())
    finals["shallow_still"] = float(flat_trace.max())
    finals["shallow_closed_form_as_deep"] = float(np.abs(apart.sum(axis=1) - flat_trace).max())
    variables = {
        "time": ("record", path.time),
        "trace": ("record", deep_trace),
        "error": ("record", _loss(problem, path.predictors)),
        "shallow_time": ("shallow", brief),
        "shallow_trace": ("shallow", flat_trace),
        "shallow_error": ("shallow", _loss(problem, shallow)),
    }
    return xr.Dataset({**variables, "transition": ("mode", when), "middle": ("plateau", middles)}), finals


def perturbation(
    report: Any,
    *,
    outputs: int,
    inputs: int,
    hidden: int,
    later: float,
    sizes: Sequence[float],
    rtol: float,
    key: tuple[int, int],
) -> Found:
    """How far factors of the flow are from the closed form with off-diagonal moments of several sizes.

    The start is made smaller by `later` in each delta, for the deviations to have time to grow.
    """
    made = instance(outputs, inputs, hidden, key)
    smaller = [np.exp(-later) * factor for factor in made.start]
    made = dataclasses.replace(made, delta=made.delta + later, start=smaller)
    rng = stream(key, "noise")
    bent = rng.normal(size=(inputs, inputs))
    bent = bent + bent.T
    np.fill_diagonal(bent, 0.0)
    bent /= np.linalg.norm(bent, 2)
    times = np.linspace(0.0, 1.5 * float((made.delta / made.sigma).max()), 31)
    rows = []
    clock = times[1:]
    for size in sizes:
        path = _followed(report, made.problem(size * bent), made.start, rtol, times, key)
        exact = made.factors(path.time)
        gaps = [np.linalg.norm(np.stack([f[i] for f in path.factors]) - exact[i], axis=(1, 2)) for i in (0, 1)]
        rows.append(np.maximum(*gaps)[1:])
        clock = path.time[1:]
    deviations = np.array(rows)
    late = clock >= 0.25 * clock[-1]
    slopes = np.polyfit(np.log(sizes), np.log(deviations[:, late]), 1)[0]
    largest = int(np.argmax(sizes))
    rate = perturbation_rate(clock, deviations[largest], sizes[largest])
    above = np.max(deviations / perturbation_bound(clock, 1.0, rate), axis=1)

    def uneven(power: float) -> float:
        """How unequally a bound with this power of epsilon, made to touch at the largest, is reached at the others."""
        scaled = above / np.array(sizes) ** power
        return float(np.abs(scaled / scaled[largest] - 1).max())

    finals = {"slope_low": float(slopes.min()), "slope_high": float(slopes.max()), "rate": rate}
    powers = {"bound": 1.0, "bound_square": 2.0, "bound_root": 0.5, "bound_constant": 0.0}
    finals |= {name: uneven(power) for name, power in powers.items()}
    data = {"time": ("record", clock), "deviation": (("size", "record"), deviations), "epsilon": ("size", np.array(sizes))}
    return xr.Dataset(data), finals


def orders(report: Any, *, side: int, delta: float, rtol: float, key: tuple[int, int]) -> Found:
    """Two components of which the one with the larger sigma takes less off the loss: which is learnt first."""
    sigma, lam = np.zeros(side), np.ones(side)
    sigma[:2], lam[:2] = (2.0, 1.0), (10.0, 0.5)
    problem = LinearRegression.from_moments(np.diag(lam), np.diag(sigma))
    start = two_layer_start(np.eye(side), np.eye(side), delta, key=key)
    middle = 0.5 * (delta / sigma[0] + delta / sigma[1])
    times = np.union1d(np.linspace(0.0, 1.5 * delta / sigma[1], 61), [middle])
    path = _followed(report, problem, start, rtol, times, key)
    at = path.predictors[int(np.searchsorted(path.time, middle * (1 - 1e-12)))]
    learnt = common_decomposition(np.diag(lam), np.diag(sigma)).truncated(1)
    best = reduced_rank_regression(np.diag(lam), np.diag(sigma), 1)
    finals = {
        "to_largest_sigma": _relative(at, learnt),
        "to_reduced_rank": _relative(at, best),
        "to_nothing": 1.0 if not np.any(at) else _relative(np.zeros_like(at), learnt),
        "loss_learnt": float(_loss(problem, at[None])[0]),
        "loss_reduced_rank": float(_loss(problem, best[None])[0]),
    }
    first, second = (path.predictors[:, i, i] for i in (0, 1))
    return xr.Dataset({"time": ("record", path.time), "first": ("record", first), "second": ("record", second)}), finals


def decompositions(report: Any, *, inputs: int, classes: int, samples: int, key: tuple[int, int]) -> Found:
    """How nearly synthetic data sets have a common decomposition: an autoencoder, classes, teachers, and random frames."""
    rng = stream(key, "data")
    spread = np.sqrt(0.7 ** np.arange(inputs))[:, None]
    gaussian = orthonormal(rng, inputs, inputs) @ (spread * rng.normal(size=(inputs, samples)))
    labels = rng.integers(classes, size=samples)
    hot = np.eye(classes)[:, labels]
    centres = 2.0 * rng.normal(size=(inputs, classes))
    white = centres[:, labels] + rng.normal(size=(inputs, samples))
    coloured = centres[:, labels] + 3.0 * gaussian
    aligned = orthonormal(rng, classes, classes) @ np.diag(rng.uniform(0.5, 1.5, classes)) @ np.eye(classes, inputs)
    axes = np.linalg.eigh(gaussian @ gaussian.T)[1].T
    sets = {
        "autoencoder": (gaussian, gaussian),
        "teacher along principal axes": (gaussian, aligned @ axes @ gaussian),
        "classes, white noise": (white, hot),
        "classes, coloured noise": (coloured, hot),
        "teacher at random": (gaussian, rng.normal(size=(classes, inputs)) @ gaussian),
    }
    finals = {name: common_decomposition(x @ x.T / samples, y @ x.T / samples).delta for name, (x, y) in sets.items()}
    moment, turn = gaussian @ gaussian.T / samples, orthonormal(rng, inputs, inputs)
    turned = turn.T @ moment @ turn
    finals["frame at random"] = float(np.linalg.norm(turned - np.diag(np.diagonal(turned))) / np.linalg.norm(turned))
    return xr.Dataset({"delta": ("record", np.array(list(finals.values())))}), finals


def _followed(
    report: Any, problem: LinearRegression, start: list[np.ndarray], rtol: float, times: np.ndarray, key: tuple[int, int]
) -> Points:
    """The flow, with its factors at the times; the last of them ends it."""
    network = DeepLinear(depth=2, shape=problem.shape, hidden=len(start[0]))
    inner = [float(t) for t in times if 0 < t < times[-1]]
    run = follow(
        problem, network, Given(start), GradientFlow(rtol),
        until=Time(float(times[-1])), key=key, record=[Factors()], at=AtTimes(inner), report=report,
    )  # fmt: skip
    return points(run, count=len(run.data.record))


def _turned(made: Instance, path: Points) -> np.ndarray:
    return made.outputs.T @ path.predictors @ made.inputs


def _components(made: Instance, path: Points) -> np.ndarray:
    return np.diagonal(_turned(made, path), axis1=1, axis2=2)


def _distance(made: Instance, path: Points, components: np.ndarray) -> float:
    """The largest distance of the product to components in the common frame, relative to the size of the last product."""
    apart = np.array(_turned(made, path))
    size = float(np.linalg.norm(apart, axis=(1, 2)).max())
    places = range(components.shape[1])
    apart[:, places, places] -= components
    return float(np.linalg.norm(apart, axis=(1, 2)).max()) / size


def _wrong_forms(made: Instance, path: Points) -> dict[str, float]:
    """Forms that are not the closed form, each as printed or with one thing wrong."""
    time, lam = path.time[:, None], made.lam[: len(made.sigma)]
    start = np.exp(-2 * made.delta)
    forms = {
        "exchanged": two_layer_mode(time, made.delta, lam, made.sigma),
        "without_mean": two_layer_mode(time, made.delta, SAMPLES * made.sigma, SAMPLES * lam),
        "half_speed": two_layer_mode(time / 2, made.delta, made.sigma, lam),
        "one_layer": one_layer_mode(time, made.sigma, lam, start),
        "still": np.broadcast_to(start, (len(time), len(start))),
    }
    return {name: _distance(made, path, form) for name, form in forms.items()}


def _relative(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest Frobenius distance of matrices, relative to the largest of those wanted."""
    return float(np.linalg.norm(found - wanted, axis=(-2, -1)).max() / np.linalg.norm(wanted, axis=(-2, -1)).max())


def _trace(matrices: np.ndarray) -> np.ndarray:
    return np.linalg.svd(matrices, compute_uv=False).sum(axis=-1)


def _loss(problem: LinearRegression, predictors: np.ndarray) -> np.ndarray:
    return 0.5 * np.sum(((predictors - problem.target) @ problem.root) ** 2, axis=(1, 2))


def _flatness(time: np.ndarray, trace: np.ndarray, plateaus: int) -> float:
    """The steepest plateau: slope in log time where the trace norm is a whole number, over the mean slope around it."""
    worst = 0.0
    log = np.log(time[1:])
    slope = np.gradient(trace[1:], log)
    for count in range(1, plateaus + 1):
        near = (trace[1:] > count - 0.4) & (trace[1:] < count + 0.4)
        low, high = (_crossing(log, trace[1:], count + side) for side in (-0.5, 0.5))
        worst = max(worst, float(slope[near].min()) * (high - low)) if near.any() else math.inf
    return worst


def _crossing(time: np.ndarray, values: np.ndarray, level: float) -> float:
    """When a rising series first passes a level, between records by straight lines; not a number if it never does."""
    if values.max() < level:
        return math.nan
    at = int(np.argmax(values >= level))
    if at == 0:
        return float(time[0])
    below, above = values[at - 1], values[at]
    return float(time[at - 1] + (level - below) / (above - below) * (time[at] - time[at - 1]))
