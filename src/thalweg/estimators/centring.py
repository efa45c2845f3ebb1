"""What is predicted before any factor: a mean, and shrunk offsets of rows and columns."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator, cg

from thalweg.estimators.entries import Entries

KINDS = ("none", "global", "rows", "columns", "both")


@dataclass(frozen=True, eq=False)
class Centring:
    r"""Offsets $\mu + b_i + c_j$, fitted to seen entries by least squares with a ridge on $b$ and $c$.

    $\mu$ is the mean of the seen entries, and $b, c$ minimise
    $\sum_{(i,j)\in\Omega} (x_{ij} - \mu - b_i - c_j)^2 + \lambda_b \|b\|^2 + \lambda_c \|c\|^2$: the offset of a row or a
    column with few entries is shrunk towards zero, and that of one without any is zero.

    Arguments:
        mean: $\mu$. row_offsets, column_offsets: $b$ and $c$.
        kind: `none`, `global` ($\mu$ alone), `rows` ($\mu + b$), `columns` ($\mu + c$) or `both`.
        shrinkage: $(\lambda_b, \lambda_c)$.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import Centring, Entries
        >>> seen = Entries.of(np.array([[1.0, 2.0], [3.0, np.nan]]))
        >>> centring = Centring.fit(seen, "both", 0.0)
        >>> centring.at(np.array([1]), np.array([1])).round(6)
        array([4.])

    Reference:
        koren2009matrix, equation (3).
    """

    mean: float
    row_offsets: np.ndarray
    column_offsets: np.ndarray
    kind: str
    shrinkage: tuple[float, float]

    @classmethod
    def fit(cls, entries: Entries, kind: str = "both", shrinkage: Any = 5.0) -> Self:
        r"""The offsets of the seen entries.

        Arguments:
            shrinkage: $\lambda_b = \lambda_c$, or the pair of them; 0 for plain least squares.

        Raises:
            ValueError: an unknown kind, a negative shrinkage, one that is no number or pair of numbers.
        """
        if kind not in KINDS:
            raise ValueError(f"centring must be one of {', '.join(map(repr, KINDS))}; got {kind!r}")
        ridge = _pair(shrinkage)
        (m, n), values = entries.shape, entries.values.astype(np.float64)
        mean = 0.0 if kind == "none" else float(values.mean())
        rest = values - mean
        b, c = np.zeros(m), np.zeros(n)
        if kind == "rows":
            b = _shrunk(rest, entries.rows, m, ridge[0])
        elif kind == "columns":
            c = _shrunk(rest, entries.columns, n, ridge[1])
        elif kind == "both":
            b, c = _both(entries, rest, ridge)
        return cls(mean, b, c, kind, ridge)

    def at(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The offsets' prediction at entries, in float64."""
        return self.mean + self.row_offsets[rows] + self.column_offsets[columns]

    def of_new_row(self, columns: np.ndarray, values: np.ndarray) -> float:
        r"""$b$ of a row with these seen entries, given $\mu$ and $c$; zero where rows have no offset."""
        if self.kind not in ("rows", "both") or not len(values):
            return 0.0
        rest = values.astype(np.float64) - self.mean - self.column_offsets[columns]
        return float(rest.sum() / (len(rest) + self.shrinkage[0]))

    def averaged(self, others: list["Centring"]) -> Self:
        """The mean of this and other centrings of the same kind."""
        several = [self, *others]
        return replace(
            self,
            mean=float(np.mean([one.mean for one in several])),
            row_offsets=np.mean([one.row_offsets for one in several], axis=0),
            column_offsets=np.mean([one.column_offsets for one in several], axis=0),
        )


def _pair(shrinkage: Any) -> tuple[float, float]:
    try:
        numbers = np.broadcast_to(np.asarray(shrinkage, dtype=np.float64), 2)
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
        raise ValueError(f"shrinkage must be a number of at least 0, or a pair (rows, columns); got {shrinkage!r}")
    return float(numbers[0]), float(numbers[1])


def _shrunk(rest: np.ndarray, places: np.ndarray, size: int, ridge: float) -> np.ndarray:
    """Sums by place over counts and ridge; zero where there is no entry."""
    sums, counts = np.bincount(places, rest, minlength=size), np.bincount(places, minlength=size)
    return sums / np.maximum(counts + ridge, np.where(counts > 0, 0.0, 1.0))


def _both(entries: Entries, rest: np.ndarray, ridge: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Eliminate the offsets of rows, and solve for those of columns by conjugate gradients."""
    m, n = entries.shape
    pattern: Any = sp.csr_array((np.ones(len(rest)), entries.columns, entries.starts()), shape=(m, n))
    row_counts, column_counts = np.bincount(entries.rows, minlength=m), np.bincount(entries.columns, minlength=n)
    row_sums, column_sums = np.bincount(entries.rows, rest, minlength=m), np.bincount(entries.columns, rest, minlength=n)
    rows_diagonal = np.maximum(row_counts + ridge[0], np.where(row_counts > 0, 0.0, 1.0))
    # A column without entries: any positive diagonal leaves its offset at zero. A pinch of ridge keeps the case without
    # any, where a constant may go from rows to columns, from growing along that direction.
    columns_diagonal = column_counts + ridge[1] + np.where(column_counts > 0, 0.0, 1.0)
    operator: Any = LinearOperator  # its types do not know that its first form takes a dtype
    schur = operator((n, n), lambda c: columns_diagonal * c - pattern.T @ ((pattern @ c) / rows_diagonal), dtype=float)
    scaling = operator((n, n), lambda c: c / columns_diagonal, dtype=float)
    wanted = column_sums - pattern.T @ (row_sums / rows_diagonal)
    c, _ = cg(schur, wanted, rtol=1e-10, atol=1e-12 * float(np.abs(rest).max(initial=1.0)), maxiter=10 * n + 100, M=scaling)
    return (row_sums - pattern @ c) / rows_diagonal, c
