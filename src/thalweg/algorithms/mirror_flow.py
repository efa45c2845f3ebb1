"""Mirror flow, followed with error control in the duals."""

from typing import Any

from jax import Array

from thalweg.algorithms.base import Motion
from thalweg.algorithms.flow import AbstractFlow, tolerance
from thalweg.algorithms.mirror import check_domain, dual_of, potential_of, primal_of
from thalweg.algorithms.solvers.registry import solver_named
from thalweg.parametrizations.base import AbstractParametrization, Objective, Params
from thalweg.potentials.base import AbstractPotential


class MirrorFlow(AbstractFlow):
    r"""Mirror flow, $\frac{d}{dt}\nabla\psi(\theta) = -\nabla\varphi(\theta)$, followed with error control.

    That is $\dot\theta = -\nabla^2\psi(\theta)^{-1}\nabla\varphi(\theta)$, gradient flow in the metric of the
    potential; the limit of mirror descent and of natural gradient descent for small rates; also how a reparametrized model
    moves under gradient flow, as a diagonal network $w_+^2 - w_-^2$ does with `tw.potentials.Hypentropy`, at four times the
    speed (woodworth2020kernel, section 4).

    What is followed is the dual $z = \nabla\psi(\theta)$, whose equation $\dot z = -\nabla\varphi(\nabla\psi^*(z))$ has no
    metric to invert, starts where the metric is not defined, and stays in the domain. Whatever is linear in z, such as that
    it moves in the span of the samples alone, holds to rounding: what the flow of linear regression converges to is the
    point of least divergence from the start, at any tolerance. Tsit5 and the stabilized Rock4 take turns as in
    `GradientFlow`; the Jacobian is not symmetric, but for a convex loss it is minus a product of two matrices without
    negative eigenvalues: its spectrum is real, as Rock4 needs.

    Arguments:
        potential: $\psi$, such as `tw.potentials.Hypentropy(0.1)`.
        rtol: the tolerance on the local error of z, relative to the norm of z.

    Raises:
        TypeError: what is no potential.
        ValueError: a tolerance that is not positive or that the precision cannot reach, or, when a run starts, parameters
            outside the domain of the potential.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened([[1.0]])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 1)), tw.Given([[[0.25]]]),
        ...                 tw.MirrorFlow(tw.potentials.Entropy(), rtol=1e-9), until=tw.Time(1.0), key=0)
        >>> logistic = 1 / (1 + 3 * np.exp(-1.0))
        >>> bool(abs(run.predictor[0, 0] - logistic) < 1e-8)
        True

    Reference:
        gunasekar2018characterizing, section 2; of the solver kidger2021on, tsitouras2011runge, abdulle2002fourth.
    """

    potential: AbstractPotential

    def __init__(self, potential: AbstractPotential, rtol: Any = 1e-6):
        self.potential = potential_of(potential)
        self.rtol = tolerance(rtol)

    def check_start(self, objective: Objective, params: Params) -> None:
        check_domain(self.potential, params)

    def start(self, objective: Objective, params: Params) -> Motion:
        dual = dual_of(self.potential, params)
        motion = super().start(self._seen(objective), dual)
        return motion._replace(params=params, memory=(motion.memory, dual))

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        memory, dual = motion.memory
        after = super().step(self._seen(objective), motion._replace(params=dual, memory=memory), horizon)
        return after._replace(params=primal_of(self.potential, after.params), memory=(after.memory, after.params))

    def direction(self, objective: Objective, params: Params) -> Params:
        r"""$\nabla\varphi(\theta)$, against which the duals move; `params` are the duals."""
        seen = objective.parametrization
        inner = seen.inner if isinstance(seen, _ThroughDuals) else seen
        return Objective(objective.problem, inner).loss_and_gradient(primal_of(self.potential, params))[1]

    def method(self) -> Any:
        return solver_named("explicit", self.rtol, False)

    def _seen(self, objective: Objective) -> Objective:
        return Objective(objective.problem, _ThroughDuals(objective.parametrization, self.potential))


class _ThroughDuals(AbstractParametrization):
    """A parametrization whose parameters are the duals of another's."""

    inner: AbstractParametrization
    potential: AbstractPotential

    @property
    def shape(self) -> tuple[int, int]:
        return self.inner.shape

    def predictor(self, params: Params) -> Array:
        return self.inner.predictor(primal_of(self.potential, params))
