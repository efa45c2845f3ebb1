r"""The hyperbolic entropy: from the $\ell_1$ to the $\ell_2$ norm by one number."""

from typing import Any

import numpy as np

from thalweg.potentials.base import AbstractSeparable, Vector, namespace, positive


class Hypentropy(AbstractSeparable):
    r"""The hyperbolic entropy, $Q_\alpha(w) = \sum_i \alpha_i^2\,q(w_i/\alpha_i^2)$.

    Here $q(z) = 2 - \sqrt{4 + z^2} + z\,\mathrm{arcsinh}(z/2)$, and the mirror map is $\mathrm{arcsinh}(w/(2\alpha^2))$.
    What a diagonal network $w_+^2 - w_-^2$ that starts at $w_\pm = \alpha$ under gradient flow minimizes among all
    solutions: close to $\|w\|_2^2/(4\alpha^2)$ for a large $\alpha$ and to $\ln(1/\alpha^2)\,\|w\|_1$ for a small one.

    Arguments:
        scale: $\alpha$, positive; one number, one for each coordinate, or any array that broadcasts.

    Raises:
        ValueError: a scale that is not positive and finite.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> potential = tw.potentials.Hypentropy(scale=0.1)
        >>> w = np.array([1.0, -0.5])
        >>> bool(np.allclose(potential.inverse(potential.gradient(w)), w))
        True

    Reference:
        woodworth2020kernel, theorem 1; ghai2020exponentiated, section 3.
    """

    scale: np.ndarray

    def __init__(self, scale: Any):
        self.scale = positive(scale, "scale")

    def density(self, point: Vector) -> Vector:
        xp, unit = namespace(point), self.scale**2
        z = point / unit
        # 2 - sqrt(4 + z^2) written without its cancellation at small z, and without the square of a large one
        return point * (xp.arcsinh(z / 2) - z / (2 + xp.hypot(2.0, z)))

    def gradient(self, point: Vector) -> Vector:
        return namespace(point).arcsinh(point / (2 * self.scale**2))

    def inverse(self, dual: Vector) -> Vector:
        return 2 * self.scale**2 * namespace(dual).sinh(dual)

    def conjugate_density(self, dual: Vector) -> Vector:
        # 2 (cosh z - 1), without its cancellation at small z
        return 4 * self.scale**2 * namespace(dual).sinh(dual / 2) ** 2

    def inverse_slope(self, dual: Vector) -> Vector:
        return 2 * self.scale**2 * namespace(dual).cosh(dual)
