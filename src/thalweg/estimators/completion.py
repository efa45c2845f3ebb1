"""What every completion of a matrix with gaps shares: fitting, filling, single entries, scores, files."""

import abc
import hashlib
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

import numpy as np
import scipy.linalg
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from thalweg.estimators.centring import Centring
from thalweg.estimators.entries import Entries
from thalweg.estimators.model_file import save

BLOCK = 1 << 22
"""Numbers that are gathered at a time when entries are predicted."""


@dataclass
class Learnt:
    r"""What a completion has learnt: the centring, and a product of factors for the rest.

    Arguments:
        centring: $\mu + b_i + c_j$.
        left, right: $(m, k)$ and $(n, k)$; the rest is predicted by `left @ right.T`.
        noise: the mean square of what the model leaves of entries, held out where there are such.
        more: further attributes of the fitted estimator by name, each ending in an underscore.
    """

    centring: Centring
    left: np.ndarray
    right: np.ndarray
    noise: float
    more: dict[str, Any] = field(default_factory=dict)


class AbstractCompletion(OneToOneFeatureMixin, TransformerMixin, BaseEstimator, abc.ABC):
    r"""A model $x_{ij} \approx \mu + b_i + c_j + (U \Sigma V^\top)_{ij}$, learnt from the seen entries of a matrix.

    A subclass writes `__init__` with its parameters, among them `centring`, `shrinkage`, `row_ridge` and `random_state`,
    and `_learn`.

    X is a two-dimensional array or a data frame with NaN where an entry was not seen, or a SciPy sparse matrix whose
    *stored* entries are those that were seen, zeros among them. Rows and columns without any seen entry are predicted by
    the centring. float32 in gives float32 out.

    Attributes:
        left_, singular_values_, right_: $U$ $(m, r)$, $\Sigma$ $(r)$, $V$ $(n, r)$; orthonormal columns.
        centring_: the offsets.
        noise_: the mean square of what the model leaves of entries, held out where there were such.
        n_features_in_, feature_names_in_: as everywhere in scikit-learn.
    """

    # What the shared methods read of a subclass's parameters, and of what was fitted.
    centring: str
    shrinkage: Any
    row_ridge: float | None
    random_state: Any
    left_: np.ndarray
    singular_values_: np.ndarray
    right_: np.ndarray
    centring_: Centring
    noise_: float
    row_digests_: np.ndarray
    n_features_in_: int

    @abc.abstractmethod
    def _learn(self, entries: Entries) -> Learnt:
        """The model of the seen entries; parameters are checked here, not in `__init__`, as scikit-learn asks."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from the seen entries of X; y is ignored.

        Raises:
            ValueError: a parameter out of its range; X with infinities or without any seen entry.
        """
        entries = Entries.of(X, estimator=self, reset=True)
        if self.row_ridge is not None:
            checked_real(self.row_ridge, "row_ridge", least=0.0)
        learnt = self._learn(entries)
        precision = entries.values.dtype
        seen_rows, seen_columns = (
            np.bincount(p, minlength=k) > 0 for p, k in zip((entries.rows, entries.columns), entries.shape)
        )
        left = np.where(seen_rows[:, None], learnt.left, 0.0)  # of the others only the start is left in the factors
        right = np.where(seen_columns[:, None], learnt.right, 0.0)
        u, s, v = _singular(left.astype(np.float64), right.astype(np.float64))
        u[~seen_rows], v[~seen_columns] = 0.0, 0.0
        self.left_, self.singular_values_, self.right_ = u.astype(precision), s.astype(precision), v.astype(precision)
        self.centring_ = learnt.centring
        self.noise_ = float(learnt.noise)
        self.row_digests_ = _digests(entries)
        for name, value in learnt.more.items():
            setattr(self, name, value)
        return self

    def transform(self, X: Any) -> np.ndarray:
        r"""X with its gaps filled, a dense array; seen entries stay as they are.

        A row that is, entry for entry, one of those fitted is filled by the fitted model. For any other row the offset
        and the coordinates in the learnt row space are found from its seen entries: the coordinates $a$ minimise
        $\sum_j (x_j - \mu - b - c_j - (Va)_j)^2 + \rho\, m \sum_k a_k^2/\sigma_k^2$ with $\rho$ = `row_ridge`, or
        `noise_` where that is None: fitted rows have coordinates of mean square $\sigma_k^2/m$. A row without any seen
        entry is filled by $\mu + c_j$.
        """
        check_is_fitted(self)
        entries = Entries.of(X, estimator=self, allow_none=True)
        filled = np.empty(entries.shape, dtype=entries.values.dtype)
        fitted = {int(digest): row for row, digest in reversed(list(enumerate(self.row_digests_)))}
        scaled = self.right_.astype(np.float64) * self.singular_values_
        starts = entries.starts()
        for row, digest in enumerate(_digests(entries)):
            part = slice(starts[row], starts[row + 1])
            columns, values = entries.columns[part], entries.values[part]
            same = fitted.get(int(digest)) if len(values) else None
            if same is not None:
                offset, coordinates = self.centring_.row_offsets[same], self.left_[same].astype(np.float64)
            else:
                offset, coordinates = self._coordinates(columns, values, scaled)
            filled[row] = self.centring_.mean + offset + self.centring_.column_offsets + scaled @ coordinates
            filled[row, columns] = values
        return filled

    def _coordinates(self, columns: np.ndarray, values: np.ndarray, scaled: np.ndarray) -> tuple[float, np.ndarray]:
        r"""The offset of a new row, and its coordinates as a row of $U$ has them."""
        offset = self.centring_.of_new_row(columns, values)
        rank = scaled.shape[1]
        if not len(values) or not rank:
            return offset, np.zeros(rank)
        rest = values - self.centring_.mean - offset - self.centring_.column_offsets[columns]
        rows = len(self.left_)
        ridge = rows * (self.noise_ if self.row_ridge is None else float(self.row_ridge))
        design = scaled[columns]
        # with a whiff of ridge at all times, so that fewer entries than coordinates are no trouble
        ridge = max(ridge, 1e-12 * float(np.sum(design**2)), np.finfo(np.float64).tiny)
        if len(values) < rank:
            gram = design @ design.T + ridge * np.eye(len(values))
            return offset, design.T @ scipy.linalg.solve(gram, rest, assume_a="pos")
        gram = design.T @ design + ridge * np.eye(rank)
        return offset, scipy.linalg.solve(gram, design.T @ rest, assume_a="pos")

    def predict_entries(self, rows: Any, columns: Any) -> np.ndarray:
        """The fitted model at entries `(rows[k], columns[k])` of the matrix fitted; no dense matrix is made.

        (Not `predict`: in scikit-learn that takes an X. Where samples are entries, see `EntryRegressor`.)

        Raises:
            ValueError: places that are no whole numbers in range, or lists of different lengths.
        """
        check_is_fitted(self)
        rows = _places(rows, "rows", len(self.left_))
        columns = _places(columns, "columns", self.n_features_in_)
        if rows.shape != columns.shape:
            raise ValueError(f"rows and columns must be equally long lists, got {len(rows)} and {len(columns)}")
        predicted = self.centring_.at(rows, columns)
        block = max(1, BLOCK // max(1, len(self.singular_values_)))
        for start in range(0, len(rows), block):
            part = slice(start, start + block)
            left = self.left_[rows[part]] * self.singular_values_
            predicted[part] += np.einsum("ek,ek->e", left, self.right_[columns[part]])
        return predicted.astype(self.left_.dtype)

    def score(self, X: Any, y: Any = None) -> float:
        """Minus the root mean square error over the entries seen in X, whose rows and columns are those fitted.

        For entries that were held out from the fit: `held_out_entries` and `EntryFolds` make such pairs. A splitter of
        scikit-learn on X splits *rows* instead, of which this score is not; to search over entries, see
        `EntryRegressor`.

        Raises:
            ValueError: X has other rows than the matrix fitted.
        """
        check_is_fitted(self)
        entries = Entries.of(X, estimator=self)
        if entries.shape[0] != len(self.left_):
            raise ValueError(
                f"score compares entries of the {len(self.left_)} rows fitted, X has {entries.shape[0]}: hold out entries "
                "instead of rows, by held_out_entries, or by EntryRegressor with any splitter of scikit-learn"
            )
        error = self.predict_entries(entries.rows, entries.columns) - entries.values.astype(np.float64)
        return -float(np.sqrt(np.mean(error**2)))

    def save(self, path: str | Path) -> None:
        """Write the fitted model to `path` (npz without pickle), whole or not at all; `thalweg.estimators.load` reads it."""
        check_is_fitted(self)
        save(self, path)

    def _centred(self, entries: Entries) -> tuple[Centring, Entries]:
        """The centring of these entries, and what it leaves of them in float64."""
        centring = Centring.fit(entries, self.centring, self.shrinkage)
        rest = entries.values.astype(np.float64) - centring.at(entries.rows, entries.columns)
        return centring, entries.with_values(rest)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def checked_real(
    value: Any,
    name: str,
    *,
    least: float = -np.inf,
    above: float = -np.inf,
    most: float = np.inf,
    below: float = np.inf,
) -> float:
    """`value` as a float in range, or a clear error.

    Examples:
        >>> checked_real(2, "tol", above=0)
        2.0
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {value!r}")
    number = float(value)
    if not (np.isfinite(number) and number >= least and number > above and number <= most and number < below):
        bounds = [("at least", least), ("above", above), ("at most", most), ("below", below)]
        said = " and ".join(f"{word} {bound:g}" for word, bound in bounds if np.isfinite(bound))
        raise ValueError(f"{name} must be {said or 'finite'}, got {value!r}")
    return number


def _places(value: Any, name: str, size: int) -> np.ndarray:
    places = np.asarray(value)
    places = places.reshape(1) if places.ndim == 0 and isinstance(value, Integral) else places
    if places.ndim != 1 or (places.dtype.kind not in "iu" and places.size):
        raise ValueError(f"{name} must be a list of whole numbers, got {value!r:.80}")
    places = places.astype(np.int64)
    if places.size and not (places.min() >= 0 and places.max() < size):
        raise ValueError(f"{name} must be within 0..{size - 1}, got {int(places.min())} to {int(places.max())}")
    return places


def _singular(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The thin singular value decomposition of `left @ right.T`, without the product; nothing that is rounding."""
    q_left, r_left = np.linalg.qr(left)
    q_right, r_right = np.linalg.qr(right)
    u, s, vt = np.linalg.svd(r_left @ r_right.T, full_matrices=False)
    kept = s > max(len(left), len(right)) * np.finfo(np.float64).eps * s.max(initial=0.0)
    u, v = q_left @ u[:, kept], q_right @ vt[kept].T
    sign = np.sign(u[np.abs(u).argmax(axis=0), np.arange(u.shape[1])]) if u.size else np.ones(u.shape[1])
    return u * sign, s[kept], v * sign


def _digests(entries: Entries) -> np.ndarray:
    """A number of 64 bits for each row, that of its seen entries."""
    starts, columns, values = entries.starts(), entries.columns.astype(np.int64), entries.values.astype(np.float64) + 0.0
    digests = np.empty(entries.shape[0], dtype=np.uint64)
    for row in range(len(digests)):
        part = slice(starts[row], starts[row + 1])
        found = hashlib.blake2b(columns[part].tobytes() + values[part].tobytes(), digest_size=8).digest()
        digests[row] = int.from_bytes(found, "little")
    return digests
