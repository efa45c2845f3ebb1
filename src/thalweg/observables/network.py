"""What the observables of deep linear networks share: the check of the network, the gradient of the predictor."""

import jax.numpy as jnp
from jax import Array

from thalweg.parametrizations.base import Objective, Params
from thalweg.parametrizations.deep_linear import DeepLinear


def network(objective: Objective, observable: str) -> DeepLinear:
    """The deep linear network of the objective, or an error that names both."""
    if not isinstance(objective.parametrization, DeepLinear):
        raise ValueError(f"{observable} is of a DeepLinear network, not of {type(objective.parametrization).__name__}")
    return objective.parametrization


def in_singular_frame(objective: Objective, params: Params) -> tuple[Array, Array]:
    r"""The singular values of $W$ and $U^\top \nabla\ell(W)\,V$ over its thin singular vectors."""
    predictor = jnp.asarray(objective.predictor(params))
    u, s, vt = jnp.linalg.svd(predictor, full_matrices=False)
    gradient = objective.problem.loss_and_gradient(predictor)[1]
    return s, u.T @ gradient @ vt.T
