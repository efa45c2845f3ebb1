"""The compiled part of the one loop: from record to record, a chunk at a time."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from thalweg._module import Module, static
from thalweg.algorithms.base import AbstractAlgorithm, Motion
from thalweg.observables.base import AbstractObservable
from thalweg.observables.loss import Loss
from thalweg.parametrizations.base import Objective, Params
from thalweg.trajectory.stop import AbstractStop, reached

RUNNING, MET, DIVERGED, STALLED, AT_REST = range(5)


class Experiment(Module):
    """Everything that the loop needs to know of a run."""

    objective: Objective
    algorithm: AbstractAlgorithm
    observables: list[AbstractObservable]
    until: AbstractStop
    unit: str = static()


class Carry(NamedTuple):
    """What goes from chunk to chunk: bit for bit all that the rest of the run depends on."""

    motion: Motion
    memory: Any
    ending: Array
    recorded: Array


class Chunk(NamedTuple):
    """What a chunk brings back: the carry, the records made, how many, and how many ticks they used up."""

    carry: Carry
    records: dict[str, Array]
    made: Array
    ticks: Array


def measure(experiment: Experiment, motion: Motion) -> dict[str, Array]:
    """One record."""
    values = {"time": motion.time, "steps": motion.steps, "gradients": motion.gradients}
    values |= experiment.algorithm.clocks(motion)
    for observable in experiment.observables:
        # Every motion carries its loss; to compute it again at every record would cost a third of a gradient.
        known = isinstance(observable, Loss)
        if observable.name in values:
            name = type(experiment.algorithm).__name__
            raise ValueError(f"record holds {observable.name}, the name of a clock that {name} keeps and records itself")
        values[observable.name] = motion.loss if known else jnp.asarray(observable(experiment.objective, motion.params))
    return values


@jax.jit
def begin(experiment: Experiment, params: Params) -> tuple[Carry, dict[str, Array]]:
    """The carry at the start of a run, and its first record."""
    motion = experiment.algorithm.start(experiment.objective, params)
    fired, memory = experiment.until.check(motion, experiment.until.begin(motion))
    carry = Carry(motion, memory, _ending(motion, fired), motion.steps)
    # Weakly typed leaves would come back strongly typed from the first chunk, and the second would compile anew.
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, leaf.dtype), carry), measure(experiment, motion)


@jax.jit
def advance(experiment: Experiment, carry: Carry, ticks: Array, budget: Array) -> Chunk:
    """Steps on until all ticks are recorded, the run ends, or a budget of attempted steps is spent.

    How a run is cut into chunks does not touch its numbers: a chunk only says when control returns to Python. The carry
    is not donated: it is what a run that is interrupted within a chunk goes on from.
    """
    shapes = jax.eval_shape(measure, experiment, carry.motion)
    buffers = {name: jnp.zeros((len(ticks), *leaf.shape), leaf.dtype) for name, leaf in shapes.items()}

    def step(state: tuple[Carry, Array, Array]) -> tuple[Carry, Array, Array]:
        (motion, memory, _, recorded), spent, tick = state
        horizon = jnp.asarray(experiment.until.horizon(), motion.time.dtype)
        if experiment.unit == "time":
            horizon = jnp.minimum(horizon, tick)
        attempts = experiment.algorithm.step(experiment.objective, motion, horizon)
        fired, kept = experiment.until.check(attempts, memory)
        return Carry(attempts, kept, _ending(attempts, fired), recorded), spent + 1, tick

    def due(motion: Motion, tick: Array) -> Array:
        return reached(motion.time, tick) if experiment.unit == "time" else motion.steps >= tick

    def passed(motion: Motion) -> Array:
        clock = ticks.astype(motion.time.dtype)
        return jnp.sum(jax.vmap(lambda tick: due(motion, tick))(clock)).astype(jnp.int32)

    def onward(state: tuple[Carry, Array, Array]) -> Array:
        carry, spent, tick = state
        return (carry.ending == RUNNING) & (spent < budget) & ~due(carry.motion, tick)

    def record(state: Any) -> Any:
        carry, spent, index, made, buffers = state
        carry, spent, _ = jax.lax.while_loop(onward, step, (carry, spent, ticks[index].astype(carry.motion.time.dtype)))
        now = due(carry.motion, ticks[index].astype(carry.motion.time.dtype))
        # A run may end without a step since its last record: stalled, with all further steps refused.
        worth = now | ((carry.ending != RUNNING) & (carry.motion.steps > carry.recorded))
        values = measure(experiment, carry.motion)
        buffers = {name: buffer.at[made].set(values[name]) for name, buffer in buffers.items()}
        # Ticks that one step has passed at once are recorded once.
        index = jnp.where(now, jnp.maximum(passed(carry.motion), index + 1), index).astype(jnp.int32)
        carry = carry._replace(recorded=jnp.where(worth, carry.motion.steps, carry.recorded))
        return carry, spent, index, made + worth.astype(jnp.int32), buffers

    def more(state: Any) -> Array:
        carry, spent, index, _, _ = state
        return (carry.ending == RUNNING) & (spent < budget) & (index < len(ticks))

    zero = jnp.int32(0)
    # Ticks that are due already were passed by the last step of the chunk before, which recorded it.
    state = (carry, zero, passed(carry.motion), zero, buffers)
    carry, _, index, made, buffers = jax.lax.while_loop(more, record, state)
    return Chunk(carry, buffers, made, index)


def _ending(motion: Motion, fired: Array) -> Array:
    finite = jnp.isfinite(motion.loss)
    moving = functools.reduce(jnp.logical_or, [jnp.any(leaf != 0) for leaf in jax.tree.leaves(motion.gradient)])
    ending = jnp.where(motion.stalled, STALLED, jnp.where(moving, RUNNING, AT_REST))
    ending = jnp.where(fired, MET, ending)
    return jnp.where(finite, ending, DIVERGED).astype(jnp.int32)
