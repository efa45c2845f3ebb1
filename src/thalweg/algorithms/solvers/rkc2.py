"""The Runge-Kutta-Chebyshev method of order two."""

from typing import Any

import jax
import jax.numpy as jnp

from thalweg._module import static
from thalweg._whole import whole
from thalweg.algorithms.solvers.base import AbstractStabilized, Field, Tree, combine

DAMPING = 2 / 13


class Rkc2(AbstractStabilized):
    r"""Runge-Kutta-Chebyshev: order two, explicit, and stable for stiff equations whose Jacobian has a real spectrum.

    A step of size $h$ takes the fewest stages $s$ with $\tfrac23 (s^2-1)(1-\tfrac{2}{15}\epsilon) \ge h\rho$,
    $\epsilon = 2/13$, where $\rho$ is the spectral radius of the Jacobian, which the solver estimates itself. The
    cost of a step is thus of the order of the *root* of its stiffness. Gradient flow has minus the Hessian as its
    Jacobian, so this holds for every loss.

    Arguments:
        most: the largest number of stages. A step that would need more is not made: its error estimate is infinite,
            and the controller comes back with a shorter one.

    Examples:
        >>> import diffrax, jax.numpy as jnp
        >>> equation = diffrax.ODETerm(lambda t, y, args: -jnp.array([1.0, 1e4]) * (y - jnp.cos(t)))
        >>> solution = diffrax.diffeqsolve(equation, Rkc2(), 0.0, 2.0, 1e-3, jnp.zeros(2),
        ...     stepsize_controller=diffrax.PIDController(rtol=1e-4, atol=1e-6))
        >>> bool(abs(solution.ys[0, 1] - jnp.cos(2.0)) < 1e-3), bool(solution.stats["num_steps"] < 200)
        (True, True)

    Reference:
        sommeijer1998rkc.
    """

    most: int = static(default=500)

    def __check_init__(self) -> None:
        whole(self.most, "most", least=2)

    def order(self, terms: Any) -> int:
        """The order of the solution."""
        return 2

    def error_order(self, terms: Any) -> int:
        """The power of the step size with which the error estimate shrinks."""
        return 3

    def stages(self, reach: Any) -> tuple[jax.Array, jax.Array]:
        r"""The stages a step with $h\rho$ = `reach` needs, and whether that many are allowed."""
        needed = jnp.ceil(jnp.sqrt(1 + jnp.asarray(reach) * (3 / 2) / (1 - 2 / 15 * DAMPING)))
        enough = needed <= self.most
        return jnp.where(enough, jnp.maximum(needed, 2), 2).astype(int), enough

    def advance(self, field: Field, start: Tree, f0: Tree, h: Any, stages: Any) -> tuple[Tree, Tree, Tree]:
        """The point after a step with that many stages, the field there, and the estimate of the local error.

        Arguments:
            field: the vector field of the point alone; start: where from; f0: the field there.
            h: the step; stages: evaluations to spend.
        """
        degree = jnp.maximum(stages, 2).astype(jnp.result_type(float))
        w0 = 1 + DAMPING / degree**2
        angle = 2 * jnp.arcsinh(jnp.sqrt(DAMPING / 2) / degree)
        slope = degree * jnp.sinh(degree * angle) / jnp.sinh(angle)
        curvature = (degree**2 * jnp.cosh(degree * angle) - w0 * slope) / jnp.sinh(angle) ** 2
        w1 = slope / curvature
        b_first = 1 / (4 * w0**2)

        def stage(j: Any, carry: Any) -> Any:
            before, y, f, (value, slope, curve), (value2, slope2, curve2), b1, b2, a1 = carry
            first = j == 1
            value0 = jnp.where(first, w0, 2 * w0 * value - value2)
            slope0 = jnp.where(first, 1.0, 2 * w0 * slope - slope2 + 2 * value)
            curve0 = jnp.where(first, 0.0, 2 * w0 * curve - curve2 + 4 * slope)
            b0 = jnp.where(first, 1 / w0, jnp.where(j == 2, b_first, curve0 / slope0**2))
            mu = jnp.where(first, 1.0, 2 * b0 * w0 / b1)
            nu = jnp.where(first, 0.0, -b0 / b2)
            pull = jnp.where(first, b0 * w1, 2 * b0 * w1 / b1)
            back = jnp.where(first, 0.0, -a1 * pull)
            new = combine([mu, nu, 1 - mu - nu, pull * h, back * h], [y, before, start, f, f0])
            return y, new, field(new), (value0, slope0, curve0), (value, slope, curve), b0, b1, 1 - b0 * value0

        zero, one = jnp.zeros_like(w0), jnp.ones_like(w0)
        carry = (start, start, f0, (one, zero, zero), (one, zero, zero), b_first, b_first, 1 - b_first)
        _, y1, f1, *_ = jax.lax.fori_loop(1, stages + 1, stage, carry)
        error = combine([0.8, -0.8, 0.4 * h, 0.4 * h], [start, y1, f0, f1])
        return y1, f1, error
