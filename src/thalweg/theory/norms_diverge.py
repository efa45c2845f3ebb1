"""Completion in which every norm grows without bound while the rank goes down: the 2 by 2 example."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.problems.matrix_completion import MatrixCompletion
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid

OBSERVED = np.array([[np.nan, 1.0], [1.0, 0.0]])
"""What is seen of the 2 by 2 matrix."""


def unseen_entry_bound(loss: Any) -> np.ndarray:
    r"""The least $|w_{11}|$ of a matrix with positive determinant and loss $\ell = \frac12\sum_\Omega(\cdot)^2$.

    A positive determinant needs $|w_{11}| > w_{12}w_{21}/|w_{22}|$. Up to $\ell = \frac38$ the least of the right side over
    matrices of a loss has $w_{12} = w_{21} = 1 - x$ with $x^2 + x = 2\ell$, and is
    $(1-x)^2/\sqrt{2\ell - 2x^2} = 1/\sqrt{2\ell}\,(1 + o(1))$; from there on it is $\sqrt{1 - 2\ell}$, with
    $w_{12} + w_{21} = 1$, and at $\ell = \frac12$ zero.

    Arguments:
        loss: $\ell$, any shape, positive. From 1/2 on the bound is 0.

    Examples:
        >>> from thalweg.theory import unseen_entry_bound
        >>> float(unseen_entry_bound(1e-8) * 1e-4 * 2**0.5).__round__(3)
        1.0

    Reference:
        razin2020implicit, theorem 1, with its constants made sharp.
    """
    loss = np.asarray(loss, float)
    if not (loss > 0).all():
        raise ValueError("the loss must be positive: at zero the entry is infinite")
    small = np.minimum(loss, 0.375)
    off = (np.sqrt(1 + 8 * small) - 1) / 2
    even = (1 - off) ** 2 / np.sqrt(2 * small - 2 * off**2)
    return np.where(loss <= 0.375, even, np.sqrt(np.maximum(1 - 2 * loss, 0.0)))


def distance_to_rank_one_bound(loss: Any) -> np.ndarray:
    r"""$\sqrt{2\ell}$: the most that a matrix with positive determinant and loss below 1/2 is away from rank one.

    Moving $w_{22}$ to $w_{12}w_{21}/w_{11}$, which lies between it and zero, makes the rank one.

    Examples:
        >>> from thalweg.theory import distance_to_rank_one_bound
        >>> round(float(distance_to_rank_one_bound(0.02)), 12)
        0.2

    Reference:
        razin2020implicit, theorem 1, where the constant is 3 sqrt(2).
    """
    return np.sqrt(2 * np.asarray(loss, float))


def effective_rank(singular: Any) -> np.ndarray:
    r"""$\exp\bigl(-\sum_r p_r\ln p_r\bigr)$ with $p_r = \sigma_r/\sum\sigma$, over the last axis.

    Examples:
        >>> from thalweg.theory.norms_diverge import effective_rank
        >>> float(effective_rank([3.0, 3.0])), float(effective_rank([1.0, 0.0]))
        (2.0, 1.0)

    Reference:
        roy2007effective, definition 1.
    """
    singular = np.asarray(singular, float)
    shares = singular / singular.sum(axis=-1, keepdims=True)
    return np.exp(-np.sum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=-1))


class NormsDiverge(AbstractPrediction):
    r"""From a balanced start of positive determinant the unseen entry of the 2 by 2 example is at least $1/\sqrt{2\ell}(1+o(1))$.

    The determinant keeps its sign, so that fitting the three entries drives $w_{11}$, and with it every norm, to infinity.
    The residual is by how much, relatively, $|w_{11}|$ falls short of the bound, or the determinant of zero (in units of
    $\|W\|_F^2$), whichever is more.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion(np.array([[np.nan, 1.0], [1.0, 0.0]]))
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(2, 2)), tw.Identity(1e-2), tw.GradientFlow(1e-8),
        ...                 until=tw.LossBelow(1e-3), record=[tw.Factors()], key=0)
        >>> tw.theory.compare(tw.theory.NormsDiverge(), run).holds
        True

    Reference:
        razin2020implicit, theorem 1.
    """

    name = "norms diverge"
    sentence = "The determinant keeps its sign, and the unseen entry is at least 1/sqrt(2 loss) to leading order."
    source = Source("razin2020implicit", "theorem 1")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return [Assumption("imbalance at the start", float(path.imbalance[0]), 1e-9)]

    def lay(self, path: Points) -> Laid:
        if not isinstance(path.run.algorithm, GradientFlow):
            raise DoesNotApply("it is a law of gradient flow, and this run moves in finite steps")
        if path.network.shapes != [(2, 2)] * path.depth:
            raise DoesNotApply("it is a law of square factors; hidden widths other than 2 have no determinants")
        problem = path.run.objective.problem
        if not (isinstance(problem, MatrixCompletion) and np.array_equal(problem.observed, OBSERVED, equal_nan=True)):
            raise DoesNotApply("it is a law of one problem: 2 by 2, with 1, 1 and 0 seen and the first entry not")
        # by factors: the determinant of the product drowns in its rounding long before theirs do
        determinant = np.array([np.prod([np.linalg.det(factor) for factor in factors]) for factors in path.factors])
        if determinant[0] <= 0:
            raise DoesNotApply("the determinant is not positive at the start: such runs end at a finite matrix")
        measured = np.abs(path.predictors[:, 0, 0])
        predicted = unseen_entry_bound(half_sum_of_squares(path.predictors))
        short = np.maximum(predicted - measured, 0.0) / np.maximum(predicted, 1e-300)
        below = np.maximum(-determinant, 0.0) / np.sum(path.predictors**2, axis=(1, 2))
        residual = np.maximum(short, below)
        return Laid(predicted, measured, residual, 10 * path.depth * path.rtol, "size of the unseen entry")


def half_sum_of_squares(predictors: np.ndarray) -> np.ndarray:
    r"""$\ell = \frac12\bigl((w_{12}-1)^2 + (w_{21}-1)^2 + w_{22}^2\bigr)$ of matrices `(..., 2, 2)`."""
    seen = ~np.isnan(OBSERVED)
    return 0.5 * np.sum((predictors[..., seen] - OBSERVED[seen]) ** 2, axis=-1)
