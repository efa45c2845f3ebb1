"""Conservation of the imbalance under the flow, and its exact drift under gradient descent."""

import itertools
from collections.abc import Sequence

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.theory.one_step import one_step, rate_of, rounding
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid


def imbalances(factors: Sequence[np.ndarray]) -> list[np.ndarray]:
    r"""$D_j = W_{j+1}^\top W_{j+1} - W_jW_j^\top$ for $j = 1, \ldots, N-1$, each of shape $(d_j, d_j)$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.imbalances([np.array([[1.0]]), np.array([[3.0]])])[0].tolist()
        [[8.0]]

    Reference:
        arora2018optimization, theorem 1; arora2019convergence, definition 1.
    """
    return [after.T @ after - before @ before.T for before, after in itertools.pairwise(factors)]


def drift(slopes: Sequence[np.ndarray], rate: float) -> list[np.ndarray]:
    r"""$D_j(t+1) - D_j(t) = \eta^2\,(g_{j+1}^\top g_{j+1} - g_jg_j^\top)$, exact for one step of gradient descent.

    What is of first order in $\eta$ cancels, $W_{j+1}^\top g_{j+1} = g_jW_j^\top$ being both the derivative of the loss by a
    matrix put between the two factors. It needs all factors moved at once, from the gradient of one instant.

    Arguments:
        slopes: $g_j = \partial\varphi/\partial W_j$, $g_1$ first, each of the shape of its factor.
        rate: $\eta$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.imbalance.drift([np.array([[1.0]]), np.array([[3.0]])], 0.5)[0].tolist()
        [[2.0]]

    Reference:
        arora2018optimization, theorem 1 (its proof, with the term of second order kept).
    """
    return [rate**2 * (after.T @ after - before @ before.T) for before, after in itertools.pairwise(slopes)]


def gaussian_imbalance(widths: Sequence[int], std: float) -> list[float]:
    r"""$E\|D_j\|_F^2 = s^4 d_j\left[(d_{j+1}-d_{j-1})^2 + (d_{j+1}+d_{j-1})(d_j+1)\right]$ for Gaussian factors.

    Arguments:
        widths: $d_0, \ldots, d_N$; std: $s$, the standard deviation of every entry.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.imbalance.gaussian_imbalance([1, 1, 1], 1.0)
        [4.0]

    Reference:
        arora2019convergence, claim 2 (whose bound rests on such moments).
    """
    triples = zip(widths[:-2], widths[1:-1], widths[2:], strict=True)
    return [std**4 * d * ((after - before) ** 2 + (after + before) * (d + 1)) for before, d, after in triples]


def balanced_probability(delta: float, widths: Sequence[int], std: float) -> float:
    r"""$\max\{0,\, 1 - 10\,\delta^{-2} N s^4 d_{\max}^3\}$: Gaussian factors are $\delta$-balanced at least so often.

    Arguments:
        delta: $\delta$, on $\max_j\|D_j\|_F$; widths: $d_0, \ldots, d_N$; std: $s$, of every entry.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.imbalance.balanced_probability(40.0, [4, 4, 4], 1.0)
        0.2

    Reference:
        arora2019convergence, claim 2.
    """
    if not delta > 0:
        raise ValueError(f"delta must be positive, got {delta}")
    return max(0.0, 1 - 10 * (len(widths) - 1) * std**4 * max(widths) ** 3 / delta**2)


class Conservation(AbstractPrediction):
    r"""Under gradient flow every $D_j = W_{j+1}^\top W_{j+1} - W_jW_j^\top$ stays what it was, whatever the loss.

    The residual is $\max_j\|D_j(t) - D_j(0)\|_F$ relative to the largest $\|W_j\|_F^2$ so far.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.Conservation.source.key
        'arora2018optimization'

    Reference:
        arora2018optimization, theorem 1 (its proof).
    """

    name = "conservation of imbalance"
    sentence = "Under gradient flow the differences of the factors' Gram matrices do not change."
    source = Source("arora2018optimization", "theorem 1, its proof")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return []

    def lay(self, path: Points) -> Laid:
        if not isinstance(path.run.algorithm, GradientFlow):
            raise DoesNotApply("it is a law of gradient flow, and this run moves in finite steps")
        if path.depth < 2:
            raise DoesNotApply("a single factor has no imbalance")
        found = [imbalances(f) for f in path.factors]
        size = np.maximum.accumulate([max(float(np.sum(w**2)) for w in f) for f in path.factors])
        moved = [max(np.linalg.norm(now - then) for now, then in zip(d, found[0], strict=True)) for d in found]
        sizes = np.array([[np.linalg.norm(d) for d in ds] for ds in found])
        residual = np.array(moved) / size
        return Laid(np.broadcast_to(sizes[0], sizes.shape), sizes, residual, 10 * path.rtol, "norm of each imbalance")


class ImbalanceDrift(AbstractPrediction):
    r"""Under gradient descent a step adds $\eta^2(g_{j+1}^\top g_{j+1} - g_jg_j^\top)$ to $D_j$, and nothing else.

    One real step of the run's algorithm is taken from each point. The residual is
    $\max_j\|D_j(t+1) - D_j(t) - \eta^2(g_{j+1}^\top g_{j+1} - g_jg_j^\top)\|_F$ relative to the largest $\|W_j\|_F^2$, before or
    after the step: the size at which $D_j$ is rounded. What is drawn is the norm of the drift of each $D_j$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened(np.eye(2)), tw.DeepLinear(depth=3, shape=(2, 2)),
        ...                 tw.Gaussian(0.5), tw.GradientDescent(0.1), until=tw.Steps(20), key=0)
        >>> tw.theory.compare(tw.theory.ImbalanceDrift(), run).holds
        True

    Reference:
        arora2018optimization, theorem 1 (its proof, with the term of second order kept).
    """

    name = "drift of imbalance"
    sentence = "A step of gradient descent moves each imbalance by the squared rate times that of the gradients."
    source = Source("arora2018optimization", "theorem 1, its proof for steps that are not small")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return []

    def lay(self, path: Points) -> Laid:
        rate = rate_of(path)
        if path.depth < 2:
            raise DoesNotApply("a single factor has no imbalance")
        predicted, measured, residual = [], [], []
        for before, after, slopes in zip(path.factors, one_step(path), path.slopes, strict=True):
            law = drift(slopes, rate)
            found = [new - old for new, old in zip(imbalances(after), imbalances(before), strict=True)]
            size = max(float(np.sum(w**2)) for w in [*before, *after]) or 1.0
            residual.append(max(float(np.linalg.norm(f - d)) for f, d in zip(found, law, strict=True)) / size)
            predicted.append([np.linalg.norm(d) for d in law])
            measured.append([np.linalg.norm(f) for f in found])
        allowed = rounding(path)
        return Laid(np.array(predicted), np.array(measured), np.array(residual), allowed, "change of each imbalance in a step")
