"""Gradient descent with steps that do not shrink with the loss: it reaches the margin that plain descent crawls towards."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number, static
from thalweg.algorithms.base import AbstractAlgorithm, Motion, descended
from thalweg.algorithms.logarithmic import logarithmic, loss_from_logarithm
from thalweg.parametrizations.base import Objective, Params

SCHEDULES = ("constant", "1/sqrt(t)")


class NormalizedGradientDescent(AbstractAlgorithm):
    r"""Normalized gradient descent, $\theta_t = \theta_{t-1} - \eta_t\,\nabla L/L$ or $- \eta_t\,\nabla L/\|\nabla L\|$.

    By the loss it is gradient descent on $\log L$; a constant rate then brings the margin of linear classification to the
    largest with a gap of the order of $1/t$, rates $\eta/\sqrt t$ with one of $1/\sqrt t$, where plain descent has
    $1/\log t$. Gradients are those of $\log L$, which do not underflow; the recorded `time` is $\sum_t\eta_t$, and
    `log_time` is the logarithm of the time of the flow of $L$, $\log\sum_t\eta_t/L$ (by the norm $\eta_t/\|\nabla L\|$).

    Arguments:
        learning_rate: $\eta$, positive; with inputs of length at most 1, 1 is the largest that theory allows by the loss.
        by: `loss` or `norm`.
        schedule: `constant`, or `1/sqrt(t)` for $\eta_t = \eta/\sqrt t$.

    Raises:
        ValueError: a rate that is not positive, an unknown word, or, when a run starts, a problem whose loss has no
            logarithm.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.Classification(inputs=np.diag([0.6, 0.8]), labels=[1, -1])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([np.zeros((1, 2))]),
        ...                 tw.NormalizedGradientDescent(1.0), until=tw.Steps(2000), key=0, record=[tw.NormalizedMargin()])
        >>> bool(abs(run.data.normalized_margin[-1] - 0.48) < 1e-3)
        True

    Reference:
        nacson2019convergence; ji2021fast, section 1.
    """

    learning_rate: np.ndarray
    by: str = static()
    schedule: str = static()

    def __init__(self, learning_rate: Any, *, by: str = "loss", schedule: str = "constant"):
        self.learning_rate = number(learning_rate, "learning_rate", above=0)
        if by not in ("loss", "norm"):
            raise ValueError(f"by must be 'loss' or 'norm', what the gradient is divided by; got {by!r}")
        if schedule not in SCHEDULES:
            raise ValueError(f"schedule must be one of {', '.join(map(repr, SCHEDULES))}; got {schedule!r}")
        self.by, self.schedule = by, schedule

    def start(self, objective: Objective, params: Params) -> Motion:
        log_loss, gradient = logarithmic(objective, "NormalizedGradientDescent").loss_and_gradient(params)
        zero = jnp.zeros_like(log_loss)
        loss = loss_from_logarithm(objective, log_loss)
        memory = log_loss, jnp.full_like(log_loss, -jnp.inf)
        return Motion(params, loss, gradient, zero, jnp.int32(0), jnp.int32(1), memory, jnp.bool_(False))

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        log_loss, log_time = motion.memory
        rate = jnp.asarray(self.learning_rate, motion.time.dtype)
        if self.schedule == "1/sqrt(t)":
            rate = rate / jnp.sqrt((motion.steps + 1).astype(rate.dtype))
        length = jnp.asarray(1.0, rate.dtype)
        if self.by == "norm":
            length = jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(motion.gradient)))
            length = jnp.where(length > 0, length, 1.0)
        params = descended(motion.params, motion.gradient, rate / length)
        log_time = jnp.logaddexp(log_time, jnp.log(rate) - jnp.log(length) - log_loss)
        log_loss, gradient = logarithmic(objective, "NormalizedGradientDescent").loss_and_gradient(params)
        return Motion(
            params,
            loss_from_logarithm(objective, log_loss),
            gradient,
            motion.time + rate,
            motion.steps + 1,
            motion.gradients + 1,
            (log_loss, log_time),
            motion.stalled,
        )

    def clocks(self, motion: Motion) -> dict[str, Array]:
        return {"log_time": motion.memory[1]}
