"""Balanced factors of a given or a random end-to-end matrix."""

from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._module import number, static
from thalweg._seeds import stream
from thalweg.initializations.base import AbstractInitialization, deep_linear
from thalweg.parametrizations.base import AbstractParametrization
from thalweg.problems.random_matrices import orthonormal


class Balanced(AbstractInitialization):
    r"""Balanced factors, $W_{j+1}^\top W_{j+1} = W_j W_j^\top$, whose product is a Gaussian (or a given) matrix $A$.

    With the thin singular value decomposition $A = U\Sigma V^\top$ the factors are $U\Sigma^{1/N}$, $\Sigma^{1/N}$,
    ..., $\Sigma^{1/N}V^\top$, padded by zeros to the hidden widths; then, unless `mix` is off, random orthogonal
    matrices are put between neighbours, $W_j \leftarrow R_j W_j R_{j-1}^\top$, so that wider layers are used in full.

    Arguments:
        scale: $s$; $A$ has independent entries with $E\|A\|_F^2 = s^2\sqrt{d_N d_0}$, as for `Gaussian`.
        matrix: $A$ itself, in place of a scale.
        mix: whether to mix by random orthogonal matrices.

    Raises:
        ValueError: neither or both of scale and matrix; a hidden width below the smaller side of the shape, through
            which $A$ does not fit.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> first, second = tw.Balanced(0.1).sample(tw.DeepLinear(depth=2, shape=(4, 6), hidden=7), key=0)
        >>> bool(np.abs(second.T @ second - first @ first.T).max() < 1e-15)
        True

    Reference:
        arora2019convergence, procedure 1.
    """

    scale: np.ndarray | None
    matrix: np.ndarray | None
    mix: bool = static()

    def __init__(self, scale: Any = None, *, matrix: Any = None, mix: bool = True):
        if (scale is None) == (matrix is None):
            raise ValueError("Balanced needs either a scale or a matrix, not both and not neither")
        self.scale = None if scale is None else number(scale, "scale", above=0)
        self.matrix = None if matrix is None else reals(matrix, "matrix")
        if self.matrix is not None and not np.isfinite(self.matrix).all():
            raise ValueError("matrix must be finite")
        self.mix = bool(mix)

    def sample(self, parametrization: AbstractParametrization, *, key: Any) -> list[np.ndarray]:
        network = deep_linear(parametrization, "Balanced")
        rows, columns = network.shape
        least = min(rows, columns)
        if min(network.widths) < least:
            raise ValueError(
                f"a balanced start needs hidden widths of at least {least}, the smaller side of {network.shape}; "
                f"got {min(network.widths)}"
            )
        rng = stream(key, "start")
        if self.scale is not None:
            matrix = float(self.scale) * (rows * columns) ** -0.25 * rng.normal(size=(rows, columns))
        elif self.matrix is not None and self.matrix.shape == network.shape:
            matrix = self.matrix
        else:
            given = None if self.matrix is None else self.matrix.shape
            raise ValueError(f"matrix must have the shape of the predictor, {network.shape}; got {given}")
        u, s, vt = np.linalg.svd(matrix, full_matrices=False)
        # A singular value that is zero but for rounding, 1e-16, would be 1e-4 in each of four factors.
        s = np.where(s > max(rows, columns) * np.finfo(np.float64).eps * s[0], s, 0.0)
        root = np.diag(s ** (1 / network.depth))
        middle = [root] * network.depth
        middle[0] = middle[0] @ vt
        middle[-1] = u @ middle[-1]
        factors = [_padded(block, shape) for block, shape in zip(middle, network.shapes, strict=True)]
        if self.mix:
            mixers = [orthonormal(rng, width, width) for width in network.widths[1:-1]]
            for j, mixer in enumerate(mixers):
                factors[j] = mixer @ factors[j]
                factors[j + 1] = factors[j + 1] @ mixer.T
        return factors


def _padded(block: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    padded = np.zeros(shape)
    padded[: block.shape[0], : block.shape[1]] = block
    return padded
