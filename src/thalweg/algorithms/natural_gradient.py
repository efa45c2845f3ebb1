"""Natural gradient descent with a fixed rate."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, descended, moved
from thalweg.algorithms.mirror import check_domain, dual_of, natural_of, potential_of
from thalweg.parametrizations.base import Objective, Params
from thalweg.potentials.base import AbstractPotential


class NaturalGradient(AbstractAlgorithm):
    r"""Natural gradient descent, $\theta_{t+1} = \theta_t - \eta\,\nabla^2\psi(\theta_t)^{-1}\nabla\varphi(\theta_t)$.

    To first order in the rate it is mirror descent, and it follows the same flow, `MirrorFlow`; but the solution that it
    finds depends on the rate, at an error of the order of $\eta$. A step may leave the domain of the potential: such a
    run ends diverged.

    Arguments:
        potential: $\psi$, such as `tw.potentials.Entropy()`.
        learning_rate: $\eta$, positive; time is $\eta t$.

    Raises:
        TypeError: what is no potential.
        ValueError: a rate that is not positive, or, when a run starts, parameters outside the domain of the potential or
            where its metric is not defined.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression(inputs=[[1.0], [2.0]], outputs=[[1.0]])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([[[1.0, 0.5]]]),
        ...                 tw.NaturalGradient(tw.potentials.Entropy(), 0.1), until=tw.Steps(1), key=0)
        >>> run.predictor.round(12).tolist()
        [[0.9, 0.4]]

    Reference:
        amari1998natural; gunasekar2018characterizing, section 2.
    """

    potential: AbstractPotential
    learning_rate: np.ndarray

    def __init__(self, potential: AbstractPotential, learning_rate: Any):
        self.potential = potential_of(potential)
        self.learning_rate = number(learning_rate, "learning_rate", above=0)

    def check_start(self, objective: Objective, params: Params) -> None:
        check_domain(self.potential, params)
        check_metric(self.potential, params)

    def start(self, objective: Objective, params: Params) -> Motion:
        return at_rest(objective, params, None)

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        rate = jnp.asarray(self.learning_rate, motion.time.dtype)
        params = descended(motion.params, natural_of(self.potential, motion.params, motion.gradient), rate)
        after = moved(objective, motion, params, rate * (motion.steps + 1), None)
        # outside the domain the mirror map is no number, while the loss may well be one
        inside = jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(dual_of(self.potential, params))]).all()
        return after._replace(loss=jnp.where(inside, after.loss, jnp.nan))


def check_metric(potential: AbstractPotential, params: Params) -> None:
    """Refuses parameters where the inverse of the metric is not finite."""
    ones = jax.tree.map(jnp.ones_like, params)
    if not all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(natural_of(potential, params, ones))):
        name = type(potential).__name__
        raise ValueError(
            f"the metric of {name} has no finite inverse at these parameters, where no natural gradient starts: start "
            "elsewhere, away from zeros, or take tw.MirrorDescent, which needs none"
        )
