"""What the flows share: one step of an ordinary differential equation under error control."""

import abc
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number
from thalweg.algorithms.base import AbstractAlgorithm, Motion
from thalweg.algorithms.solvers.registry import descent_term
from thalweg.parametrizations.base import Objective, Params

SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0
SMALL = 1e-4
"""The least error, in units of the tolerance, from which the trend of errors is read."""
RISEN = 8.0
"""The error that a step counts with when it raised the loss, in units of the tolerance: about halves the step."""


class AbstractFlow(AbstractAlgorithm):
    r"""A flow $\dot\theta = -d(\theta)$ down a loss, followed with error control.

    A step is accepted when its estimated local error, in the Euclidean norm over all parameters, is at most `rtol`
    times their norm, and when it does not raise the loss. A new flow writes its direction $d$, along which the loss must
    fall, and the method that solves it.
    """

    rtol: np.ndarray

    @abc.abstractmethod
    def direction(self, objective: Objective, params: Params) -> Params:
        """What the parameters move against, at the cost of one gradient."""

    @abc.abstractmethod
    def method(self) -> Any:
        """The solver, in diffrax's form."""

    def check(self, precision: Any) -> None:
        least = 50 * float(jnp.finfo(precision).eps)
        if float(self.rtol) < least:
            switch = '; switch to float64 by jax.config.update("jax_enable_x64", True)'
            hint = "" if precision == jnp.float64 else switch
            raise ValueError(
                f"rtol={float(self.rtol):g} cannot be reached in {jnp.dtype(precision).name}, whose rounding allows "
                f"{least:.1g} at best{hint}"
            )

    def start(self, objective: Objective, params: Params) -> Motion:
        state = self.method().init(descent_term(), 0.0, 1.0, params, (self, objective))
        loss = objective.loss(params)
        dtype = loss.dtype
        gradient = jax.tree.map(jnp.negative, state.f0)
        slope = _norm(gradient)
        step = jnp.where(slope > 0, 0.01 * _norm(params) / jnp.where(slope > 0, slope, 1.0), 1.0).astype(dtype)
        step = jnp.where(step > 0, step, jnp.asarray(1e-6, dtype))
        one = jnp.ones((), dtype)
        memory = (state, step, one, (jnp.zeros((), dtype), one), jnp.abs(loss) * (16 * jnp.finfo(dtype).eps) ** 2)
        zero = jnp.zeros((), dtype)
        evaluations = jnp.asarray(state.evaluations, jnp.int32)
        return Motion(params, loss, gradient, zero, jnp.int32(0), evaluations, memory, jnp.bool_(False))

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        solver = self.method()
        state, size, before, (width, trend), floor = motion.memory
        dtype = motion.time.dtype
        lands = motion.time + size * (1 + 1e-6) >= horizon
        end = jnp.where(lands, horizon, motion.time + size)
        params, error, _, after, _ = solver.step(
            descent_term(), motion.time, end, motion.params, (self, objective), state, made_jump=False
        )
        scale = jnp.asarray(self.rtol, dtype) * jnp.maximum(_norm(motion.params), _norm(params))
        ratio = _norm(error) / jnp.maximum(scale, jnp.finfo(dtype).tiny)
        ratio = jnp.where(jnp.isfinite(ratio), ratio, jnp.inf)
        loss = objective.loss(params)
        # Along the flow the loss falls; a step that raises it was too long, however small its estimated error.
        rises = ~(loss <= motion.loss + 64 * jnp.finfo(dtype).eps * jnp.abs(motion.loss) + floor)
        ratio = jnp.where(rises, jnp.maximum(ratio, RISEN), ratio)
        accepted = ratio <= 1
        order = solver.error_order(descent_term())
        factor = SAFETY * jnp.maximum(ratio, 1e-10) ** (-1 / order)
        # What the error of a step becomes at the next point is read off the last two steps that were taken: while a path
        # speeds up, equal steps err more and more, and the next one is shortened before it fails.
        seen = jnp.maximum(ratio, SMALL)
        foreseen = factor * (end - motion.time) / jnp.where(width > 0, width, 1.0) * (trend / seen) ** (1 / order)
        factor = jnp.where(accepted & (width > 0), jnp.minimum(factor, foreseen), factor)
        factor = jnp.clip(factor, SHRINK, GROW)
        # After a rejection the next step does not grow at once; a step cut short to land does not shorten the next.
        factor = jnp.where(accepted & (before > 1), jnp.minimum(factor, 1.0), factor).astype(dtype)
        proposal = factor * (end - motion.time)
        proposal = jnp.where(accepted & lands, jnp.maximum(proposal, size), proposal)
        # A step cut short to land says nothing about the trend.
        counts = accepted & ~lands
        width = jnp.where(counts, end - motion.time, width)
        trend = jnp.where(counts, seen.astype(dtype), trend)
        kept = jax.tree.map(lambda new, old: jnp.where(accepted, new, old), after, solver.rejected(state, after))
        params = jax.tree.map(lambda new, old: jnp.where(accepted, new, old), params, motion.params)
        loss = jnp.where(accepted, loss, motion.loss)
        time = jnp.where(accepted, end, motion.time)
        return Motion(
            params,
            loss,
            jax.tree.map(jnp.negative, kept.f0),
            time,
            motion.steps + accepted.astype(jnp.int32),
            jnp.asarray(after.evaluations, jnp.int32),
            (kept, proposal, ratio.astype(dtype), (width, trend), floor),
            proposal <= 4 * jnp.finfo(dtype).eps * time,
        )


def tolerance(rtol: Any) -> np.ndarray:
    """A tolerance that a path can be followed at, as a number that a sweep may vary."""
    checked = number(rtol, "rtol", above=0)
    if checked >= 0.1:
        raise ValueError(f"rtol must be below 0.1 for the path to mean anything, got {float(checked):g}")
    return checked


def _norm(tree: Any) -> Array:
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree)))
