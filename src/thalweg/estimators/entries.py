"""The seen entries of a matrix with gaps, from what a user of scikit-learn hands in."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_array, validate_data

FORMATS = ("csr", "coo", "csc")


@dataclass(frozen=True, eq=False)
class Entries:
    """Seen entries by coordinates, in the order of rows, then of columns.

    Arguments:
        rows, columns: whole numbers from 0.
        values: finite, float32 or float64.
        shape: rows and columns in all, those without an entry included.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import Entries
        >>> seen = Entries.of(np.array([[1.0, np.nan], [np.nan, 4.0]]))
        >>> seen.rows, seen.columns, seen.values
        (array([0, 1]), array([0, 1]), array([1., 4.]))
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    shape: tuple[int, int]

    @classmethod
    def of(cls, X: Any, *, estimator: Any = None, reset: bool = False, allow_none: bool = False) -> Self:
        """The seen entries of a two-dimensional array, a data frame or a SciPy sparse matrix.

        Arguments:
            X: an array or a data frame with NaN where an entry was not seen (a masked array: where it is masked); or a
                sparse matrix, of which the *stored* entries are those that were seen, zeros among them.
            estimator: whose names and number of columns are set (`reset`) or compared.
            allow_none: accept a matrix without a single seen entry.

        Raises:
            ValueError: an infinite entry, no seen entry, an entry that is stored twice, another number of columns than
                the estimator has, complex numbers.
        """
        if isinstance(X, np.ma.MaskedArray):
            masked: Any = X.astype(np.result_type(X.dtype, np.float32))
            X = masked.filled(np.nan)
        options: dict[str, Any] = {
            "accept_sparse": FORMATS,
            "dtype": [np.float64, np.float32],
            "ensure_all_finite": "allow-nan",
        }
        if estimator is None:
            X = check_array(X, **options)
        else:
            X = validate_data(estimator, X, reset=reset, **options)
        shape = int(X.shape[0]), int(X.shape[1])
        if sp.issparse(X):
            listed = X.tocoo()
            rows, columns, values = listed.row, listed.col, listed.data
            known = ~np.isnan(values)
            rows, columns, values = rows[known].astype(np.int64), columns[known].astype(np.int64), values[known]
            found = cls.sorted(rows, columns, values, shape)
        else:
            rows, columns = np.nonzero(~np.isnan(X))
            found = cls(rows, columns, X[rows, columns], shape)
        if not allow_none and not len(found):
            raise ValueError(f"X has no seen entry among {shape[0]} x {shape[1]}: there is nothing to complete from")
        return found

    @classmethod
    def sorted(cls, rows: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> Self:
        """From coordinates in any order; an entry that is given twice is refused."""
        order = np.lexsort((columns, rows))
        rows, columns, values = rows[order], columns[order], values[order]
        twice = np.flatnonzero((np.diff(rows) == 0) & (np.diff(columns) == 0))
        if len(twice):
            entry = (int(rows[twice[0]]), int(columns[twice[0]]))
            raise ValueError(f"the entry {entry} is given more than once; average the duplicates or keep one of them")
        return cls(rows, columns, np.ascontiguousarray(values), shape)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"<Entries: {len(self)} of {self.shape[0]} x {self.shape[1]}>"

    def at(self, chosen: Any) -> Self:
        """Those that an index or a mask chooses (the order is kept where that of the index is)."""
        return replace(self, rows=self.rows[chosen], columns=self.columns[chosen], values=self.values[chosen])

    def with_values(self, values: np.ndarray) -> Self:
        """The same coordinates with other values."""
        return replace(self, values=values)

    def starts(self) -> np.ndarray:
        """Where the entries of each row begin; one more than rows, as the `indptr` of a CSR matrix."""
        return np.searchsorted(self.rows, np.arange(self.shape[0] + 1))

    def csr(self) -> Any:
        """As a CSR array whose stored values may be replaced in place."""
        return sp.csr_array((self.values, self.columns, self.starts()), shape=self.shape)

    def split(self, fraction: float, rng: Any) -> tuple[Self, Self]:
        """Those that are kept, and a fraction that is held out, drawn at random; at least one is kept."""
        held = np.zeros(len(self), dtype=bool)
        held[rng.permutation(len(self))[: min(round(fraction * len(self)), len(self) - 1)]] = True
        return self.at(~held), self.at(held)
