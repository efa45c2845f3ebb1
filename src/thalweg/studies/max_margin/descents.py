"""The algorithms of the study on one row of coefficients, in plain numpy: a step of so small a problem costs microseconds."""

from collections.abc import Callable, Iterator

import numpy as np

Steps = Iterator[np.ndarray]


def slope_of(rows: np.ndarray, w: np.ndarray) -> np.ndarray:
    r"""The gradient of the logarithm of the exponential loss, whatever the size of the margins; signed samples are rows."""
    margins = rows @ w
    weights = np.exp(margins.min() - margins)
    return -(weights @ rows) / weights.sum()


def descent(rows: np.ndarray, rate: float) -> Steps:
    """Gradient descent on the mean of the logistic loss."""
    w = np.zeros(rows.shape[1])
    while True:
        w = w + rate / len(rows) * ((1 / (1 + np.exp(rows @ w))) @ rows)
        yield w


def normalized(rows: np.ndarray, rate: float, power: float = 0.0) -> Steps:
    """Descent on the logarithm of the loss at the rates of t to minus the power."""
    w, t = np.zeros(rows.shape[1]), 0
    while True:
        t += 1
        w = w - rate / t**power * slope_of(rows, w)
        yield w


def momentum(rows: np.ndarray, rate: float) -> Steps:
    """Momentum in the dual."""
    w, g, t = np.zeros(rows.shape[1]), np.zeros(rows.shape[1]), 0
    while True:
        slope = slope_of(rows, w)
        g = t / (t + 1) * (g + slope)
        w, t = w - rate * (g + slope), t + 1
        yield w


def sign(rows: np.ndarray, rate: float) -> Steps:
    """Steepest descent in the maximum norm, steps of a length that falls with the root of t."""
    w, t = np.zeros(rows.shape[1]), 0
    while True:
        t += 1
        w = w - rate / np.sqrt(t) * np.sign(slope_of(rows, w))
        yield w


def adam(rows: np.ndarray, rate: float, epsilon: float, decays: tuple[float, float] = (0.9, 0.999)) -> Steps:
    """Adam on the mean of the exponential loss, rates that fall with the root of t."""
    w, first, second, t = np.zeros(rows.shape[1]), np.zeros(rows.shape[1]), np.zeros(rows.shape[1]), 0
    one, two = decays
    while True:
        slope, t = -(np.exp(-(rows @ w)) @ rows) / len(rows), t + 1
        first, second = one * first + (1 - one) * slope, two * second + (1 - two) * slope**2
        scale = np.sqrt(second / (1 - two**t)) + epsilon
        w = w - rate / np.sqrt(t) * (first / (1 - one**t)) / np.where(scale > 0, scale, 1.0)
        yield w


def coordinate(rows: np.ndarray, shrinkage: float) -> Steps:
    """Greedy coordinate descent on the exponential loss; steps are the share of the edge, entries at most 1 in size."""
    w = np.zeros(rows.shape[1])
    scaled = rows / np.abs(rows).max()
    while True:
        slope = slope_of(scaled, w)
        k = int(np.argmax(np.abs(slope)))
        w = w.copy()
        w[k] -= shrinkage * slope[k]
        yield w


def polynomial(rows: np.ndarray, rate: float, power: float) -> Steps:
    r"""Descent on the logarithm of $\sum_i (1 + u_i)^{-p}$, no exponential tail, with steps in proportion to the norm."""
    w, size = np.zeros(rows.shape[1]), 1.0
    while True:
        margins = np.maximum(rows @ w, -0.5)
        weights = ((1 + margins.min()) / (1 + margins)) ** power
        slope = -((weights / (1 + margins)) @ rows) / weights.sum()
        w = w - rate * size**2 * slope
        size = max(1.0, float(np.linalg.norm(w)))
        yield w


def walked(path: Steps, marks: np.ndarray) -> np.ndarray:
    """Where a path is after so many steps, a row for each of the ascending marks."""
    found, done = [], 0
    for mark in marks:
        for _ in range(int(mark) - done - 1):
            next(path)
        found.append(next(path))
        done = int(mark)
    return np.array(found)


def marked(steps: int, count: int = 12) -> np.ndarray:
    """Numbers of steps, evenly spaced in the logarithm, the last among them."""
    return np.unique(np.geomspace(1, steps, int(count * np.log10(steps)) + 1).round().astype(int))


Make = Callable[[np.ndarray], Steps]
