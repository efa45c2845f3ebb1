"""Uniformly random orthogonal factors."""

from typing import Any

import numpy as np

from thalweg._module import number
from thalweg._seeds import stream
from thalweg.initializations.base import AbstractInitialization, deep_linear, layer_scale
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.problems.random_matrices import orthonormal


class Orthogonal(AbstractInitialization):
    r"""Random orthogonal factors, $W_j = s^{1/N} Q_j$ with orthonormal rows or columns.

    Where the hidden widths equal the smaller side of the shape, which is their default, the start is balanced and all
    singular values of the product equal $s$; narrower ones lower its rank, wider ones its singular values.

    Arguments:
        scale: $s$, positive.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> factors = tw.Orthogonal(1e-2).sample(tw.DeepLinear(depth=2, shape=(5, 3)), key=0)
        >>> np.linalg.svd(factors[1] @ factors[0], compute_uv=False).round(12)
        array([0.01, 0.01, 0.01])

    Reference:
        saxe2014exact, section 3.
    """

    scale: np.ndarray

    def __init__(self, scale: Any):
        self.scale = number(scale, "scale", above=0)

    def sample(self, parametrization: AbstractParametrization, *, key: Any) -> list[np.ndarray]:
        network = deep_linear(parametrization, "Orthogonal")
        rng = stream(key, "start")
        return [layer_scale(network, self.scale) * orthonormal(rng, *shape) for shape in network.shapes]
