"""Conservation of the imbalance under the flow, and its exact drift under gradient descent."""

import itertools
from collections.abc import Sequence

import numpy as np

from thalweg._references import Source
from thalweg.algorithms.gradient_flow import GradientFlow
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
