"""How far a discrete run is from the flow at its step size."""

import dataclasses

import numpy as np
import xarray as xr

from thalweg._module import number
from thalweg._shown import shown
from thalweg._whole import whole
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.algorithms.group_rmsprop import GroupRMSprop
from thalweg.initializations.given import Given
from thalweg.observables.predictor import Predictor
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import AtTimes
from thalweg.trajectory.stop import Gradients, Time
from thalweg.trajectory.trajectory import Trajectory


@shown
@dataclasses.dataclass(frozen=True)
class Audit:
    """The distance of a discrete run to the flow.

    Arguments:
        data: over `record`: `time`, `distance` $\\|W_\\eta(t) - W(t)\\|_F$ and `relative`, the same over the norm of the
            flow's predictor.
        against: `flow`, or `halved`: by Richardson's rule from the run at half the step, twice the distance between the two.
        gradients: what the comparison cost.
        sentence: the largest relative distance, in words.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion.random(shape=(5, 5), rank=1, observed=20, key=0)
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(5, 5)), tw.Gaussian(0.1), tw.GradientDescent(0.2),
        ...                 until=tw.Steps(40), key=0)
        >>> print(tw.audit(run, times=4, against="flow"))
        at this step size the path is within ... (relative) of the flow, worst at time 2
    """

    data: xr.Dataset
    against: str
    gradients: int
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def audit(run: Trajectory, *, times: int = 20, against: str = "auto", rtol: float = 1e-8) -> Audit:
    r"""The distance of a discrete run to gradient flow at its step size, along the path.

    Theorems about gradient flow speak of a discrete run only up to this distance. It is first order in the rate: at a
    fixed time halving $\eta$ halves it.

    Arguments:
        run: followed by `GradientDescent` or `GroupRMSprop`.
        times: at how many times, evenly spaced over the run.
        against: `flow`; `halved`, by Richardson's rule $2\|W_\eta - W_{\eta/2}\|$ (gradient descent alone), which needs no
            flow; or `auto`: the flow, and where it would cost more gradients than halving, halving.
        rtol: tolerance of the flow.

    Raises:
        TypeError: the run is not of a discrete algorithm with a clock of the flow.
        ValueError: the run diverged or took no step, the flow ended before it, or an unknown word for `against`.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion.random(shape=(6, 6), rank=1, observed=30, key=0)
        >>> run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(6, 6)), tw.Gaussian(0.1), tw.GradientDescent(0.05),
        ...                 until=tw.Steps(200), key=0)
        >>> bool(tw.audit(run, times=5).data.relative.max() < 0.05)
        True

    Reference:
        elkabetz2021continuous.
    """
    if not isinstance(run.algorithm, GradientDescent | GroupRMSprop):
        raise TypeError(f"audit compares GradientDescent or GroupRMSprop with the flow, not {type(run.algorithm).__name__}")
    if against not in ("auto", "flow", "halved"):
        raise ValueError(f"against must be 'auto', 'flow' or 'halved', got {against!r}")
    if not np.isfinite(run.outcome.loss):
        raise ValueError("the run diverged: there is no path to compare with the flow")
    if run.outcome.steps == 0:
        raise ValueError(f"the run took no step, so there is no path to compare with the flow: {run.outcome}")
    if against == "halved" and not isinstance(run.algorithm, GradientDescent):
        raise TypeError("halving compares equal times, which only GradientDescent keeps; use against='flow'")
    number(rtol, "rtol", above=0)
    ticks = run.outcome.time * np.arange(1, whole(times, "times") + 1) / times
    discrete = _followed(run, run.algorithm, ticks)
    clock = discrete.data.time.values[1:]
    if against != "halved":
        budget = 2 * run.outcome.gradients if against == "auto" and isinstance(run.algorithm, GradientDescent) else 2**30
        flow = _followed(run, GradientFlow(rtol=rtol), clock, budget)
        if len(flow.data.time) == len(discrete.data.time):
            return _audit(discrete, flow, 1.0, "flow")
        if against == "flow" or not isinstance(run.algorithm, GradientDescent):
            raise ValueError(f"the flow ended at time {flow.outcome.time:g}, before the run did: {flow.outcome}")
    assert isinstance(run.algorithm, GradientDescent)
    halved = _followed(run, GradientDescent(float(run.algorithm.learning_rate) / 2), clock)
    return _audit(discrete, halved, 2.0, "halved")


def _followed(run: Trajectory, algorithm, times: np.ndarray, budget: int = 2**30) -> Trajectory:
    until = Time(float(times[-1])) | Gradients(budget)
    objective = run.objective
    return follow(
        objective.problem,
        objective.parametrization,
        Given(run.start),
        algorithm,
        until=until,
        key=0,
        record=[Predictor()],
        at=AtTimes(times.tolist()),
    )


def _audit(discrete: Trajectory, other: Trajectory, factor: float, against: str) -> Audit:
    ours, theirs = discrete.data.predictor.values[1:], other.data.predictor.values[1:]
    distance = factor * np.linalg.norm(ours - theirs, axis=(1, 2))
    scale = np.linalg.norm(theirs, axis=(1, 2))
    relative = distance / np.where(scale > 0, scale, 1.0)
    data = xr.Dataset(
        {
            "time": ("record", discrete.data.time.values[1:]),
            "distance": ("record", distance),
            "relative": ("record", relative),
        }
    )
    worst = int(np.argmax(relative))
    beside = "the flow" if against == "flow" else "the flow, as far as the run at half the step tells"
    when = float(data.time.values[worst])
    sentence = f"at this step size the path is within {relative[worst]:.2g} (relative) of {beside}, worst at time {when:.4g}"
    return Audit(data, against, other.outcome.gradients, sentence)
