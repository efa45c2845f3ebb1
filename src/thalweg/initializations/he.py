"""The start of He et al. for networks of ReLU units."""

from typing import Any

import numpy as np

from thalweg._module import number
from thalweg._seeds import stream
from thalweg.initializations.base import AbstractInitialization
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.parametrizations.two_layer_relu import TwoLayerReLU


class He(AbstractInitialization):
    r"""Gaussian weights of variance $2\alpha^2/\text{fan-in}$ in both layers, $\alpha$ the scale; biases zero, or spread.

    With `reach` the hidden biases are such that each unit's kink goes through a point drawn uniformly from
    $[-\text{reach}, \text{reach}]^d$: with one input, where the kinks are is what a network can learn from, and with biases
    of zero they would all be at the origin.

    Arguments:
        scale: $\alpha$, positive.
        reach: how far kinks are spread, at least 0.

    Raises:
        TypeError: a parametrization other than `TwoLayerReLU`.
        ValueError: a scale that is not positive, a reach below zero, or a reach where hidden units have no biases.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> network = tw.TwoLayerReLU(np.linspace(-1.0, 1.0, 5)[None, :], width=1000)
        >>> params = tw.He(reach=2.0).sample(network, key=0)
        >>> kinks = -params["b1"] / params["W1"][:, 0]
        >>> bool(1.9 < np.abs(kinks).max() <= 2.0), bool(1.3 < params["W1"].std() < 1.5)
        (True, True)

    Reference:
        he2015delving, equation 12.
    """

    scale: np.ndarray
    reach: np.ndarray

    def __init__(self, scale: Any = 1.0, *, reach: Any = 0.0):
        self.scale, self.reach = number(scale, "scale", above=0), number(reach, "reach", least=0)

    def sample(self, parametrization: AbstractParametrization, *, key: Any = 0) -> dict[str, np.ndarray]:
        if not isinstance(parametrization, TwoLayerReLU):
            raise TypeError(f"He starts a TwoLayerReLU network, not the parameters of {parametrization!r:.80}")
        reach, width = float(self.reach), parametrization.width
        if reach and not parametrization.bias:
            raise ValueError(f"kinks can be spread to a reach of {reach:g} only where hidden units have biases")
        rng, size = stream(key, "start"), parametrization.inputs.shape[0]
        params = {
            "W1": float(self.scale) * np.sqrt(2 / size) * rng.normal(size=(width, size)),
            "W2": float(self.scale) * np.sqrt(2 / width) * rng.normal(size=(parametrization.count, width)),
        }
        points = rng.uniform(-1.0, 1.0, size=(width, size)) * reach
        if parametrization.bias:
            params["b1"] = -np.sum(params["W1"] * points, axis=1)
        if parametrization.output_bias:
            params["b2"] = np.zeros(parametrization.count)
        return {name: params[name] for name in parametrization.shapes}
