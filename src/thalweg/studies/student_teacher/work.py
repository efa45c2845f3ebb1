"""What is computed: exact students in high dimension, paths of shallow and deep students, and what the formulas say."""

from typing import Any

import numpy as np
import xarray as xr
from scipy.linalg import eigh

from thalweg._seeds import stream
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.gaussian import Gaussian
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.linear_regression import LinearRegression
from thalweg.studies.study import Report
from thalweg.theory.input_modes import InputModes
from thalweg.theory.linear_student import FrozenSubspace, Generalisation, unreached
from thalweg.theory.points import Points, points
from thalweg.theory.prediction import compare
from thalweg.theory.student_teacher import (
    best_stopping_time,
    best_stopping_time_of_mode,
    final_generalisation_error,
    generalisation_error,
    overtraining_growth,
    ridge_error,
    training_error,
)
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes
from thalweg.trajectory.stop import Time

Found = tuple[xr.Dataset, dict[str, float]]


def simulated(report: Report, *, ratio: float, length: int, draws: int, teachers: int, snr: float, inr: float, key: Any) -> Found:
    """Students that follow the flow exactly, in the basis of their inputs' singular vectors, against the limit of many inputs.

    Each draw of inputs is learnt from by so many teachers, with noise and start of their own. The wrong variants of the law
    are laid beside the same students.
    """
    clock = np.unique([*np.geomspace(0.1, 1000, 33), *CHECKED])
    at = np.searchsorted(clock, CHECKED)
    runs = [
        _students(stream((*key, draw), "data"), clock, length, round(ratio * length), teachers, snr, inr) for draw in range(draws)
    ]
    tested, trained, from_zero, ridge, final = (np.array(part) for part in zip(*runs, strict=True))
    modes, mean = InputModes.marchenko_pastur(ratio), tested.mean(axis=0)
    reached = modes.values > 0
    bare = InputModes(modes.values[reached], modes.weights[reached], ratio)
    scaled = InputModes(modes.values / ratio, modes.weights, ratio)
    law = generalisation_error(clock, modes, snr=snr, inr=inr)
    quiet = generalisation_error(clock, modes, snr=1e12, inr=inr) + 1 / snr
    fit = training_error(clock, modes, snr=snr, inr=inr)

    def off(predicted: np.ndarray, measured: np.ndarray = mean) -> float:
        return float(np.abs(measured / predicted - 1)[at].max())

    finals = {
        "tested": off(law),
        "tested_from_the_start": off(np.full_like(law, law[0])),
        "tested_over_samples": off(generalisation_error(clock, scaled, snr=snr, inr=inr)),
        "tested_without_frozen": off(generalisation_error(clock, bare, snr=snr, inr=inr)),
        "tested_without_noise": off(quiet),
        "trained": float(np.abs(trained.mean(axis=0) - fit)[at].max() / fit[0]),
        "trained_without_rest": float(np.abs(trained.mean(axis=0) - fit + max(0.0, 1 - 1 / ratio) / snr)[at].max() / fit[0]),
        "trained_at_half_speed": float(np.abs(trained.mean(axis=0) - np.interp(clock / 2, clock, fit))[at].max() / fit[0]),
        "trained_from_the_start": float(np.abs(trained.mean(axis=0) - fit[0])[at].max() / fit[0]),
        "penalty": float(mean[-1] / mean.min()),
        "stopped": float(from_zero.mean(axis=0).min() / ridge.mean()),
        "stopped_never": float(from_zero.mean(axis=0)[-1] / ridge.mean()),
        "stopped_large_start": float(mean.min() / ridge.mean()),
        "final": float(final.mean()),
    }
    if ratio != 1:
        limit = final_generalisation_error(ratio, snr=snr, inr=inr)
        finals |= {
            "final_off": abs(float(final.mean()) / limit - 1),
            "final_off_noise_only": abs(float(final.mean()) / (1 / snr) - 1),
            "final_off_exchanged": abs(float(final.mean()) / final_generalisation_error(1 / ratio, snr=snr, inr=inr) - 1),
        }
    variables = {
        "time": ("record", clock),
        "tested": ("record", mean),
        "tested_low": ("record", tested.min(axis=0)),
        "tested_high": ("record", tested.max(axis=0)),
        "trained": ("record", trained.mean(axis=0)),
        "law": ("record", law),
        "fit": ("record", fit),
    }
    return xr.Dataset(variables), finals


CHECKED = (0.5, 2.0, 10.0, 100.0)
"""The times at which simulation and law are compared."""


def _students(
    rng: np.random.Generator, clock: np.ndarray, n: int, p: int, teachers: int, snr: float, inr: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Mean errors over the teachers of one draw of inputs: on new samples, on seen ones, from 0, of ridge, at the end."""
    x = rng.normal(size=(n, p)) / np.sqrt(n)
    teacher, noise = rng.normal(size=(teachers, n)), rng.normal(size=(teachers, p)) / np.sqrt(snr)
    start = np.sqrt(inr) * rng.normal(size=(teachers, n))
    outputs = teacher @ x + noise
    if p < n:
        values, right = eigh(x.T @ x, driver="evd")
        left = x @ right / np.sqrt(values)
    else:
        values, left = eigh(x @ x.T, driver="evd")
        right = x.T @ left / np.sqrt(values)
    wanted, begun = teacher @ left, start @ left
    solution = outputs @ right / np.sqrt(values)
    outside = np.sum((start - teacher) ** 2, axis=1) - np.sum((begun - wanted) ** 2, axis=1)
    untaught = np.sum(teacher**2, axis=1) - np.sum(wanted**2, axis=1)
    rest = np.sum(outputs**2, axis=1) - np.sum((outputs @ right) ** 2, axis=1)
    tested, trained, from_zero = [], [], []
    for time in clock:
        fading = np.exp(-values * time)
        now = solution + (begun - solution) * fading
        tested.append(float(np.mean(np.sum((now - wanted) ** 2, axis=1) + outside) / n + 1 / snr))
        trained.append(float(np.mean(np.sum(values * (now - solution) ** 2, axis=1) + rest) / p))
        grown = solution * (1 - fading)
        from_zero.append(float(np.mean(np.sum((grown - wanted) ** 2, axis=1) + untaught) / n + 1 / snr))
    held = solution * values / (values + 1 / snr)
    ridge = float(np.mean(np.sum((held - wanted) ** 2, axis=1) + untaught) / n + 1 / snr)
    final = float(np.mean(np.sum((solution - wanted) ** 2, axis=1) + outside) / n + 1 / snr)
    return np.array(tested), np.array(trained), np.array(from_zero), ridge, final


def paths(
    report: Report, *, length: int, samples: int, snr: float, inr: float, rtols: Any, scales: Any, end: float, key: Any
) -> Found:
    """A shallow student by the flow at several tolerances, and students of two layers from starts of several scales."""
    rng = stream(key, "data")
    x = rng.normal(size=(length, samples)) / np.sqrt(length)
    teacher = rng.normal(size=(1, length))
    outputs = teacher @ x + rng.normal(size=(1, samples)) / np.sqrt(snr)
    start = np.sqrt(inr) * rng.normal(size=(1, length))
    problem = LinearRegression(x, outputs, loss="half sum of squares")
    outside = unreached(problem)
    reached = np.linalg.svd(x)[0][:, :samples][:, : outside.shape[1]]
    clock = np.geomspace(0.1, end, 40)
    law = Generalisation(teacher, noise=1 / snr)

    def run(depth: int, begin: Any, rtol: float) -> Any:
        network = DeepLinear(depth=depth, shape=(1, length), hidden=4)
        until, at = Time(end), AtTimes(list(clock[:-1]))
        algorithm = GradientFlow(rtol)
        return follow(problem, network, begin, algorithm, until=until, key=key, record=[Factors()], at=at, report=report)

    finals: dict[str, float] = {}
    shallow = [run(1, [start], rtol) for rtol in rtols]
    for index, found in enumerate(shallow):
        finals[f"residual_{index}"] = compare(law, found).worst
    path = points(shallow[-1], count=100)
    moved = path.predictors - path.predictors[0]
    size = np.linalg.norm(path.predictors[0])
    laid = law.lay(path)
    finals |= {
        "shallow_moved_outside": float(np.linalg.norm(moved @ outside, axis=(1, 2)).max() / size),
        "shallow_moved_inside": float(np.linalg.norm(moved @ reached, axis=(1, 2)).max() / size),
        "residual_half_speed": _off(law, path, problem, speed=0.5),
        "residual_all_fade": _off(law, path, problem, least=0.05),
        "residual_at_rest": _off(law, path, problem, speed=0.0),
    }
    deep_norms, deep_errors = [], []
    for index, scale in enumerate(scales):
        found = run(2, Gaussian(float(scale)), min(rtols))
        deep = points(found, count=100)
        norms = np.linalg.norm(deep.predictors @ outside, axis=(1, 2))
        first = np.stack([factors[0] for factors in deep.factors])
        carried = np.stack([factors[1] for factors in deep.factors]) @ (first[0] @ outside)
        finals |= {
            f"deep_begins_outside_{index}": float(norms[0]),
            f"deep_ends_outside_{index}": float(norms[-1]),
            f"deep_first_moved_{index}": compare(FrozenSubspace(), deep).worst,
            f"deep_first_moved_inside_{index}": float(np.linalg.norm((first - first[0]) @ reached, axis=(1, 2)).max()),
            f"deep_carried_{index}": float(np.abs(deep.predictors @ outside - carried).max() / norms.max()),
            f"deep_carried_not_{index}": float(
                np.abs(deep.predictors @ outside - deep.predictors[0] @ outside).max() / norms.max()
            ),
        }
        deep_norms.append(norms)
        deep_errors.append(law.error(deep.predictors))
    variables = {
        "time": ("record", path.time),
        "shallow_error": ("record", laid.measured),
        "shallow_law": ("record", laid.predicted),
        "shallow_outside": ("record", np.linalg.norm(path.predictors @ outside, axis=(1, 2))),
        "deep_error": (("scale", "record"), np.array(deep_errors)),
        "deep_outside": (("scale", "record"), np.array(deep_norms)),
        "scale": ("scale", np.array(scales, dtype=float)),
    }
    return xr.Dataset(variables), finals


def _off(law: Generalisation, path: Points, problem: LinearRegression, *, speed: float = 1.0, least: float = 0.0) -> float:
    """The residual of a wrong law: all rates scaled, or none of them 0."""
    values, vectors = np.linalg.eigh(problem.input_moment)
    fading = np.exp(-np.maximum(speed * values, least) * path.time[:, None])
    begun = (path.predictors[0] - problem.target) @ vectors
    predicted = law.error(problem.target + (begun * fading[:, None, :]) @ vectors.T)
    return float(np.abs(predicted - law.error(path.predictors)).max() / predicted.max())


def formulas(report: Report, *, snr: float, inr: float, late: float) -> Found:
    """What the limit of many inputs says: over ratios of samples to parameters, over signal to noise, over late times."""
    ratios = np.unique(np.concatenate([np.geomspace(0.1, 10, 41), np.linspace(0.8, 1.2, 41)]).round(6))
    limits = [InputModes.marchenko_pastur(ratio) for ratio in ratios]
    best = np.array([best_stopping_time(modes, snr=snr, inr=inr) for modes in limits])
    fixed = np.array([generalisation_error([2.0, 20.0, late], modes, snr=snr, inr=inr) for modes in limits])
    stopped = np.array([generalisation_error(t, modes, snr=snr, inr=inr) for t, modes in zip(best, limits, strict=True)])
    from_zero = np.array([generalisation_error(best_stopping_time(m, snr=snr), m, snr=snr) for m in limits])
    ridge = np.array([ridge_error(1 / snr, modes, snr=snr) for modes in limits])
    penalty = fixed[:, -1] / stopped
    finals = {
        "worst_ratio": float(ratios[np.argmax(penalty)]),
        "worst_ratio_early": float(ratios[np.argmax(fixed[:, 0] / stopped)]),
    }
    finals |= {"worst_ratio_of_error": float(ratios[np.argmax(stopped)]), "excess": float((from_zero / ridge).max() - 1)}
    finals |= _growth(snr, inr) | _mode_times() | _signals() | _accurate(late)
    signals = np.geomspace(0.1, 1e4, 26)
    times = [[best_stopping_time(InputModes.marchenko_pastur(r), snr=s) for s in signals] for r in (0.5, 1.0, 2.0)]
    variables = {
        "ratio": ("record", ratios),
        "fixed": (("record", "moment"), fixed),
        "stopped": ("record", stopped),
        "from_zero": ("record", from_zero),
        "ridge": ("record", ridge),
        "signal": ("signal", signals),
        "best_time": (("kind", "signal"), np.array(times)),
    }
    return xr.Dataset(variables), finals


def _growth(snr: float, inr: float) -> dict[str, float]:
    """How the error grows late at and about as many samples as parameters."""
    times = np.geomspace(1e6, 1e9, 7)

    def slope(ratio: float) -> float:
        errors = generalisation_error(times, InputModes.marchenko_pastur(ratio), snr=snr, inr=inr)
        return float(np.polyfit(np.log(times), np.log(errors), 1)[0])

    last = float(generalisation_error(times[-1], InputModes.marchenko_pastur(1.0), snr=snr, inr=inr))
    return {
        "growth_at_one": slope(1.0),
        "growth_below": slope(0.9),
        "growth_above": slope(1.1),
        "growth_over_law": last / float(overtraining_growth(times[-1], snr=snr)),
    }


def _accurate(late: float) -> dict[str, float]:
    """What training too long costs where labels are accurate, and where they are not."""

    def cost(ratio: float, snr: float) -> float:
        modes = InputModes.marchenko_pastur(ratio)
        best = best_stopping_time(modes, snr=snr)
        return float(generalisation_error(late, modes, snr=snr) / generalisation_error(best, modes, snr=snr) - 1)

    return {"cost_accurate": cost(0.5, 100.0), "cost_noisy": cost(0.5, 1.0), "cost_accurate_at_one": cost(1.0, 100.0)}


def _mode_times() -> dict[str, float]:
    """The published time to stop a mode, and wrong ones, against a search for the least error."""
    found: dict[str, list[float]] = {"right": [], "start_ignored": [], "rate_left_out": [], "no_one_added": []}
    for mode in (0.05, 0.5, 1.0, 4.0):
        for snr in (0.5, 5.0, 50.0):
            for inr in (0.0, 0.1, 1.0):
                alone = InputModes(np.array([mode]), np.ones(1), 1.0)
                formula = float(best_stopping_time_of_mode(mode, snr=snr, inr=inr))
                times = np.geomspace(1e-2, 1e3, 20_001)
                least = times[np.argmin(generalisation_error(times, alone, snr=snr, inr=inr))]
                wrong = {
                    "right": formula,
                    "start_ignored": np.log1p(snr * mode) / mode,
                    "rate_left_out": formula * mode,
                    "no_one_added": np.log(snr * (1 + inr) * mode) / mode,
                }
                for name, time in wrong.items():
                    found[name].append(abs(time / least - 1))
    return {f"mode_time_{name}": float(max(gaps)) for name, gaps in found.items()}


def _signals() -> dict[str, float]:
    """How the best time grows with signal over noise: per unit of its logarithm, and as a power."""
    signals = np.geomspace(1e6, 1e10, 5)
    found = {}
    for ratio in (0.5, 1.0, 2.0):
        times = np.array([best_stopping_time(InputModes.marchenko_pastur(ratio), snr=s) for s in signals])
        rate = np.polyfit(np.log(signals), times, 1)[0]
        found[f"signal_power_{ratio:g}"] = float(np.polyfit(np.log(signals), np.log(times), 1)[0])
        found[f"signal_rate_{ratio:g}"] = float(rate * (1 - np.sqrt(ratio)) ** 2)
        found[f"signal_share_{ratio:g}"] = float(times[-1] / signals[-1])
    return found
