"""The entropy: exponentiated gradient."""

import numpy as np

from thalweg.potentials.base import AbstractSeparable, Vector, namespace


class Entropy(AbstractSeparable):
    r"""The entropy (unnormalized), $\psi(w) = \sum_i w_i\ln w_i - w_i$, of vectors with positive coordinates.

    The mirror map is $\ln w$: mirror descent with it is exponentiated gradient, $w \leftarrow w \odot e^{-\eta\nabla\ell}$,
    which keeps coordinates positive. Least at $w = (1, \ldots, 1)$.

    Raises:
        ValueError: by `check`, for coordinates that are not positive.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.potentials.Entropy().inverse(np.log([2.0, 0.5])).tolist()
        [2.0, 0.5]

    Reference:
        beck2003mirror, section 5; gunasekar2018characterizing, section 2.
    """

    def density(self, point: Vector) -> Vector:
        return point * namespace(point).log(point) - point

    def gradient(self, point: Vector) -> Vector:
        return namespace(point).log(point)

    def inverse(self, dual: Vector) -> Vector:
        return namespace(dual).exp(dual)

    def conjugate_density(self, dual: Vector) -> Vector:
        return namespace(dual).exp(dual)

    def inverse_slope(self, dual: Vector) -> Vector:
        return namespace(dual).exp(dual)

    def check(self, point: Vector) -> None:
        array = np.asarray(point)
        if not (array > 0).all():
            least = f"{np.nanmin(array):g}" if np.isfinite(array).any() else "none that is a number"
            raise ValueError(
                f"the entropy is defined for positive coordinates only, the least here is {least}: start from positive "
                "numbers, or take tw.potentials.Hypentropy, which is defined for either sign"
            )
