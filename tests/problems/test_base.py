"""A problem of a user's own needs only a shape and a loss."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import thalweg as tw
from thalweg.problems.base import AbstractProblem


class FourthPowers(AbstractProblem):
    goal: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        return self.goal.shape[0], self.goal.shape[1]

    def loss(self, predictor: Array) -> Array:
        return jnp.sum((predictor - self.goal) ** 4) / 4


def test_the_gradient_comes_by_itself():
    problem = FourthPowers(np.ones((2, 3)))
    point = jnp.asarray(np.arange(6.0).reshape(2, 3))
    value, gradient = problem.loss_and_gradient(point)
    np.testing.assert_allclose(gradient, (np.asarray(point) - 1) ** 3, rtol=1e-14)
    assert float(value) == pytest.approx((1 + 0 + 1 + 16 + 81 + 256) / 4)


def test_it_is_followed_like_any_other():
    problem = FourthPowers(np.array([[2.0]]))
    network = tw.DeepLinear(depth=1, shape=(1, 1))
    run = tw.follow(problem, network, [[[0.0]]], tw.GradientDescent(0.1), until=tw.Steps(3), key=0)
    x = 0.0
    for _ in range(3):
        x -= 0.1 * (x - 2.0) ** 3
    assert run.predictor[0, 0] == pytest.approx(x, rel=1e-14)
