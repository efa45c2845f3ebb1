"""What the solvers share: their state, the arithmetic of trees, and the spectral radius of the Jacobian."""

import abc
from collections.abc import Callable
from typing import Any, ClassVar

import diffrax
import jax
import jax.numpy as jnp

from thalweg._module import Module

Tree = Any
Field = Callable[[Tree], Tree]

SAFETY = 1.1
"""By how much the estimated spectral radius is enlarged: power iteration approaches it from below."""
LIFETIME = 20
"""Accepted steps after which the spectral radius is estimated anew."""
SUSPECT = 5
"""Accepted steps after which a rejection is taken as a sign that the spectral radius has grown."""
PRECISION = 0.01
"""Relative change between two iterations at which power iteration stops."""
ITERATIONS = 30
"""The most iterations of one power iteration."""


class SolverState(Module):
    r"""What a solver carries from step to step.

    Arguments:
        f0: the vector field at the current point (each solver here evaluates it last: first same as last).
        evaluations: gradient evaluations so far, those of the spectral radius included.
        spectral_radius: the last estimate of the largest $|\lambda|$ of the Jacobian, not enlarged; 0 if none yet.
        vector: the unit vector of that estimate, shaped as the point.
        age: accepted steps since that estimate.
        phase: 0 while an ordinary method steps, 1 while a stabilized one does.
        streak: accepted steps in a row that speak for leaving the phase.
        patience: how long a streak must be for the stabilized method to be tried.
        tenure: accepted steps in this phase.
    """

    f0: Tree
    evaluations: jax.Array
    spectral_radius: jax.Array
    vector: Tree
    age: jax.Array
    phase: jax.Array
    streak: jax.Array
    patience: jax.Array
    tenure: jax.Array


def combine(coefficients: list[Any], trees: list[Tree]) -> Tree:
    """The linear combination of trees of one structure, each leaf in its own dtype."""

    def leaf(*leaves: jax.Array) -> jax.Array:
        return jnp.asarray(sum(jnp.asarray(c, leaves[0].dtype) * x for c, x in zip(coefficients, leaves, strict=True)))

    return jax.tree.map(leaf, *trees)


def norm(tree: Tree) -> jax.Array:
    """The Euclidean norm over all leaves together."""
    return jnp.sqrt(sum(jnp.sum(jnp.square(x)) for x in jax.tree.leaves(tree)))


def scaled(tree: Tree, factor: Any) -> Tree:
    """The tree times a number."""
    return jax.tree.map(lambda x: jnp.asarray(factor, x.dtype) * x, tree)


def probe(like: Tree) -> Tree:
    """A fixed unit vector without structure, so that no eigenvector is missed for being orthogonal to it."""
    leaves, structure = jax.tree.flatten(like)
    keys = jax.random.split(jax.random.key(20), len(leaves))
    vector = [jax.random.normal(k, x.shape, x.dtype) for k, x in zip(keys, leaves, strict=True)]
    return scaled(jax.tree.unflatten(structure, vector), 1 / norm(vector))


def spectral_radius(field: Field, y: Tree, f: Tree, vector: Tree, wanted: Any) -> tuple[jax.Array, Tree, jax.Array]:
    r"""The largest $|\lambda|$ of the Jacobian at y by power iteration, one evaluation of the field an iteration.

    The product is the difference quotient $(f(y + \delta v) - f(y)) / \delta$, which costs half a forward-mode
    product; its error, of the order of the root of the precision, is far below what the choice of stages can feel.

    Arguments:
        field: the vector field of the point alone.
        y: the point; f: the field there.
        vector: where to start, of norm about 1.
        wanted: a boolean; where it is false nothing is evaluated (under `vmap` too, if false everywhere).

    Returns:
        the radius (0 where not wanted), its unit vector, and the number of evaluations.
    """
    real = jnp.result_type(*jax.tree.leaves(y))
    tiny = jnp.finfo(real).tiny
    delta = jnp.sqrt(jnp.finfo(real).eps) * jnp.maximum(norm(y), jnp.sqrt(jnp.finfo(real).eps))

    def unfinished(carry: Any) -> jax.Array:
        count, radius, before, _ = carry
        settled = (count >= 2) & (jnp.abs(radius - before) <= PRECISION * radius)
        return wanted & (count < ITERATIONS) & ~settled

    def iterate(carry: Any) -> Any:
        count, radius, _, v = carry
        image = combine([1 / delta, -1 / delta], [field(combine([1, delta], [y, v])), f])
        size = norm(image)
        v = jax.tree.map(lambda new, old: jnp.where(size > tiny, new / jnp.maximum(size, tiny), old), image, v)
        return count + 1, size, radius, v

    zero = jnp.zeros((), real)
    count, radius, _, v = jax.lax.while_loop(unfinished, iterate, (jnp.asarray(0), zero, zero, vector))
    return radius, v, count


def first_state(terms: Any, t0: Any, y0: Tree, args: Any) -> SolverState:
    """The state before the first step: one evaluation, no spectral radius yet."""
    f0 = terms.vf(t0, y0, args)
    real = jnp.result_type(*jax.tree.leaves(y0))
    zero = jnp.asarray(0)
    return SolverState(
        f0=f0,
        evaluations=jnp.asarray(1),
        spectral_radius=jnp.zeros((), real),
        vector=probe(y0),
        age=jnp.asarray(LIFETIME),
        phase=zero,
        streak=zero,
        patience=jnp.asarray(2),
        tenure=zero,
    )


def after_rejection(old: SolverState, new: SolverState) -> SolverState:
    """The state to go on with when the step from `old` to `new` is not taken."""
    fresh = new.age == 1
    age = jnp.where(fresh, 0, jnp.where(old.age > SUSPECT, LIFETIME, old.age))
    return SolverState(
        f0=old.f0,
        evaluations=new.evaluations,
        spectral_radius=new.spectral_radius,
        vector=new.vector,
        age=age,
        phase=old.phase,
        streak=old.streak,
        patience=old.patience,
        tenure=old.tenure,
    )


def dense(y0: Tree, y1: Tree, f0: Tree, f1: Tree, h: Any) -> dict[str, Tree]:
    """What diffrax's cubic Hermite interpolation is built from."""
    return {"y0": y0, "y1": y1, "k0": scaled(f0, h), "k1": scaled(f1, h)}


def started(terms: Any, t0: Any, y0: Tree, args: Any, state: SolverState, made_jump: Any) -> tuple[Tree, Any]:
    """The field at the start of the step, and evaluations spent on it: known, unless the field has just jumped."""
    if made_jump is False:
        return state.f0, 0
    f0 = jax.lax.cond(made_jump, lambda: terms.vf(t0, y0, args), lambda: state.f0)
    return f0, jnp.asarray(made_jump, int)


def refreshed(
    terms: Any, t0: Any, y0: Tree, args: Any, f0: Tree, state: SolverState, wanted: Any
) -> tuple[jax.Array, Tree, jax.Array, jax.Array]:
    """The spectral radius for this step, estimated anew if it is wanted and due: radius, vector, age, evaluations."""
    due = wanted & (state.age >= LIFETIME)
    # The draw of the probe costs more than an evaluation: it is made only where it is used.
    start = once(due, lambda: combine([1.0, 0.05], [state.vector, probe(y0)]), state.vector)
    radius, vector, count = spectral_radius(lambda y: terms.vf(t0, y, args), y0, f0, start, due)
    radius = jnp.where(due, radius, state.spectral_radius)
    return radius, vector, jnp.where(due, 0, state.age), count


def once(wanted: Any, make: Callable[[], Tree], otherwise: Tree) -> Tree:
    """What `make` returns if it is wanted; under `vmap` it is not evaluated either where no lane wants it."""

    def body(carry: Any) -> Any:
        return jnp.zeros_like(carry[0]), make()

    return jax.lax.while_loop(lambda carry: carry[0], body, (jnp.asarray(wanted), otherwise))[1]


def refuse(error: Tree, refused: Any) -> Tree:
    """The error estimate, infinite where the step was not made or is no number."""
    bad = refused | ~jnp.isfinite(norm(error))
    return jax.tree.map(lambda e: jnp.where(bad, jnp.asarray(jnp.inf, e.dtype), e), error)


class AbstractFieldSolver(diffrax.AbstractAdaptiveSolver):
    """What the solvers share with diffrax: steps of a vector field that carry a `SolverState`, between them a cubic."""

    term_structure: ClassVar = diffrax.AbstractTerm
    interpolation_cls: ClassVar[Callable[..., Any]] = diffrax.ThirdOrderHermitePolynomialInterpolation

    def func(self, terms: Any, t0: Any, y0: Tree, args: Any) -> Tree:
        """The vector field."""
        return terms.vf(t0, y0, args)

    def init(self, terms: Any, t0: Any, t1: Any, y0: Tree, args: Any) -> Any:
        """The state before the first step; costs one evaluation."""
        return first_state(terms, t0, y0, args)

    def rejected(self, old: Any, new: Any) -> Any:
        """The state to go on with when the step from `old` to `new` is not taken: what was spent stays counted."""
        return after_rejection(old, new)


class AbstractStabilized(AbstractFieldSolver):
    """An explicit method whose number of stages follows from how stiff the step is."""

    @abc.abstractmethod
    def stages(self, reach: Any) -> tuple[jax.Array, jax.Array]:
        r"""The stages a step with $h\rho$ = `reach` needs, and whether there are that many."""

    @abc.abstractmethod
    def advance(self, field: Field, start: Tree, f0: Tree, h: Any, stages: Any) -> tuple[Tree, Tree, Tree]:
        """The point after a step with that many stages, the field there, and the estimate of the local error."""

    def step(
        self, terms: Any, t0: Any, t1: Any, y0: Tree, args: Any, solver_state: SolverState, made_jump: Any
    ) -> tuple[Tree, Tree, dict[str, Tree], SolverState, Any]:
        """One step from t0 to t1: the point, its error, what interpolation needs, the state, the result."""
        state = solver_state
        h = terms.contr(t0, t1)
        f0, spent = started(terms, t0, y0, args, state, made_jump)
        radius, vector, age, counted = refreshed(terms, t0, y0, args, f0, state, True)
        stages, enough = self.stages(SAFETY * radius * jnp.abs(h))
        y1, f1, error = self.run(terms, t0, t1, y0, args, f0, stages, enough)
        new_state = SolverState(
            f0=f1,
            evaluations=state.evaluations + spent + counted + jnp.where(enough, stages, 0),
            spectral_radius=radius,
            vector=vector,
            age=age + 1,
            phase=state.phase,
            streak=state.streak,
            patience=state.patience,
            tenure=state.tenure + 1,
        )
        return y1, error, dense(y0, y1, f0, f1, h), new_state, diffrax.RESULTS.successful

    def run(
        self, terms: Any, t0: Any, t1: Any, y0: Tree, args: Any, f0: Tree, stages: Any, enough: Any
    ) -> tuple[Tree, Tree, Tree]:
        """The stages of a step; where there are not `enough` nothing is evaluated and the error is infinite.

        Time is carried along as one more unknown, so that each stage knows its own. diffrax solves backwards in time
        with a clock that runs forwards: time and step may differ in sign.
        """
        h = terms.contr(t0, t1)
        time = jnp.asarray(t0, jnp.result_type(float))
        pace = jnp.asarray((t1 - t0) / h, time.dtype)

        def field(point: tuple[jax.Array, Tree]) -> tuple[jax.Array, Tree]:
            return pace, terms.vf(point[0], point[1], args)

        def make() -> tuple[Tree, Tree, Tree]:
            (_, y1), (_, f1), (_, error) = self.advance(field, (time, y0), (pace, f0), h, stages)
            return y1, f1, error

        y1, f1, error = once(enough, make, (y0, f0, f0))
        return y1, f1, refuse(error, ~enough)
