"""A stabilized explicit method of order four."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from thalweg.algorithms.solvers.base import AbstractStabilized, Field, Tree, combine, scaled

with np.load(Path(__file__).with_name("rock4_coefficients.npz")) as coefficients:
    STAGES = coefficients["stages"]
    INTERVAL = coefficients["interval"]
    MU, NU, KAPPA = coefficients["mu"], coefficients["nu"], coefficients["kappa"]
    FINISHING, ERROR = coefficients["finishing"], coefficients["error"]
FIRST = np.concatenate([[0], np.cumsum(STAGES - 4)[:-1]])
"""Where in the recurrences each number of stages begins."""


class Rock4(AbstractStabilized):
    r"""A stabilized explicit Runge-Kutta method of order four, with an embedded estimate of order three.

    As `Rkc2`, but of order four: $s$ stages are stable up to $h\rho \approx 0.307\, s^2$, damped to
    $|R| \le 0.4$ away from 0; $s$ is the smallest sufficient one in a table from 5 to 470. The stability polynomial is
    $w P_{s-4}$: the first $s-4$ stages are the three-term recurrence of the polynomials $P_j$, orthogonal for the
    weight $w^2/\sqrt{1-x^2}$, and the last four make the composition of order four for nonlinear equations. The
    constant of the fifth-order error hardly depends on $s$ and is a tenth of that of the classical four-stage
    method. Every coefficient is derived by `tools/make_rock4_coefficients.py`.

    A step that would need more stages than there are is not made: its error estimate is infinite, and the controller
    comes back with a shorter one.

    Examples:
        >>> import diffrax, jax.numpy as jnp
        >>> equation = diffrax.ODETerm(lambda t, y, args: -jnp.array([1.0, 1e4]) * y)
        >>> solution = diffrax.diffeqsolve(equation, Rock4(), 0.0, 2.0, 1e-3, jnp.ones(2),
        ...     stepsize_controller=diffrax.PIDController(rtol=1e-4, atol=1e-6))
        >>> bool(abs(solution.ys[0, 0] - jnp.exp(-2.0)) < 1e-3), bool(solution.stats["num_steps"] < 100)
        (True, True)

    Reference:
        abdulle2002fourth.
    """

    def order(self, terms: Any) -> int:
        """The order of the solution."""
        return 4

    def error_order(self, terms: Any) -> int:
        """The power of the step size with which the error estimate shrinks."""
        return 4

    def stages(self, reach: Any) -> tuple[jax.Array, jax.Array]:
        r"""The stages a step with $h\rho$ = `reach` needs, and whether the table goes that far."""
        place = jnp.searchsorted(jnp.asarray(INTERVAL), reach)
        return jnp.asarray(STAGES)[jnp.minimum(place, len(STAGES) - 1)], place < len(STAGES)

    def advance(self, field: Field, start: Tree, f0: Tree, h: Any, stages: Any) -> tuple[Tree, Tree, Tree]:
        """The point after a step with that many stages, the field there, and the estimate of the local error.

        Arguments:
            field: the vector field of the point alone; start: where from; f0: the field there.
            h: the step; stages: evaluations to spend, one of the table's.
        """
        place = jnp.searchsorted(jnp.asarray(STAGES), stages)
        first = jnp.asarray(FIRST)[place]
        mu, kappa = jnp.asarray(MU), jnp.asarray(KAPPA)

        # The three-term recurrence, whose weights of the two points before add up to one, written for the move from point
        # to point: what is carried can then be updated in place, where a pair of points that change roles must be copied.
        def recur(j: Any, carry: Any) -> Any:
            point, move, slope = carry
            move = combine([h * mu[j], -kappa[j]], [slope, move])
            point = combine([1.0, 1.0], [point, move])
            return point, move, field(point)

        still = scaled(start, 0.0)
        point, _, slope = jax.lax.fori_loop(first, first + stages - 4, recur, (start, still, f0))
        a21, a31, a32, a41, a42, a43, *weights = (h * value for value in jnp.asarray(FINISHING)[place])
        second = field(combine([1.0, a21], [point, slope]))
        third = field(combine([1.0, a31, a32], [point, slope, second]))
        fourth = field(combine([1.0, a41, a42, a43], [point, slope, second, third]))
        y1 = combine([1.0, *weights], [point, slope, second, third, fourth])
        f1 = field(y1)
        moved, *slopes = jnp.asarray(ERROR)[place]
        error = combine([moved, -moved, *(h * e for e in slopes)], [start, point, slope, second, third, fourth])
        return y1, f1, error
