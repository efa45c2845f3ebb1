"""The end-to-end dynamics: how the product of balanced factors moves, said of the product alone."""

from collections.abc import Sequence

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.theory.points import Points
from thalweg.theory.preconditioner import precondition
from thalweg.theory.prediction import AbstractPrediction, Assumption, DoesNotApply, Laid

BALANCED = 1e-9
"""The imbalance, relative to the squared norm of the largest factor, up to which a start counts as balanced."""


def balance(path: Points) -> Assumption:
    """Balanced factors, as an assumption: exactly at the start, along the path as well as the flow is followed."""
    return Assumption("imbalance", float(path.imbalance.max()), max(BALANCED, 10 * path.rtol))


class EndToEndDynamics(AbstractPrediction):
    r"""$\dot W = -\sum_{j=1}^N [WW^\top]^{\frac{j-1}{N}}\,\nabla\ell(W)\,[W^\top W]^{\frac{N-j}{N}}$ from balanced factors.

    A law of gradient flow. It holds whatever the loss, the shape, the hidden widths and the rank of $W$; widths below the
    smaller side of the shape only keep the rank of $W$ down. The residual is the Frobenius norm of what the velocity of
    the product, taken from the factors, differs by, relative to the largest velocity of the path. It is of the size of the
    imbalance.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> run = tw.follow(tw.LinearRegression.whitened(np.diag([2.0, 1.0])), tw.DeepLinear(depth=3, shape=(2, 2)),
        ...                 tw.Balanced(0.3), tw.GradientFlow(1e-9), until=tw.Time(2.0), key=0)
        >>> laid = tw.theory.compare(tw.theory.EndToEndDynamics(), run)
        >>> laid.tests, laid.holds
        (True, True)

    Reference:
        arora2018optimization, theorem 1.
    """

    name = "end-to-end dynamics"
    sentence = "From balanced factors the product moves by its own preconditioned gradient, whatever the hidden widths."
    source = Source("arora2018optimization", "theorem 1")

    def assumptions(self, path: Points) -> Sequence[Assumption]:
        return [balance(path)]

    def lay(self, path: Points) -> Laid:
        of_flow(path)
        law = np.stack([-precondition(w, g, path.depth) for w, g in zip(path.predictors, path.gradients, strict=True)])
        residual = np.linalg.norm(law - path.velocities, axis=(1, 2)) / largest(path.velocities)
        predicted, measured = (np.linalg.norm(v, axis=(1, 2)) for v in (law, path.velocities))
        return Laid(predicted, measured, residual, max(20 * path.rtol, 1e-12), "speed of the product")


def of_flow(path: Points) -> None:
    """Refuses runs that are not of gradient flow."""
    if not isinstance(path.run.algorithm, GradientFlow):
        raise DoesNotApply(f"it is a law of gradient flow, and this run is of {type(path.run.algorithm).__name__}")


def largest(velocities: np.ndarray) -> float:
    """The largest norm of velocities along a path, 1 where nothing moves."""
    return float(np.linalg.norm(velocities.reshape(len(velocities), -1), axis=1).max()) or 1.0
