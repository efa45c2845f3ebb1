"""All parameters, for those who ask for the path itself."""

from jax import Array
from jax.flatten_util import ravel_pytree

from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params


class Factors(AbstractObservable):
    r"""All parameters in one row, $W_1$ first and each by rows: what every law along a path can be computed from.

    It is the path itself; choose few records. `thalweg.theory.points` takes the row apart again.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)))
        >>> tw.Factors()(objective, [np.eye(2), 3 * np.eye(2)]).tolist()
        [1.0, 0.0, 0.0, 1.0, 3.0, 0.0, 0.0, 3.0]
    """

    @property
    def name(self) -> str:
        return "factors"

    @property
    def dims(self) -> tuple[str, ...]:
        return ("parameter",)

    def __call__(self, objective: Objective, params: Params) -> Array:
        return ravel_pytree(params)[0]
