"""What a start is: a draw of the parameters of a parametrization."""

import abc
from typing import Any

import numpy as np

from thalweg._module import Module
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.parametrizations.deep_linear import DeepLinear


class AbstractInitialization(Module):
    """A way of drawing parameters; the stream `start` of the key is its only source of chance."""

    @abc.abstractmethod
    def sample(self, parametrization: AbstractParametrization, *, key: Any) -> Any:
        """Parameters for the parametrization, as float64 numpy arrays."""


def deep_linear(parametrization: AbstractParametrization, start: str) -> DeepLinear:
    """The parametrization, if the start knows how to draw its factors, or an error that names both."""
    if not isinstance(parametrization, DeepLinear):
        raise TypeError(f"{start} draws the factors of a DeepLinear network, not the parameters of {parametrization!r}")
    return parametrization


def layer_scale(network: DeepLinear, scale: np.ndarray) -> float:
    """The share of one factor in the scale of the product, its N-th root."""
    return float(scale) ** (1 / network.depth)
