"""What the linear regressors share: input, the intercept, prediction, files."""

import abc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from warnings import catch_warnings, simplefilter, warn

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from thalweg.estimators.model_file import save


class AbstractLinearRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator, abc.ABC):
    r"""$\hat y = X w + c$, for one output or several.

    A subclass writes `__init__` with its parameters, among them `fit_intercept`, and `_learn`.
    float32 in gives float32 out; the work between is done in float64.

    Attributes:
        coef_: $w$, (features,) where y was one-dimensional, else (outputs, features).
        intercept_: $c$, a number or (outputs,).
        n_features_in_, feature_names_in_: as everywhere in scikit-learn.
    """

    fit_intercept: bool
    coef_: np.ndarray
    intercept_: Any

    @abc.abstractmethod
    def _learn(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (outputs, features) and intercepts (outputs,) of samples as rows; parameters are checked here."""

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from samples.

        Arguments:
            X: (samples, features), an array or a data frame; y: (samples,) or (samples, outputs).

        Raises:
            ValueError: gaps, infinities, shapes that do not agree, or a parameter out of its range.
        """
        x: Any
        x, target = validate_data(self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True)
        if not isinstance(self.fit_intercept, bool | np.bool_):
            raise TypeError(f"fit_intercept must be True or False, got {self.fit_intercept!r}")
        outputs = np.asarray(target, dtype=np.float64)
        single = outputs.ndim == 1
        coefficients, intercepts = self._learn(x.astype(np.float64), outputs[:, None] if single else outputs)
        coefficients, intercepts = coefficients.astype(x.dtype), intercepts.astype(x.dtype)
        self.coef_ = np.ascontiguousarray(coefficients[0] if single else coefficients)
        self.intercept_ = float(intercepts[0]) if single else intercepts
        return self

    def predict(self, X: Any) -> np.ndarray:
        """What the model says of samples: (samples,), or (samples, outputs)."""
        check_is_fitted(self)
        x: Any = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return (x @ self.coef_.T + self.intercept_).astype(x.dtype, copy=False)

    def save(self, path: str | Path) -> None:
        """Write the fitted model to `path` (npz without pickle), whole or not at all; `thalweg.estimators.load` reads it."""
        check_is_fitted(self)
        save(self, path)


def centred(x: np.ndarray, y: np.ndarray, intercept: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Samples and outputs less their means, and the means; zeros for these without an intercept.

    Examples:
        >>> centred(np.array([[1.0], [3.0]]), np.array([[2.0], [6.0]]), True)[0].tolist()
        [[-1.0], [1.0]]
    """
    if not intercept:
        return x, y, np.zeros(x.shape[1]), np.zeros(y.shape[1])
    mean, level = x.mean(axis=0), y.mean(axis=0)
    return x - mean, y - level, mean, level


@contextmanager
def told_as_scikit_learn_does(name: str) -> Iterator[None]:
    """What our own solvers warn of, as the warning that scikit-learn's users know."""
    with catch_warnings(record=True) as found:
        simplefilter("always")
        yield
    for one in found:
        mine = issubclass(one.category, RuntimeWarning) and not issubclass(one.category, ConvergenceWarning)
        warn(f"{name}: {one.message}" if mine else one.message, ConvergenceWarning if mine else one.category, stacklevel=4)
