"""Norms and the effective rank of the predictor, all functions of its singular values."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number
from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params


class NuclearNorm(AbstractObservable):
    r"""The nuclear norm $\|W\|_* = \sum_r \sigma_r$ of the predictor.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=1, shape=(2, 2)))
        >>> float(tw.NuclearNorm()(objective, [np.diag([3.0, -4.0])]))
        7.0

    Reference:
        fazel2002matrix.
    """

    @property
    def name(self) -> str:
        return "nuclear_norm"

    def __call__(self, objective: Objective, params: Params) -> Array:
        return jnp.sum(_singular_values(objective, params))


class FrobeniusNorm(AbstractObservable):
    r"""The Frobenius norm $\|W\|_F$ of the predictor.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=1, shape=(2, 2)))
        >>> float(tw.FrobeniusNorm()(objective, [np.diag([3.0, -4.0])]))
        5.0
    """

    @property
    def name(self) -> str:
        return "frobenius_norm"

    def __call__(self, objective: Objective, params: Params) -> Array:
        return jnp.linalg.norm(objective.predictor(params))


class SchattenNorm(AbstractObservable):
    r"""The Schatten-$p$ norm (for $p < 1$: quasi-norm) $\left(\sum_r \sigma_r^p\right)^{1/p}$ of the predictor.

    Arguments:
        p: the exponent, positive.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=1, shape=(2, 2)))
        >>> float(tw.SchattenNorm(0.5)(objective, [np.diag([1.0, 4.0])]))
        9.0

    Reference:
        arora2019implicit, section 3.
    """

    p: np.ndarray

    def __init__(self, p: Any):
        self.p = number(p, "p", above=0)

    @property
    def name(self) -> str:
        return "schatten_norm"

    def __call__(self, objective: Objective, params: Params) -> Array:
        values = _singular_values(objective, params)
        p = jnp.asarray(self.p, values.dtype)
        return jnp.sum(values**p) ** (1 / p)


class EffectiveRank(AbstractObservable):
    r"""The effective rank $\exp\left(-\sum_r p_r \ln p_r\right)$, $p_r = \sigma_r / \sum_{r'} \sigma_{r'}$.

    Between 1 (rank one) and the smaller side (all singular values equal); terms with $p_r = 0$ are 0.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(3)), tw.DeepLinear(depth=1, shape=(3, 3)))
        >>> round(float(tw.EffectiveRank()(objective, [np.diag([5.0, 5.0, 0.0])])), 12)
        2.0

    Reference:
        roy2007effective, equation (2).
    """

    @property
    def name(self) -> str:
        return "effective_rank"

    def __call__(self, objective: Objective, params: Params) -> Array:
        values = _singular_values(objective, params)
        total = jnp.sum(values)
        share = values / jnp.where(total > 0, total, 1)
        entropy = -jnp.sum(jnp.where(share > 0, share * jnp.log(jnp.where(share > 0, share, 1)), 0))
        return jnp.exp(entropy)


def _singular_values(objective: Objective, params: Params) -> Array:
    return jnp.linalg.svd(objective.predictor(params), compute_uv=False)
