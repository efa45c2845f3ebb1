r"""Alternating ridge regressions over the rows of two factors, with Anderson's extrapolation."""

import math

import numpy as np
from scipy import sparse

from thalweg.exact.anderson import Anderson

DENSE = 0.03  # share of entries seen from which a dense mask multiplies faster than a sparse one
ROOM = 4_000_000  # numbers that a dense mask, or a block of products, may hold


class RidgeFactors:
    r"""Descent of $\frac12 \sum_{seen} (X - A B^\top)^2 + \frac\lambda2 (\|A\|^2 + \|B\|^2)$ by exact sweeps.

    Each row of $A$ solves a ridge regression on the rows of $B$ at its seen entries, and the reverse.

    Arguments:
        rows, columns, values: the seen entries, sorted by rows, then columns.
        shape: of the matrix.

    Examples:
        >>> factors = RidgeFactors(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([2.0, 2.0, 2.0]), (2, 2))
        >>> left, right, sweeps = factors.descend(np.ones((2, 1)), np.ones((2, 1)), 1e-6, 50, 1e-12)
        >>> bool(np.abs(left @ right.T - 2.0).max() < 1e-3)
        True

    Reference:
        hastie2015matrix, section 3; zhou2008large.
    """

    def __init__(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: tuple[int, int]):
        self.indices = columns
        self.indptr = np.searchsorted(rows, np.arange(shape[0] + 1))
        seen = sparse.csr_array((values, self.indices, self.indptr), shape=shape)
        mask = sparse.csr_array((np.ones(len(values)), self.indices, self.indptr), shape=shape)
        size = shape[0] * shape[1]
        if len(values) > DENSE * size and size <= ROOM:
            self.seen, self.mask = (seen.toarray(), seen.T.toarray()), (mask.toarray(), mask.T.toarray())
        else:
            self.seen, self.mask = (seen, sparse.csr_array(seen.T)), (mask, sparse.csr_array(mask.T))
        self.half_square = 0.5 * math.fsum(values**2)

    def descend(
        self, left: np.ndarray, right: np.ndarray, penalty: float, sweeps: int, settled: float
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """The factors after at most so many sweeps, fewer once the objective falls by less than a share `settled` in one."""
        if not left.shape[1]:
            return left, right, 1
        extrapolate = Anderson(right.size)
        before, plain = math.inf, right
        for sweep in range(1, sweeps + 1):
            left, value = self._solve(0, right, penalty)
            if value > before:  # the extrapolation led astray
                extrapolate.forget()
                right = plain
                left, value = self._solve(0, right, penalty)
            plain = self._solve(1, left, penalty)[0]
            if before - value <= settled * value or sweep == sweeps:
                return left, plain, sweep
            before = value
            right = extrapolate(right, plain - right)
        return left, right, sweeps

    def _solve(self, side: int, other: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
        """The best factor of a side for the other one, and the objective there."""
        right_side = self.seen[side] @ other
        rank = other.shape[1]
        upper = np.triu_indices(rank)
        found = np.empty_like(right_side)
        products = other[:, upper[0]] * other[:, upper[1]]
        step = max(1, ROOM // rank**2)
        for at in range(0, len(found), step):
            part = slice(at, at + step)
            flat = self.mask[side][part] @ products
            gram = np.empty((len(flat), rank, rank))
            gram[:, upper[0], upper[1]] = gram[:, upper[1], upper[0]] = flat
            gram[:, np.arange(rank), np.arange(rank)] += penalty
            found[part] = np.linalg.solve(gram, right_side[part][..., None])[..., 0]
        value = self.half_square - 0.5 * float(np.sum(found * right_side)) + 0.5 * penalty * float(np.sum(other**2))
        return found, value
