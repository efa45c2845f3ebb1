"""The landscape about zero, and how fast the flow must descend away from singular predictors."""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from thalweg._references import Source
from thalweg._whole import whole
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.parametrizations.base import Objective
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.base import AbstractProblem
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid


def hessian_at_zero(problem: AbstractProblem, network: DeepLinear) -> np.ndarray:
    r"""The Hessian of $\varphi(W_1, \ldots, W_N) = \ell(W_N\cdots W_1)$ where all $W_j = 0$, by differentiation.

    Arguments:
        problem: $\ell$; network: small, as the result has the square of the number of its parameters as entries.

    Returns:
        `(parameters, parameters)`, the parameters of $W_1$ first.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened(np.array([[2.0]]))
        >>> tw.theory.hessian_at_zero(problem, tw.DeepLinear(depth=2, shape=(1, 1))).tolist()
        [[0.0, -2.0], [-2.0, 0.0]]

    Reference:
        kawaguchi2016deep, theorem 2.3.
    """
    flat, apart = ravel_pytree([jnp.zeros(shape) for shape in network.shapes])
    return np.asarray(jax.jit(jax.hessian(lambda x: Objective(problem, network).loss(apart(x))))(flat))


def hessian_spectrum_at_zero(gradient: np.ndarray, depth: int, hidden: int = 1) -> np.ndarray:
    r"""The eigenvalues of that Hessian in rising order: $\pm\sigma_i(G(0))$ at depth 2, all 0 at depth 3 and beyond.

    At depth 2 each of them has the multiplicity of the hidden width, and the others are 0. The widths beyond depth 2
    only count zeros; `hidden` is that of all hidden layers.

    Arguments:
        gradient: $G(0)$, of shape $(d_N, d_0)$.
        depth: $N \ge 2$; hidden: the hidden width.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.hessian_spectrum_at_zero(np.array([[3.0, 0.0]]), depth=2).tolist()
        [-3.0, 0.0, 3.0]

    Reference:
        kawaguchi2016deep, theorem 2.3.
    """
    depth, hidden = whole(depth, "depth", least=2), whole(hidden, "hidden")
    rows, columns = gradient.shape
    count = hidden * (rows + columns + (depth - 2) * hidden)
    if depth > 2:
        return np.zeros(count)
    values = np.repeat(np.linalg.svd(gradient, compute_uv=False), hidden)
    return np.sort(np.concatenate([values, -values, np.zeros(count - 2 * len(values))]))


def leading_change(gradient: np.ndarray, factors: Sequence[np.ndarray]) -> float:
    r"""$\langle G(0), W_N\cdots W_1\rangle$: the loss near 0 is $\varphi(s\theta) = \varphi(0) + s^N$ times it $+\,O(s^{2N})$.

    Arguments:
        gradient: $G(0)$; factors: $\theta$, $W_1$ first.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.leading_change(np.array([[-2.0]]), [np.array([[3.0]])] * 3)
        -54.0

    Reference:
        kawaguchi2016deep, theorem 2.3 (the order of the saddle).
    """
    return float(np.sum(gradient * functools.reduce(lambda product, factor: factor @ product, factors)))


def least_singular_value(target: np.ndarray, loss: float) -> float:
    r"""$\sigma_{\min}(W) \ge \sigma_{\min}(\Phi) - \sqrt{2\ell}$ wherever $\frac12\|W - \Phi\|_F^2 \le \ell$.

    Positive: no predictor of that sublevel set is singular, and the flow, which does not leave it, ends at the minimum.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.least_singular_value(np.eye(2), loss=0.125)
        0.5

    Reference:
        arora2019convergence, definition 2 and claim 1.
    """
    return float(np.linalg.svd(target, compute_uv=False)[-1] - np.sqrt(2 * loss))


def least_decrease(predictor: np.ndarray, gradient: np.ndarray, depth: int) -> float:
    r"""$\sigma_{\min}(W)^{2-2/N}\|G\|_F^2$, times $N$ where $W$ is square: the loss falls at least so fast from balance.

    It is the least eigenvalue of the end-to-end preconditioner; singular for a rectangle means of less than full rank.

    Arguments:
        predictor, gradient: $W$ and $G$, $(d_N, d_0)$; depth: $N$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.least_decrease(np.diag([8.0, 1.0]), np.eye(2), depth=3)
        6.0

    Reference:
        arora2019convergence, section 3.2 (proof sketch); arora2018optimization, theorem 1.
    """
    n = whole(depth, "depth")
    least = np.linalg.svd(predictor, compute_uv=False)[-1]
    square = predictor.shape[0] == predictor.shape[1]
    return float((n if square else 1) * least ** (2 - 2 / n) * np.sum(gradient**2))


class LossDecrease(AbstractPrediction):
    r"""From balance the flow descends at least as fast as $-\frac{d\ell}{dt} \ge \sigma_{\min}(W)^{2-2/N}\|G\|_F^2$.

    Times $N$ where the predictor is square. The residual is the violation, relative to the fastest descent on the path.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)),
        ...                 tw.Balanced(0.5), tw.GradientFlow(1e-9), until=tw.Time(1.0), key=0)
        >>> tw.theory.compare(tw.theory.LossDecrease(), run).holds
        True

    Reference:
        arora2019convergence, section 3.2 (proof sketch); arora2018optimization, theorem 1.
    """

    name = "least decrease of the loss"
    sentence = "From a balanced start the loss falls at least as fast as the least singular value of the predictor allows."
    source = Source("arora2019convergence", "section 3.2, proof sketch")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return [Assumption("imbalance", float(path.imbalance.max()), max(1e-9, 10 * path.rtol))]

    def lay(self, path: Points) -> Laid:
        if not isinstance(path.run.algorithm, GradientFlow):
            raise DoesNotApply("it is a law of gradient flow, and this run moves in finite steps")
        pairs = zip(path.predictors, path.gradients, strict=True)
        least = np.array([least_decrease(w, g, path.depth) for w, g in pairs])
        speed = np.array([sum(float(np.sum(slope**2)) for slope in slopes) for slopes in path.slopes])
        residual = np.maximum(least - speed, 0.0) / (speed.max() or 1.0)
        return Laid(least, speed, residual, max(1e-12, 10 * path.rtol), "descent of the loss, -dl/dt")
