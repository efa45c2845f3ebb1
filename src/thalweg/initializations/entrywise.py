"""Independent Gaussian entries of one given deviation."""

from typing import Any

import numpy as np

from thalweg._module import number
from thalweg._seeds import stream
from thalweg.initializations.base import AbstractInitialization, deep_linear
from thalweg.parametrizations.base import AbstractParametrization


class Entrywise(AbstractInitialization):
    r"""Independent entries of every factor, $(W_j)_{ab} \sim N(0, \alpha^2)$, whatever the widths.

    Two factors of hidden width $k$ have a product whose entries are of size $\alpha^2\sqrt k$. `Gaussian` draws the same
    law, its deviation chosen for the scale of the product.

    Arguments:
        deviation: $\alpha$, the standard deviation of an entry, positive.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> first, second = tw.Entrywise(0.1).sample(tw.DeepLinear(depth=2, shape=(10, 10), hidden=160), key=0)
        >>> bool(0.8 < np.sqrt(np.mean((second @ first) ** 2)) / (0.01 * np.sqrt(160)) < 1.2)
        True

    Reference:
        woodworth2020kernel, section 6.
    """

    deviation: np.ndarray

    def __init__(self, deviation: Any):
        self.deviation = number(deviation, "deviation", above=0)

    def sample(self, parametrization: AbstractParametrization, *, key: Any) -> list[np.ndarray]:
        network = deep_linear(parametrization, "Entrywise")
        rng = stream(key, "start")
        return [float(self.deviation) * rng.normal(size=shape) for shape in network.shapes]
