"""The distance of the predictor from a point, such as what it may tend to."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg._module import static
from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params


class DistanceTo(AbstractObservable):
    r"""The distance $\|W - W_0\|_F$ of the predictor from a point, or its share $\|W - W_0\|_F/\|W_0\|_F$.

    Several of them in one record show which of the candidates a path tends to.

    Arguments:
        point: $W_0$, of the shape of the predictor; a vector stands for a row.
        name: of the variable in the record, an identifier such as `to_least_l1`; different for each of several.
        relative: whether to divide by the norm of the point.

    Raises:
        ValueError: a point that is not finite or not of the predictor's shape, a relative distance to zero, or a name that
            is no identifier.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.LinearRegression.whitened([[3.0, 4.0]]), tw.Diagonal(size=2))
        >>> distance = tw.DistanceTo([3.0, 4.0], name="to_target")
        >>> distance.name, float(distance(objective, [np.zeros(2), np.zeros(2)]))
        ('to_target', 5.0)
    """

    point: np.ndarray
    label: str = static()
    relative: bool = static()

    def __init__(self, point: Any, *, name: str = "distance", relative: bool = False):
        array = np.atleast_2d(reals(point, "point"))
        if not np.isfinite(array).all():
            raise ValueError("the point to measure the distance to must be finite")
        if not (isinstance(name, str) and name.isidentifier()):
            raise ValueError(f"name must be an identifier, by which the record keeps the distance; got {name!r}")
        if relative and not array.any():
            raise ValueError("there is no relative distance to zero; take relative=False")
        self.point, self.label, self.relative = array, name, bool(relative)

    @property
    def name(self) -> str:
        return self.label

    def check(self, objective: Objective) -> None:
        if self.point.shape != objective.shape:
            raise ValueError(f"the point {self.label!r} has shape {self.point.shape}, the predictor {objective.shape}")

    def __call__(self, objective: Objective, params: Params) -> Array:
        distance = jnp.linalg.norm(objective.predictor(params) - self.point)
        return distance / jnp.linalg.norm(self.point) if self.relative else distance
