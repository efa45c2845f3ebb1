"""Multiples of the identity."""

from typing import Any

import numpy as np

from thalweg._module import number
from thalweg.initializations.base import AbstractInitialization, deep_linear, layer_scale
from thalweg.parametrizations.base import AbstractParametrization


class Identity(AbstractInitialization):
    r"""Multiples of the identity, $W_j = s^{1/N} I$ (ones on the diagonal of a rectangular factor), so $W = sI$.

    Balanced for square factors, and for rectangular ones whose hidden widths equal the smaller side; a hidden width
    below the smaller side cuts the diagonal of $W$ there.

    Arguments:
        scale: $s$, positive.

    Examples:
        >>> import thalweg as tw
        >>> tw.Identity(8.0).sample(tw.DeepLinear(depth=3, shape=(2, 2)), key=0)[0]
        array([[2., 0.],
               [0., 2.]])

    Reference:
        arora2019implicit, figure 3 (the start of the runs behind it).
    """

    scale: np.ndarray

    def __init__(self, scale: Any):
        self.scale = number(scale, "scale", above=0)

    def sample(self, parametrization: AbstractParametrization, *, key: Any = 0) -> list[np.ndarray]:
        network = deep_linear(parametrization, "Identity")
        return [layer_scale(network, self.scale) * np.eye(*shape) for shape in network.shapes]
