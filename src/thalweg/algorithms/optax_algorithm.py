"""Any optax optimizer as an algorithm."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from thalweg._module import number, static
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, moved
from thalweg.parametrizations.base import Objective, Params


class Optax(AbstractAlgorithm):
    """Any optax optimizer: `tw.Optax(optax.adam, learning_rate=1e-3)`.

    Given the function that makes the optimizer and its numbers apart, a sweep over the numbers is compiled once and the
    run can be kept in a store or in snapshots; an optimizer already made, `tw.Optax(optax.adam(1e-3))`, runs as well
    but cannot be kept. The recorded time is the number of steps: adaptive methods keep no clock of the flow.

    Arguments:
        optimizer: a function of optax that makes an optimizer, or an optimizer.
        numbers: what the function is called with: floating-point numbers and arrays may vary without a new compilation,
            whatever else (truth values, counts, schedules) is structure.

    Raises:
        TypeError: neither a function nor an optimizer, or numbers beside an optimizer already made.

    Examples:
        >>> import numpy as np, optax
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.eye(3))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(3, 3)), tw.Identity(0.1),
        ...                 tw.Optax(optax.adam, learning_rate=0.05), until=tw.LossBelow(1e-6), key=0)
        >>> run.outcome.reached
        True

    Reference:
        deepmind2020jax.
    """

    numbers: dict[str, Any]
    options: tuple[tuple[str, Any], ...] = static()
    optimizer: Any = static()

    def __init__(self, optimizer: Callable[..., Any] | optax.GradientTransformation, **numbers: Any):
        ready = isinstance(optimizer, optax.GradientTransformation)
        if not ready and not callable(optimizer):
            raise TypeError(f"Optax takes a function of optax or an optimizer, got {optimizer!r}")
        if ready and numbers:
            raise TypeError(f"this optimizer is already made, {', '.join(numbers)} would go nowhere; pass its function")
        self.optimizer = optimizer
        varied = {name: value for name, value in numbers.items() if isinstance(value, float) or hasattr(value, "dtype")}
        self.numbers = {name: number(value, name) if np.ndim(value) == 0 else value for name, value in varied.items()}
        self.options = tuple((name, value) for name, value in numbers.items() if name not in varied)
        self._made()

    def _made(self) -> Any:
        if isinstance(self.optimizer, optax.GradientTransformation):
            return self.optimizer
        return self.optimizer(**self.numbers, **dict(self.options))

    def start(self, objective: Objective, params: Params) -> Motion:
        motion = at_rest(objective, params, None)
        return motion._replace(memory=jax.tree.map(jnp.asarray, self._made().init(params)))

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        updates, memory = self._made().update(motion.gradient, motion.memory, motion.params)
        memory = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), memory, motion.memory)
        params = jax.tree.map(lambda leaf, update: leaf + update.astype(leaf.dtype), motion.params, updates)
        return moved(objective, motion, params, jnp.asarray(motion.steps + 1, motion.time.dtype), memory)
