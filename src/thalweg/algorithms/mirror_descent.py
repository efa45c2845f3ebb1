"""Mirror descent with a fixed rate."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number
from thalweg.algorithms.base import AbstractAlgorithm, Motion, at_rest, moved
from thalweg.algorithms.mirror import check_domain, dual_of, potential_of, primal_of
from thalweg.parametrizations.base import Objective, Params
from thalweg.potentials.base import AbstractPotential


class MirrorDescent(AbstractAlgorithm):
    r"""Mirror descent, $\nabla\psi(\theta_{t+1}) = \nabla\psi(\theta_t) - \eta\,\nabla\varphi(\theta_t)$.

    The duals $z = \nabla\psi(\theta)$ are kept and moved, so that parameters never leave the domain of the potential. Of
    linear regression with more unknowns than samples it finds the solution with the least divergence
    $D_\psi(w, w_0)$ from the start, whatever the rate. With `momentum` it has dual momentum,
    $z_{t+1} = z_t + \beta(z_t - z_{t-1}) - \eta\,\nabla\varphi(\theta_t)$, which does not change that solution; momentum of
    the parameters does, see `HeavyBall`.

    Each array of the parameters has its own potential; one that is not a sum over coordinates, such as
    `tw.potentials.PNorm`, is of the whole array.

    Arguments:
        potential: $\psi$, such as `tw.potentials.Entropy()`, exponentiated gradient.
        learning_rate: $\eta$, positive; time is $\eta t$.
        momentum: $\beta$ in [0, 1).

    Raises:
        TypeError: what is no potential.
        ValueError: a rate that is not positive, a momentum outside [0, 1), or, when a run starts, parameters outside the
            domain of the potential.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression(inputs=[[1.0], [2.0]], outputs=[[1.0]])
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(1, 2)), tw.Given([[[1.0, 1.0]]]),
        ...                 tw.MirrorDescent(tw.potentials.Entropy(), 0.1), until=tw.Steps(1), key=0)
        >>> bool(np.allclose(run.predictor, np.exp(-0.1 * 2.0 * np.array([[1.0, 2.0]]))))
        True

    Reference:
        beck2003mirror, section 3; gunasekar2018characterizing, theorem 1.
    """

    potential: AbstractPotential
    learning_rate: np.ndarray
    momentum: np.ndarray

    def __init__(self, potential: AbstractPotential, learning_rate: Any, *, momentum: Any = 0.0):
        self.potential = potential_of(potential)
        self.learning_rate = number(learning_rate, "learning_rate", above=0)
        self.momentum = share(momentum, "momentum")

    def check_start(self, objective: Objective, params: Params) -> None:
        check_domain(self.potential, params)

    def start(self, objective: Objective, params: Params) -> Motion:
        dual = dual_of(self.potential, params)
        return at_rest(objective, params, (dual, jax.tree.map(jnp.zeros_like, dual)))

    def step(self, objective: Objective, motion: Motion, horizon: Array) -> Motion:
        dual, before = motion.memory
        rate = jnp.asarray(self.learning_rate, motion.time.dtype)

        def pushed(change: Array, slope: Array) -> Array:
            return jnp.asarray(self.momentum, change.dtype) * change - rate.astype(change.dtype) * slope

        change = jax.tree.map(pushed, before, motion.gradient)
        dual = jax.tree.map(jnp.add, dual, change)
        return moved(objective, motion, primal_of(self.potential, dual), rate * (motion.steps + 1), (dual, change))


def share(value: Any, name: str) -> np.ndarray:
    """A number in [0, 1)."""
    found = number(value, name, least=0)
    if found >= 1:
        raise ValueError(f"{name} must be less than 1, got {float(found):g}")
    return found
