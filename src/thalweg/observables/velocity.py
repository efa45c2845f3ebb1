"""Velocities of the singular values, as a theorem predicts them and as they are."""

import jax
import jax.numpy as jnp
from jax import Array

from thalweg.observables.base import AbstractLeading
from thalweg.observables.network import in_singular_frame, network
from thalweg.parametrizations.base import Objective, Params


class PredictedVelocity(AbstractLeading):
    r"""Velocities of the largest singular values as predicted, $-N(\sigma_r^2)^{1-1/N} u_r^\top \nabla\ell(W)\,v_r$.

    Exact along gradient flow from a balanced start; compare `MeasuredVelocity`.

    Arguments:
        count: how many.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.diag([2.0, 0.0]), loss="half sum of squares")
        >>> objective = tw.Objective(problem, tw.DeepLinear(depth=2, shape=(2, 2)))
        >>> tw.PredictedVelocity(1)(objective, [np.eye(2), np.diag([1.0, 0.0])]).tolist()
        [2.0]

    Reference:
        arora2019implicit, theorem 3.
    """

    @property
    def name(self) -> str:
        return "predicted_velocity"

    def __call__(self, objective: Objective, params: Params) -> Array:
        depth = network(objective, "PredictedVelocity").depth
        values, rotated = in_singular_frame(objective, params)
        return (-depth * (values**2) ** (1 - 1 / depth) * jnp.diag(rotated))[: self.count]


class MeasuredVelocity(AbstractLeading):
    r"""Velocities of the largest singular values under gradient flow at this instant, $u_r^\top \dot W v_r$.

    $\dot W$ is the derivative of the product along $-\nabla\varphi$, from the factors as they are, balanced or not.

    Arguments:
        count: how many.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.diag([2.0, 0.0]), loss="half sum of squares")
        >>> objective = tw.Objective(problem, tw.DeepLinear(depth=2, shape=(2, 2)))
        >>> tw.MeasuredVelocity(1)(objective, [np.eye(2), np.diag([1.0, 0.0])]).tolist()
        [2.0]

    Reference:
        arora2019implicit, lemma 1 and theorem 3.
    """

    @property
    def name(self) -> str:
        return "measured_velocity"

    def __call__(self, objective: Objective, params: Params) -> Array:
        params = jax.tree.map(jnp.asarray, params)
        downhill = jax.tree.map(jnp.negative, objective.loss_and_gradient(params)[1])
        predictor, velocity = jax.jvp(objective.predictor, (params,), (downhill,))
        u, _, vt = jnp.linalg.svd(predictor, full_matrices=False)
        return jnp.sum(u * (velocity @ vt.T), axis=0)[: self.count]
