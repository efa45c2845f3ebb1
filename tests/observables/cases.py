"""Points at which observables are computed twice: by the library and by numpy."""

import numpy as np

import thalweg as tw

SHAPES = {"square": (4, 4), "wide": (3, 5), "tall": (5, 3)}


def objective(shape: tuple[int, int], depth: int = 3) -> tw.Objective:
    """A completion problem of the shape, seen through a network of the depth."""
    problem = tw.MatrixCompletion.random(shape=shape, rank=2, observed=10, key=1)
    return tw.Objective(problem, tw.DeepLinear(depth=depth, shape=shape, hidden=6))


def factors(shape: tuple[int, int], depth: int = 3, *, balanced: bool = False) -> list[np.ndarray]:
    """Factors at which nothing is special, but for balancedness where it is asked for."""
    network = tw.DeepLinear(depth=depth, shape=shape, hidden=6)
    if balanced:
        return tw.Balanced(matrix=np.random.default_rng(3).normal(size=shape)).sample(network, key=0)
    rng = np.random.default_rng(2)
    return [rng.normal(size=size) for size in network.shapes]
