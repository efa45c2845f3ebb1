"""Momentum in the dual: the fastest first-order way to the largest margin."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number
from thalweg.algorithms.base import AbstractAlgorithm, Motion, descended
from thalweg.algorithms.logarithmic import logarithmic, loss_from_logarithm
from thalweg.parametrizations.base import Objective, Params


class DualMomentum(AbstractAlgorithm):
    r"""Descent on $\log L$ with the momentum that accelerates its dual, $\theta_{t+1} = \theta_t - \eta(g_t + \nabla_t)$.

    $\nabla_t = \nabla\log L(\theta_t)$ and $g_t = \frac{t}{t+1}(g_{t-1} + \nabla_t)$ with $t = 0, 1, \ldots$ For an exponential
    loss $-\nabla_t$ is the mean of the signed samples under the softmin of their margins, so that each step is one of
    Nesterov's in the weights of the samples; the margin of linear classification comes to the largest with a gap of the
    order of $1/t^2$. The recorded time is the number of steps: momentum keeps no clock of the flow.

    Arguments:
        learning_rate: $\eta$, positive; theory allows up to one over the square of the longest input.

    Raises:
        ValueError: a rate that is not positive, or, when a run starts, a problem whose loss has no logarithm.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.Classification(inputs=np.diag([0.6, 0.8]), labels=[1, -1])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([np.zeros((1, 2))]),
        ...                 tw.DualMomentum(1.0), until=tw.Steps(1000), key=0, record=[tw.NormalizedMargin()])
        >>> bool(abs(run.data.normalized_margin[-1] - 0.48) < 1e-5)
        True

    Reference:
        ji2021fast, algorithm 1 and theorem 3.1.
    """

    learning_rate: np.ndarray

    def __init__(self, learning_rate: Any):
        self.learning_rate = number(learning_rate, "learning_rate", above=0)

    def start(self, objective: Objective, params: Params) -> Motion:
        log_loss, gradient = logarithmic(objective, "DualMomentum").loss_and_gradient(params)
        zero = jnp.zeros_like(log_loss)
        loss = loss_from_logarithm(objective, log_loss)
        memory = jax.tree.map(jnp.zeros_like, gradient)
        return Motion(params, loss, gradient, zero, jnp.int32(0), jnp.int32(1), memory, jnp.bool_(False))

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        rate, t = jnp.asarray(self.learning_rate, motion.time.dtype), motion.steps.astype(motion.time.dtype)
        share = t / (t + 1)
        momentum = jax.tree.map(lambda g, slope: share.astype(slope.dtype) * (g + slope), motion.memory, motion.gradient)
        params = descended(motion.params, jax.tree.map(jnp.add, momentum, motion.gradient), rate)
        log_loss, gradient = logarithmic(objective, "DualMomentum").loss_and_gradient(params)
        loss = loss_from_logarithm(objective, log_loss)
        counted = motion.gradients + 1
        return Motion(params, loss, gradient, t + 1, motion.steps + 1, counted, momentum, motion.stalled)
