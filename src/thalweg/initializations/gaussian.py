"""Independent Gaussian factors at a given scale of their product."""

from typing import Any

import numpy as np

from thalweg._module import number
from thalweg._seeds import stream
from thalweg.initializations.base import AbstractInitialization, deep_linear
from thalweg.parametrizations.base import AbstractParametrization


class Gaussian(AbstractInitialization):
    r"""Gaussian factors, one standard deviation for all, at end-to-end scale $s$: $E\|W\|_F^2 = s^2\sqrt{d_N d_0}$.

    For square factors of side $n$ the deviation is $s^{1/N} n^{-1/2}$ and $\|W\|_F \approx s\sqrt{n}$, as published;
    the published figures label their axis by $10\,s$, the norm at $n = 100$. For other shapes and hidden widths the
    deviation is $\left(s\,(d_N d_0)^{-1/4} (d_1 \cdots d_{N-1})^{-1/2}\right)^{1/N}$, which keeps the law under
    transposition.

    Arguments:
        scale: $s$, positive.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> factors = tw.Gaussian(1e-3).sample(tw.DeepLinear(depth=3, shape=(100, 100)), key=0)
        >>> bool(0.8 < np.linalg.norm(factors[2] @ factors[1] @ factors[0]) / 1e-2 < 1.2)
        True

    Reference:
        arora2019implicit, appendix D.
    """

    scale: np.ndarray

    def __init__(self, scale: Any):
        self.scale = number(scale, "scale", above=0)

    def sample(self, parametrization: AbstractParametrization, *, key: Any) -> list[np.ndarray]:
        network = deep_linear(parametrization, "Gaussian")
        rng = stream(key, "start")
        rows, columns = network.shape
        inner = np.prod([float(width) for width in network.widths[1:-1]])
        deviation = (float(self.scale) * (rows * columns) ** -0.25 * inner**-0.5) ** (1 / network.depth)
        return [deviation * rng.normal(size=shape) for shape in network.shapes]
