"""The singular values along the path of a deep factorization, with the error of held-out entries."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from thalweg.estimators.deep_matrix_completion import DeepMatrixCompletion
from thalweg.estimators.entries import Entries
from thalweg.estimators.stabilized import Stabilized

MOST = 12
"""Singular values that are kept."""


@dataclass(frozen=True)
class SingularPath:
    """Singular values of the predictor along a path.

    Attributes:
        along: what the path is followed in: the time of a flow, ascending, or a penalty, descending.
        values: (instants, values), the largest first.
        errors: the root mean square error of the held-out entries at each instant.
        chosen: the time or penalty that was taken.

    Examples:
        >>> SingularPath(np.ones(1), np.ones((1, 2)), np.ones(1), 1.0).values.shape
        (1, 2)
    """

    along: np.ndarray
    values: np.ndarray
    errors: np.ndarray
    chosen: float


def singular_path(model: DeepMatrixCompletion, train: Entries, held: Entries) -> SingularPath | None:
    """The path of the model's flow on some entries, to twice the time of the least error on others.

    Returns:
        The path in the units of the entries and of the flow's time; None where the centring leaves nothing.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> X = np.outer(rng.standard_normal(9), rng.standard_normal(8))
        >>> train, held = Entries.of(X).split(0.2, rng)
        >>> path = singular_path(DeepMatrixCompletion(centring="none", random_state=0), train, held)
        >>> bool(path.values[0, 0] < path.values[-1, 0])
        True
    """
    width = model._checked(train.shape)
    centring, rest = model._centred(train)
    unit = float(np.sqrt(np.mean(rest.values**2)))
    if unit <= 1e-13 * float(np.abs(train.values).max()):
        return None
    chain = model._chain(rest, unit, width)
    flow = Stabilized(chain.loss_and_descent, model._start(chain, check_random_state(model.random_state)), rtol=model.rtol)
    wanted = held.with_values(((held.values - centring.at(held.rows, held.columns)) / unit).astype(chain.dtype))
    times, values, errors = [], [], []
    first, fastest = flow.here.loss, 0.0
    while chain.gradients < model.max_gradients:
        here = flow.advance()[1]
        left, right = chain.ends(here.point)
        times.append(here.time)
        values.append(unit * np.linalg.svd(np.linalg.qr(left)[1] @ np.linalg.qr(right)[1].T, compute_uv=False)[:MOST])
        errors.append(unit * np.sqrt(chain.error_at(here.point, wanted)))
        speed = float(np.linalg.norm(here.velocity))
        fastest = max(fastest, speed)
        at_rest = speed <= 0.1 * fastest and here.time * speed**2 <= model.tol**2 * here.loss
        best = times[int(np.argmin(errors))]
        if at_rest or np.sqrt(here.loss) <= model.tol or (here.loss < 0.95 * first and here.time > 2.0 * best):
            break
    return SingularPath(np.array(times), np.array(values), np.array(errors), times[int(np.argmin(errors))])
