"""Half the squared Euclidean norm."""

from typing import Any

import numpy as np

from thalweg.potentials.base import AbstractSeparable, Vector, namespace, positive


class Quadratic(AbstractSeparable):
    r"""$\psi(w) = \frac12\sum_i c_i w_i^2$: mirror descent with it is gradient descent.

    Arguments:
        weights: $c$, positive; one number, or one for each coordinate.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> float(tw.potentials.Quadratic().value(np.array([3.0, 4.0])))
        12.5

    Reference:
        beck2003mirror, section 2.
    """

    weights: np.ndarray

    def __init__(self, weights: Any = 1.0):
        self.weights = positive(weights, "weights")

    def density(self, point: Vector) -> Vector:
        return 0.5 * self.weights * point**2

    def gradient(self, point: Vector) -> Vector:
        return self.weights * point

    def inverse(self, dual: Vector) -> Vector:
        return dual / self.weights

    def conjugate_density(self, dual: Vector) -> Vector:
        return 0.5 * dual**2 / self.weights

    def inverse_slope(self, dual: Vector) -> Vector:
        return namespace(dual).ones_like(dual) / self.weights
