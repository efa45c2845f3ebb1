"""Gradient flow of a loss with an exponential tail, in a clock in which the margins grow by a factor at a time."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from thalweg._module import static
from thalweg.algorithms.base import Motion
from thalweg.algorithms.flow import AbstractFlow, tolerance
from thalweg.algorithms.logarithmic import logarithmic, loss_from_logarithm
from thalweg.algorithms.solvers.automatic import Automatic
from thalweg.algorithms.solvers.exponential import Exponential
from thalweg.algorithms.solvers.registry import KRYLOV
from thalweg.algorithms.solvers.switching import Switching
from thalweg.parametrizations.base import Objective, Params


class LogTimeFlow(AbstractFlow):
    r"""The path of gradient flow $\dot\theta = -\nabla L(\theta)$ in another clock, for losses with an exponential tail.

    Once all samples are fitted the flow needs a time that is exponential in the margins. The same path is followed here by

    $$\frac{d\theta}{d\tau} = -\frac{\|\nabla\ell\|^{-2} + \|\theta\|^2}{\sqrt{1 + \ell^2}}\,\nabla\ell(\theta), \qquad
    \ell = \log L.$$

    Whatever the units and however small the start, $\ell$ falls by about one in a unit of $\tau$ at first; once the samples
    are fitted, $-\ell$ and with it the margins of a model homogeneous of degree $D$ grow by a factor of $e^{D^2}$ in a unit,
    and margins of thousands take one or two thousand gradients. Nothing underflows, since $\ell$ is computed in log space.
    The recorded `time` is $\tau$, at which `tw.Time` stops; `log_time` is $\log t$ of the flow itself. A step is accepted
    when it does not raise $\ell$. A problem that is given by its loss keeps it for `loss` and for rules of stopping, where
    it is zero from margins of 745 on; give `problem.log` to see $\ell$. Margins are followed to about `rtol` of the norm of
    the parameters: to tell those of support vectors apart at a norm of a thousand takes 1e-4 or less.

    The equation is stiff, all the more the larger the margins. There the Jacobian is the Hessian of $\ell$ times a number,
    up to a matrix of rank one that becomes symmetric as the direction of $\theta$ settles: the methods of `GradientFlow`
    apply. Samples that cannot be fitted end the run near their least loss, stalled: $\tau$ stops short of it.

    $t = \int d(1/L)\,/\,\|\nabla\ell\|^2$ is summed over the accepted steps in log space, at the cost of two more gradients a
    step: the quotient is a parabola in $\ell$ through its values at both ends and at the middle of the step.

    Arguments:
        rtol: the tolerance on the local error, relative to the norm of the parameters.

    Raises:
        ValueError: a tolerance that is not positive or that the precision cannot reach, or, when a run starts, a problem
            whose loss has no logarithm, which `Classification` has.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.Classification(inputs=np.diag([0.6, 0.8]), labels=[1, -1])
        >>> run = tw.follow(problem.log, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([np.zeros((1, 2))]),
        ...                 tw.LogTimeFlow(1e-6), until=tw.Time(10.0), key=0, record=[tw.Margin(), tw.NormalizedMargin()])
        >>> bool(run.data.margin[-1] > 1000), bool(abs(run.data.normalized_margin[-1] - 0.48) < 1e-3)
        (True, True)
        >>> bool(run.data.log_time[-1] > 1000)
        True

    Reference:
        soudry2018implicit, theorem 3; lyu2020gradient, section 4; of the solver kidger2021on, tsitouras2011runge,
        abdulle2002fourth, hochbruck2009exponential.
    """

    exact: bool = static()

    def __init__(self, rtol: Any = 1e-6):
        self.rtol = tolerance(rtol)
        # As in GradientFlow: difference quotients for products with the Jacobian are good to 1e-8.
        self.exact = bool(self.rtol < 1e-6)

    def direction(self, objective: Objective, params: Params) -> Params:
        log_loss, gradient = objective.loss_and_gradient(params)
        square = _square(gradient)
        pace = (1 / jnp.where(square > 0, square, 1.0) + _square(params)) / jnp.sqrt(1 + log_loss**2)
        return jax.tree.map(lambda slope: pace.astype(slope.dtype) * slope, gradient)

    def method(self) -> Any:
        # At large margins nothing but stability binds the steps: what is stiff is told by less than elsewhere.
        return Automatic(explicit=Switching(stiff=2.0), exponential=Exponential(KRYLOV * self.rtol, self.exact))

    def start(self, objective: Objective, params: Params) -> Motion:
        logs = logarithmic(objective, "LogTimeFlow")
        motion = super().start(logs, params)
        log_loss = motion.loss
        # The logarithm is known to the precision of L, not to that of a logarithm near zero.
        floor = 64 * jnp.asarray(jnp.finfo(log_loss.dtype).eps, log_loss.dtype)
        steep = jnp.log(_square(logs.loss_and_gradient(params)[1]))
        memory = (*motion.memory[:-1], floor), log_loss, steep, jnp.full_like(log_loss, -jnp.inf)
        loss = loss_from_logarithm(objective, log_loss)
        return motion._replace(loss=loss, gradients=motion.gradients + 1, memory=memory)

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        inner, log_loss, steep, log_time = motion.memory
        logs = logarithmic(objective, "LogTimeFlow")
        after = super().step(logs, motion._replace(loss=log_loss, memory=inner), horizon)
        half = (after.time - motion.time) / 8
        middle = jax.tree.map(
            lambda start, end, first, last: (start + end) / 2 + half.astype(end.dtype) * (last - first),
            motion.params,
            after.params,
            motion.gradient,
            after.gradient,
        )
        between, slope = logs.loss_and_gradient(middle)
        points = (steep, jnp.log(_square(slope)), jnp.log(_square(logs.loss_and_gradient(after.params)[1])))
        taken = after.steps > motion.steps
        passed = log_of_passed((log_loss, between, after.loss), points)
        log_time = jnp.where(taken, jnp.logaddexp(log_time, passed), log_time)
        memory = after.memory, after.loss, points[-1], log_time
        loss = loss_from_logarithm(objective, after.loss)
        solver = inner[0]
        gradients = motion.gradients + after.gradients - jnp.asarray(solver.evaluations, jnp.int32) + 2
        return after._replace(loss=loss, gradients=gradients, memory=memory)

    def clocks(self, motion: Motion) -> dict[str, Array]:
        return {"log_time": motion.memory[3]}


def log_of_passed(logs: tuple[Array, Array, Array], steep: tuple[Array, Array, Array]) -> Array:
    r"""$\log\int d(1/L)\,/\,\|\nabla\ell\|^2$ over a step, with the quotient a parabola in $\ell$ through three points.

    Arguments:
        logs: $\ell$ at the start, in the middle and at the end; steep: $\log\|\nabla\ell\|^2$ there. A point in between that
            does not lie between the others, or whose quotient is far from theirs, is left out.

    Examples:
        >>> import numpy as np
        >>> numbers = [np.float64(number) for number in (0.0, -0.5, -1.0)]
        >>> bool(abs(log_of_passed(numbers, [np.float64(0.0)] * 3) - np.log(np.e - 1)) < 1e-6)
        True
    """
    before, between, after = logs
    fell = jnp.maximum(before - after, 0.0)
    # In units of 1/L at the end: integrals of e^u over u from -fell to 0, times the two linear parts and u (u + fell).
    few, some = fell < 1e-2, jnp.maximum(fell, 1e-2)
    mean = -jnp.expm1(-some) / some
    first = jnp.where(few, fell * (1 / 2 - fell / 3 + fell**2 / 8 - fell**3 / 30), mean - jnp.exp(-some))
    last = jnp.where(few, fell * (1 / 2 - fell / 6 + fell**2 / 24 - fell**3 / 120), 1 - mean)
    bend = jnp.where(few, fell**3 * (-1 / 6 + fell / 12 - fell**2 / 40), 2 - some - jnp.exp(-some) * (some + 2))
    # Quotients in units of that at the end.
    start, middle = jnp.exp(steep[2] - steep[0]), jnp.exp(steep[2] - steep[1])
    at = after - between
    line = 1 + (1 - start) * at / jnp.where(fell > 0, fell, 1.0)
    inside = (at < -0.1 * fell) & (at > -0.9 * fell) & (jnp.abs(middle - line) < 0.5 * line)
    curve = jnp.where(inside, (middle - line) / jnp.where(inside, at * (at + fell), 1.0), 0.0)
    return jnp.log(start * first + last + curve * bend) - steep[2] - after


def _square(tree: Any) -> Array:
    return jnp.asarray(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree)))
