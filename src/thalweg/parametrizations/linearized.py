"""The first-order twin of a parametrization."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg.parametrizations.base import AbstractParametrization, Params
from thalweg.problems.base import AbstractProblem


class Linearized(AbstractParametrization):
    r"""A parametrization to first order around a point, $\bar W(\theta) = W(\theta_0) + J(\theta_0)(\theta - \theta_0)$.

    Its parameters are those of the parametrization, so that both can start at the same point. Its tangent kernel is the
    one at $\theta_0$, everywhere: under gradient flow it is what the parametrization would do if it were a kernel method.

    Arguments:
        parametrization: any, $W(\theta)$.
        at: the parameters $\theta_0$.

    Raises:
        ValueError: parameters that are not finite; later, parameters of another structure or other shapes.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> network, start = tw.Diagonal(size=1, depth=2), [np.array([1.0]), np.array([1.0])]
        >>> moved = [np.array([1.5]), np.array([1.0])]
        >>> float(network.predictor(moved)[0, 0]), float(tw.Linearized(network, at=start).predictor(moved)[0, 0])
        (1.25, 1.0)

    Reference:
        chizat2019lazy, equation (3).
    """

    parametrization: AbstractParametrization
    at: Params

    def __init__(self, parametrization: AbstractParametrization, *, at: Params):
        if not isinstance(parametrization, AbstractParametrization):
            raise TypeError(f"parametrization must be one such as tw.DeepLinear or tw.Model, got {parametrization!r:.80}")
        self.parametrization = parametrization
        self.at = jax.tree.map(lambda leaf: np.array(reals(leaf, "at")), at)
        if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(self.at)):
            raise ValueError("the parameters to linearize at must be finite")

    @property
    def shape(self) -> tuple[int, int]:
        return self.parametrization.shape

    def predictor(self, params: Params) -> Array:
        at = self._at(params)
        step = jax.tree.map(lambda leaf, origin: jnp.asarray(leaf) - origin, params, at)
        value, moved = jax.jvp(self.parametrization.predictor, (at,), (step,))
        return value + moved

    def loss_and_gradient(self, problem: AbstractProblem, params: Params) -> tuple[Array, Params]:
        loss, slope = problem.loss_and_gradient(self.predictor(params))
        _, back = jax.vjp(self.parametrization.predictor, self._at(params))
        return loss, back(slope)[0]

    def _at(self, params: Params) -> Params:
        if jax.tree.structure(params) != jax.tree.structure(self.at):
            raise ValueError("the parameters are of another structure than those that the model was linearized at")
        shapes = [jnp.shape(leaf) for leaf in jax.tree.leaves(params)]
        own = [leaf.shape for leaf in jax.tree.leaves(self.at)]
        if shapes != own:
            raise ValueError(f"the parameters have shapes {shapes}, those that the model was linearized at {own}")
        return jax.tree.map(lambda leaf, origin: jnp.asarray(origin, jnp.result_type(leaf)), params, self.at)
