"""Each phase of a path by the method that is cheapest there."""

from typing import Any

import diffrax
import jax
import jax.numpy as jnp

from thalweg._module import Module
from thalweg.algorithms.solvers.base import LIFETIME, AbstractFieldSolver, SolverState, Tree, after_rejection, dense, started
from thalweg.algorithms.solvers.exponential import Exponential
from thalweg.algorithms.solvers.switching import Switching

FAR = 30.0
r"""The $h\rho$ of a stabilized step from which the exponential method is tried."""
NEAR = 12.0
r"""The $h\rho$ of an exponential step below which the explicit methods take over again."""


class AutomaticState(Module):
    """What the automatic choice carries: the state of the explicit solvers, and whether the exponential one is at work."""

    inner: SolverState
    far: jax.Array

    @property
    def f0(self) -> Tree:
        """The field at the current point."""
        return self.inner.f0

    @property
    def evaluations(self) -> jax.Array:
        """Evaluations so far."""
        return self.inner.evaluations


class Automatic(AbstractFieldSolver):
    r"""Tsit5 while accuracy binds the step, Rock4 while stability begins to, the exponential method where it binds far.

    `Switching` decides between the first two. Once a stabilized step has $h\rho > 30$, with $\rho$ the spectral radius, the
    exponential method goes on; its Krylov space gives $\rho$ at no cost, and when $h\rho$ has fallen below 12 (the path
    bends again) the explicit methods take over.

    Arguments:
        explicit: the solver for the bending phases; exponential: the one for the stiff ones.

    Examples:
        >>> import diffrax, jax.numpy as jnp
        >>> equation = diffrax.ODETerm(lambda t, y, args: -jnp.array([1.0, 1e4]) * y)
        >>> solution = diffrax.diffeqsolve(equation, Automatic(), 0.0, 2.0, 1e-5, jnp.ones(2),
        ...     stepsize_controller=diffrax.PIDController(rtol=1e-5, atol=1e-8))
        >>> bool(abs(solution.ys[0, 0] - jnp.exp(-2.0)) < 1e-4), bool(solution.stats["num_steps"] < 100)
        (True, True)

    Reference:
        tsitouras2011runge; abdulle2002fourth; hochbruck2009exponential.
    """

    explicit: Switching = Switching()
    exponential: Exponential = Exponential()

    def order(self, terms: Any) -> int:
        """The lowest order of the solvers."""
        return 3

    def error_order(self, terms: Any) -> int:
        """The power of the step size with which the error estimate shrinks, one for all."""
        return 4

    def init(self, terms: Any, t0: Any, t1: Any, y0: Tree, args: Any) -> AutomaticState:
        """The state before the first step; costs one evaluation."""
        return AutomaticState(self.explicit.init(terms, t0, t1, y0, args), jnp.asarray(False))

    def rejected(self, old: AutomaticState, new: AutomaticState) -> AutomaticState:
        """The state to go on with when the step from `old` to `new` is not taken: what was spent stays counted."""
        return AutomaticState(after_rejection(old.inner, new.inner), old.far)

    def step(
        self, terms: Any, t0: Any, t1: Any, y0: Tree, args: Any, solver_state: AutomaticState, made_jump: Any
    ) -> tuple[Tree, Tree, dict[str, Tree], AutomaticState, Any]:
        """One step from t0 to t1: the point, its error, what interpolation needs, the state, the result."""
        inner = solver_state.inner
        h = terms.contr(t0, t1)

        def explicitly(nothing: None) -> Any:
            y1, error, _, after, _ = self.explicit.step(terms, t0, t1, y0, args, inner, made_jump)
            reach = after.spectral_radius * jnp.abs(h)
            return y1, error, AutomaticState(after, (inner.phase == 1) & (after.phase == 1) & (reach > FAR))

        def exponentially(nothing: None) -> Any:
            f0, spent = started(terms, t0, y0, args, inner, made_jump)
            y1, f1, error, radius, counted = self.exponential.advance(terms, t0, t1, y0, args, f0)
            far = radius * jnp.abs(h) > NEAR
            after = SolverState(
                f0=f1,
                evaluations=inner.evaluations + spent + counted,
                spectral_radius=radius,
                vector=inner.vector,
                age=jnp.full_like(inner.age, LIFETIME),
                phase=inner.phase,
                streak=jnp.zeros_like(inner.streak),
                patience=inner.patience,
                tenure=inner.tenure + 1,
            )
            return y1, error, AutomaticState(after, far)

        y1, error, after = jax.lax.cond(solver_state.far, exponentially, explicitly, None)
        return y1, error, dense(y0, y1, inner.f0, after.inner.f0, h), after, diffrax.RESULTS.successful
