"""What is computed without a path: the preconditioner, its eigenvectors, velocities of factors, and steps of one output."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.linalg import fractional_matrix_power

from thalweg._seeds import stream
from thalweg.initializations.balanced import Balanced
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.random_matrices import orthonormal
from thalweg.studies.study import Report
from thalweg.theory.points import velocity
from thalweg.theory.preconditioner import eigenvalues, explicit, powers, precondition
from thalweg.theory.single_output import coefficients, direction, memory

KINDS = ("full rank", "rank deficient", "repeated singular values")


def identities(
    report: Report, *, shapes: Sequence[tuple[int, int]], depths: Sequence[int], steps: int, rate: float, key: Any
) -> tuple[xr.Dataset, dict[str, Any]]:
    """Every identity of one seed, and what wrong variants of each are off by: the largest, the least for the wrong ones."""
    rng = stream(key, "data")
    found = _over(_preconditioner(rng, shape, depth, kind) for shape, depth, kind in itertools.product(shapes, depths, KINDS))
    found |= _over(_velocities(rng, shape, depth, key) for shape, depth in itertools.product(shapes, depths))
    found |= _over(_single_output(rng, depth, key) for depth in depths)
    found |= _printed(rng, max(2, min(depths)), key)
    data, momentum = _momentum(rng, steps, rate)
    return data, found | momentum


def _over(each: Any) -> dict[str, Any]:
    """The largest of the residuals, and of the wrong ones, whose names hold `wrong`, the largest too: one instance decides."""
    rows = list(each)
    return {name: max(row[name] for row in rows if name in row) for name in dict.fromkeys(k for row in rows for k in row)}


def _matrix(rng: np.random.Generator, shape: tuple[int, int], kind: str) -> np.ndarray:
    count = min(shape)
    values = rng.uniform(0.3, 1.5, count)
    if kind == "rank deficient":
        values[count // 2 :] = 0.0 if count > 1 else values[0]
    if kind == "repeated singular values":
        values[:] = values[0]
    return (orthonormal(rng, shape[0], count) * values) @ orthonormal(rng, shape[1], count).T


def _preconditioner(rng: np.random.Generator, shape: tuple[int, int], depth: int, kind: str) -> dict[str, float]:
    w, g = _matrix(rng, shape, kind), rng.normal(size=shape)
    p = explicit(w, depth)
    applied = (p @ g.ravel("F")).reshape(shape, order="F")
    size = float(np.linalg.norm(g) * np.linalg.norm(p, 2))
    u, values, vt = np.linalg.svd(w)
    values = np.where(values > 1e-13 * values[0], values, 0.0)
    by_eigenvalues = eigenvalues(values, depth, shape)
    left, right = (np.pad(values, (0, side - len(values))) for side in shape)
    mixed = sum(np.outer(left ** (2 * j / depth), right ** (2 * j / depth)) for j in range(depth))
    pairs = [np.outer(u[:, r], vt[c]).ravel("F") for r in range(shape[0]) for c in range(shape[1])]
    basis = np.stack(pairs, axis=1)
    found = {
        "applied": float(np.linalg.norm(precondition(w, g, depth) - applied)) / size,
        "applied_none": float(np.linalg.norm(g - applied)) / size,
        "eigenpairs": float(np.abs(p @ basis - basis * by_eigenvalues.ravel()).max() / np.linalg.norm(p, 2)),
        "eigenpairs_mixed": float(np.abs(p @ basis - basis * np.ravel(mixed)).max() / np.linalg.norm(p, 2)),
        "eigenpairs_next": float(np.abs(p @ basis - basis * np.roll(by_eigenvalues.ravel(), 1)).max() / np.linalg.norm(p, 2)),
    }
    if shape[0] > 1 and shape[1] > 1:
        rows = (p @ g.ravel("C")).reshape(shape, order="C")
        found["applied_rows"] = float(np.linalg.norm(rows - precondition(w, g, depth))) / size
        single = u @ (left[:, None] ** (2 - 2 / depth) * (u.T @ g @ vt.T)) @ vt * depth
        found["applied_one_term"] = float(np.linalg.norm(single - applied)) / size
    if kind == "rank deficient" and depth > 1:
        naive = sum(
            _eigh_power(w @ w.T, (j - 1) / depth) @ g @ _eigh_power(w.T @ w, (depth - j) / depth) for j in range(1, depth + 1)
        )
        found["applied_naive"] = float(np.linalg.norm(naive - applied)) / size
    return found


def _eigh_power(gram: np.ndarray, power: float) -> np.ndarray:
    """As one would write it: null eigenvalues of 1e-16 keep their fractional powers."""
    values, vectors = np.linalg.eigh(gram)
    return (vectors * np.abs(values) ** power) @ vectors.T


def _factors(rng: np.random.Generator, shape: tuple[int, int], depth: int, key: Any) -> tuple[list[np.ndarray], np.ndarray]:
    matrix = rng.normal(size=shape) / np.sqrt(max(shape))
    network = DeepLinear(depth=depth, shape=shape, hidden=min(shape) + 2)
    return Balanced(matrix=matrix).sample(network, key=key), matrix


def _moved(factors: Sequence[np.ndarray], gradient: np.ndarray) -> np.ndarray:
    """The velocity of the product when each factor goes down its own gradient, for a gradient by the product."""
    moves = []
    for j in range(len(factors)):
        before, after = np.eye(factors[0].shape[1]), np.eye(factors[-1].shape[0])
        for w in factors[:j]:
            before = w @ before
        for w in factors[:j:-1]:
            after = after @ w
        moves.append(-after.T @ gradient @ before.T)
    return velocity(list(factors), moves)


def _velocities(rng: np.random.Generator, shape: tuple[int, int], depth: int, key: Any) -> dict[str, float]:
    """Both orders of the exponents, and one from each."""
    factors, w = _factors(rng, shape, depth, key)
    g = rng.normal(size=shape)
    actual = -_moved(factors, g)
    size = float(np.linalg.norm(actual))

    def off(left: Callable[[int], float], right: Callable[[int], float]) -> float:
        found = np.zeros(shape)
        for j in range(1, depth + 1):
            after, before = powers(w, right(j) / depth, left(j) / depth)
            found += before @ g @ after
        return float(np.linalg.norm(found - actual)) / size

    return {
        "velocity_paper": off(lambda j: j - 1, lambda j: depth - j),
        "velocity_slides": off(lambda j: depth - j, lambda j: j - 1),
        "velocity_mixed": off(lambda j: j - 1, lambda j: j - 1),
        "velocity_deeper": float(np.linalg.norm(precondition(w, g, depth + 1) - actual)) / size,
        "velocity_none": float(np.linalg.norm(g - actual)) / size,
    }


def _printed(rng: np.random.Generator, depth: int, key: Any) -> dict[str, float]:
    """The rule with a factor in place of the product, on square matrices, where the printed formula has a meaning at all."""
    shape = (4, 4)
    matrix = rng.normal(size=shape) / 2
    factors = Balanced(matrix=matrix).sample(DeepLinear(depth=depth, shape=shape), key=key)
    g = rng.normal(size=shape)
    actual = -_moved(factors, g)
    right = [powers(matrix, (depth - j) / depth, 0.0)[0] for j in range(1, depth + 1)]
    left = [np.eye(4), *(fractional_matrix_power(matrix @ factors[j - 1].T, (j - 1) / depth) for j in range(2, depth + 1))]
    printed = sum(before @ g @ after for before, after in zip(left, right, strict=True))
    return {"velocity_printed": float(np.linalg.norm(printed - actual) / np.linalg.norm(actual))}


def _single_output(rng: np.random.Generator, depth: int, key: Any) -> dict[str, float]:
    factors, w = _factors(rng, (1, 6), depth, key)
    g = rng.normal(size=(1, 6))
    actual = -_moved(factors, g)[0]
    size, length = float(np.linalg.norm(actual)), float(np.linalg.norm(w))
    unit = w[0] / length
    along = np.vdot(unit, g) * unit
    found = {
        "single": float(np.linalg.norm(direction(w[0], g[0], depth) - actual)) / size,
        "single_unprojected": float(np.linalg.norm(length ** (2 - 2 / depth) * g[0] - actual)) / size,
        "single_depth": float(np.linalg.norm(length ** (2 - 2 / depth) * (g[0] + depth * along) - actual)) / size,
        "single_exponent": float(np.linalg.norm(length ** (2 / depth - 2) * direction(w[0], g[0], depth) - actual)) / size,
    }
    return found


def _momentum(rng: np.random.Generator, steps: int, rate: float) -> tuple[xr.Dataset, dict[str, float]]:
    """Descent on a vector times a scalar: coefficients of each step, the step unrolled, and the printed forms of both."""
    size = 10
    frame = orthonormal(rng, size, size)
    moment = (frame * np.geomspace(1.0, 0.05, size)) @ frame.T
    goal = rng.normal(size=size)
    goal /= np.linalg.norm(goal)
    first, second = 0.1 * (goal + 0.3 * rng.normal(size=size)), 0.1
    weights, gradients, found, step_off, printed_off = [first * second], [], [], 0.0, 0.0
    for _ in range(steps):
        w, g = first * second, moment @ (first * second - goal)
        rho, gamma = coefficients(first, second, g, rate)
        law, printed = w - rho * g - gamma * w, w - rate * second**2 * g - gamma * w
        first, second = first - rate * second * g, second - rate * float(np.vdot(first, g))
        after = first * second
        scale = max(float(np.linalg.norm(part)) for part in (w, rho * g, gamma * w, after))
        step_off = max(step_off, float(np.linalg.norm(law - after)) / scale)
        printed_off = max(printed_off, float(np.linalg.norm(printed - after)) / scale)
        weights.append(after)
        gradients.append(g)
        found.append((rho, gamma))
    rho, gamma = np.array(found).T
    mu, nu = memory(rho, gamma)
    path, slopes = np.array(weights), np.array(gradients)
    largest = float(np.linalg.norm(path, axis=1).max())

    def reproduced(kernel: np.ndarray, start: np.ndarray, now: np.ndarray = rho) -> float:
        """Iterates from the memory form alone: each from the one before it as the form itself has it."""
        w, off = path[0], 0.0
        for t in range(steps):
            w = w - now[t] * slopes[t] - kernel[t] @ slopes - start[t] * path[0]
            off = max(off, float(np.linalg.norm(w - path[t + 1])))
        return off / largest

    shifted = np.zeros_like(mu)
    shifted[:, 1:] = mu[:, :-1]
    growing = np.diff(np.linalg.norm(path, axis=1)) > 0
    grown = int(np.argmin(growing)) if not growing.all() else steps
    middle = max(2, int(np.argmin(gamma)))
    data = xr.Dataset(
        {
            "gamma": ("record", gamma),
            "rho": ("record", rho),
            "norm": ("record", np.linalg.norm(path[:-1], axis=1)),
            "mu": ("past", mu[middle, :middle]),
        },
    )
    return data, {
        "step": step_off,
        "step_printed": printed_off,
        "step_plain": float(max(np.linalg.norm(path[t + 1] - path[t] + rate * slopes[t]) for t in range(steps)) / largest),
        "memory": reproduced(mu, nu),
        "memory_start": reproduced(mu, 0 * nu),
        "memory_shifted": reproduced(shifted, nu),
        "memory_none": reproduced(0 * mu, 0 * nu),
        "share_momentum": float(np.mean(mu[1:grown][np.tril_indices(grown - 1, 0)] > 0)) if grown > 1 else 0.0,
        "share_negative": float(np.mean(gamma[:grown] < 0)),
    }
