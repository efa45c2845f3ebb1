"""Parameters that the caller brings."""

from typing import Any

import jax
import numpy as np

from thalweg._arrays import reals
from thalweg.initializations.base import AbstractInitialization
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.parametrizations.deep_linear import DeepLinear


class Given(AbstractInitialization):
    """Parameters that the caller brings, for example the final factors of another run.

    Arguments:
        params: for a deep linear network the list of factors, $W_1$ first; for other parametrizations any pytree of
            arrays, a list or a tuple being one of arrays.

    Raises:
        ValueError: factors whose shapes are not those of the network, or which are not finite.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> len(tw.Given([np.eye(2), np.eye(2)]).sample(tw.DeepLinear(depth=2, shape=(2, 2)), key=0))
        2
    """

    params: Any

    def __init__(self, params: Any):
        if isinstance(params, list | tuple):
            self.params = [np.array(reals(factor, f"params[{index}]")) for index, factor in enumerate(params)]
        else:
            self.params = jax.tree.map(lambda leaf: np.array(reals(leaf, "params")), params)

    def sample(self, parametrization: AbstractParametrization, *, key: Any = 0) -> Any:
        shapes = [leaf.shape for leaf in jax.tree.leaves(self.params)]
        if isinstance(parametrization, DeepLinear) and shapes != parametrization.shapes:
            raise ValueError(f"the factors have shapes {shapes}, the network has {parametrization.shapes}")
        if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(self.params)):
            raise ValueError("the parameters to start from must be finite")
        return self.params
