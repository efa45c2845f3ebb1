"""A parametrization of a user's own needs only a shape and a predictor."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import thalweg as tw
from thalweg._module import static
from thalweg.parametrizations.base import AbstractParametrization, Params


class Symmetric(AbstractParametrization):
    side: int = static()

    @property
    def shape(self) -> tuple[int, int]:
        return self.side, self.side

    def predictor(self, params: Params) -> Array:
        return params["half"] @ jnp.swapaxes(params["half"], 0, 1)


def test_its_gradient_comes_by_itself():
    goal = np.diag([2.0, 1.0])
    objective = tw.Objective(tw.MatrixCompletion(goal, loss="half sum of squares"), Symmetric(2))
    half = np.array([[0.5, 0.1], [0.2, 0.3]])
    value, gradient = objective.loss_and_gradient({"half": jnp.asarray(half)})
    residual = half @ half.T - goal
    assert float(value) == pytest.approx(np.sum(residual**2) / 2, rel=1e-14)
    np.testing.assert_allclose(gradient["half"], 2 * residual @ half, rtol=1e-13)


def test_it_is_followed_like_any_other_and_starts_of_networks_refuse_it():
    goal = np.diag([2.0, 1.0])
    problem = tw.MatrixCompletion(goal)
    run = tw.follow(
        problem, Symmetric(2), tw.Given({"half": 0.1 * np.eye(2)}), tw.GradientDescent(0.1), until=tw.LossBelow(1e-10), key=0
    )
    np.testing.assert_allclose(run.predictor, goal, atol=1e-4)
    with pytest.raises(TypeError, match="Gaussian draws the factors of a DeepLinear network, not the parameters of Symm"):
        tw.follow(problem, Symmetric(2), tw.Gaussian(0.1), tw.GradientDescent(0.1), until=tw.Steps(1), key=0)
    with pytest.raises(ValueError, match="Imbalance is of a DeepLinear network, not of Symmetric"):
        tw.Imbalance()(tw.Objective(problem, Symmetric(2)), {"half": np.eye(2)})
