"""An ordinary method while accuracy sets the step, a stabilized one while stability does."""

from typing import Any

import diffrax
import jax
import jax.numpy as jnp

from thalweg._module import static
from thalweg.algorithms.solvers.base import (
    LIFETIME,
    SAFETY,
    AbstractFieldSolver,
    AbstractStabilized,
    SolverState,
    Tree,
    combine,
    dense,
    norm,
    once,
    refreshed,
    scaled,
    started,
)
from thalweg.algorithms.solvers.rock4 import Rock4

STIFF = 2.6
r"""The $h\rho$ from which a step of Tsit5 counts as bound by stability; its interval on the real axis ends near 3.4."""
SHORT = 2.3
r"""The $h\rho$ below which a step is left to Tsit5, which is then both stable and more accurate."""
PATIENCE = 32
"""The most stiff steps in a row that are waited for after stabilized steps did not pay."""
PAYS = 8
"""Stabilized steps after which the change to them counts as having paid."""

TABLEAU = diffrax.Tsit5.tableau


class Switching(AbstractFieldSolver):
    r"""Tsit5 while accuracy sets the step and a stabilized method while stability does, changing over both ways.

    Gradient flow bends while it escapes from saddles, and near its end is stiff but hardly bends: no single method
    serves both. Stiffness shows at no cost in the last two stages of Tsit5, which lie at the same time:
    $\rho \approx \|k_7 - k_6\| / \|y_7 - y_6\|$. Steps with $h\rho$ at the end of its stability interval, several in a
    row, start the stabilized phase; steps that would be stable for Tsit5 end it. Each time the stabilized phase
    turns out short, the next waits for twice as many stiff steps.

    Arguments:
        stabilized: the method for the stiff phase.
        stiff: the $h\rho$ from which a step of Tsit5 counts as bound by stability. Where nothing but stability binds the
            steps they may settle in a cycle of a long one, a failed one and two short ones, of which only the long one counts
            at the usual value; 2 counts the short ones too.

    Examples:
        >>> import diffrax, jax.numpy as jnp
        >>> equation = diffrax.ODETerm(lambda t, y, args: -jnp.array([1.0, 1e4]) * y)
        >>> solution = diffrax.diffeqsolve(equation, Switching(), 0.0, 2.0, 1e-5, jnp.ones(2),
        ...     stepsize_controller=diffrax.PIDController(rtol=1e-5, atol=1e-8))
        >>> bool(abs(solution.ys[0, 0] - jnp.exp(-2.0)) < 1e-4), bool(solution.stats["num_steps"] < 200)
        (True, True)

    Reference:
        tsitouras2011runge; hairer1996solving, section IV.2.
    """

    stabilized: AbstractStabilized = Rock4()
    stiff: float = static(default=STIFF)

    def order(self, terms: Any) -> int | None:
        """The order of the solution in the stabilized phase."""
        return self.stabilized.order(terms)

    def error_order(self, terms: Any) -> int:
        """The power of the step size with which the error estimate shrinks: one for both phases."""
        return 4

    def step(
        self, terms: Any, t0: Any, t1: Any, y0: Tree, args: Any, solver_state: SolverState, made_jump: Any
    ) -> tuple[Tree, Tree, dict[str, Tree], SolverState, Any]:
        """One step from t0 to t1: the point, its error, what interpolation needs, the state, the result."""
        state = solver_state
        h = terms.contr(t0, t1)
        f0, spent = started(terms, t0, y0, args, state, made_jump)
        radius, vector, age, counted = refreshed(terms, t0, y0, args, f0, state, state.phase == 1)
        reach = radius * jnp.abs(h)
        stiff = (state.phase == 1) & (reach > SHORT)
        stages, enough = self.stabilized.stages(SAFETY * reach)

        def with_stages() -> Any:
            return *self.stabilized.run(terms, t0, t1, y0, args, f0, stages, stiff & enough), vector, 0 * reach

        def without() -> Any:
            return tsit5(terms, t0, t1, y0, args, f0, vector, ~stiff)

        y1, f1, error, vector, seen = jax.lax.cond(stiff, with_stages, without)
        new = changed_over(state, stiff, seen * jnp.abs(h) > self.stiff)
        entering = (new["phase"] == 1) & (state.phase == 0)
        new_state = SolverState(
            f0=f1,
            evaluations=state.evaluations + spent + counted + jnp.where(stiff, jnp.where(enough, stages, 0), 6),
            spectral_radius=jnp.where(state.phase == 1, radius, seen),
            vector=vector,
            age=jnp.where(entering, LIFETIME, age + 1),
            **new,
        )
        return y1, error, dense(y0, y1, f0, f1, h), new_state, diffrax.RESULTS.successful


def tsit5(terms: Any, t0: Any, t1: Any, y0: Tree, args: Any, f0: Tree, vector: Tree, wanted: Any) -> Any:
    """One step of Tsit5, made if wanted: the point, the field there, the error, the stiffest direction, its rate."""
    h = terms.contr(t0, t1)

    def make() -> Any:
        slopes, before, last = [f0], y0, y0
        for row, c in zip(TABLEAU.a_lower, TABLEAU.c, strict=True):
            before, last = last, combine([1.0, *(h * a for a in row)], [y0, *slopes])
            slopes.append(terms.vf(t0 + c * (t1 - t0), last, args))
        error = combine([h * b for b in TABLEAU.b_error], slopes)
        bend = combine([1.0, -1.0], [slopes[6], slopes[5]])
        size, apart = norm(bend), norm(combine([1.0, -1.0], [last, before]))
        tiny = jnp.finfo(size.dtype).tiny
        direction = scaled(bend, 1 / jnp.maximum(size, tiny))
        return last, slopes[6], error, direction, size / jnp.maximum(apart, tiny)

    nothing = jnp.zeros((), jnp.result_type(*jax.tree.leaves(y0)))
    return once(wanted, make, (y0, f0, f0, vector, nothing))


def changed_over(state: SolverState, stabilized: Any, stiff: Any) -> dict[str, Any]:
    """The phase after a step that is taken, and the counts that decide on it.

    Arguments:
        state: before the step; stabilized: whether the step was made by the stabilized method.
        stiff: whether a step of Tsit5 was bound by stability.
    """
    inside = state.phase == 1
    streak = jnp.where(inside, jnp.where(stabilized, 0, state.streak + 1), jnp.where(stiff, state.streak + 1, 0))
    enter = ~inside & (streak >= state.patience)
    leave = inside & (streak >= 2)
    paid = state.tenure >= PAYS
    patience = jnp.where(leave, jnp.where(paid, 2, jnp.minimum(2 * state.patience, PATIENCE)), state.patience)
    return {
        "phase": jnp.where(enter, 1, jnp.where(leave, 0, state.phase)),
        "streak": jnp.where(enter | leave, 0, streak),
        "patience": patience,
        "tenure": jnp.where(enter | leave, 0, state.tenure + jnp.where(inside & ~stabilized, 0, 1)),
    }
