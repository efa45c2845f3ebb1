"""The loss of a product of factors at seen entries alone, and its gradient, without any dense matrix of predictions."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from thalweg.estimators.entries import Entries

GATHERED = 1 << 18
"""Numbers that are gathered at a time, so that they stay in the cache."""


class Chain:
    r"""The mean square error at seen entries of a product of factors $P = W_N \cdots W_1$, with a penalty on the factors.

    $\varphi = \frac{1}{|\Omega|}\big(\sum_{(i,j)\in\Omega} (P_{ij} - x_{ij})^2 + \lambda \sum_k \|W_k\|_F^2\big)$.
    The factors are kept in one vector: $A = W_N$ $(m, d)$, then $W_{N-1}, \ldots, W_2$ $(d, d)$, then $B = W_1^\top$
    $(n, d)$. A gradient costs $O(|\Omega| d + (m + N d)\, d^2)$ and holds no array of $m \times n$ numbers.

    Arguments:
        entries: the seen entries.
        width: $d$. depth: $N$, at least 2.
        penalty: $\lambda$; at depth 2 it is that of soft-thresholding, $\min \frac12 \|\cdot\|^2 + \lambda\|P\|_*$.
        row_scale, column_scale: $r$ $(m)$ and $c$ $(n)$ for $P_{ij} = r_i c_j (W_N \cdots W_1)_{ij}$; None for ones.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators.entries import Entries
        >>> chain = Chain(Entries.of(np.array([[2.0, np.nan]])), width=1, depth=2)
        >>> loss, downhill = chain.loss_and_descent(np.array([1.0, 1.0, 0.0]))
        >>> float(loss), downhill.tolist()
        (1.0, [2.0, 2.0, 0.0])

    Reference:
        arora2019implicit, equation (3).
    """

    def __init__(
        self,
        entries: Entries,
        *,
        width: int,
        depth: int,
        penalty: float = 0.0,
        row_scale: np.ndarray | None = None,
        column_scale: np.ndarray | None = None,
    ):
        self.entries, self.width, self.depth, self.penalty = entries, width, depth, penalty
        self.row_scale, self.column_scale = row_scale, column_scale
        self.dtype = entries.values.dtype
        m, n = entries.shape
        self.sizes = [(m, width), *[(width, width)] * (depth - 2), (n, width)]
        self.residual: Any = sp.csr_array(
            (np.empty(len(entries), self.dtype), entries.columns.astype(np.int32), entries.starts().astype(np.int32)),
            shape=entries.shape,
        )
        self.weights = self._weights(entries)
        self.gradients = 0

    def factors(self, theta: np.ndarray) -> list[np.ndarray]:
        """Views of the vector as $A$, the inner factors from the left, and $B$."""
        ends = np.cumsum([rows * columns for rows, columns in self.sizes])
        return [part.reshape(size) for part, size in zip(np.split(theta, ends[:-1]), self.sizes, strict=True)]

    def vector(self, factors: list[np.ndarray]) -> np.ndarray:
        """The vector of $A$, the inner factors from the left, and $B$."""
        return np.concatenate([np.ravel(factor) for factor in factors]).astype(self.dtype)

    def ends(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Left $(m, d)$ and right $(n, d)$ with $P$ = left @ right.T, scales included."""
        first, *inner, last = self.factors(theta)
        left = first @ _product(inner) if inner else first
        left = left if self.row_scale is None else left * self.row_scale[:, None]
        return left, last if self.column_scale is None else last * self.column_scale[:, None]

    def loss_and_descent(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        r"""The loss (its sum of squares alone, over $|\Omega|$) and $-\nabla\varphi$."""
        self.gradients += 1
        entries, count = self.entries, len(self.entries)
        first, *inner, last = self.factors(theta)
        middle = _product(inner) if inner else None
        left = first if middle is None else first @ middle
        error = self.residual.data
        products_at(left, last, entries.rows, entries.columns, error)
        if self.weights is not None:
            error *= self.weights
        error -= entries.values
        loss = float(np.dot(error, error)) / count
        error *= -2.0 / count
        if self.weights is not None:
            error *= self.weights
        downhill = np.empty_like(theta)
        d_first, *d_inner, d_last = self.factors(downhill)
        pulled = self.residual @ last
        d_last[:] = self.residual.T @ left
        if middle is None:
            d_first[:] = pulled
        else:
            d_first[:] = pulled @ middle.T
            of_middle = first.T @ pulled
            for index, slot in enumerate(d_inner):
                slot[:] = of_middle
                if inner[:index]:
                    slot[:] = _product(inner[:index]).T @ slot
                if inner[index + 1 :]:
                    slot[:] = slot @ _product(inner[index + 1 :]).T
        if self.penalty:
            downhill -= (2.0 * self.penalty / count) * theta
        return loss, downhill

    def error_at(self, theta: np.ndarray, others: Entries) -> float:
        """The mean square error at other entries."""
        left, right = self.ends(theta)
        predicted = np.empty(len(others), self.dtype)
        products_at(left, right, others.rows, others.columns, predicted)
        return float(np.mean((predicted - others.values) ** 2))

    def _weights(self, entries: Entries) -> np.ndarray | None:
        if self.row_scale is None or self.column_scale is None:
            return None
        return (self.row_scale[entries.rows] * self.column_scale[entries.columns]).astype(self.dtype)


def products_at(left: np.ndarray, right: np.ndarray, rows: np.ndarray, columns: np.ndarray, out: np.ndarray) -> None:
    """Entries of `left @ right.T` at places, into `out`."""
    block = max(64, GATHERED // left.shape[1])
    a, b = (np.empty((min(block, len(rows)), left.shape[1]), left.dtype) for _ in range(2))
    for start in range(0, len(rows), block):
        part = slice(start, min(start + block, len(rows)))
        size = part.stop - start
        np.take(left, rows[part], axis=0, out=a[:size], mode="clip")
        np.take(right, columns[part], axis=0, out=b[:size], mode="clip")
        np.einsum("ek,ek->e", a[:size], b[:size], out=out[part])


def _product(factors: list[np.ndarray]) -> np.ndarray:
    product = factors[0]
    for factor in factors[1:]:
        product = product @ factor
    return product
