"""How far from balanced the factors are."""

import itertools

import jax.numpy as jnp
from jax import Array

from thalweg.observables.base import AbstractObservable
from thalweg.observables.network import network
from thalweg.parametrizations.base import Objective, Params


class Imbalance(AbstractObservable):
    r"""The departure from balancedness, $\max_j \|W_{j+1}^\top W_{j+1} - W_j W_j^\top\|_F$.

    Each difference is conserved by gradient flow whatever the loss; under gradient descent it drifts by
    $\eta^2(g_{j+1}^\top g_{j+1} - g_j g_j^\top)$ a step. Zero for a single matrix.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)))
        >>> float(tw.Imbalance()(objective, [np.diag([1.0, 2.0]), np.diag([1.0, 1.0])]))
        3.0

    Reference:
        arora2018optimization, theorem 1; arora2019convergence, definition 1.
    """

    @property
    def name(self) -> str:
        return "imbalance"

    def __call__(self, objective: Objective, params: Params) -> Array:
        network(objective, "Imbalance")
        gaps = [jnp.linalg.norm(after.T @ after - before @ before.T) for before, after in itertools.pairwise(params)]
        return jnp.max(jnp.stack(gaps)) if gaps else jnp.zeros((), params[0].dtype)
