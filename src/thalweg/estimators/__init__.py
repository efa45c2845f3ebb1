"""Scikit-learn estimators: completion of matrices with gaps, and linear regression as networks do it; the extra `sklearn`."""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:  # pragma: no cover - the tests need scikit-learn themselves
    raise ImportError("thalweg.estimators needs scikit-learn: pip install 'thalweg[sklearn]'") from error

from thalweg.estimators.centring import Centring
from thalweg.estimators.complete import Completed, complete
from thalweg.estimators.deep_matrix_completion import DeepMatrixCompletion
from thalweg.estimators.diagonal_regressor import DiagonalRegressor
from thalweg.estimators.end_to_end_regressor import EndToEndRegressor
from thalweg.estimators.entries import Entries
from thalweg.estimators.entry_regressor import EntryRegressor
from thalweg.estimators.held_out import EntryFolds, cross_val_score_entries, entries_of, held_out_entries, held_out_rmse
from thalweg.estimators.model_file import ModelFileError, load
from thalweg.estimators.nuclear_norm_completion import NuclearNormCompletion
from thalweg.estimators.soft_impute import OnPath, SoftImpute
from thalweg.estimators.stopping import Progress

__all__ = [
    "Centring",
    "Completed",
    "DeepMatrixCompletion",
    "DiagonalRegressor",
    "EndToEndRegressor",
    "Entries",
    "EntryFolds",
    "EntryRegressor",
    "ModelFileError",
    "NuclearNormCompletion",
    "OnPath",
    "Progress",
    "SoftImpute",
    "complete",
    "cross_val_score_entries",
    "entries_of",
    "held_out_entries",
    "held_out_rmse",
    "load",
]
