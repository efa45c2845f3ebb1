"""Networks of one hidden layer of ReLU units."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg._module import static
from thalweg._whole import whole
from thalweg.parametrizations.base import AbstractParametrization

Params = dict[str, Any]


class TwoLayerReLU(AbstractParametrization):
    r"""A network of one hidden layer of ReLU units, $h_\theta(x) = W^{(2)}[W^{(1)}x + b^{(1)}]_+ + b^{(2)}$.

    Parameters are the mapping of `W1` $(k, d)$, `b1` $(k,)$, `W2` $(c, k)$ and `b2` $(c,)$, without the biases that are
    left out. The predictor is the outputs at the given inputs, $(c, n)$: as problem take
    `tw.LinearRegression.whitened(Y)`, or `tw.Classification.of_outputs(labels)`. Gradients are by reverse
    differentiation, the ReLU's derivative at zero being zero.

    Arguments:
        inputs: of shape $(d, n)$, a sample a column.
        width: the number k of hidden units.
        count: the number c of outputs.
        bias: whether hidden units have biases; output_bias: whether the outputs have.

    Raises:
        TypeError: inputs that are no numbers, or a width that is no whole number.
        ValueError: inputs that are no finite matrix, or sizes below one.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> network = tw.TwoLayerReLU(np.array([[-1.0, 0.0, 2.0]]), width=2)
        >>> params = {"W1": np.array([[1.0], [-1.0]]), "b1": np.zeros(2), "W2": np.ones((1, 2)), "b2": np.zeros(1)}
        >>> network.predictor(params).tolist()
        [[1.0, 0.0, 2.0]]
        >>> network.outputs(params, np.array([[-5.0]])).tolist()
        [[5.0]]

    Reference:
        savarese2019infinite, section 2; neyshabur2015search, section 2.
    """

    inputs: np.ndarray
    width: int = static()
    count: int = static()
    bias: bool = static()
    output_bias: bool = static()

    def __init__(self, inputs: Any, width: int, *, count: int = 1, bias: bool = True, output_bias: bool = True):
        self.inputs = reals(inputs, "inputs")
        if self.inputs.ndim != 2 or 0 in self.inputs.shape or not np.isfinite(self.inputs).all():
            raise ValueError(f"inputs must be a finite matrix with a sample a column, got shape {self.inputs.shape}")
        self.width, self.count = whole(width, "width"), whole(count, "count")
        self.bias, self.output_bias = bool(bias), bool(output_bias)

    @property
    def shape(self) -> tuple[int, int]:
        return self.count, self.inputs.shape[1]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the parameters."""
        shapes: dict[str, tuple[int, ...]] = {"W1": (self.width, self.inputs.shape[0])}
        if self.bias:
            shapes["b1"] = (self.width,)
        shapes["W2"] = (self.count, self.width)
        if self.output_bias:
            shapes["b2"] = (self.count,)
        return shapes

    def predictor(self, params: Params) -> Array:
        return self.outputs(params, self.inputs)

    def outputs(self, params: Params, inputs: Any) -> Array:
        """The outputs at any inputs $(d, m)$, as $(c, m)$.

        Raises:
            ValueError: parameters of other shapes than those of the network.

        Examples:
            >>> import numpy as np
            >>> import thalweg as tw
            >>> network = tw.TwoLayerReLU(np.eye(2), width=1, bias=False, output_bias=False)
            >>> network.outputs({"W1": np.array([[1.0, -1.0]]), "W2": np.array([[3.0]])}, np.array([[2.0], [1.0]])).tolist()
            [[3.0]]
        """
        found = {name: tuple(jnp.shape(value)) for name, value in params.items()}
        if found != self.shapes:
            raise ValueError(f"this network has parameters of the shapes {self.shapes}, got {found}")
        hidden = jnp.asarray(params["W1"]) @ jnp.asarray(inputs)
        if self.bias:
            hidden = hidden + jnp.asarray(params["b1"])[:, None]
        found = jnp.asarray(params["W2"]) @ jnp.where(hidden > 0, hidden, 0.0)
        return found + jnp.asarray(params["b2"])[:, None] if self.output_bias else found
