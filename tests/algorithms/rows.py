"""One row of coefficients on an underdetermined regression, and the same on separable samples, for several algorithms."""

from typing import Any

import numpy as np

import thalweg as tw

SAMPLES = np.array([[1.0, 2.0, -0.5], [0.5, -1.0, 1.5], [0.2, 0.8, 1.0], [-0.4, 0.3, 2.0], [1.2, 0.1, 0.6]])[:, :2]
VALUES = np.array([[1.5, 0.7]])
REGRESSION = tw.LinearRegression(SAMPLES, VALUES, loss="half sum of squares")
ROW = tw.DeepLinear(depth=1, shape=(1, 5))
BEGIN = np.array([[1.0, 0.8, 1.2, 0.5, 0.9]])
EVERY = [tw.Predictor(), tw.Loss()]


def gradient(row: Any) -> np.ndarray:
    """Of half the sum of squares, by numpy."""
    return (row @ SAMPLES - VALUES) @ SAMPLES.T


def path(algorithm: Any, steps: int = 5, *, start: np.ndarray = BEGIN, problem: Any = REGRESSION) -> tw.Trajectory:
    """A few steps, every one of them recorded."""
    network = tw.DeepLinear(depth=1, shape=start.shape)
    return tw.follow(
        problem, network, tw.Given([start]), algorithm, until=tw.Steps(steps), record=EVERY, at=tw.EverySteps(1), key=0
    )


def rows(run: tw.Trajectory) -> np.ndarray:
    """The coefficients along the path."""
    return run.data.predictor.values[:, 0]


def outside(vectors: np.ndarray) -> float:
    """The largest part of vectors outside the span of the samples."""
    basis = np.linalg.qr(SAMPLES)[0]
    return float(np.abs(vectors - vectors @ basis @ basis.T).max())
