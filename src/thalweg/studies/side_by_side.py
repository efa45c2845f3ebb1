"""Many small runs of one algorithm side by side, of one row of coefficients each: where they end, and how they go."""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from thalweg.algorithms.base import AbstractAlgorithm, Motion
from thalweg.parametrizations.base import Objective
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.base import AbstractProblem

FLOOR = 1e-25
"""The loss at which a run has ended; rounding leaves about 1e-30."""


def ended(
    problems: Sequence[AbstractProblem],
    algorithms: Sequence[AbstractAlgorithm],
    starts: Sequence[np.ndarray],
    *,
    floor: float = FLOOR,
    most: int = 400_000,
    keep: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows that runs of one kind end with, their losses, and the first `keep` + 1 rows of each, (runs, keep + 1, d).

    The steps are those of `follow`, taken for all runs at once until every loss is below the floor, or `most` of them.
    Problems are of one shape, and algorithms of one structure: what differs among them are numbers.
    """
    rows, losses, kept = _ended(_stacked(problems), _stacked(algorithms), np.stack(starts), floor, most, keep)
    return np.asarray(rows), np.asarray(losses), np.asarray(kept).swapaxes(0, 1)


def _stacked(parts: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *parts)


@functools.partial(jax.jit, static_argnames="keep")
def _ended(problems: Any, algorithms: Any, starts: Any, floor: float, most: int, keep: int) -> Any:
    network = DeepLinear(depth=1, shape=(1, starts.shape[-1]))

    def begun(problem: Any, algorithm: Any, start: Any) -> Motion:
        return algorithm.start(Objective(problem, network), [start[None]])

    def stepped(problem: Any, algorithm: Any, motion: Motion) -> Motion:
        return algorithm.step(Objective(problem, network), motion, jnp.inf)

    def onward(state: Any) -> Any:
        motion, count, _ = state
        return (count < most) & jnp.any(motion.loss > floor)

    def body(state: Any) -> Any:
        motion, count, kept = state
        motion, count = jax.vmap(stepped)(problems, algorithms, motion), count + 1
        # Past its length an array is left as it is.
        return motion, count, kept.at[count].set(motion.params[0][:, 0], mode="drop")

    kept = jnp.broadcast_to(starts, (keep + 1, *starts.shape))
    motion, _, kept = jax.lax.while_loop(onward, body, (jax.vmap(begun)(problems, algorithms, starts), 0, kept))
    return motion.params[0][:, 0], motion.loss, kept
