"""Regression by an even power of the error."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg._module import static
from thalweg._whole import whole
from thalweg.problems.base import AbstractProblem


class PowerRegression(AbstractProblem):
    r"""Regression in $\ell_p$, $\ell(W) = \frac{1}{p\,m}\sum_{i=1}^m \|Wx_i - y_i\|_p^p$ with an even $p$.

    For $p = 2$ it is `LinearRegression`; for $p > 2$ its curvature fades near the solution, and descent slows down.

    Arguments:
        inputs: $X$, of shape $(d_0, m)$, a sample a column; outputs: $Y$, of shape $(d_N, m)$.
        power: $p$, an even number: an odd power would have no least value.

    Raises:
        ValueError: a power that is odd or below 2, shapes that do not agree, no samples, or numbers that are not finite.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.PowerRegression(inputs=np.eye(2), outputs=[[2.0, 1.0]], power=4)
        >>> float(problem.loss(np.zeros((1, 2)))), problem.loss_and_gradient(np.zeros((1, 2)))[1].tolist()
        (2.125, [[-4.0, -0.5]])

    Reference:
        arora2018optimization, section 3 and section 8.
    """

    inputs: np.ndarray
    outputs: np.ndarray
    power: int = static()

    def __init__(self, inputs: Any, outputs: Any, *, power: int):
        self.inputs, self.outputs = _table(inputs, "inputs"), _table(outputs, "outputs")
        if self.inputs.shape[1] != self.outputs.shape[1]:
            raise ValueError(
                f"inputs and outputs need as many columns as there are samples, got {self.inputs.shape} and {self.outputs.shape}"
            )
        self.power = whole(power, "power", least=2)
        if self.power % 2:
            raise ValueError(f"power must be even, for an odd one has no least value; got {self.power}")

    @property
    def shape(self) -> tuple[int, int]:
        return self.outputs.shape[0], self.inputs.shape[0]

    def loss(self, predictor: Array) -> Array:
        return jnp.sum((predictor @ self.inputs - self.outputs) ** self.power) / (self.power * self.inputs.shape[1])

    def loss_and_gradient(self, predictor: Array) -> tuple[Array, Array]:
        residual = predictor @ self.inputs - self.outputs
        steep = residual ** (self.power - 1)
        count = self.inputs.shape[1]
        return jnp.sum(steep * residual) / (self.power * count), steep @ self.inputs.T / count


def _table(value: Any, name: str) -> np.ndarray:
    array = np.array(reals(value, name))
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{name} must be a matrix with at least one entry, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; {np.sum(~np.isfinite(array))} of its entries are not")
    return array
