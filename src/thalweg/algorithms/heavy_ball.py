"""Momentum of the parameters: the heavy ball and Nesterov's, in the plane or through a potential."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number, static
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, moved
from thalweg.algorithms.mirror import check_domain, dual_of, potential_of, primal_of
from thalweg.algorithms.mirror_descent import share
from thalweg.parametrizations.base import Objective, Params
from thalweg.potentials.base import AbstractPotential
from thalweg.potentials.quadratic import Quadratic


class HeavyBall(AbstractAlgorithm):
    r"""Momentum of the parameters, $\theta_{t+1} = \theta' - \eta g$ with $\theta' = \theta_t + \beta(\theta_t - \theta_{t-1})$.

    The gradient g is that at $\theta_t$, or with `nesterov` that at $\theta'$, at the cost of a second one to record the
    path by.

    With a potential it is mirror descent with primal momentum,
    $\nabla\psi(\theta_{t+1}) = \nabla\psi(\theta') - \eta g$. The solution that it finds of linear regression then depends on
    rate and momentum, unlike that of `MirrorDescent` with its dual momentum; without a potential the two are the same.
    Where $\theta'$ is outside the domain of the potential, the run ends diverged.

    Arguments:
        learning_rate: $\eta$, positive; time is $\eta t$.
        momentum: $\beta$ in [0, 1).
        nesterov: where the gradient is taken.
        potential: $\psi$; half the squared Euclidean norm unless given.

    Raises:
        TypeError: what is no potential.
        ValueError: a rate that is not positive, a momentum outside [0, 1), or, when a run starts, parameters outside the
            domain of the potential.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened([[1.0]])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 1)), tw.Given([[[0.0]]]),
        ...                 tw.HeavyBall(0.5, 0.5), until=tw.Steps(2), key=0)
        >>> float(run.predictor[0, 0])
        1.0

    Reference:
        polyak1964some; gunasekar2018characterizing, example 2.
    """

    learning_rate: np.ndarray
    momentum: np.ndarray
    potential: AbstractPotential
    nesterov: bool = static()

    def __init__(
        self, learning_rate: Any, momentum: Any = 0.9, *, nesterov: bool = False, potential: AbstractPotential | None = None
    ):
        self.learning_rate = number(learning_rate, "learning_rate", above=0)
        self.momentum = share(momentum, "momentum")
        self.potential = Quadratic() if potential is None else potential_of(potential)
        self.nesterov = bool(nesterov)

    def check_start(self, objective: Objective, params: Params) -> None:
        check_domain(self.potential, params)

    def start(self, objective: Objective, params: Params) -> Motion:
        return at_rest(objective, params, params)

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        rate = jnp.asarray(self.learning_rate, motion.time.dtype)

        def further(now: Array, before: Array) -> Array:
            return now + jnp.asarray(self.momentum, now.dtype) * (now - before)

        ahead = jax.tree.map(further, motion.params, motion.memory)
        gradient = objective.loss_and_gradient(ahead)[1] if self.nesterov else motion.gradient
        dual = jax.tree.map(lambda z, slope: z - rate.astype(z.dtype) * slope, dual_of(self.potential, ahead), gradient)
        after = moved(objective, motion, primal_of(self.potential, dual), rate * (motion.steps + 1), motion.params)
        return after._replace(gradients=after.gradients + int(self.nesterov))
