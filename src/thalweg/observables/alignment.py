"""How well the singular vectors are aligned with the gradient."""

import jax.numpy as jnp
from jax import Array

from thalweg.observables.base import AbstractObservable
from thalweg.observables.network import in_singular_frame
from thalweg.parametrizations.base import Objective, Params


class Alignment(AbstractObservable):
    r"""Means of $|U^\top \nabla\ell(W)\,V|$ on and off its diagonal: the pair `(diagonal, off)`.

    Where the singular vectors of the path stand still, $U^\top \nabla\ell(W)\,V$ is diagonal; the ratio of the two
    means is the published measure of how nearly that holds.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)))
        >>> diagonal, off = tw.Alignment()(objective, [np.diag([0.1, 0.2]), np.eye(2)])
        >>> float(diagonal) > 0, float(off) == 0
        (True, True)

    Reference:
        arora2019implicit, corollary 1 and figure 3.
    """

    @property
    def name(self) -> str:
        return "alignment"

    @property
    def dims(self) -> tuple[str, ...]:
        return ("part",)

    def __call__(self, objective: Objective, params: Params) -> Array:
        _, rotated = in_singular_frame(objective, params)
        size = rotated.shape[0]
        magnitude = jnp.abs(rotated)
        diagonal = jnp.trace(magnitude)
        off = jnp.sum(magnitude) - diagonal
        return jnp.stack([diagonal / size, off / max(size * (size - 1), 1)])
