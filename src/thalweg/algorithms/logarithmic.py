"""What the algorithms share that move against the gradient of the logarithm of a loss."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from thalweg.parametrizations.base import Objective


def logarithmic(objective: Objective, algorithm: str) -> Objective:
    r"""The objective with $\log L$ for its loss $L$.

    Raises:
        ValueError: the problem does not say what the logarithm of its loss is; names the algorithm that needs it.
    """
    if not hasattr(objective.problem, "log"):
        raise ValueError(
            f"{algorithm} moves against the gradient of the logarithm of the loss, which {type(objective.problem).__name__} "
            "does not have; give it a problem with `log`, such as tw.Classification"
        )
    problem: Any = objective.problem
    return Objective(problem.log, objective.parametrization)


def loss_from_logarithm(objective: Objective, log_loss: Array) -> Array:
    r"""The loss of the objective where $\log L$ is known: itself, where the problem is logarithmic, or $L$."""
    problem: Any = objective.problem
    return log_loss if problem.logarithm else jnp.exp(log_loss)
