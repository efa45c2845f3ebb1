"""The next step of a discrete run from each point of its path, for laws that say what one step does."""

import jax
import jax.numpy as jnp
import numpy as np

from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.theory.points import Points
from thalweg.theory.prediction import DoesNotApply


def rate_of(path: Points) -> float:
    r"""The rate $\eta$ of the gradient descent that made the run.

    Raises:
        DoesNotApply: it is of another algorithm.
    """
    algorithm = path.run.algorithm
    if not isinstance(algorithm, GradientDescent):
        raise DoesNotApply(f"it is a law of steps of gradient descent, and this run is of {type(algorithm).__name__}")
    return float(algorithm.learning_rate)


def one_step(path: Points) -> list[list[np.ndarray]]:
    """The factors one step of the run's own algorithm after each point."""
    objective, algorithm = path.run.objective, path.run.algorithm
    step = jax.jit(lambda f: algorithm.step(objective, algorithm.start(objective, f), jnp.asarray(jnp.inf)).params)
    return [[np.asarray(factor, dtype=float) for factor in step(factors)] for factors in path.factors]


def rounding(path: Points) -> float:
    """What counts as rounding in the run's precision, relative to the size of what is computed: 1e-12 in float64."""
    return 4096 * float(np.finfo(path.run.predictor.dtype).eps)
