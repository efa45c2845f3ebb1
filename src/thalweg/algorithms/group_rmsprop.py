"""GroupRMSprop: one adaptive rate for all parameters."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, descended, moved
from thalweg.parametrizations.base import Objective, Params


class GroupRMSprop(AbstractAlgorithm):
    r"""GroupRMSprop as published: the gradient divided by a running root mean square of its norm over all parameters.

    $v_t = \beta v_{t-1} + (1-\beta)\|\nabla\varphi(\theta_t)\|^2$ and
    $\theta_{t+1} = \theta_t - \eta_t\nabla\varphi(\theta_t)$ with
    $\eta_t = \eta \big/ \left(\sqrt{v_t/(1-\beta^t)} + \epsilon\right)$. It follows the path of the flow with steps of
    length about $\eta$; the recorded time is the sum of the $\eta_t$, the time of the flow.

    Arguments:
        learning_rate: $\eta$, positive (published: 1e-3 and 3e-4).
        decay: $\beta$ in (0, 1).
        epsilon: $\epsilon$, positive.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.GroupRMSprop(1e-3).decay)
        0.99

    Reference:
        arora2019implicit, appendix D.
    """

    learning_rate: np.ndarray
    decay: np.ndarray
    epsilon: np.ndarray

    def __init__(self, learning_rate: Any, *, decay: Any = 0.99, epsilon: Any = 1e-4):
        self.learning_rate = number(learning_rate, "learning_rate", above=0)
        self.decay = number(decay, "decay", above=0)
        if self.decay >= 1:
            raise ValueError(f"decay must be less than 1, got {float(self.decay):g}")
        self.epsilon = number(epsilon, "epsilon", above=0)

    def start(self, objective: Objective, params: Params) -> Motion:
        motion = at_rest(objective, params, None)
        return motion._replace(memory=jnp.zeros_like(motion.loss))

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        square = sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(motion.gradient))
        dtype = motion.time.dtype
        decay = jnp.asarray(self.decay, dtype)
        mean = decay * motion.memory + (1 - decay) * square
        corrected = mean / (1 - decay ** (motion.steps + 1))
        rate = jnp.asarray(self.learning_rate, dtype) / (jnp.sqrt(corrected) + jnp.asarray(self.epsilon, dtype))
        params = descended(motion.params, motion.gradient, rate)
        return moved(objective, motion, params, motion.time + rate, mean)
