"""Boosting: coordinate descent on a loss of exponential tail, with the step sizes that are studied."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number, static
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, moved
from thalweg.parametrizations.base import Objective, Params
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.classification import Classification

STEPS = ("adaboost", "quadratic", "line search", "wolfe")
LIMIT = 100
"""How often a search halves or doubles its step at most."""


class CoordinateDescent(AbstractAlgorithm):
    r"""Greedy coordinate descent for classification, which is boosting: $w \leftarrow w + \alpha_t s\,e_j$.

    With the entries $y_ix_{ij}$ in $[-1, 1]$, what weak learner j says of sample i, and samples weighed by
    $p_i \propto -\phi'(y_i\langle w, x_i\rangle)$, the coordinate j is the one whose edge $|\sum_i p_i y_i x_{ij}|$ is the
    largest (the first of several), $\gamma_t$ that edge and s its sign. The length of the step is, with the shrinkage
    $\nu$ in (0, 1],

    - `adaboost`: $\frac\nu2\ln\frac{1 + \gamma_t}{1 - \gamma_t}$, AdaBoost for $\nu = 1$;
    - `quadratic`: $\nu\gamma_t$, what least squares of the quadratic upper bound of the exponential loss asks for;
    - `line search`: $\nu$ times the step to the least loss along the coordinate;
    - `wolfe`: a step after which the loss has fallen by at least $1 - \nu/2$ of what its slope promised, and the slope
      has fallen to $1 - \nu/4$ of itself or less.

    Full steps ($\nu = 1$) need not find the largest $\ell_1$ margin of the data; with the exponential loss small ones come
    within a factor $1 - \nu/2$ of it. Take `problem.log` for long runs, whose losses are below any floating-point number.

    Arguments:
        step: how the length is chosen, one of the four.
        shrinkage: $\nu$, in (0, 1]; time is $\sum\alpha_t$, the length of the path.

    Raises:
        ValueError: an unknown step or a shrinkage outside (0, 1]; when a run starts, a problem that is no
            `Classification`, parameters that are not one row, entries outside $[-1, 1]$, or a coordinate that alone
            classifies every sample, on which the step has no bound.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.Classification([[1.0, 1.0, -1.0], [1.0, -1.0, 1.0]], labels=[1, 1, 1])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([[[0.0, 0.0]]]),
        ...                 tw.CoordinateDescent("adaboost"), until=tw.Steps(1), key=0)
        >>> bool(np.allclose(run.predictor, [[0.5 * np.log(2.0), 0.0]]))
        True

    Reference:
        telgarsky2013margins, section 2; freund1997decision.
    """

    shrinkage: np.ndarray
    rule: str = static()

    def __init__(self, step: str = "adaboost", shrinkage: Any = 1.0):
        if step not in STEPS:
            raise ValueError(f"step must be one of {', '.join(map(repr, STEPS))}; got {step!r}")
        self.rule = step
        self.shrinkage = number(shrinkage, "shrinkage", above=0)
        if self.shrinkage > 1:
            raise ValueError(f"shrinkage must be at most 1, a full step; got {float(self.shrinkage):g}")

    def check_start(self, objective: Objective, params: Params) -> None:
        problem, network = objective.problem, objective.parametrization
        if not isinstance(problem, Classification):
            raise ValueError(
                f"CoordinateDescent is of tw.Classification, not of {type(problem).__name__}; see tw.SteepestDescent"
            )
        if not isinstance(network, DeepLinear) or network.depth != 1:
            raise ValueError(
                f"CoordinateDescent moves one row of coefficients, not the parameters of a {type(network).__name__}: take "
                f"tw.DeepLinear(depth=1, shape={objective.shape})"
            )
        entries = np.asarray(problem.signed)
        if (most := float(np.abs(entries).max())) > 1:
            raise ValueError(f"entries must be in [-1, 1] for these steps, the largest is {most:g}: divide the inputs by it")
        alone = {
            "adaboost": np.ptp(entries, axis=1) + 1 - np.abs(entries).max(axis=1) == 0,
            "line search": np.abs(np.sign(entries).sum(axis=1)) == entries.shape[1],
        }.get(self.rule, np.zeros(1, bool))
        if alone.any():
            raise ValueError(
                f"coordinate {int(np.argmax(alone))} alone classifies every sample, so that the step {self.rule!r} along it "
                "has no bound; take 'quadratic' or 'wolfe', or leave the coordinate out"
            )

    def start(self, objective: Objective, params: Params) -> Motion:
        return at_rest(objective, params, None)

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        problem: Any = objective.problem
        leaves, structure = jax.tree.flatten(motion.params)
        row = leaves[0]
        margins = problem.margins(row)
        signed = jnp.asarray(problem.signed, row.dtype)
        edges = signed @ _weights(problem, margins)
        chosen = jnp.argmax(jnp.abs(edges))
        sign = jnp.sign(edges[chosen])
        length = self._length(problem, margins, sign * signed[chosen], jnp.abs(edges[chosen]))
        moved_row = row.at[0, chosen].add(length * sign)
        params = jax.tree.unflatten(structure, [moved_row])
        return moved(objective, motion, params, motion.time + length, None)

    def _length(self, problem: Any, margins: Array, slopes: Array, edge: Array) -> Array:
        """The step along a coordinate with these entries, whose edge is positive."""
        shrinkage = jnp.asarray(self.shrinkage, margins.dtype)
        if self.rule == "adaboost":
            # (1 + edge) / (1 - edge) by logarithms, for where all weight is on samples that are right the edge is rounded to 1
            logs = _log_weights(problem, margins)
            right, wrong = (jax.nn.logsumexp(logs, b=1 + side * slopes) for side in (1, -1))
            return shrinkage * (right - wrong) / 2
        if self.rule == "quadratic":
            return shrinkage * edge
        if self.rule == "line search":
            return shrinkage * _least(problem, margins, slopes, edge)
        return _wolfe(problem, margins, slopes, edge, shrinkage)


def _weights(problem: Any, margins: Array) -> Array:
    r"""$p_i \propto -\phi'(u_i)$, exact at any margins."""
    return jax.nn.softmax(_log_weights(problem, margins))


def _log_weights(problem: Any, margins: Array) -> Array:
    return -margins if problem.kind == "exponential" else -jax.nn.softplus(margins)


def _log_loss(problem: Any, margins: Array) -> Array:
    """The logarithm of the loss at margins."""
    return jax.nn.logsumexp(problem.log_losses(margins)) - np.log(margins.shape[0])


def _least(problem: Any, margins: Array, slopes: Array, edge: Array) -> Array:
    """The step to the least loss, by doubling until the slope has turned, and then by halves, to rounding."""

    def falls(length: Array) -> Array:
        return _weights(problem, margins + length * slopes) @ slopes > 0

    def wider(state: tuple[Array, Array]) -> tuple[Array, Array]:
        return 2 * state[0], state[1] + 1

    high, _ = jax.lax.while_loop(lambda s: falls(s[0]) & (s[1] < LIMIT), wider, (jnp.maximum(edge, 1e-3), jnp.int32(0)))

    def halved(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = (ends[0] + ends[1]) / 2
        below = falls(middle)
        return jnp.where(below, middle, ends[0]), jnp.where(below, ends[1], middle)

    low, high = jax.lax.fori_loop(0, 60, halved, (jnp.zeros_like(high), high))
    return jnp.where(edge > 0, (low + high) / 2, 0.0)


def _wolfe(problem: Any, margins: Array, slopes: Array, edge: Array, shrinkage: Array) -> Array:
    """The first step, from that of the quadratic bound on by doubling and halving, that meets both conditions."""
    before = _log_loss(problem, margins)
    steep = _steepness(problem, margins)

    def judged(length: Array) -> tuple[Array, Array]:
        after = margins + length * slopes
        fall = jnp.exp(_log_loss(problem, after) - before)
        enough = fall <= 1 - (1 - shrinkage / 2) * length * edge * steep
        slope = (_weights(problem, after) @ slopes) * _steepness(problem, after) * fall
        return enough, slope <= (1 - shrinkage / 4) * edge * steep

    def onward(state: tuple[Array, Array, Array, Array]) -> Array:
        length, _, _, count = state
        return ~jnp.logical_and(*judged(length)) & (count < LIMIT)

    def tried(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        length, low, high, count = state
        enough, _ = judged(length)
        low, high = jnp.where(enough, length, low), jnp.where(enough, high, length)
        return jnp.where(jnp.isinf(high), 2 * low, (low + high) / 2), low, high, count + 1

    first = shrinkage * edge
    state = (first, jnp.zeros_like(first), jnp.full_like(first, jnp.inf), jnp.int32(0))
    return jax.lax.while_loop(onward, tried, state)[0]


def _steepness(problem: Any, margins: Array) -> Array:
    r"""$\sum_i|\phi'(u_i)| / \sum_i\phi(u_i)$, 1 for the exponential loss."""
    if problem.kind == "exponential":
        return jnp.ones((), margins.dtype)
    logs = jax.nn.logsumexp(-jax.nn.softplus(margins)) - np.log(margins.shape[0])
    return jnp.exp(logs - _log_loss(problem, margins))
