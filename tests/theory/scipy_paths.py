"""Paths of deep linear networks followed by scipy, independent of the package's own solvers, as points for laws."""

import functools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from scipy.integrate import solve_ivp

import thalweg as tw
from thalweg.theory import Points
from thalweg.trajectory.trajectory import Trajectory


def product(factors: Sequence[np.ndarray]) -> np.ndarray:
    return functools.reduce(lambda made, factor: factor @ made, factors, np.eye(factors[0].shape[1]))


def followed(
    problem: Any,
    gradient: Callable[[np.ndarray], np.ndarray],
    factors: Sequence[np.ndarray],
    times: np.ndarray,
    *,
    rtol: float = 1e-10,
    algorithm: Any = None,
) -> Points:
    """Points at the times, from the factors, of the flow of a loss whose gradient by the predictor is given."""
    shapes = [f.shape for f in factors]
    cuts = np.cumsum([f.size for f in factors])[:-1]

    def apart(flat: np.ndarray) -> list[np.ndarray]:
        return [part.reshape(shape) for part, shape in zip(np.split(flat, cuts), shapes, strict=True)]

    def field(_: float, flat: np.ndarray) -> np.ndarray:
        now = apart(flat)
        g = gradient(product(now))
        moves = []
        for j in range(len(now)):
            above = product(now[j + 1 :]) if j + 1 < len(now) else np.eye(g.shape[0])
            below = product(now[:j]) if j else np.eye(g.shape[1])
            moves.append(-above.T @ g @ below.T)
        return np.concatenate([move.ravel() for move in moves])

    flat = np.concatenate([np.asarray(f, float).ravel() for f in factors])
    found = solve_ivp(field, (times[0], times[-1]), flat, method="DOP853", t_eval=times, rtol=rtol, atol=1e-14)
    network = tw.DeepLinear(depth=len(factors), shape=(shapes[-1][0], shapes[0][1]), hidden=shapes[0][0])
    run = SimpleNamespace(
        objective=tw.Objective(problem, network), algorithm=tw.GradientFlow(rtol) if algorithm is None else algorithm
    )
    rows = [apart(row) for row in found.y.T]
    return Points(cast(Trajectory, run), times, np.arange(len(times)), rows)
