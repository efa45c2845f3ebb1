"""Points of a path put together by hand: laws that speak of each instant need no run to be followed."""

from types import SimpleNamespace
from typing import Any

import numpy as np

import thalweg as tw
from thalweg.problems.base import AbstractProblem
from thalweg.theory.points import Points


def points_at(problem: AbstractProblem, network: tw.DeepLinear, algorithm: Any, factors: list[list[np.ndarray]]) -> Points:
    """The points of a run of the algorithm that passes through these factors."""
    objective = tw.Objective(problem, network)
    run: Any = SimpleNamespace(objective=objective, algorithm=algorithm, predictor=factors[-1][-1])
    return Points(run, np.arange(float(len(factors))), np.arange(len(factors)), factors)


def regression(shape: tuple[int, int], seed: int = 0) -> tw.LinearRegression:
    """A regression whose inputs are not white."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(shape[1], 3 * shape[1])) * np.linspace(0.5, 2, shape[1])[:, None]
    return tw.LinearRegression(inputs, rng.normal(size=shape) @ inputs + rng.normal(size=(shape[0], inputs.shape[1])))


def balanced(shape: tuple[int, int], depth: int, count: int = 4, hidden: int | None = None, rank: int | None = None) -> Any:
    """A network and balanced factors of random matrices, of a rank where one is given."""
    network = tw.DeepLinear(depth=depth, shape=shape, hidden=hidden or min(shape) + 1)
    rng = np.random.default_rng(7)
    found = []
    for key in range(count):
        matrix = rng.normal(size=shape)
        if rank is not None:
            u, s, vt = np.linalg.svd(matrix, full_matrices=False)
            matrix = (u[:, :rank] * s[:rank]) @ vt[:rank]
        found.append(tw.Balanced(matrix=matrix).sample(network, key=key))
    return network, found
