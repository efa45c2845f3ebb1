"""One small case that many tests follow: equal structure, so that each algorithm is compiled once for all of them."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

import thalweg as tw
from thalweg.problems.base import AbstractProblem

PROBLEM = tw.MatrixCompletion.random(shape=(4, 6), rank=2, observed=17, key=3)
NETWORK = tw.DeepLinear(depth=3, shape=(4, 6))
START = tw.Gaussian(0.3)
RECORD = [tw.Loss(), tw.Imbalance(), tw.SingularValues(), tw.PredictedVelocity(4), tw.MeasuredVelocity(4)]


def path(algorithm: Any, until: Any, *, start: Any = START, key: Any = 1, **more: Any) -> tw.Trajectory:
    """The case followed by an algorithm."""
    return tw.follow(PROBLEM, NETWORK, start, algorithm, until=until, key=key, record=RECORD, **more)


def flow(end: float, rtol: float, *, start: Any = START, times: Sequence[float] | None = None) -> tw.Trajectory:
    """The case followed by gradient flow to a time, recorded at the times given."""
    return path(tw.GradientFlow(rtol), tw.Time(end), start=start, at=tw.AtTimes([end] if times is None else times))


def product(factors: Sequence[Any]) -> np.ndarray:
    """$W_N \\cdots W_1$, by numpy."""
    result = np.asarray(factors[0])
    for factor in factors[1:]:
        result = np.asarray(factor) @ result
    return result


def gradients(problem: tw.MatrixCompletion, factors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradients in all factors for the mean of squares, one by one from the formula, by numpy."""
    count = len(factors)
    residual = np.where(np.isnan(problem.observed), 0.0, product(factors) - np.nan_to_num(problem.observed))
    outer = 2 / problem.count * residual
    found = []
    for j in range(count):
        after = product([*factors[j + 1 :], np.eye(outer.shape[0])]) if j + 1 < count else np.eye(outer.shape[0])
        before = product(factors[:j]) if j else np.eye(outer.shape[1])
        found.append(after.T @ outer @ before.T)
    return found


def imbalances(factors: Sequence[np.ndarray]) -> list[np.ndarray]:
    r"""$W_{j+1}^\top W_{j+1} - W_j W_j^\top$ for all neighbours, by numpy."""
    return [factors[j + 1].T @ factors[j + 1] - factors[j] @ factors[j].T for j in range(len(factors) - 1)]


def loss_of(problem: AbstractProblem, matrix: Any) -> float:
    """The loss of a matrix of numpy."""
    return float(problem.loss(jnp.asarray(matrix)))


def gradient_of(problem: AbstractProblem, matrix: Any) -> np.ndarray:
    """The gradient of the loss at a matrix of numpy."""
    return np.asarray(problem.loss_and_gradient(jnp.asarray(matrix))[1])


def slope(widths: Sequence[float], errors: Sequence[float]) -> float:
    """The order at which errors fall with widths, by least squares in the logarithms."""
    return float(np.polyfit(np.log(widths), np.log(errors), 1)[0])


def distance(one: Sequence[Any], other: Sequence[Any]) -> float:
    """The Euclidean distance of two lists of factors."""
    return float(np.sqrt(sum(np.sum((np.asarray(a) - np.asarray(b)) ** 2) for a, b in zip(one, other, strict=True))))


def same_bits(one: tw.Trajectory, other: tw.Trajectory) -> bool:
    """Whether two runs ended at the same bits, with the same records."""
    ends = all(np.array_equal(a, b) for a, b in zip(one.params, other.params, strict=True))
    names = list(one.data.data_vars) == list(other.data.data_vars)
    records = all(np.array_equal(one.data[name].values, other.data[name].values) for name in one.data.data_vars)
    return ends and names and records and one.outcome == other.outcome
