"""A run beside its linearized twin."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from thalweg.algorithms.base import AbstractAlgorithm
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.initializations.given import Given
from thalweg.parametrizations.linearized import Linearized
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AbstractSchedule
from thalweg.trajectory.stop import AbstractStop, Gradients, LossBelow, Steady
from thalweg.trajectory.trajectory import Trajectory

MOST = 20_000
RESOLVED = 1e-14


def linearized_twin(
    run: Trajectory,
    *,
    until: AbstractStop | None = None,
    algorithm: AbstractAlgorithm | None = None,
    record: Any = (),
    at: AbstractSchedule | None = None,
) -> Trajectory:
    r"""Follows the linearization of a run's model at its start, from that start, on the same problem.

    Arguments:
        run: any run.
        until: by default the loss at which the run ended, or where the twin stands still before it.
        algorithm: gradient flow by default: the loss of the twin is as convex as the problem, and where it ends does not
            depend on how it gets there.
        record, at: as for `follow`.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression(inputs=[[1.0], [0.5]], outputs=[[1.0]])
        >>> descent = tw.GradientDescent(0.05)
        >>> run = tw.follow(problem, tw.Diagonal(size=2), tw.Constant(1.0), descent, until=tw.LossBelow(1e-12), key=0)
        >>> twin = tw.linearized_twin(run, algorithm=descent)
        >>> twin.predictor.round(4).tolist(), run.predictor.round(4).tolist()
        ([[0.8, 0.4]], [[0.8017, 0.3965]])

    Reference:
        chizat2019lazy, section 2.
    """
    first = float(run.objective.loss(jax.tree.map(jnp.asarray, run.start)))
    # the twin of an exact fit is followed as far as rounding lets it
    target = max(float(run.outcome.loss), RESOLVED * first, float(np.finfo(np.float64).tiny))
    return follow(
        run.objective.problem,
        Linearized(run.objective.parametrization, at=run.start),
        Given(run.start),
        algorithm or GradientFlow(1e-6),
        until=until or (LossBelow(target) | Gradients(MOST) | Steady(1e-12)),
        record=record,
        at=at,
        key=0,
    )


def distance_to_linearized(run: Trajectory, twin: Trajectory) -> np.ndarray:
    r"""How far a run is from its linearized twin at each record, in the outputs: $\|f_t - \bar f_t\|_F$.

    Arguments:
        run, twin: both with `Predictor` among their records, at the same times.

    Returns:
        one number for each record.

    Raises:
        ValueError: predictors that were not recorded, or at different times.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression(inputs=[[1.0], [0.5]], outputs=[[1.0]])
        >>> descent = tw.GradientDescent(0.05)
        >>> common = {"until": tw.Steps(40), "at": tw.EverySteps(20), "record": [tw.Predictor()]}
        >>> run = tw.follow(problem, tw.Diagonal(size=2), tw.Constant(1.0), descent, key=0, **common)
        >>> tw.distance_to_linearized(run, tw.linearized_twin(run, algorithm=descent, **common)).round(3).tolist()
        [0.0, 0.004, 0.004]

    Reference:
        chizat2019lazy, theorem 2.2.
    """
    for name, path in (("run", run), ("twin", twin)):
        if "predictor" not in path.data:
            raise ValueError(f"the {name} did not record its predictor: follow it with record=[tw.Predictor(), ...]")
    times, others = run.data.time.values, twin.data.time.values
    if times.shape != others.shape or not np.allclose(times, others, rtol=1e-9, atol=0):
        raise ValueError(
            "run and twin were recorded at different times: follow both with the same at=tw.AtTimes([...]) and until="
        )
    apart = run.data.predictor.values - twin.data.predictor.values
    return np.linalg.norm(apart.reshape(len(apart), -1), axis=1)
