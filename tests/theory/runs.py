"""Small runs of a network on a regression, for tests of what is laid over runs."""

from typing import Any

import numpy as np

import thalweg as tw

PROBLEM = tw.LinearRegression.whitened(np.array([[2.0, 0.3, 0.0], [0.0, 1.0, -0.5]]))
NETWORK = tw.DeepLinear(depth=3, shape=(2, 3))
FLOW = tw.GradientFlow(1e-9)


def run(
    algorithm: Any = FLOW, *, depth: int = 3, record: Any = (), end: float = 1.5, at: Any = None, start: Any = None
) -> tw.Trajectory:
    """One run to an end of time, from a Gaussian start unless another is given."""
    network = NETWORK if depth == 3 else tw.DeepLinear(depth=depth, shape=(2, 3))
    start = tw.Gaussian(0.5) if start is None else start
    return tw.follow(PROBLEM, network, start, algorithm, until=tw.Time(end), record=list(record), at=at, key=0)
