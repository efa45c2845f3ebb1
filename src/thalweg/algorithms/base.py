"""What an algorithm is: a way of moving parameters, one step at a time."""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from thalweg._module import Module
from thalweg.parametrizations.base import Objective, Params


class Motion(NamedTuple):
    """Where a path is: the parameters with their loss and gradient, the clocks, and what the algorithm remembers.

    `time` is the time of the flow that the algorithm follows (rates added up); `steps` counts accepted steps and
    `gradients` every evaluation of a gradient so far, a product of the Hessian with a vector counting as two.
    """

    params: Params
    loss: Array
    gradient: Params
    time: Array
    steps: Array
    gradients: Array
    memory: Any
    stalled: Array


class AbstractAlgorithm(Module):
    """A way of moving parameters: `start` puts it at the first point, `step` takes it to the next one."""

    @abc.abstractmethod
    def start(self, objective: Objective, params: Params) -> Motion:
        """The motion at the first point, its loss and gradient evaluated."""

    @abc.abstractmethod
    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        """The motion one step on; an algorithm in continuous time does not pass the horizon."""

    def clocks(self, motion: Motion) -> dict[str, Array]:
        """Other clocks that it keeps, recorded under their names beside time, steps and gradients; none unless it says so."""
        return {}

    def check(self, precision: Any) -> None:
        """Refuse what the precision of the run cannot reach; nothing to refuse unless an algorithm says so."""

    def check_start(self, objective: Objective, params: Params) -> None:
        """Refuse, before the run, an objective or a start that it cannot move; nothing to refuse unless it says so."""


def at_rest(objective: Objective, params: Params, memory: Any, *, gradients: int = 1) -> Motion:
    """The motion at the start of a discrete algorithm."""
    loss, gradient = objective.loss_and_gradient(params)
    time = jnp.zeros_like(loss)
    return Motion(params, loss, gradient, time, jnp.int32(0), jnp.int32(gradients), memory, jnp.bool_(False))


def moved(objective: Objective, motion: Motion, params: Params, time: Array, memory: Any) -> Motion:
    """The motion after one step of a discrete algorithm: one gradient, taken at the new parameters."""
    loss, gradient = objective.loss_and_gradient(params)
    return Motion(params, loss, gradient, time, motion.steps + 1, motion.gradients + 1, memory, motion.stalled)


def descended(params: Params, gradient: Params, rate: Array) -> Params:
    """All parameters moved at once against the gradient of one instant."""
    return jax.tree.map(lambda leaf, slope: leaf - rate.astype(leaf.dtype) * slope, params, gradient)
