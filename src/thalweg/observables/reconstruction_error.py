"""Errors against the known target."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg._module import static
from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params
from thalweg.problems.matrix_completion import MatrixCompletion


class ReconstructionError(AbstractObservable):
    r"""The mean squared error against the target $W^*$, over all entries or over those not observed.

    Over all entries it is $\frac{1}{d_N d_0}\|W - W^*\|_F^2$, the published measure, which counts observed entries too;
    the published targets have mean square 1, so it is a relative error.

    Arguments:
        over: `all` or `unobserved`.

    Raises:
        ValueError: another word; or, when a run starts, a problem without a target, or with every entry observed.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.array([[1.0, np.nan], [1.0, 1.0]]), target=np.ones((2, 2)))
        >>> objective = tw.Objective(problem, tw.DeepLinear(depth=1, shape=(2, 2)))
        >>> [float(tw.ReconstructionError(over)(objective, [np.eye(2)])) for over in ("all", "unobserved")]
        [0.5, 1.0]

    Reference:
        arora2019implicit, figures 1 and 2.
    """

    over: str = static()

    def __init__(self, over: str = "all"):
        if over not in ("all", "unobserved"):
            raise ValueError(f"over must be 'all' or 'unobserved', got {over!r}")
        self.over = over

    @property
    def name(self) -> str:
        return "reconstruction_error" if self.over == "all" else "unobserved_error"

    def __call__(self, objective: Objective, params: Params) -> Array:
        problem = objective.problem
        target = getattr(problem, "target", None)
        if target is None:
            raise ValueError("ReconstructionError needs a problem whose target is known; pass target= to the problem")
        squares = (objective.predictor(params) - target) ** 2
        if self.over == "all":
            return jnp.mean(squares)
        if not isinstance(problem, MatrixCompletion):
            raise ValueError(f"{type(problem).__name__} has no observed entries to leave out; use over='all'")
        unseen = squares.size - problem.count
        if unseen == 0:
            raise ValueError("every entry is observed, so there is no error on unobserved ones; use over='all'")
        unobserved = jnp.ones_like(squares).at[problem.rows, problem.columns].set(0)
        return jnp.sum(unobserved * squares) / unseen


class HeldOutError(AbstractObservable):
    r"""The mean squared error on given entries that the problem did not see.

    Arguments:
        rows, columns: the indices of the entries.
        values: what they are.

    Raises:
        ValueError: lists of different lengths or without an entry, a value that is not finite; or, when a run starts,
            an index outside the predictor.
        TypeError: indices that are not whole numbers.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=1, shape=(2, 2)))
        >>> float(tw.HeldOutError([0], [1], [3.0])(objective, [np.ones((2, 2))]))
        4.0
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray

    def __init__(self, rows: Any, columns: Any, values: Any):
        self.rows, self.columns, self.values = np.asarray(rows), np.asarray(columns), reals(values, "values")
        if not self.rows.shape == self.columns.shape == self.values.shape or self.rows.ndim != 1 or not self.rows.size:
            given = f"{self.rows.shape}, {self.columns.shape} and {self.values.shape}"
            raise ValueError(f"rows, columns and values must be equally long lists of at least one entry, got {given}")
        for name, index in (("rows", self.rows), ("columns", self.columns)):
            if index.dtype.kind not in "iu":
                raise TypeError(f"{name} must be a list of whole numbers, got an array of {index.dtype}")
        if not np.isfinite(self.values).all():
            raise ValueError("values must be finite: a held-out entry has to be known")

    @property
    def name(self) -> str:
        return "held_out_error"

    def check(self, objective: Objective) -> None:
        for name, index, side in zip(("rows", "columns"), (self.rows, self.columns), objective.shape, strict=True):
            if index.min() < 0 or index.max() >= side:
                given = f"{int(index.min())}..{int(index.max())}"
                raise ValueError(f"{name} of HeldOutError must lie in 0..{side - 1}, got {given}")

    def __call__(self, objective: Objective, params: Params) -> Array:
        return jnp.mean((objective.predictor(params)[self.rows, self.columns] - self.values) ** 2)
