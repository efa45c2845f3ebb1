"""When to stop: rules on the motion, combined by `|`."""

import abc
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import Module, number
from thalweg._whole import whole
from thalweg.algorithms.base import Motion


class AbstractStop(Module):
    """A rule that says when a run has gone far enough. `a | b` stops when the first of them does."""

    @abc.abstractmethod
    def check(self, motion: Motion, memory: Any) -> tuple[Array, Any]:
        """Whether the rule fires (a boolean, or for `AnyOf` which one), and what it remembers."""

    @abc.abstractmethod
    def sentence(self, motion: Motion) -> str:
        """What to say when it has fired."""

    def begin(self, motion: Motion) -> Any:
        """What the rule remembers at the start."""
        return None

    def horizon(self) -> Any:
        """The time that a flow must not pass."""
        return np.inf

    def __or__(self, other: "AbstractStop") -> "AnyOf":
        if not isinstance(other, AbstractStop):
            return NotImplemented
        parts = [part for rule in (self, other) for part in (rule.rules if isinstance(rule, AnyOf) else [rule])]
        return AnyOf(parts)


class AnyOf(AbstractStop):
    """Stops when the first of several rules does; made by `a | b`.

    Arguments:
        rules: the rules, at least one.

    Examples:
        >>> import thalweg as tw
        >>> len((tw.LossBelow(1e-6) | tw.Steps(100) | tw.Time(5.0)).rules)
        3
    """

    rules: list[AbstractStop]

    def __init__(self, rules: Sequence[AbstractStop]):
        if not isinstance(rules, list | tuple) or not all(isinstance(rule, AbstractStop) for rule in rules):
            raise TypeError(f"rules must be a list of stopping rules such as tw.Steps, got {rules!r}")
        if not rules:
            raise ValueError("rules must hold at least one stopping rule, or the run would never stop")
        self.rules = list(rules)

    def begin(self, motion: Motion) -> Any:
        return [rule.begin(motion) for rule in self.rules]

    def check(self, motion: Motion, memory: Any) -> tuple[Array, Any]:
        fired, memories = zip(*(rule.check(motion, m) for rule, m in zip(self.rules, memory, strict=True)), strict=True)
        return jnp.any(jnp.stack(fired)), list(memories)

    def which(self, motion: Motion, memory: Any) -> AbstractStop:
        """The first rule that fires at the motion."""
        for rule, m in zip(self.rules, memory, strict=True):
            if bool(rule.check(motion, m)[0]):
                return rule
        return self

    def horizon(self) -> Any:
        return jnp.min(jnp.stack([jnp.asarray(rule.horizon()) for rule in self.rules]))

    def sentence(self, motion: Motion) -> str:
        return "one of its stopping rules was met"


class LossBelow(AbstractStop):
    """Stops at the first step whose loss is at most the threshold.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.LossBelow(1e-6).threshold)
        1e-06
    """

    threshold: np.ndarray

    def __init__(self, threshold: Any):
        self.threshold = number(threshold, "threshold", above=0)

    def check(self, motion: Motion, memory: Any) -> tuple[Array, Any]:
        return motion.loss <= jnp.asarray(self.threshold, motion.loss.dtype), memory

    def sentence(self, motion: Motion) -> str:
        return f"the loss {float(motion.loss):.3g} is at most {float(self.threshold):g}"


class Steps(AbstractStop):
    """Stops after so many steps.

    Examples:
        >>> import thalweg as tw
        >>> int(tw.Steps(1000).count)
        1000
    """

    count: np.ndarray

    def __init__(self, count: int):
        self.count = np.asarray(whole(count, "count"), dtype=np.int32)

    def check(self, motion: Motion, memory: Any) -> tuple[Array, Any]:
        return motion.steps >= self.count, memory

    def sentence(self, motion: Motion) -> str:
        return f"{int(self.count)} steps were taken"


class Gradients(AbstractStop):
    """Stops once so many gradients have been evaluated.

    Examples:
        >>> import thalweg as tw
        >>> int(tw.Gradients(1500).count)
        1500
    """

    count: np.ndarray

    def __init__(self, count: int):
        self.count = np.asarray(whole(count, "count"), dtype=np.int32)

    def check(self, motion: Motion, memory: Any) -> tuple[Array, Any]:
        return motion.gradients >= self.count, memory

    def sentence(self, motion: Motion) -> str:
        return f"{int(motion.gradients)} gradients were evaluated, {int(self.count)} were allowed"


class Time(AbstractStop):
    """Stops at a time: a flow exactly there, a discrete algorithm at the first step that reaches it.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.Time(2.5).end)
        2.5
    """

    end: np.ndarray

    def __init__(self, end: Any):
        self.end = number(end, "end", above=0)

    def check(self, motion: Motion, memory: Any) -> tuple[Array, Any]:
        return reached(motion.time, jnp.asarray(self.end, motion.time.dtype)), memory

    def sentence(self, motion: Motion) -> str:
        return f"time {float(self.end):g} was reached"

    def horizon(self) -> Any:
        return self.end


class Steady(AbstractStop):
    r"""Stops where the path stands still: $\|\nabla\varphi(\theta)\| \le \mathrm{rtol}\,\|\theta\|$.

    In words: over one unit of time the parameters would move by less than the fraction `rtol` of their norm.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.Steady(1e-9).rtol)
        1e-09
    """

    rtol: np.ndarray

    def __init__(self, rtol: Any):
        self.rtol = number(rtol, "rtol", above=0)

    def check(self, motion: Motion, memory: Any) -> tuple[Array, Any]:
        return norm(motion.gradient) <= jnp.asarray(self.rtol, motion.loss.dtype) * norm(motion.params), memory

    def sentence(self, motion: Motion) -> str:
        return f"the gradient is at most {float(self.rtol):g} of the parameters' norm: a steady state"


class RelativeChange(AbstractStop):
    r"""Stops when the loss has changed by less than a fraction over so many steps.

    Arguments:
        rtol: the fraction, $|\ell_k - \ell_{k-n}| \le \mathrm{rtol}\,\ell_{k-n}$.
        over: $n$, the number of steps between the comparisons.

    Examples:
        >>> import thalweg as tw
        >>> tw.RelativeChange(1e-3, over=50).over
        array(50, dtype=int32)
    """

    rtol: np.ndarray
    over: np.ndarray

    def __init__(self, rtol: Any, *, over: int = 100):
        self.rtol = number(rtol, "rtol", above=0)
        self.over = np.asarray(whole(over, "over"), dtype=np.int32)

    def begin(self, motion: Motion) -> Any:
        return motion.loss, motion.steps

    def check(self, motion: Motion, memory: Any) -> tuple[Array, Any]:
        loss, step = memory
        due = motion.steps - step >= self.over
        small = jnp.abs(motion.loss - loss) <= jnp.asarray(self.rtol, loss.dtype) * loss
        # Where the rule fires it keeps what it compared with, so that it can be asked once more which rule it was.
        onward = due & ~small
        return due & small, (jnp.where(onward, motion.loss, loss), jnp.where(onward, motion.steps, step))

    def sentence(self, motion: Motion) -> str:
        return f"the loss changed by less than {float(self.rtol):g} of itself over {int(self.over)} steps"


def norm(tree: Any) -> Array:
    """The Euclidean norm of all leaves together."""
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree)))


def reached(time: Array, tick: Array) -> Array:
    """Whether a clock has reached a tick, up to the rounding of its sum."""
    return time >= tick * (1 - 8 * jnp.finfo(time.dtype).eps)
