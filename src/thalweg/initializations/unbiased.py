"""Starts of two factors whose product is zero, although neither factor is."""

from typing import Any

import numpy as np

from thalweg._module import number
from thalweg._seeds import stream
from thalweg.initializations.base import AbstractInitialization, deep_linear
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.random_matrices import orthonormal


class Unbiased(AbstractInitialization):
    r"""Antisymmetric copies of Gaussian factors: $W_2 = (A, A)$, $W_1 = (B, -B)^\top$, so that $W_2W_1 = 0$.

    $A$ and $B$ have $k/2$ columns of entries $N(0, \alpha^2)$. As $k$ grows, $W_2W_2^\top$ and $W_1^\top W_1$ come near
    $\alpha^2k\,I$, which is where `UnbiasedOrthogonal` starts.

    Arguments:
        deviation: $\alpha$, the standard deviation of an entry, positive.

    Raises:
        TypeError: a parametrization that is not a `DeepLinear`.
        ValueError: a depth other than 2, an odd hidden width, or a deviation that is not positive.

    Examples:
        >>> import thalweg as tw
        >>> first, second = tw.Unbiased(0.1).sample(tw.DeepLinear(depth=2, shape=(3, 4), hidden=8), key=0)
        >>> float(abs(second @ first).max().round(12))
        0.0

    Reference:
        chizat2019lazy, section 1.2.
    """

    deviation: np.ndarray

    def __init__(self, deviation: Any):
        self.deviation = number(deviation, "deviation", above=0)

    def sample(self, parametrization: AbstractParametrization, *, key: Any) -> list[np.ndarray]:
        network = _two_factors(parametrization, "Unbiased")
        (rows, width), columns = network.shapes[1], network.shape[1]
        if width % 2:
            raise ValueError(f"Unbiased makes two copies of half the hidden width, which must be even; got {width}")
        rng = stream(key, "start")
        left, right = (float(self.deviation) * rng.normal(size=(side, width // 2)) for side in (rows, columns))
        return [np.hstack([right, -right]).T, np.hstack([left, left])]


class UnbiasedOrthogonal(AbstractInitialization):
    r"""Factors that are orthogonal to one another: $W_2 = \alpha Q_{1:m}$, $W_1^\top = \alpha Q_{m+1:m+n}$ for a random $Q$.

    The rows of $Q$ are orthonormal, so $W_2W_1 = 0$ and $W_2W_2^\top = W_1^\top W_1 = \alpha^2 I$: the tangent kernel of
    the entries of the product is $2\alpha^2$ times the identity, and the path of the product is the same for every
    $Q$ and every width that there is room in.

    Arguments:
        scale: $\alpha$, the length of a row of $W_2$ and of a column of $W_1$, positive.

    Raises:
        TypeError: a parametrization that is not a `DeepLinear`.
        ValueError: a depth other than 2, a hidden width below rows plus columns, or a scale that is not positive.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> first, second = tw.UnbiasedOrthogonal(0.1).sample(tw.DeepLinear(depth=2, shape=(3, 4), hidden=7), key=0)
        >>> bool(np.allclose(second @ first, 0)), bool(np.allclose(second @ second.T, 0.01 * np.eye(3)))
        (True, True)

    Reference:
        woodworth2020kernel, section 6.
    """

    scale: np.ndarray

    def __init__(self, scale: Any):
        self.scale = number(scale, "scale", above=0)

    def sample(self, parametrization: AbstractParametrization, *, key: Any) -> list[np.ndarray]:
        network = _two_factors(parametrization, "UnbiasedOrthogonal")
        (rows, columns), width = network.shape, network.shapes[1][1]
        if width < rows + columns:
            raise ValueError(
                f"UnbiasedOrthogonal needs room for {rows} + {columns} orthogonal rows: pass hidden={rows + columns} "
                f"or more, got {width}"
            )
        basis = float(self.scale) * orthonormal(stream(key, "start"), rows + columns, width)
        return [basis[rows:].T, basis[:rows]]


def _two_factors(parametrization: AbstractParametrization, start: str) -> DeepLinear:
    """The network, if it has two factors."""
    network = deep_linear(parametrization, start)
    if network.depth != 2:
        raise ValueError(f"{start} starts two factors at a product of zero: depth must be 2, got {network.depth}")
    return network
