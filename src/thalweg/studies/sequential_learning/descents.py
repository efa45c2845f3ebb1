"""What the study of sequential learning computes of finite steps: bounds, transition times, matrices beside the recursion."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.initializations.given import Given
from thalweg.observables.factors import Factors
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.studies.sequential_learning.work import Found, instance
from thalweg.theory.points import points
from thalweg.theory.prediction import compare
from thalweg.theory.two_layer import two_layer_mode
from thalweg.theory.two_layer_descent import (
    descent_bounds,
    descent_mode,
    descent_transition,
    published_descent_bounds,
    sequential_learning_rate,
)
from thalweg.theory.two_layer_modes import TwoLayerDescent
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import EverySteps
from thalweg.trajectory.stop import Steps


def descent(report: Any, *, outputs: int, inputs: int, hidden: int, rate: float, steps: int, key: tuple[int, int]) -> Found:
    """Gradient descent on the matrices beside the recursion of the components, and beside the flow's closed form."""
    made = instance(outputs, inputs, hidden, key)
    run = follow(
        made.problem(), DeepLinear(depth=2, shape=(outputs, inputs), hidden=hidden), Given(made.start), GradientDescent(rate),
        until=Steps(steps), key=key, record=[Factors()], at=EverySteps(max(1, steps // 60)), report=report,
    )  # fmt: skip
    path = points(run, count=len(run.data.record))
    laid = compare(TwoLayerDescent(), path)
    turned = made.outputs.T @ path.predictors @ made.inputs
    measured = np.diagonal(turned, axis1=1, axis2=2)
    lam, start = made.lam[: len(made.sigma)], np.exp(-2 * made.delta)
    single = start * (1 + rate * made.sigma) ** path.steps[:, None]
    flow = two_layer_mode(path.time[:, None], made.delta, made.sigma, lam)
    scale = float(np.abs(measured).max())
    finals = {
        "recursion": laid.worst,
        "recursion_as_flow": float(np.abs(measured - flow).max()) / scale,
        "recursion_unsquared": float(np.abs(measured - np.minimum(single, made.sigma / lam)).max()) / scale,
        "recursion_still": float(np.abs(measured - start).max()) / scale,
    }
    return xr.Dataset({"time": ("record", path.time), "measured": (("record", "mode"), measured)}), finals


def bounds(report: Any, *, products: Sequence[float], shares: Sequence[float]) -> Found:
    """The recursion over a grid of rates and starts beside bounds that hold and bounds as published."""
    sigma, lam = 2.0, 0.5
    names = ("rigorous_lower", "rigorous_upper", "published_lower", "published_upper", "exchanged", "lower_too_tight")
    excess = dict.fromkeys(names, -np.inf)
    apart = {"rigorous": 0.0, "published": 0.0}
    upper = np.empty((len(products), len(shares)))
    at_start: dict[str, list[float]] = {"corrected": [], "printed": []}
    for i, product in enumerate(products):
        for j, share in enumerate(shares):
            start, rate, steps = share * sigma / lam, product / sigma, int(45 / product)
            path, t = descent_mode(steps, start, sigma, lam, rate), np.arange(steps + 1)
            low, high = descent_bounds(t, start, sigma, lam, rate)
            looser, broken = published_descent_bounds(t, start, sigma, lam, rate)
            plateau = sigma / lam
            tight = plateau / (1 + (plateau / start - 1) * np.exp((-2 * product + product**2 / 2) * t))
            gaps = (low - path, path - high, looser - path, path - broken, high - path, tight - path)
            for name, gap in zip(names, gaps, strict=True):
                excess[name] = max(excess[name], float(np.max(gap / path)))
            upper[i, j] = np.max(path - broken) * lam / sigma
            apart["rigorous"] = max(apart["rigorous"], float(np.max((path - low) * lam / sigma)))
            apart["published"] = max(apart["published"], float(np.max((path - looser) * lam / sigma)))
            for numerator, found in at_start.items():
                sides = published_descent_bounds(0, start, sigma, lam, rate, as_printed=numerator == "printed")
                found += [abs(float(side) / start - 1) for side in sides]
    finals: dict[str, Any] = {**excess, "upper_excess": float(upper.max()), "upper_excess_least": float(upper[:, -1].min())}
    finals |= {"lower_distance": apart["rigorous"], "published_lower_distance": apart["published"]}
    finals |= {"start_with_sigma": max(at_start["corrected"]), "start_as_printed": min(at_start["printed"])}
    data = {
        "excess": (("record", "share"), upper),
        "product": ("record", np.array(products)),
        "from": ("share", np.array(shares)),
    }
    return xr.Dataset(data), finals


def transitions(report: Any, *, product: float, deltas: Sequence[float]) -> Found:
    """Steps to half of the plateau at a fixed rate and ever smaller starts, and two components at rates beyond the gap."""
    halves = []
    for delta in deltas:
        path = descent_mode(int(2 * delta / product), np.exp(-2 * delta), 1.0, 1.0, product)
        halves.append(int(np.argmax(path > 0.5)))
    exact, first = float(descent_transition(1.0, product)), 1 / product
    steps = np.array(halves)
    finals: dict[str, Any] = {
        "half_steps": float(steps[0]),
        "exact": float(np.abs(steps / (np.array(deltas) * exact) - 1).max()),
        "first_order": float(np.abs(steps / (np.array(deltas) * first) - 1).max()),
        "doubled": float(np.abs(steps / (2 * np.array(deltas) * exact) - 1).max()),
        "flow": float(np.abs(steps * product / np.array(deltas) - 1).max()),
    }
    low, high = 1 / (product + product**2 / 2), 1 / (product - 2 * product**2)
    for name, time in (("inside", exact), ("outside_zero", 0.0), ("outside_twice", float(descent_transition(2.0, product)))):
        finals[name] = max(low - time, time - high)
    sigma = np.array([1.0, 0.8])
    gap = sequential_learning_rate(sigma)
    rate, delta = 0.45, deltas[0]
    middle = int(np.mean(delta * descent_transition(sigma, rate)))
    path = descent_mode(4 * middle, np.exp(-2 * delta), sigma, 1.0, rate)
    share = path / sigma
    finals |= {"gap_rate": gap, "rate_over_gap": rate / gap}
    finals["beyond_gap"] = float(max(abs(1 - share[middle, 0]), share[middle, 1]))
    finals["beyond_gap_late"] = float(max(abs(1 - share[-1, 0]), share[-1, 1]))
    finals["beyond_gap_early"] = float(max(abs(1 - share[middle // 2, 0]), share[middle // 2, 1]))
    every = max(1, len(path) // 300)
    curves = {"step": ("record", np.arange(len(path))[::every]), "share": (("record", "mode"), share[::every])}
    data = {
        "delta": ("case", np.array(deltas)),
        "half": ("case", steps),
        "transition": ("mode", delta * descent_transition(sigma, rate)),
    }
    return xr.Dataset({**curves, **data}), finals
