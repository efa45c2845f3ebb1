"""Matrix sensing: linear measurements of a matrix, dense or of rank one."""

from collections.abc import Sequence
from typing import Any, Self

import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg._module import static
from thalweg._seeds import stream
from thalweg._whole import whole
from thalweg.problems.base import AbstractProblem
from thalweg.problems.conventions import checked, weight
from thalweg.problems.random_matrices import checked_shape, low_rank


class MatrixSensing(AbstractProblem):
    r"""Matrix sensing, $\ell(W) = \frac{1}{m}\sum_{i=1}^m (\langle A_i, W\rangle - y_i)^2$.

    Arguments:
        measurements: the $A_i$ as an array $(m, d_N, d_0)$, or a pair of arrays $(m, d_N)$ and $(m, d_0)$ whose rows
            $a_i, b_i$ stand for measurements of rank one, $A_i = a_i b_i^\top$, which are never formed.
        values: the $y_i$, $m$ numbers.
        target: a matrix that the values were measured from, where it is known.
        loss: the convention, by name (see `MatrixCompletion`).

    Raises:
        ValueError: shapes that do not agree, or numbers that are not finite.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixSensing((np.eye(2), np.eye(2)), [1.0, 3.0])
        >>> problem.shape, float(problem.loss(np.zeros((2, 2))))
        ((2, 2), 5.0)

    Reference:
        arora2019implicit, appendix on matrix sensing; gunasekar2017implicit.
    """

    dense: np.ndarray | None
    left: np.ndarray | None
    right: np.ndarray | None
    values: np.ndarray
    target: np.ndarray | None
    size: tuple[int, int] = static()
    convention: str = static()

    def __init__(self, measurements: Any, values: Any, *, target: Any = None, loss: str = "mean of squares"):
        self.values = _finite(values, "values")
        if self.values.ndim != 1 or len(self.values) == 0:
            raise ValueError(f"values must be a list of at least one number, got shape {self.values.shape}")
        if isinstance(measurements, tuple):
            if len(measurements) != 2:
                raise ValueError(f"measurements of rank one are a pair of arrays, got {len(measurements)} of them")
            self.left, self.right = (_finite(part, "measurements") for part in measurements)
            self.dense = None
            if self.left.ndim != 2 or self.right.ndim != 2:
                raise ValueError("measurements of rank one are a pair of arrays (m, d_N) and (m, d_0)")
            counts, self.size = {len(self.left), len(self.right)}, (self.left.shape[1], self.right.shape[1])
        else:
            self.dense = _finite(measurements, "measurements")
            self.left = self.right = None
            if self.dense.ndim != 3:
                raise ValueError(f"measurements must be an array (m, d_N, d_0), got shape {self.dense.shape}")
            counts, self.size = {len(self.dense)}, (self.dense.shape[1], self.dense.shape[2])
        if 0 in self.size:
            raise ValueError(f"measurements must be of matrices with at least one row and one column, got {self.size}")
        if counts != {len(self.values)}:
            raise ValueError(f"there are {len(self.values)} values for {' and '.join(map(str, counts))} measurements")
        self.target = None if target is None else _finite(target, "target")
        if self.target is not None and self.target.shape != self.size:
            raise ValueError(f"target has shape {self.target.shape}, the measurements are of {self.size}")
        self.convention = checked(loss)

    @classmethod
    def random(
        cls,
        *,
        shape: Sequence[int],
        rank: int,
        measurements: int,
        key: Any,
        kind: str = "dense",
        spectrum: Sequence[float] | None = None,
        loss: str = "mean of squares",
    ) -> Self:
        r"""Gaussian measurements of a random low-rank target, $A_i$ with entries $\mathcal{N}(0, 1/(d_N d_0))$.

        Arguments:
            kind: `dense`, or `rank one`: $A_i = a_i b_i^\top$ with Gaussian vectors of the same overall scale.

        Examples:
            >>> import thalweg as tw
            >>> problem = tw.MatrixSensing.random(shape=(4, 6), rank=1, measurements=12, key=0, kind="rank one")
            >>> float(problem.loss(problem.target)) < 1e-28
            True
        """
        size = checked_shape(shape)
        count = whole(measurements, "measurements")
        rng = stream(key, "data")
        target = low_rank(rng, size, rank, spectrum)
        if kind == "dense":
            dense = rng.normal(size=(count, *size)) / np.sqrt(size[0] * size[1])
            return cls(dense, np.einsum("mij,ij->m", dense, target), target=target, loss=loss)
        if kind != "rank one":
            raise ValueError(f"kind must be 'dense' or 'rank one', got {kind!r}")
        left, right = (rng.normal(size=(count, side)) / np.sqrt(side) for side in size)
        return cls((left, right), np.einsum("mi,ij,mj->m", left, target, right), target=target, loss=loss)

    def _told(self) -> dict[str, Any]:
        kind = "dense" if self.dense is not None else "rank one"
        told = {"shape": self.size, "measurements": len(self.values), "kind": kind, "target": self.target}
        return told | {"loss": self.convention}

    @property
    def shape(self) -> tuple[int, int]:
        return self.size

    @property
    def count(self) -> int:
        """How many measurements there are."""
        return self.values.shape[-1]

    @property
    def known(self) -> dict[str, Any]:
        """What is known of the solutions (see `MatrixCompletion.known`)."""
        return {} if self.target is None else {"minimiser": self.target, "least loss": 0.0}

    def loss(self, predictor: Array) -> Array:
        return weight(self.convention, self.count) * jnp.sum(self._residual(predictor) ** 2)

    def loss_and_gradient(self, predictor: Array) -> tuple[Array, Array]:
        factor = weight(self.convention, self.count)
        residual = self._residual(predictor)
        if self.left is not None and self.right is not None:
            gradient = ((2 * factor * residual)[:, None] * self.left).T @ self.right
        else:
            gradient = jnp.tensordot(2 * factor * residual, jnp.asarray(self.dense), axes=1)
        return factor * jnp.sum(residual**2), gradient

    def _residual(self, predictor: Array) -> Array:
        if self.left is not None and self.right is not None:
            return jnp.sum((jnp.asarray(self.left) @ predictor) * self.right, axis=1) - self.values
        return jnp.tensordot(jnp.asarray(self.dense), predictor, axes=2) - self.values


def _finite(value: Any, name: str) -> np.ndarray:
    array = reals(value, name)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; NaN and infinity cannot be measured")
    return array
