"""Singular values and vectors of the predictor."""

import jax.numpy as jnp
from jax import Array

from thalweg._module import static
from thalweg._whole import whole
from thalweg.observables.base import AbstractLeading, AbstractObservable
from thalweg.parametrizations.base import Objective, Params


class SingularValues(AbstractObservable):
    r"""The largest singular values $\sigma_1 \ge \sigma_2 \ge \cdots$ of the predictor.

    Arguments:
        count: how many; all unless given.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(3)), tw.DeepLinear(depth=1, shape=(3, 3)))
        >>> tw.SingularValues(2)(objective, [np.diag([1.0, 3.0, 2.0])]).tolist()
        [3.0, 2.0]
    """

    count: int | None = static()

    def __init__(self, count: int | None = None):
        self.count = None if count is None else whole(count, "count")

    @property
    def name(self) -> str:
        return "singular_values"

    @property
    def dims(self) -> tuple[str, ...]:
        return ("rank",)

    def __call__(self, objective: Objective, params: Params) -> Array:
        return jnp.linalg.svd(objective.predictor(params), compute_uv=False)[: self.count]


class LeftSingularVectors(AbstractLeading):
    r"""The left singular vectors $u_1, \ldots, u_k$ of the predictor, as columns, ordered by singular value.

    Signs and the order at crossings are those of the decomposition at each instant; `tw.track` turns a record of values
    and vectors into continuous branches.

    Arguments:
        count: how many.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=1, shape=(2, 2)))
        >>> abs(tw.LeftSingularVectors(1)(objective, [np.diag([1.0, 3.0])])).tolist()
        [[0.0], [1.0]]
    """

    @property
    def name(self) -> str:
        return "left_singular_vectors"

    @property
    def dims(self) -> tuple[str, ...]:
        return ("output", "rank")

    def __call__(self, objective: Objective, params: Params) -> Array:
        return jnp.linalg.svd(objective.predictor(params), full_matrices=False)[0][:, : self.count]


class RightSingularVectors(AbstractLeading):
    r"""The right singular vectors $v_1, \ldots, v_k$ of the predictor, as columns (see `LeftSingularVectors`).

    Arguments:
        count: how many.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=1, shape=(2, 2)))
        >>> abs(tw.RightSingularVectors(1)(objective, [np.diag([1.0, 3.0])])).tolist()
        [[0.0], [1.0]]
    """

    @property
    def name(self) -> str:
        return "right_singular_vectors"

    @property
    def dims(self) -> tuple[str, ...]:
        return ("input", "rank")

    def __call__(self, objective: Objective, params: Params) -> Array:
        return jnp.linalg.svd(objective.predictor(params), full_matrices=False)[2][: self.count].T
