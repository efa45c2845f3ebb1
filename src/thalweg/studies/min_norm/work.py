"""What the study computes: ends of descents beside the least of a convex program, on random instances and on examples."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from thalweg._seeds import stream
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.heavy_ball import HeavyBall
from thalweg.algorithms.mirror_descent import MirrorDescent
from thalweg.algorithms.mirror_flow import MirrorFlow
from thalweg.algorithms.natural_gradient import NaturalGradient
from thalweg.algorithms.steepest_descent import SteepestDescent
from thalweg.exact.least_potential import least_potential
from thalweg.initializations.given import Given
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.potentials.base import AbstractPotential
from thalweg.potentials.entropy import Entropy
from thalweg.potentials.hypentropy import Hypentropy
from thalweg.potentials.p_norm import PNorm
from thalweg.potentials.quadratic import Quadratic
from thalweg.problems.linear_regression import LinearRegression
from thalweg.studies.side_by_side import ended
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import EverySteps
from thalweg.trajectory.stop import LossBelow, Steps

Finals = tuple[xr.Dataset, dict[str, Any]]
Instance = tuple[LinearRegression, np.ndarray, np.ndarray]

PLANE = np.array([[1.0], [2.0]]), np.array([[1.0]])
"""The published example of two coefficients: one sample (1, 2) with value 1, from (1, 1)."""
SPACE = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 0.0]]), np.array([[1.0, 10.0]])
"""The published example of three coefficients: samples (1, 1, 1) and (1, 2, 0) with values 1 and 10, from zero."""
POWER = 4 / 3
GAP = 1e-13


def instances(key: Any, samples: int, size: int, how_many: int) -> list[Instance]:
    """Gaussian samples with positive coefficients behind their values: the problem, the samples as columns, a point."""
    rng = stream(key, "data")
    found = []
    for _ in range(how_many):
        inputs, truth = rng.normal(size=(size, samples)), np.abs(rng.normal(size=(1, size))) + 0.1
        found.append((LinearRegression(inputs, truth @ inputs, loss="half sum of squares"), inputs, truth[0]))
    return found


def nearest(problem: LinearRegression, potential: AbstractPotential, start: np.ndarray) -> np.ndarray:
    """The solution of least divergence from the start, certified."""
    solution = least_potential(problem, potential, start=start, gap=GAP)
    return solution.predictor[0]


def steepness(potential: AbstractPotential, inputs: np.ndarray, points: list[np.ndarray]) -> float:
    r"""The largest eigenvalue of $X^\top\nabla^2\psi(w)^{-1}X$ at any of the points: a rate is stable below two over it."""
    found = []
    for point in points:
        seen = np.stack([potential.natural(point, column) for column in inputs.T])
        if np.isfinite(seen).all():
            found.append(float(np.linalg.eigvals(seen @ inputs).real.max()))
    return max(found)


def apart(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distances relative to the others."""
    return np.linalg.norm(rows - others, axis=-1) / np.linalg.norm(others, axis=-1)


def random(
    report: Any, *, key: Any, samples: int, size: int, how_many: int, shares: Any, momenta: Any, halvings: int, passes: int
) -> Finals:
    """Random instances: each geometry at each rate against the least, and what else its end might have been taken for."""
    made = instances(key, samples, size, how_many)
    rng = stream(key, "start")
    positive = [np.exp(0.5 * rng.normal(size=size)) for _ in made]
    either = [0.5 * rng.normal(size=size) for _ in made]
    zero, ones = [np.zeros(size)] * how_many, [np.ones(size)] * how_many
    entropy, wide, narrow = Entropy(), Hypentropy(0.5), Hypentropy(0.05)
    settings: dict[str, list[tuple[AbstractPotential, list[np.ndarray]]]] = {
        "gradient": [(Quadratic(), either), (Quadratic(), zero)],
        "entropy": [(entropy, ones), (entropy, positive)],
        "hypentropy": [(wide, zero), (narrow, zero), (wide, either)],
        "p_norm": [(PNorm(1.5), either), (PNorm(1.2), zero)],
    }
    finals: dict[str, Any] = {}
    started: list[dict[str, Any]] = []
    for name, family in settings.items():
        known = [_setting(one, potential, start) for potential, starts in family for one, start in zip(made, starts, strict=True)]
        runs = [(setting, share / setting["steep"], 0.0) for setting in known for share in shares]
        plain = len(runs)
        if name == "entropy":
            tried = [(share, momentum) for share in shares for momentum in momenta]
            runs += [
                (s, share * (1 - momentum) ** 2 / s["steep"], momentum) for s in known[how_many:] for share, momentum in tried
            ]
            started = known[how_many:]
            finals |= _primal([run for run in runs if run[2]]) | _stochastic(made, started, passes, key)
        problems, starts, goals = ([run[0][what] for run in runs] for what in ("problem", "start", "goal"))
        algorithms = [
            GradientDescent(rate) if name == "gradient" else MirrorDescent(setting["potential"], rate, momentum=momentum)
            for setting, rate, momentum in runs
        ]
        rows, losses, _ = ended(problems, algorithms, starts)
        distances = apart(rows, np.stack(goals))
        finals[f"error_{name}"] = float(distances[:plain].max())
        finals[f"loss_{name}"] = float(losses.max())
        if name == "entropy":
            finals["error_dual"] = float(distances[plain:].max())
            finals["outside_dual"] = _outside(runs, rows)
        for what in ("start", "unstarted", "euclidean"):
            finals[f"{what}_{name}"] = float(max(apart(setting[what], setting["goal"]) for setting in known))
    errors, rates, more = _natural(started, halvings)
    finals |= more
    return xr.Dataset({"rate": (("record",), rates), "natural": (("record", "instance"), errors.T)}), finals


def _setting(instance: Instance, potential: AbstractPotential, start: np.ndarray) -> dict[str, Any]:
    """An instance with a potential and a start: its solution of least divergence, others, and the largest steepness."""
    problem, inputs, _ = instance
    goal = nearest(problem, potential, start)
    centre = np.ones_like(start) if isinstance(potential, Entropy) else np.zeros_like(start)
    return {
        "problem": problem,
        "inputs": inputs,
        "potential": potential,
        "start": start,
        "goal": goal,
        "unstarted": nearest(problem, potential, centre),
        "euclidean": problem.solution[0],
        "steep": steepness(potential, inputs, [start, goal]),
    }


def _outside(runs: list[Any], rows: np.ndarray) -> float:
    """The largest part of the change of the duals, for the entropy, that is outside the span of the samples."""
    found = []
    for (setting, _, _), row in zip(runs, rows, strict=True):
        basis, moved = np.linalg.qr(setting["inputs"])[0], np.log(row) - np.log(setting["start"])
        found.append(np.abs(moved - basis @ (basis.T @ moved)).max())
    return float(np.nanmax(found))


def _primal(runs: list[Any]) -> dict[str, float]:
    """Mirror descent with the momentum of the parameters: some of its runs leave the domain."""
    problems, starts, goals = ([run[0][what] for run in runs] for what in ("problem", "start", "goal"))
    algorithms = [HeavyBall(rate, momentum, potential=setting["potential"]) for setting, rate, momentum in runs]
    rows, losses, _ = ended(problems, algorithms, starts)
    arrived = losses < 1e-20
    errors = apart(rows, np.stack(goals))[arrived]
    there = [run for run, came in zip(runs, arrived, strict=True) if came]
    return {"error_primal": float(errors.max()), "outside_primal": _outside(there, rows[arrived])}


def _stochastic(made: list[Instance], known: list[dict[str, Any]], passes: int, key: Any) -> dict[str, float]:
    """One sample at a time, in a random order."""
    inputs = np.stack([inputs for _, inputs, _ in made])
    values = np.stack([truth @ inputs for _, inputs, truth in made])
    starts, goals = (np.stack([setting[what] for setting in known]) for what in ("start", "goal"))
    lengths = np.max(np.sum(inputs**2 * np.maximum(goals, starts)[:, :, None], axis=1), axis=1)
    order = stream(key, "order").integers(inputs.shape[2], size=passes)
    found = {}
    for name, mirrored in (("stochastic", True), ("stochastic_natural", False)):
        rows = np.asarray(_one_by_one(inputs, values, starts, 0.5 / lengths, order, mirrored))
        found[f"error_{name}"] = float(apart(rows, goals).max())
    return found


@functools.partial(jax.jit, static_argnames="mirrored")
def _one_by_one(inputs: Any, values: Any, starts: Any, rates: Any, order: Any, mirrored: bool) -> Any:
    """Steps along one sample at a time, the samples in a given order: exponentiated gradient, or natural gradient."""

    def step(rows: Any, sample: Any) -> tuple[Any, None]:
        column = inputs[:, :, sample]
        push = rates[:, None] * (jnp.sum(rows * column, axis=1) - values[:, sample])[:, None] * column
        return (rows * jnp.exp(-push) if mirrored else rows * (1 - push)), None

    return jax.lax.scan(step, starts, order)[0]


def _natural(known: list[dict[str, Any]], halvings: int) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """Errors of natural gradient descent at ever smaller rates, (instances, rates), and the order at which they fall."""
    shares = 0.1 / 2.0 ** np.arange(halvings)
    runs = [(setting, share / setting["steep"], 0.0) for setting in known for share in shares]
    problems, starts, goals = ([run[0][what] for run in runs] for what in ("problem", "start", "goal"))
    algorithms = [NaturalGradient(setting["potential"], rate) for setting, rate, _ in runs]
    rows, _, _ = ended(problems, algorithms, starts, floor=1e-20)
    errors = apart(rows, np.stack(goals)).reshape(len(known), halvings)
    slopes = np.log2(errors[:, -2] / errors[:, -1])
    found = {"slope_natural": float(slopes[np.argmax(np.abs(slopes - 1))]), "error_natural": float(errors[:, 0].max())}
    return errors, shares, found | {"outside_natural": _outside(runs, rows)}


def flow(report: Any, *, key: Any, samples: int, size: int, scale: float, tolerances: Any) -> Finals:
    """Mirror flow to its end at several tolerances, against the least and against the end of gradient flow."""
    problem, inputs, _ = instances(key, samples, size, 1)[0]
    potential, start = Hypentropy(scale), 0.5 * stream(key, "start").normal(size=size)
    goal = nearest(problem, potential, start)
    finals: dict[str, Any] = {"error": 0.0}
    basis = np.linalg.qr(inputs)[0]
    data = xr.Dataset()
    for rtol in tolerances:
        run = follow(
            problem,
            DeepLinear(depth=1, shape=(1, size)),
            Given([start[None]]),
            MirrorFlow(potential, rtol),
            until=LossBelow(1e-25) | Steps(20_000),
            at=EverySteps(1),
            key=key,
            report=report,
        )
        row = run.predictor[0]
        moved = potential.gradient(row) - potential.gradient(start)
        finals[f"error_{rtol:g}"] = float(apart(row, goal))
        finals["error"] = max(finals["error"], finals[f"error_{rtol:g}"])
        finals["outside"] = float(np.abs(moved - basis @ (basis.T @ moved)).max())
        data = run.data[["time", "loss"]]
    finals["error_euclidean"] = float(apart(nearest(problem, Quadratic(), start), goal))
    finals["error_unstarted"] = float(apart(nearest(problem, potential, np.zeros(size)), goal))
    finals["error_scale"] = float(apart(nearest(problem, Hypentropy(2 * scale), start), goal))
    return data, finals


def plane(report: Any, *, rates: Any, pairs: Any, fading: float, halvings: int, keep: int) -> Finals:
    """The published example of two coefficients: mirror descent, natural gradient, and both kinds of momentum."""
    problem, potential, start = LinearRegression(*PLANE, loss="half sum of squares"), Entropy(), np.ones(2)
    goal = nearest(problem, potential, start)
    small = [rates[-1] / 2.0**k for k in range(halvings + 1)]
    turns = {"mirror": [(rate, 0.0) for rate in rates], "dual": list(pairs), "fading": [(rate, fading) for rate in small]}
    kinds: dict[tuple[str, ...], list[Any]] = {
        ("mirror", "dual"): [MirrorDescent(potential, r, momentum=m) for name in ("mirror", "dual") for r, m in turns[name]],
        ("natural", "vanishing"): [NaturalGradient(potential, rate) for rate in (*rates, *small)],
        ("primal", "fading"): [HeavyBall(r, m, potential=potential) for name in ("dual", "fading") for r, m in turns[name]],
    }
    finals: dict[str, Any] = {"goal_1": float(goal[0]), "goal_2": float(goal[1])}
    variables: dict[str, Any] = {"rate": (("halving",), np.array(small))}
    for names, algorithms in kinds.items():
        count, first = len(algorithms), len(pairs) if names[0] == "primal" else len(rates)
        rows, losses, paths = ended([problem] * count, algorithms, [start] * count, floor=1e-24, keep=keep)
        finals[f"loss_{names[0]}"] = float(losses.max())
        for name, part in zip(names, (slice(0, first), slice(first, None)), strict=True):
            errors = np.linalg.norm(rows[part] - goal, axis=1)
            finals |= {f"spread_{name}": _spread(rows[part]), f"least_{name}": float(errors.min())}
            finals[f"slope_{name}"] = float(np.log2(errors[-2] / errors[-1])) if errors[-1] > 1e-10 else 0.0
            variables[f"path_{name}"] = (("record", f"run_{name}", "coordinate"), paths[part].swapaxes(0, 1))
            variables[f"error_{name}"] = ((f"run_{name}",), errors)
            variables[f"end_{name}"] = ((f"run_{name}", "coordinate"), rows[part])
    return xr.Dataset(variables), finals


def _spread(rows: np.ndarray) -> float:
    """The least distance of two rows."""
    distances = np.linalg.norm(rows[:, None] - rows[None], axis=-1)
    return float(distances[np.triu_indices(len(rows), 1)].min())


def space(report: Any, *, rates: Any, halvings: int) -> Finals:
    """The published example of three coefficients: steepest descent in the norm, its flow, and the least norm."""
    inputs, outputs = SPACE
    problem = LinearRegression(inputs, outputs, loss="half sum of squares")
    every = np.array([*rates, *(rates[-1] / 2.0**k for k in range(1, halvings + 1))])
    count = len(every)
    rows, _, _ = ended([problem] * count, [SteepestDescent(POWER, rate) for rate in every], [np.zeros(3)] * count, floor=1e-20)
    middle, along = problem.solution[0], np.array([2.0, -1.0, -1.0])
    searched: Any = minimize_scalar(lambda s: np.linalg.norm(middle + s * along, POWER), bracket=(-1, 1), tol=1e-12)
    least, limit = middle + searched.x * along, _steepest_flow(inputs, outputs, POWER)
    from_limit, from_least = (np.linalg.norm(rows - point, axis=1) for point in (limit, least))
    finals = {
        "spread": _spread(rows[: len(rates)]),
        "spread_small": _spread(rows[-len(rates) :]),
        "from_least": float(from_least.min()),
        "from_limit": float(from_limit.min()),
        "limit_from_least": float(np.linalg.norm(limit - least)),
        "euclidean_from_least": float(np.linalg.norm(_steepest_flow(inputs, outputs, 2.0) - middle)),
        "slope_to_limit": float(np.log2(from_limit[-2] / from_limit[-1])),
        "slope_to_least": float(np.log2(from_least[-2] / from_least[-1])),
        "slope_to_middle": float(np.log2(np.divide(*np.linalg.norm(rows - middle, axis=1)[-2:]))),
        "excess": float(np.linalg.norm(limit, POWER) / np.linalg.norm(least, POWER) - 1),
    }
    for what, row in (("limit", limit), ("least", least)):
        finals |= {f"{what}_{k + 1}": float(value) for k, value in enumerate(row)}
    variables = {
        "rate": (("record",), every),
        "end": (("record", "coordinate"), rows),
        "from_limit": (("record",), from_limit),
        "from_least": (("record",), from_least),
    }
    return xr.Dataset(variables), finals


def _steepest_flow(inputs: np.ndarray, outputs: np.ndarray, p: float) -> np.ndarray:
    """Where steepest descent from zero ends as its rate goes to zero, by scipy."""
    q = p / (p - 1)

    def field(_: float, row: np.ndarray) -> np.ndarray:
        gradient = inputs @ (row @ inputs - outputs[0])
        length = np.linalg.norm(gradient, q)
        return -length * np.sign(gradient) * (np.abs(gradient) / length) ** (q - 1) if length > 0 else 0 * row

    return solve_ivp(field, (0, 400.0), np.zeros(len(inputs)), method="LSODA", rtol=1e-12, atol=1e-13).y[:, -1]
