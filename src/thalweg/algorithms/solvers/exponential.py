"""The exponential Rosenbrock method of order three, its functions of the Jacobian by Lanczos' method."""

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from thalweg._module import static
from thalweg.algorithms.solvers.base import AbstractFieldSolver, SolverState, Tree, dense, refuse, started
from thalweg.algorithms.solvers.krylov import function_of, phi_one, phi_three


class Exponential(AbstractFieldSolver):
    r"""The exponential Rosenbrock method `exprb32`: order three, exact for linear equations, no limit of stability.

    With $J$ the Jacobian at $y_0$ and $f_0$ the field there,
    $u = y_0 + h\varphi_1(hJ)f_0$ and $y_1 = u + 2h\varphi_3(hJ)\,(f(u) - f_0 - J(u - y_0))$; $y_1 - u$ estimates the
    error of $u$. Gradient flow has minus the Hessian as its Jacobian, which is symmetric, so Lanczos' method applies
    functions of it from a few products with vectors: about as many as the root of $h\rho$, and fewer where the start is
    smooth, as it is near the end of a path. There its steps grow far beyond those of stabilized methods, whose stages
    lose their order on stiff components that are slowly driven.

    Arguments:
        tolerance: the error of the Krylov spaces, relative to the norm of the point; a fraction of the tolerance of the
            steps.
        exact: products by forward differentiation, which cost two evaluations each; otherwise by difference quotients, which
            cost one and whose error of about 1e-8 suffices for tolerances of 1e-6 and above.
        most: the largest Krylov space, a multiple of four. What a larger one would add counts to the error.

    Examples:
        >>> import diffrax, jax.numpy as jnp
        >>> equation = diffrax.ODETerm(lambda t, y, args: -jnp.array([1.0, 1e4]) * y)
        >>> solution = diffrax.diffeqsolve(equation, Exponential(1e-10, exact=True), 0.0, 2.0, 1.0, jnp.ones(2),
        ...     stepsize_controller=diffrax.PIDController(rtol=1e-6, atol=1e-9))
        >>> bool(abs(solution.ys[0, 0] - jnp.exp(-2.0)) < 1e-8), bool(solution.stats["num_steps"] < 5)
        (True, True)

    Reference:
        hochbruck2009exponential, section 5 (exprb32).
    """

    tolerance: Any = 1e-7
    exact: bool = static(default=False)
    most: int = static(default=24)

    def order(self, terms: Any) -> int:
        """The order of the solution."""
        return 3

    def error_order(self, terms: Any) -> int:
        """The power of the step size with which the error estimate shrinks."""
        return 3

    def step(
        self, terms: Any, t0: Any, t1: Any, y0: Tree, args: Any, solver_state: SolverState, made_jump: Any
    ) -> tuple[Tree, Tree, dict[str, Tree], SolverState, Any]:
        """One step from t0 to t1: the point, its error, what interpolation needs, the state, the result."""
        state = solver_state
        f0, spent = started(terms, t0, y0, args, state, made_jump)
        y1, f1, error, radius, counted = self.advance(terms, t0, t1, y0, args, f0)
        new_state = SolverState(
            f0=f1,
            evaluations=state.evaluations + spent + counted,
            spectral_radius=radius,
            vector=state.vector,
            age=state.age + 1,
            phase=state.phase,
            streak=state.streak,
            patience=state.patience,
            tenure=state.tenure + 1,
        )
        return y1, error, dense(y0, y1, f0, f1, terms.contr(t0, t1)), new_state, diffrax.RESULTS.successful

    def advance(
        self, terms: Any, t0: Any, t1: Any, y0: Tree, args: Any, f0: Tree
    ) -> tuple[Tree, Tree, Tree, jax.Array, jax.Array]:
        """The point after a step, the field there, the error, the largest rate that was seen, and the evaluations spent.

        The field is taken not to depend on time, as that of gradient flow does not.
        """
        start, shaped = ravel_pytree(y0)
        slope = ravel_pytree(f0)[0]
        h = jnp.asarray(terms.contr(t0, t1), start.dtype)

        def field(point: jax.Array) -> jax.Array:
            return ravel_pytree(terms.vf(t0, shaped(point), args))[0]

        root = jnp.sqrt(jnp.finfo(start.dtype).eps)
        scale = jnp.maximum(jnp.linalg.norm(start), root)
        width = root * scale

        def product(vector: jax.Array) -> jax.Array:
            if self.exact:
                return jax.jvp(field, (start,), (vector,))[1]
            return (field(start + width * vector) - slope) / width

        each = 2 if self.exact else 1
        enough = jnp.asarray(self.tolerance, start.dtype) * scale / jnp.abs(h)
        move, count, radius, left = function_of(phi_one, product, slope, h, enough, self.most)
        move = h * move
        length = jnp.maximum(jnp.linalg.norm(move), jnp.finfo(start.dtype).tiny)
        bend = field(start + move) - slope - length * product(move / length)
        more, again, _, left_again = function_of(phi_three, product, bend, h, enough / 2, self.most)
        correction = 2 * h * more
        end = start + move + correction
        missing = jnp.abs(h) * (jnp.where(left > enough, left, 0) + jnp.where(left_again > enough, left_again, 0))
        size = jnp.maximum(jnp.linalg.norm(correction), jnp.finfo(start.dtype).tiny)
        error = refuse(shaped(correction * (1 + missing / size)), jnp.asarray(False))
        # One field at u, one at the end; one product beside those of the two spaces.
        return shaped(end), shaped(field(end)), error, radius, 2 + each * (1 + count + again)
