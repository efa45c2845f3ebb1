"""A problem of your own in one file: robust completion, whose loss forgives large residuals."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import thalweg as tw
from thalweg.problems.base import AbstractProblem


class RobustCompletion(AbstractProblem):
    r"""Completion with the loss of Geman and McClure, $\frac{1}{|\Omega|}\sum_\Omega r^2 / (1 + r^2)$.

    Its pull fades where residuals are large: a loss that grows without end, however slowly, lets a deep network learn the
    entry that is far off as one more direction.

    A problem is a loss of the predictor, and its shape. The gradient comes by itself; every parametrization, start,
    algorithm and observable that does not ask for more works with it.
    """

    seen: np.ndarray
    filled: np.ndarray

    def __init__(self, observed: Any):
        self.seen = np.isfinite(np.asarray(observed, dtype=float))
        self.filled = np.nan_to_num(np.asarray(observed, dtype=float))

    @property
    def shape(self) -> tuple[int, int]:
        return self.seen.shape[0], self.seen.shape[1]

    def loss(self, predictor: Array) -> Array:
        squares = jnp.where(self.seen, predictor - self.filled, 0.0) ** 2
        return jnp.sum(squares / (1 + squares)) / jnp.sum(self.seen)


def main() -> tw.Trajectory:
    """Completes a matrix of rank one with one entry that is far off: the others come out right to a hundredth."""
    rng = np.random.default_rng(0)
    truth = np.outer(rng.normal(size=8), rng.normal(size=10))
    table = np.where(rng.random(truth.shape) < 0.7, truth, np.nan)
    table[2, 3] = 50.0
    problem = RobustCompletion(table)
    network = tw.DeepLinear(depth=3, shape=problem.shape)
    until = tw.Time(400.0)
    return tw.follow(problem, network, tw.Gaussian(1e-2), tw.GradientFlow(), until=until, record=[tw.Loss()], key=0)


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    print(main())
