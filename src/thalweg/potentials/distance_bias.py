"""The explicit counterpart of an implicit bias: how far the weights of a solution are from their start."""

from typing import Any

import numpy as np

from thalweg.potentials.base import AbstractSeparable, Vector, namespace, positive
from thalweg.potentials.diagonal_bias import angle


class DistanceBias(AbstractSeparable):
    r"""The least squared distance of weights from a start, $R_\alpha(\beta) = \min_{w_+^2-w_-^2=\beta}\|w-\alpha w_0\|_2^2$.

    It is $\sum_i\alpha^2w_{0,i}^2\,r(\beta_i/(\alpha w_{0,i})^2)$, where with the multiplier $\mu = r'(b) \in (-1, 1)$
    $$b = \frac{4\mu}{(1-\mu^2)^2}, \quad r = \frac{\mu^2}{(1-\mu)^2} + \frac{\mu^2}{(1+\mu)^2}, \quad
    w_\pm = \frac{\alpha w_0}{1 \mp \mu}.$$
    As $b = h_4(\mu)$, $r$ is $q_4$: with a uniform start this explicit bias of depth 2 is the implicit bias of depth 4
    from the scale $\sqrt\alpha$, `DiagonalBias(4, scale**0.5)`. It is not the implicit bias of depth 2 from the same
    start, `Hypentropy(scale)`, which tends to the $\ell_1$ norm as slowly as $1/\ln(1/\alpha)$ and not as a power of it.

    Arguments:
        scale: $\alpha$, positive; one number, or one for each instance of a batch, (B, 1).
        shape: $w_0$, positive; one number for all coordinates or one for each.

    Raises:
        ValueError: a scale or shape that is not positive and finite.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> explicit = tw.potentials.DistanceBias(scale=0.25)
        >>> implicit = tw.potentials.DiagonalBias(depth=4, scale=0.5)
        >>> w = np.array([1.0, -0.5])
        >>> bool(np.isclose(explicit.value(w), implicit.value(w), rtol=1e-14))
        True

    Reference:
        woodworth2020kernel, section 4, the explicit regularizer.
    """

    scale: np.ndarray
    shape: np.ndarray

    def __init__(self, scale: Any, shape: Any = 1.0):
        self.scale, self.shape = positive(scale, "scale"), positive(shape, "shape")

    @property
    def dual_bound(self) -> float:
        return 1.0

    def weights(self, point: Vector) -> tuple[Vector, Vector]:
        r"""The nearest weights, $w_+$ and $w_-$, of a predictor.

        Examples:
            >>> import numpy as np
            >>> import thalweg as tw
            >>> plus, minus = tw.potentials.DistanceBias(scale=1.0).weights(np.array([0.0, 0.75]))
            >>> (plus**2 - minus**2).round(12).tolist()
            [0.0, 0.75]
        """
        t = angle(point / self._unit, 2.0)
        xp = namespace(t)
        # 1/(1 - tanh t) = e^t cosh t
        return self._start * xp.exp(t) * xp.cosh(t), self._start * xp.exp(-t) * xp.cosh(t)

    def density(self, point: Vector) -> Vector:
        t = angle(point / self._unit, 2.0)
        return self._unit * 2 * namespace(t).sinh(t) ** 2 * namespace(t).cosh(2 * t)

    def gradient(self, point: Vector) -> Vector:
        return namespace(point).tanh(angle(point / self._unit, 2.0))

    def inverse(self, dual: Vector) -> Vector:
        inside, mu = _inside(dual)
        return namespace(dual).where(inside, self._unit * 4 * mu / ((1 - mu) * (1 + mu)) ** 2, np.nan)

    def conjugate_density(self, dual: Vector) -> Vector:
        inside, mu = _inside(dual)
        return namespace(dual).where(inside, self._unit * 2 * mu**2 / ((1 - mu) * (1 + mu)), np.inf)

    def inverse_slope(self, dual: Vector) -> Vector:
        inside, mu = _inside(dual)
        return namespace(dual).where(inside, self._unit * 4 * (1 + 3 * mu**2) / ((1 - mu) * (1 + mu)) ** 3, np.nan)

    @property
    def _start(self) -> Vector:
        return self.scale * self.shape

    @property
    def _unit(self) -> Vector:
        return self._start**2


def _inside(dual: Vector) -> tuple[Vector, Vector]:
    inside = abs(dual) < 1
    return inside, namespace(dual).where(inside, dual, 0.0)
