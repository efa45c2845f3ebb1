"""Laws of one linear student along its path: where no input reaches it is frozen, elsewhere each mode has its rate."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._module import number
from thalweg._references import Source
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.problems.linear_regression import LinearRegression
from thalweg.theory.points import Points
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid

PAPER = "advani2020high"


class FrozenSubspace(AbstractPrediction):
    r"""Where no input reaches, the first factor stays what it was: $W_1(t)\Pi_0 = W_1(0)\Pi_0$ with $\Pi_0$ on $\ker\Sigma_x$.

    A single matrix is frozen there for good. A product is not: its part there is $W_N\cdots W_2(t)\,W_1(0)\Pi_0$,
    which grows with the other factors from a start that is not 0, in proportion to the scale of $W_1(0)$.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.FrozenSubspace.source.key
        'advani2020high'

    Reference:
        advani2020high, section 2, the frozen subspace.
    """

    name = "frozen subspace"
    sentence = "In directions that no input reaches the first factor does not move."
    source = Source(PAPER, "section 2, the frozen subspace")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return []

    def lay(self, path: Points) -> Laid:
        problem = _regression(path)
        if not isinstance(path.run.algorithm, GradientFlow | GradientDescent):
            raise DoesNotApply("it is a law of plain gradients, and this algorithm rescales them")
        outside = unreached(problem)
        if outside.shape[1] == 0:
            raise DoesNotApply("the inputs reach all directions")
        first = [f[0] @ outside for f in path.factors]
        size = np.maximum.accumulate([np.linalg.norm(f[0]) for f in path.factors])
        moved = np.array([np.linalg.norm(now - first[0]) for now in first])
        sizes = np.array([np.linalg.norm(now) for now in first])
        return Laid(np.full_like(sizes, sizes[0]), sizes, moved / size, 1e-9, "norm of the first factor out of reach")


class Generalisation(AbstractPrediction):
    r"""The error against a known teacher of a single matrix under gradient flow, $W(t) = W^* + (W(0) - W^*)e^{-\Sigma_xt}$.

    It is $\frac{1}{d_0}\|W(t) - \bar W\|_F^2 + \sigma_\varepsilon^2$, on new inputs with independent entries of
    variance $1/d_0$.

    Arguments:
        teacher: $\bar W$, `(d_N, d_0)`.
        noise: $\sigma_\varepsilon^2$, the variance of the noise on a new output, summed over outputs.

    Raises:
        ValueError: a teacher that is not a finite matrix, or a negative noise.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> rng = np.random.default_rng(0)
        >>> teacher, inputs = rng.normal(size=(1, 6)), rng.normal(size=(6, 4)) / np.sqrt(6)
        >>> run = tw.follow(tw.LinearRegression(inputs, teacher @ inputs), tw.DeepLinear(depth=1, shape=(1, 6)),
        ...                 tw.Gaussian(0.1), tw.GradientFlow(1e-8), until=tw.Time(20.0), key=0)
        >>> tw.theory.compare(tw.theory.Generalisation(teacher), run).holds
        True

    Reference:
        advani2020high, section 2, before the mean over teachers.
    """

    name = "generalisation in time"
    sentence = "Each mode of the inputs is learnt at its own rate, and with it signal and noise."
    source = Source(PAPER, "section 2, before the mean over teachers")

    def __init__(self, teacher: Any, noise: Any = 0.0):
        self.teacher = reals(teacher, "teacher")
        if self.teacher.ndim != 2 or not np.isfinite(self.teacher).all():
            raise ValueError(f"teacher must be a finite matrix, outputs by inputs, got shape {self.teacher.shape}")
        self.noise = float(number(noise, "noise", least=0))

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return []

    def lay(self, path: Points) -> Laid:
        problem = _regression(path)
        if not isinstance(path.run.algorithm, GradientFlow):
            raise DoesNotApply("it is a law of gradient flow, and this run moves in finite steps")
        if path.depth != 1:
            raise DoesNotApply(f"it is a law of a single matrix, and this network has {path.depth} factors")
        if self.teacher.shape != path.predictors.shape[1:]:
            raise DoesNotApply(f"the teacher has shape {self.teacher.shape}, the predictor {path.predictors.shape[1:]}")
        values, vectors = np.linalg.eigh(problem.input_moment)
        start = (path.predictors[0] - problem.target) @ vectors
        fading = np.exp(-np.maximum(values, 0.0) * path.time[:, None])
        predicted = self.error(problem.target + (start * fading[:, None, :]) @ vectors.T)
        measured = self.error(path.predictors)
        residual = np.abs(predicted - measured) / predicted.max()
        return Laid(predicted, measured, residual, 10 * path.rtol, "generalisation error")

    def error(self, predictors: np.ndarray) -> np.ndarray:
        """The error of predictors, `(points, d_N, d_0)`, on new noisy samples: `(points,)`."""
        return np.sum((predictors - self.teacher) ** 2, axis=(1, 2)) / self.teacher.shape[1] + self.noise


def unreached(problem: LinearRegression) -> np.ndarray:
    """Orthonormal directions that no input reaches, as columns, `(d_0, d_0 - rank)`."""
    vectors, values, _ = np.linalg.svd(problem.root)
    rank = int(np.sum(values > max(problem.root.shape) * np.finfo(float).eps * values.max(initial=0.0)))
    return vectors[:, rank:]


def _regression(path: Points) -> LinearRegression:
    problem = path.run.objective.problem
    if not isinstance(problem, LinearRegression):
        raise DoesNotApply(f"it is a law of linear regression, and the problem is {type(problem).__name__}")
    return problem
