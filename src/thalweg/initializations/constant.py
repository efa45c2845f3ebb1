"""One shape of a start, at any scale."""

from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._module import number
from thalweg.initializations.base import AbstractInitialization
from thalweg.parametrizations.base import AbstractParametrization


class Constant(AbstractInitialization):
    r"""All parameters of a diagonal or convolutional network at $\alpha w_0$, for example $w_+ = w_- = \alpha w_0$.

    A diagonal network with equal halves starts at the zero predictor, whatever $\alpha$ is.

    Arguments:
        scale: $\alpha$, positive.
        shape: $w_0$, one number for all coordinates or one for each; not zero.

    Raises:
        TypeError: a parametrization whose parameters are no vectors of one length.
        ValueError: a scale or a shape that is not positive, or of another length.

    Examples:
        >>> import thalweg as tw
        >>> [w.tolist() for w in tw.Constant(0.1).sample(tw.Diagonal(size=2), key=0)]
        [[0.1, 0.1], [0.1, 0.1]]

    Reference:
        woodworth2020kernel, section 4.
    """

    scale: np.ndarray
    shape: np.ndarray

    def __init__(self, scale: Any, shape: Any = 1.0):
        self.scale, self.shape = number(scale, "scale", above=0), reals(shape, "shape")
        if self.shape.ndim > 1 or not (np.isfinite(self.shape).all() and (self.shape > 0).all()):
            raise ValueError(f"shape must be positive numbers, one for all coordinates or one for each; got {shape!r}")

    def sample(self, parametrization: AbstractParametrization, *, key: Any = 0) -> list[np.ndarray]:
        shapes = getattr(parametrization, "shapes", [])
        if not shapes or any(len(shape) != 1 for shape in shapes):
            raise TypeError(f"Constant starts the vectors of a Diagonal network, not the parameters of {parametrization!r}")
        if self.shape.ndim and any(shape != self.shape.shape for shape in shapes):
            raise ValueError(f"the shape of the start has {self.shape.size} coordinates, the network {shapes[0][0]}")
        return [float(self.scale) * self.shape * np.ones(shape) for shape in shapes]
