"""The loss."""

from jax import Array

from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params


class Loss(AbstractObservable):
    r"""The loss $\varphi(\theta) = \ell(W(\theta))$, in the convention of the problem.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.array([[3.0]])), tw.DeepLinear(depth=1, shape=(1, 1)))
        >>> float(tw.Loss()(objective, [np.zeros((1, 1))]))
        9.0
    """

    @property
    def name(self) -> str:
        return "loss"

    def __call__(self, objective: Objective, params: Params) -> Array:
        return objective.loss(params)
