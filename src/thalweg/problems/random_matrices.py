"""Random targets of given rank and spectrum."""

from collections.abc import Sequence

import numpy as np

from thalweg._arrays import reals
from thalweg._whole import whole


def checked_shape(shape: Sequence[int]) -> tuple[int, int]:
    """`shape` as two whole numbers of at least one, or a clear error."""
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise ValueError(f"shape must be two whole numbers (rows, columns), got {shape!r}")
    return whole(shape[0], "shape[0]"), whole(shape[1], "shape[1]")


def orthonormal(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """A matrix with orthonormal columns (or rows, where it is wide), uniform by Haar's measure."""
    tall = rng.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return q if rows >= columns else q.T


def low_rank(rng: np.random.Generator, shape: tuple[int, int], rank: int, spectrum: Sequence[float] | None = None) -> np.ndarray:
    r"""A target of given rank: $UV^\top$ with Gaussian factors, rescaled to mean square 1, unless a spectrum is given.

    With a spectrum the singular vectors are uniform and the singular values are exactly those given.
    """
    rank = whole(rank, "rank")
    if rank > min(shape):
        raise ValueError(f"rank must be at most the smaller side of the shape {shape}, got {rank}")
    if spectrum is None:
        target = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1]))
        return target / np.sqrt(np.mean(target**2))
    values = reals(spectrum, "spectrum")
    if values.shape != (rank,) or not np.all(np.isfinite(values)) or not np.all(values > 0):
        raise ValueError(f"spectrum must be {rank} positive numbers, one for each of the rank; got {spectrum!r}")
    return (orthonormal(rng, shape[0], rank) * values) @ orthonormal(rng, shape[1], rank).T
