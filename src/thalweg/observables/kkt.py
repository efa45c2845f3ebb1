"""How far parameters are from a stationary point of the problem of the largest margin."""

import jax
import jax.numpy as jnp
from jax import Array

from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params
from thalweg.problems.classification import Classification


class KKTStationarity(AbstractObservable):
    r"""The relative stationarity residual of $\min\frac12\|\theta\|^2$ subject to $q_i(\theta) = y_i f(\theta, x_i) \ge 1$.

    $\theta$ is scaled until the least margin is 1, which a model that is homogeneous in its parameters allows, to
    $\tilde\theta$; multipliers are the weights of the samples in the loss, scaled to fit:

    $$\epsilon = \frac{\|\tilde\theta - \sum_i\lambda_i\nabla q_i(\tilde\theta)\|}{\|\tilde\theta\|}
    = \left\|\frac{\theta}{\|\theta\|} + \frac{\nabla L}{\|\nabla L\|}\right\|, \qquad
    \lambda_i \propto -\phi'(q_i(\theta)), \quad \Big\|\sum_i\lambda_i\nabla q_i(\tilde\theta)\Big\| = \|\tilde\theta\|,$$

    from 0 to 2; the degree of homogeneity drops out. With `KKTComplementarity` it tends to zero along gradient flow of a
    homogeneous model once all samples are fitted. NaN while a sample is not fitted. `tw.exact.margin_kkt` finds the best
    multipliers instead, which shows a stationary point as such earlier.

    Raises:
        TypeError: before a run, a problem that is no `Classification`.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.Classification(np.eye(2), [1, -1]), tw.DeepLinear(depth=1, shape=(1, 2)))
        >>> round(float(tw.KKTStationarity()(objective, [np.array([[2.0, -2.0]])])), 12)
        0.0
        >>> round(float(tw.KKTStationarity()(objective, [np.array([[2.0, -200.0]])])), 6)
        1.407125

    Reference:
        lyu2020gradient, section 4 and appendix C, approximate KKT points.
    """

    @property
    def name(self) -> str:
        return "kkt_stationarity"

    def check(self, objective: Objective) -> None:
        _check(objective, "KKTStationarity")

    def __call__(self, objective: Objective, params: Params) -> Array:
        params = jax.tree.map(jnp.asarray, params)
        gradient, margins, _ = _weighed(objective, params)
        size, slope = _norm(params), _norm(gradient)
        unit = jax.tree.map(lambda leaf, down: leaf / size + down / slope, params, gradient)
        return jnp.where(jnp.min(margins) > 0, _norm(unit), jnp.nan)


class KKTComplementarity(AbstractObservable):
    r"""The relative complementarity residual of $\min\frac12\|\theta\|^2$ subject to $q_i(\theta) = y_i f(\theta, x_i) \ge 1$.

    With $\tilde\theta$ and $\lambda$ as in `KKTStationarity`, and the weights $w_i = -\phi'(q_i(\theta))$,

    $$\delta = \frac{\sum_i\lambda_i\,(q_i(\tilde\theta) - 1)}{\|\tilde\theta\|^2}
    = \frac{\sum_i w_i\,(q_i(\theta) - \min_j q_j(\theta))}{\|\theta\|\,\|\sum_i w_i\nabla q_i(\theta)\|}.$$

    It is at most of the order of $1/\log(1/L)$: the weights of samples beyond the least margin vanish. NaN while a sample is
    not fitted.

    Raises:
        TypeError: before a run, a problem that is no `Classification`.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.Classification(np.eye(2), [1, -1]), tw.DeepLinear(depth=1, shape=(1, 2)))
        >>> [round(float(tw.KKTComplementarity()(objective, [np.array([[c, -2 * c]])])), 9) for c in (1.0, 10.0)]
        [0.154403965, 2.0303e-05]

    Reference:
        lyu2020gradient, section 4 and appendix C, approximate KKT points.
    """

    @property
    def name(self) -> str:
        return "kkt_complementarity"

    def check(self, objective: Objective) -> None:
        _check(objective, "KKTComplementarity")

    def __call__(self, objective: Objective, params: Params) -> Array:
        params = jax.tree.map(jnp.asarray, params)
        gradient, margins, weights = _weighed(objective, params)
        least = jnp.min(margins)
        slack = jnp.vdot(weights, margins - least) / (_norm(params) * _norm(gradient))
        return jnp.where(least > 0, slack, jnp.nan)


def _check(objective: Objective, name: str) -> None:
    if not isinstance(objective.problem, Classification):
        kind = type(objective.problem).__name__
        raise TypeError(f"{name} needs margins: take a Classification problem, not {kind}")


def _weighed(objective: Objective, params: Params) -> tuple[Params, Array, Array]:
    """The gradient of log L, the margins, and the weights that the samples have in it; exact where L underflows."""
    problem = objective.problem
    assert isinstance(problem, Classification)
    outputs, pull = jax.vjp(objective.parametrization.predictor, params)
    margins = problem.margins(outputs)
    alone = Classification.of_outputs([1.0] * margins.shape[0], loss=problem.kind, logarithm=True)
    slopes = alone.loss_and_gradient(margins[None, :])[1][0]
    (gradient,) = pull((jnp.asarray(problem.signed) @ slopes)[None, :])
    return gradient, margins, -slopes


def _norm(tree: Params) -> Array:
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree)))
