"""The convergence theorem along a run: its lemma for each step, its bound for all of them."""

import functools
import math
from collections.abc import Sequence

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.theory.convergence import ConvergenceCertificate, convergence_certificate, whitened_target
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid


def descent_floor(loss: float, predictor: np.ndarray, depth: int, learning_rate: float) -> float:
    r"""$\ell - \frac\eta2\sigma_{\min}(W)^{2(N-1)/N}\|\nabla\ell(W)\|_F^2$, where $\|\nabla\ell\|_F^2 = 2\ell$.

    Arguments:
        loss: $\ell = \frac12\|W - \Phi\|_F^2$; predictor: $W$; depth: $N$; learning_rate: $\eta$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.descent_floor(1.0, np.diag([2.0, 0.25]), depth=2, learning_rate=0.1)
        0.975

    Reference:
        arora2019convergence, lemma 1.
    """
    least = np.linalg.svd(predictor, compute_uv=False)[-1]
    return float(loss * (1 - learning_rate * least ** (2 * (depth - 1) / depth)))


def _certified(path: Points) -> ConvergenceCertificate:
    algorithm = path.run.algorithm
    if not isinstance(algorithm, GradientDescent):
        raise DoesNotApply("it is a law of gradient descent with a fixed rate, and this run moves otherwise")
    try:
        return convergence_certificate(path.run.objective.problem, path.factors[0], algorithm.learning_rate)
    except (TypeError, ValueError) as reason:
        raise DoesNotApply(str(reason)) from None


def _hypotheses(path: Points) -> list[Assumption]:
    found = _certified(path)
    shares = [
        Assumption(
            "distance over least singular value", found.distance / found.least if found.least else math.inf, 1 - 1e-12, "< 1"
        )
    ]
    if found.margin > 0:
        shares.append(Assumption("imbalance over allowed", found.imbalance / found.largest_imbalance, 1.0, "at most 1"))
        shares.append(
            Assumption("learning rate over allowed", found.learning_rate / found.largest_learning_rate, 1.0, "at most 1")
        )
    return shares


class DescentLemma(AbstractPrediction):
    r"""Each step of gradient descent: $\ell(t+1) \le \ell(t) - \frac\eta2\sigma_{\min}(W(t))^{2(N-1)/N}\|\nabla\ell(W(t))\|_F^2$.

    At every point of the path one step is taken; the residual is how far it ends above the bound, relative to the loss.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened(np.diag([1.0, 0.75]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(2, 2)), tw.Identity(1.0), tw.GradientDescent(1e-7),
        ...                 until=tw.Steps(3), key=0)
        >>> tw.theory.compare(tw.theory.DescentLemma(), run).holds
        True

    Reference:
        arora2019convergence, lemma 1.
    """

    name = "descent lemma"
    sentence = "Every step of gradient descent takes at least the share of the loss that the least singular value allows."
    source = Source("arora2019convergence", "lemma 1")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return _hypotheses(path)

    def lay(self, path: Points) -> Laid:
        found = _certified(path)
        target = whitened_target(path.run.objective.problem)
        floors, reached, scale = [], [], []
        for w, factors, slopes in zip(path.predictors, path.factors, path.slopes, strict=True):
            loss = 0.5 * float(np.sum((w - target) ** 2))
            after = [f - found.learning_rate * g for f, g in zip(factors, slopes, strict=True)]
            product = functools.reduce(lambda p, factor: factor @ p, after)
            floors.append(descent_floor(loss, w, found.depth, found.learning_rate))
            reached.append(0.5 * float(np.sum((product - target) ** 2)))
            scale.append(loss or 1.0)
        residual = np.maximum(np.array(reached) - np.array(floors), 0.0) / np.array(scale)
        return Laid(np.array(floors), np.array(reached), residual, 1e-12, "loss after one more step")


class ConvergenceBound(AbstractPrediction):
    r"""The whole run: $\ell(t) \le (1 - \eta c^{2(N-1)/N})^t\,\ell(0)$ with $c$ the margin of the start.

    The residual is how far the loss is above the bound, relative to the bound.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened(np.diag([1.0, 0.75]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(2, 2)), tw.Identity(1.0), tw.GradientDescent(1e-7),
        ...                 until=tw.Steps(3), key=0)
        >>> print(tw.theory.compare(tw.theory.ConvergenceBound(), run))
        convergence bound: residual 0.0e+00 along the path, allowed 1.0e-12: kept

    Reference:
        arora2019convergence, theorem 1.
    """

    name = "convergence bound"
    sentence = "Gradient descent brings the loss down at least geometrically, at a rate that the margin of the start gives."
    source = Source("arora2019convergence", "theorem 1")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return _hypotheses(path)

    def lay(self, path: Points) -> Laid:
        found = _certified(path)
        if not found.margin > 0:
            raise DoesNotApply(found.failures[0])
        target = whitened_target(path.run.objective.problem)
        losses = np.array([0.5 * float(np.sum((w - target) ** 2)) for w in path.predictors])
        if found.rate >= 1:
            raise DoesNotApply(f"the rate {found.rate:.3g} of the bound is not below 1: the learning rate is too large")
        bound = losses[0] * np.exp(np.asarray(path.steps, dtype=float) * np.log1p(-found.rate))
        residual = np.maximum(losses - bound, 0.0) / np.maximum(bound, np.finfo(float).tiny)
        return Laid(bound, losses, residual, 1e-12, "loss")
