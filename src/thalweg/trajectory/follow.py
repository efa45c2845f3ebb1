"""`follow`: the one entry point to a path."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from thalweg._module import number
from thalweg._seeds import entropy
from thalweg.algorithms.base import AbstractAlgorithm
from thalweg.algorithms.flow import AbstractFlow
from thalweg.initializations.base import AbstractInitialization
from thalweg.initializations.given import Given
from thalweg.observables.base import AbstractObservable
from thalweg.observables.loss import Loss
from thalweg.parametrizations.base import AbstractParametrization, Objective
from thalweg.problems.base import AbstractProblem
from thalweg.trajectory import loop
from thalweg.trajectory.checkpoint import SnapshotFile, Snapshots, packed, same, unpacked
from thalweg.trajectory.identity import identity_of
from thalweg.trajectory.outcome import Outcome
from thalweg.trajectory.provenance import describe, environment
from thalweg.trajectory.schedule import AbstractSchedule, EverySteps, LogSteps
from thalweg.trajectory.stop import AbstractStop, AnyOf
from thalweg.trajectory.trajectory import Trajectory

TICKS, FEW_TICKS = 64, 4
SWIFT = 0.2
"""Seconds of a chunk below which it takes few records and, where they are dear, single steps, so that reports come often."""
CLOCKS = ("time", "steps", "gradients")
FIRST_BUDGET, LEAST_BUDGET, MOST_BUDGET = 32, 8, 2_000_000


class Progress:
    """What a run tells while it goes on; `report` is called after every chunk.

    Attributes:
        steps, time, gradients, loss: where the run is. seconds: since it began. records: how many there are.
        fresh: the records made since the last report, by name, (records, ...); with the first report that of the start.
        params: the parameters as they are now.
    """

    def __init__(self, motion: Any, seconds: float, records: int, fresh: Mapping[str, np.ndarray] | None = None):
        self.steps, self.time = int(motion.steps), float(motion.time)
        self.gradients, self.loss = int(motion.gradients), float(motion.loss)
        self.seconds, self.records, self.fresh = seconds, records, fresh or {}
        self._motion = motion

    @property
    def params(self) -> Any:
        return jax.tree.map(np.asarray, self._motion.params)


def follow(
    problem: AbstractProblem,
    parametrization: AbstractParametrization,
    start: AbstractInitialization | Sequence[Any],
    algorithm: AbstractAlgorithm,
    *,
    until: AbstractStop,
    key: Any,
    record: Sequence[AbstractObservable] = (),
    at: AbstractSchedule | None = None,
    snapshots: Any = None,
    every: float = 5.0,
    report: Callable[[Progress], None] | None = None,
    pace: float = 1.0,
) -> Trajectory:
    r"""Follows the path of an algorithm from a start, and measures it on the way.

    Arguments:
        problem: the loss of the predictor.
        parametrization: from parameters to the predictor.
        start: how the parameters are drawn, or the parameters themselves.
        algorithm: how they move.
        until: when to stop; rules are combined by `|`.
        key: a whole number (or a JAX key); the start draws from its stream `start`.
        record: observables, computed inside the compiled loop; the loss unless given.
        at: when to record: by default every step of a flow, and forty steps to a factor of ten of a discrete algorithm.
            The first and the last point are always recorded.
        snapshots: a path to keep snapshots at: an interrupted run, called again, goes on from there and ends bit for
            bit where an uninterrupted one does. Removed when the run has ended.
        every: seconds between snapshots.
        report: called with the `Progress` after every chunk of the run, with the records that it made; what it raises ends
            the run.
        pace: seconds that a chunk shall last, about; less where `every` is short. It does not touch the numbers.

    Returns:
        A `Trajectory`. A run that diverges is a result, not an error: see its `outcome`.

    Raises:
        ValueError: shapes of problem and parametrization that differ, a tolerance beyond the precision, a start whose
            loss is not finite, a snapshot of another run, snapshots of a run that they could not know again.
        TypeError: an argument of the wrong kind, by name.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion.random(shape=(10, 12), rank=1, observed=70, key=0)
        >>> run = tw.follow(problem, tw.DeepLinear(depth=3, shape=problem.shape), tw.Gaussian(scale=1e-2),
        ...                 tw.GradientFlow(rtol=1e-6), record=[tw.Loss(), tw.EffectiveRank()],
        ...                 until=tw.LossBelow(1e-6), key=1)
        >>> run.outcome.reached, bool(run.data.effective_rank[-1] < 1.1)
        (True, True)

    Reference:
        arora2019implicit.
    """
    start = start if isinstance(start, AbstractInitialization) else Given(start)
    if not isinstance(record, list | tuple):
        raise TypeError(f"record must be a list of observables such as [tw.Loss()], got {record!r}")
    observables = list(record) or [Loss()]
    at = at if at is not None else (EverySteps(1) if isinstance(algorithm, AbstractFlow) else LogSteps())
    _check(problem, parametrization, start, algorithm, until, observables, at)
    words, seconds, keeper = entropy(key), float(number(every, "every", least=0)), _keeper(snapshots)
    pace = min(float(number(pace, "pace", above=0)), seconds / 2)
    began = time.perf_counter()
    params = jax.tree.map(jnp.asarray, start.sample(parametrization, key=key))
    precision = jax.tree.leaves(params)[0].dtype
    algorithm.check(precision)
    objective = Objective(problem, parametrization)
    algorithm.check_start(objective, params)
    for observable in observables:
        observable.check(objective)
    experiment = loop.Experiment(objective, algorithm, observables, until, at.unit)
    identity = {} if keeper is None else identity_of(experiment, at, params)
    carry, records, tick = _begin(experiment, params, keeper, identity)
    _check_axes(observables, records)
    carry, records = _run(experiment, carry, records, tick, at, keeper, identity, seconds, pace, report)
    if isinstance(keeper, SnapshotFile):
        keeper.drop()
    outcome = _outcome(carry, until)
    provenance = {
        "problem": describe(problem),
        "parametrization": describe(parametrization),
        "start": describe(start),
        "algorithm": describe(algorithm),
        "until": describe(until),
        "at": describe(at),
        "record": {observable.name: describe(observable) for observable in observables},
        "key": words[0] if len(words) == 1 else words,
        "precision": jnp.dtype(precision).name,
        "outcome": {"kind": outcome.kind, "sentence": outcome.sentence},
        **environment(),
    }
    final = jax.tree.map(np.asarray, carry.motion.params)
    return Trajectory(
        data=_dataset(observables, records, provenance),
        start=jax.tree.map(np.asarray, params),
        params=final,
        predictor=np.asarray(objective.predictor(carry.motion.params)),
        outcome=outcome,
        objective=objective,
        algorithm=algorithm,
        seconds=time.perf_counter() - began,
    )


def _keeper(snapshots: Any) -> Snapshots | None:
    if isinstance(snapshots, str) or hasattr(snapshots, "__fspath__"):
        return SnapshotFile(snapshots)
    if snapshots is not None and not (hasattr(snapshots, "load") and hasattr(snapshots, "save")):
        raise TypeError(f"snapshots must be a path, or have load and save, got {snapshots!r}")
    return snapshots


def _begin(
    experiment: loop.Experiment, params: Any, keeper: Snapshots | None, identity: dict[str, Any]
) -> tuple[loop.Carry, dict[str, list[np.ndarray]], int]:
    kept = keeper.load() if keeper is not None else None
    if kept is not None:
        arrays, meta = kept
        if not same(meta, identity):
            other = "is of another run, or of another version or precision"
            raise ValueError(f"the snapshot {other}; choose another file, or remove it to start anew")
        like = jax.eval_shape(loop.begin, experiment, params)[0]
        carry, records = unpacked(arrays, like)
        return carry, records, int(meta["tick"])
    carry, first = loop.begin(experiment, params)
    if not np.isfinite(float(carry.motion.loss)):
        raise ValueError("the loss is not finite at the start: the start is too large for the precision, or not finite")
    return carry, {name: [np.asarray(value)] for name, value in first.items()}, 0


def _run(
    experiment: loop.Experiment,
    carry: loop.Carry,
    records: dict[str, list[np.ndarray]],
    tick: int,
    at: AbstractSchedule,
    keeper: Snapshots | None,
    identity: dict[str, Any],
    every: float,
    pace: float,
    report: Callable[[Progress], None] | None,
) -> tuple[loop.Carry, dict[str, list[np.ndarray]]]:
    """Chunk after chunk until the run has ended; on Ctrl-C the state at the end of the last chunk is kept."""
    swift, began = pace < SWIFT, time.perf_counter()
    ticks, budget, least, slowest = (FEW_TICKS, FEW_TICKS, 1, 1 / 8) if swift else (TICKS, FIRST_BUDGET, LEAST_BUDGET, 1 / 2)
    kept = began
    whole = carry, tick, len(records["time"])
    told = 0

    def keep(keeper: Snapshots) -> None:
        carry, tick, count = whole
        complete = {name: parts[:count] for name, parts in records.items()}
        keeper.save(packed(carry, complete), {"identity": identity, "tick": tick})

    try:
        while int(carry.ending) == loop.RUNNING:
            clock = time.perf_counter()
            chunk = loop.advance(experiment, carry, jnp.asarray(at.ticks(tick, ticks)), jnp.int32(budget))
            made, carry, tick = int(chunk.made), chunk.carry, tick + int(chunk.ticks)
            for name, rows in chunk.records.items():
                records[name].extend(np.asarray(rows)[:made])
            whole = carry, tick, len(records["time"])  # in one assignment: an interrupt falls before it or after it
            spent = time.perf_counter() - clock
            factor = 8 if spent < pace / 8 else (max(slowest, pace / spent) if spent > 2 * pace else 1)
            budget = int(min(MOST_BUDGET, max(least, budget * factor)))
            now = time.perf_counter()
            if keeper is not None and now - kept >= every:
                keep(keeper)
                kept = time.perf_counter()
            if report is not None:
                count = len(records["time"])
                fresh = {name: np.array(parts[told:]).reshape(-1, *parts[0].shape) for name, parts in records.items()}
                told = count
                report(Progress(carry.motion, now - began, count, fresh))
    except KeyboardInterrupt:
        if keeper is not None:
            keep(keeper)
        raise
    return carry, records


def _outcome(carry: loop.Carry, until: AbstractStop) -> Outcome:
    motion, ending = carry.motion, int(carry.ending)
    steps = int(motion.steps)
    if ending == loop.MET:
        rule = until.which(motion, carry.memory) if isinstance(until, AnyOf) else until
        kind, sentence = "reached", rule.sentence(motion)
    elif ending == loop.DIVERGED:
        kind = "diverged"
        sentence = f"diverged: the loss stopped being finite at step {steps}; a smaller rate may hold"
    elif ending == loop.STALLED:
        kind = "stalled"
        sentence = f"stalled after step {steps}: the tolerance asks for steps below the resolution of the precision"
    else:
        kind = "at rest"
        sentence = f"at rest after step {steps}: the gradient is exactly zero, the path goes no further"
    return Outcome(kind, sentence, steps, float(motion.time), int(motion.gradients), float(motion.loss))


def _dataset(
    observables: Sequence[AbstractObservable], records: dict[str, list[np.ndarray]], provenance: dict[str, Any]
) -> xr.Dataset:
    dims = {observable.name: observable.dims for observable in observables}
    variables = {name: (("record", *dims.get(name, ())), np.stack(parts)) for name, parts in records.items()}
    return xr.Dataset(variables, attrs={"provenance": json.dumps(provenance)})


def _check(problem, parametrization, start, algorithm, until, observables, at) -> None:
    kinds = (
        (problem, AbstractProblem, "problem", "a problem such as tw.MatrixCompletion"),
        (parametrization, AbstractParametrization, "parametrization", "a parametrization such as tw.DeepLinear"),
        (start, AbstractInitialization, "start", "a start such as tw.Gaussian"),
        (algorithm, AbstractAlgorithm, "algorithm", "an algorithm such as tw.GradientFlow"),
        (until, AbstractStop, "until", "a stopping rule such as tw.LossBelow or tw.Steps"),
        (at, AbstractSchedule, "at", "a schedule such as tw.EverySteps"),
        *((one, AbstractObservable, "record", "a list of observables such as tw.Loss") for one in observables),
    )
    for value, kind, name, wanted in kinds:
        if not isinstance(value, kind):
            raise TypeError(f"{name} must be {wanted}, got {value!r}")
    if problem.shape != parametrization.shape:
        raise ValueError(f"the problem is of shape {problem.shape}, the parametrization of {parametrization.shape}")
    names = [*CLOCKS, *(observable.name for observable in observables)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"record holds {', '.join(twice)} more than once")


def _check_axes(observables: Sequence[AbstractObservable], records: dict[str, list[np.ndarray]]) -> None:
    """Refuse, before the run and not after it, observables that one dataset cannot hold together."""
    lengths: dict[str, tuple[int, str]] = {}
    for observable in observables:
        name, shape = observable.name, records[observable.name][0].shape
        if len(shape) != len(observable.dims):
            raise ValueError(f"{name} has an array of shape {shape} for the axes {observable.dims}; name each axis")
        for axis, size in zip(observable.dims, shape, strict=True):
            other, where = lengths.setdefault(axis, (size, name))
            if size != other:
                raise ValueError(
                    f"the axis {axis!r} has {other} places in {where} and {size} in {name}; record both with one count"
                )
