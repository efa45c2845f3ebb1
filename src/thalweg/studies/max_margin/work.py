"""What the study computes: certified margins, the paths of every algorithm beside them, and the flow in its own clock."""

from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.algorithms.log_time_flow import LogTimeFlow
from thalweg.exact.hard_margin import hard_margin, proved_margin
from thalweg.exact.solution import Solution
from thalweg.initializations.given import Given
from thalweg.observables.loss import Loss
from thalweg.observables.predictor import Predictor
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.classification import Classification
from thalweg.studies.max_margin import descents
from thalweg.trajectory.follow import follow
from thalweg.trajectory.stop import Time

NORMS = {"l1": 1, "l2": 2, "linf": np.inf}
APART = 0.93
"""The most of each largest margin that the solutions for the other two norms may have in an instance."""
FAR = (300.0, 3000.0)
"""Between which logarithms of time the flow is measured."""

Finals = tuple[xr.Dataset, dict[str, Any]]
Best = dict[str, Solution]


def planted(rng: np.random.Generator, samples: int, size: int, least: float) -> np.ndarray:
    """Signed Gaussian samples with a margin of at least `least` to a random plane, as columns."""
    normal = rng.normal(size=size)
    normal /= np.linalg.norm(normal)
    found: list[np.ndarray] = []
    while len(found) < samples:
        sample = rng.normal(size=size)
        side = float(sample @ normal)
        if abs(side) >= least:
            found.append(np.sign(side) * sample)
    return np.array(found).T


def instance(rng: np.random.Generator, samples: int, size: int, least: float, apart: float = APART) -> tuple[np.ndarray, Best]:
    """The first planted samples whose three largest margins are at three directions, with the certified solutions."""
    while True:
        signed = planted(rng, samples, size, least)
        best = {name: hard_margin(problem_of(signed), norm) for name, norm in NORMS.items()}
        shares = [share(signed, best, solution.predictor, name) for at, solution in best.items() for name in best if name != at]
        if max(shares) <= apart:
            return signed, best


def problem_of(signed: np.ndarray) -> Classification:
    """The samples as a problem with the logarithm of the logistic loss."""
    return Classification(signed, np.ones(signed.shape[1]), loss="logistic", logarithm=True)


def share(signed: np.ndarray, best: Best, predictors: np.ndarray, name: str) -> Any:
    """How much of the largest margin in a norm predictors have, a row each; one row gives a number."""
    margins = (predictors @ signed).min(axis=1) / np.linalg.norm(predictors, NORMS[name], axis=1)
    found = margins / best[name].value
    return float(found[0]) if len(found) == 1 else found


def limit_of_gap(solution: Solution) -> float:
    r"""What $\log t$ times the gap of the margin tends to along the flow, $\gamma(H(q) - H_\infty(q))$.

    $w(t) = \hat w\log t + \rho + o(1)$ with $e^{-\langle\rho, y_ix_i\rangle} = m q_i/\gamma^2$ on the support vectors, whose
    weights q prove the margin: the gap is that of the mean of $-\log q_i$ under q to the least of them.
    """
    q = solution.dual[solution.dual > 0]
    return float(solution.value * (np.log(q.max()) - q @ np.log(q)))


def certificates(signed: np.ndarray, best: Best) -> dict[str, float]:
    """The relative gaps of the three solutions, and those that other weights would leave."""
    equal = np.full(signed.shape[1], 1 / signed.shape[1])
    finals = {f"gap_{name}": solution.gap for name, solution in best.items()}
    for name, weights in (("equal", equal), ("exchanged", best["l2"].dual)):
        others = [at for at in best if name == "equal" or at != "l2"]
        finals[f"gap_{name}"] = min(1 - best[at].value / proved_margin(signed, weights, NORMS[at]) for at in others)
    return finals | {f"margin_{name}": solution.value for name, solution in best.items()}


def compared(report: Any, *, key: Any, samples: int, size: int, least: float, steps: dict[str, int]) -> Finals:
    """Every algorithm on one instance: the shares of the three largest margins that it has along its path."""
    signed, best = instance(stream(key, "data"), samples, size, least)
    rows = np.ascontiguousarray(signed.T)
    finals = certificates(signed, best)
    data, ended = shares_of(signed, best, paths(rows), steps)
    finals |= ended
    for at, solution in best.items():
        finals |= {f"share_{name}_at_{at}": share(signed, best, solution.predictor, name) for name in NORMS}
    return data, finals


def paths(rows: np.ndarray) -> dict[str, tuple[str, descents.Steps]]:
    """The algorithms by name, each with the kind of its number of steps; rates are those that the theory allows, or twice."""
    longest, top = float(np.linalg.norm(rows, axis=1).max()), float(np.linalg.norm(rows, 2))
    return {
        "descent": ("descent", descents.descent(rows, 4 * len(rows) / top**2)),
        "normalized": ("normalized", descents.normalized(rows, 1 / longest)),
        "root": ("normalized", descents.normalized(rows, 20 / longest, 0.5)),
        "momentum": ("momentum", descents.momentum(rows, 1 / longest**2)),
        "sign": ("others", descents.sign(rows, 0.1)),
        "adam": ("others", descents.adam(rows, 0.1, 0.0, (0.9, 0.99))),
        "coordinate": ("others", descents.coordinate(rows, 0.3)),
        "polynomial": ("polynomial", descents.polynomial(rows, 0.1 / longest**2, 1.0)),
    }


def shares_of(signed: np.ndarray, best: Best, algorithms: dict[str, tuple[str, descents.Steps]], steps: dict[str, int]) -> Finals:
    """The shares along paths, at numbers of steps evenly spaced in the logarithm, and at their ends."""
    marks = descents.marked(max(steps[kind] for kind, _ in algorithms.values()))
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {"steps": ("record", marks.astype(float))}
    for name, (kind, path) in algorithms.items():
        seen = marks[marks <= steps[kind]]
        walked = descents.walked(path, seen)
        for norm in best:
            shares = np.full(len(marks), np.nan)
            shares[: len(seen)] = share(signed, best, walked, norm)
            variables[f"{name}_{norm}"] = ("record", shares)
            finals[f"share_{norm}_{name}"] = float(shares[len(seen) - 1])
        if "l2" in best:
            off = 1 - variables[f"{name}_l2"][1][: len(seen)]
            finals[f"off_{name}"] = float(off[-1])
            finals[f"slope_{name}"] = slope(seen, off, seen[-1] / 10, seen[-1])
    return xr.Dataset(variables), finals


def slope(x: np.ndarray, y: np.ndarray, low: float, high: float) -> float:
    """The slope of log y against log x from low to high; 0 where fewer than two positive numbers are there."""
    used = (x >= low * (1 - 1e-9)) & (x <= high * (1 + 1e-9)) & (y > 0)
    return float(np.polyfit(np.log(x[used]), np.log(y[used]), 1)[0]) if used.sum() > 1 else 0.0


def flowed(
    report: Any, *, key: Any, samples: int, size: int, least: float, how_many: int, rtol: float, end: float, steps: int
) -> Finals:
    """The flow of the logistic loss in the clock of margins, and what its theory says of it; descent beside the first."""
    rng = stream(key, "data")
    found: dict[str, list[float]] = {}
    data = xr.Dataset()
    for number in range(how_many):
        signed, best = instance(rng, samples, size, least)
        margin, limit = best["l2"].value, limit_of_gap(best["l2"])
        run = follow(
            problem_of(signed),
            DeepLinear(depth=1, shape=(1, size)),
            Given([np.zeros((1, size))]),
            LogTimeFlow(rtol),
            until=Time(end),
            key=0,
            record=[Loss(), Predictor()],
            report=report,
        )
        w = run.data.predictor.values[1:, 0]
        log_time, log_loss = run.data.log_time.values[1:], run.data.loss.values[1:]
        length, raw = np.linalg.norm(w, axis=1), (w @ signed).min(axis=1)
        gap, unit = margin - raw / length, best["l2"].predictor[0]
        far = (log_time > FAR[0]) & (log_time < FAR[1])
        # the flow at the middle of its far stretch, where the gap is large beside what the tolerance leaves
        there = float(np.interp(1000.0, log_time, gap * log_time))
        q = best["l2"].dual[best["l2"].dual > 0]
        wrong = {"entropy": -q @ np.log(q), "least": -np.log(q.max()), "count": np.log(samples), "nothing": 0.0}
        one = {
            "constant": abs(there - limit) / margin,
            **{f"constant_{name}": abs(there - margin * value) / margin for name, value in wrong.items()},
            "power": slope(log_time, gap, *FAR),
            "power_squared": slope(log_time, gap**2, *FAR),
            "power_root": slope(log_time, gap**0.5, *FAR),
            "time": float(np.abs(log_loss + log_time + 2 * np.log(margin))[far].max()),
            "time_without_margin": float(np.abs(log_loss + log_time)[far].max()),
            "time_margin_once": float(np.abs(log_loss + log_time + np.log(margin))[far].max()),
            "off_direction": float(np.linalg.norm(w[-1] / length[-1] - unit)),
            "off_solution": float(np.linalg.norm(w[-1] / length[-1] - unit / margin)),
            "raw_margin": float(raw[-1]),
            "decades": float(np.log10(np.interp(1000.0, raw, run.data.gradients.values[1:]))),
            "decades_of_time": float(np.interp(1000.0, raw, log_time) / np.log(10.0)),
        }
        if number == 0:
            one |= beside(signed, margin, steps, log_time, gap)
            data = xr.Dataset(
                {
                    "log_time": ("record", log_time),
                    "gap": ("record", gap / margin),
                    "angle": ("record", np.linalg.norm(w / length[:, None] - unit, axis=1)),
                    "raw_margin": ("record", raw),
                    "gradients": ("record", run.data.gradients.values[1:].astype(float)),
                }
            )
            one |= {"limit": limit / margin}
        for name, value in one.items():
            found.setdefault(name, []).append(float(value))
    worst = {name: max(values, key=abs) for name, values in found.items()}
    # of powers the farthest from what is claimed, of wrong constants the nearest to the right one
    worst["power"] = max(found["power"], key=lambda power: abs(power + 1))
    worst |= {name: min(found[name]) for name in found if name.startswith(("constant_", "time_", "off_solution", "raw"))}
    return data, worst


def beside(signed: np.ndarray, margin: float, steps: int, log_time: np.ndarray, gap: np.ndarray) -> dict[str, float]:
    """How far the gap of descent is from that of the flow at the same time, and at ten times that time, relatively."""
    rows = np.ascontiguousarray(signed.T)
    rate = 4 * len(rows) / float(np.linalg.norm(rows, 2)) ** 2
    w = descents.walked(descents.descent(rows, rate), np.array([steps]))[0]
    ours = margin - float((rows @ w).min() / np.linalg.norm(w))
    apart = {
        name: abs(ours / float(np.interp(np.log(rate * steps * factor), log_time, gap)) - 1)
        for name, factor in (("descent", 1.0), ("descent_later", 10.0), ("descent_earlier", 0.1))
    }
    return apart | {"descent_log_time": float(np.log(rate * steps)), "descent_gap": ours / margin}


def digits(report: Any, *, signed: np.ndarray, steps: dict[str, int]) -> Finals:
    """Two digits told apart: the certified margins, and the slow and the fast way to the Euclidean one."""
    best = {name: hard_margin(problem_of(signed), norm) for name, norm in NORMS.items()}
    rows = np.ascontiguousarray(signed.T)
    chosen = {name: path for name, path in paths(rows).items() if name in ("descent", "normalized", "momentum")}
    data, finals = shares_of(signed, best, chosen, steps)
    return data, certificates(signed, best) | finals
