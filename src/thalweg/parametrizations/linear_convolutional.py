"""Linear convolutional networks of full width."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from thalweg._module import static
from thalweg._whole import whole
from thalweg.parametrizations.base import AbstractParametrization


class LinearConvolutional(AbstractParametrization):
    r"""A linear convolutional network of full width, $L - 1$ circular convolutions and a linear layer.

    $h_l[i] = \frac{1}{\sqrt D}\sum_k w_l[k]\,h_{l-1}[(i + k) \bmod D]$ and output $\langle w_L, h_{L-1}\rangle$, so
    that in the unitary discrete Fourier transform $\hat\beta = \hat w_1 \odot \cdots \odot \hat w_L$: the
    network is diagonal in frequencies. Parameters are the list of the L vectors, $w_1$ first; the predictor is $\beta$ as a
    row, $(1, D)$.

    Arguments:
        size: the number D of inputs, and of weights in each layer.
        depth: L, the last linear layer counted.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> network = tw.LinearConvolutional(size=4, depth=2)
        >>> w, v = np.array([1.0, 2.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0, -1.0])
        >>> beta = np.asarray(network.predictor([w, v]))[0]
        >>> unitary = lambda x: np.fft.fft(x, norm="ortho")
        >>> bool(np.allclose(unitary(beta), unitary(w) * unitary(v)))
        True

    Reference:
        gunasekar2018linear, section 2.
    """

    size: int = static()
    depth: int = static()

    def __init__(self, *, size: int, depth: int = 2):
        self.size, self.depth = whole(size, "size"), whole(depth, "depth")

    @property
    def shape(self) -> tuple[int, int]:
        return 1, self.size

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the parameters, $w_1$ first."""
        return [(self.size,)] * self.depth

    def predictor(self, params: Any) -> Array:
        spectrum = jnp.ones((), jnp.asarray(params[0]).dtype)
        for weights in params:
            spectrum = spectrum * jnp.fft.rfft(jnp.asarray(weights), norm="ortho")
        return jnp.fft.irfft(spectrum, n=self.size, norm="ortho")[None, :]
