"""The predictor itself."""

from jax import Array

from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params


class Predictor(AbstractObservable):
    r"""The predictor $W(\theta)$ whole: the path itself, for those who ask for it; choose few records.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)))
        >>> tw.Predictor()(objective, [2 * np.eye(2), 3 * np.eye(2)]).tolist()
        [[6.0, 0.0], [0.0, 6.0]]
    """

    @property
    def name(self) -> str:
        return "predictor"

    @property
    def dims(self) -> tuple[str, ...]:
        return ("output", "input")

    def __call__(self, objective: Objective, params: Params) -> Array:
        return objective.predictor(params)
