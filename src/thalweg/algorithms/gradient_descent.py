"""Gradient descent with a fixed rate."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, descended, moved
from thalweg.parametrizations.base import Objective, Params


class GradientDescent(AbstractAlgorithm):
    r"""Gradient descent, $\theta_{t+1} = \theta_t - \eta\,\nabla\varphi(\theta_t)$, all parameters updated at once.

    A rate past the limit of stability is not an error but a result: the run ends diverged, with the step at which its
    loss stopped being a number.

    Arguments:
        learning_rate: $\eta$, positive; time is $\eta t$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.array([[1.0]]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 1)), tw.Given([[[0.0]]]),
        ...                 tw.GradientDescent(0.25), until=tw.Steps(2), key=0)
        >>> float(run.predictor[0, 0])
        0.75
    """

    learning_rate: np.ndarray

    def __init__(self, learning_rate: Any):
        self.learning_rate = number(learning_rate, "learning_rate", above=0)

    def start(self, objective: Objective, params: Params) -> Motion:
        return at_rest(objective, params, None)

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        rate = jnp.asarray(self.learning_rate, motion.time.dtype)
        params = descended(motion.params, motion.gradient, rate)
        return moved(objective, motion, params, rate * (motion.steps + 1), None)
