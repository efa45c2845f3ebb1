"""Runs that are interrupted, killed and taken up again: the same bits as if nothing had happened."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import optax
import pytest

import thalweg as tw
from trajectory.cases import PROBLEM, path, same_bits

NEVER = 3600.0

ALGORITHMS: dict[str, tuple[Any, Any, Any]] = {
    "descent": (tw.GradientDescent(0.1), tw.Steps(700), tw.LogSteps()),
    "GroupRMSprop": (tw.GroupRMSprop(1e-3), tw.Steps(700), tw.EverySteps(5)),
    "adam": (tw.Optax(optax.adam, learning_rate=1e-3), tw.Steps(700), tw.LogSteps()),
    "flow": (tw.GradientFlow(1e-9), tw.Time(12.0), tw.EveryTime(0.1)),
    "several rules": (
        tw.GradientDescent(0.1),
        tw.LossBelow(1e-9) | tw.Steps(700) | tw.RelativeChange(1e-9, over=50) | tw.Time(900.0),
        tw.LogSteps(),
    ),
}


class Interrupting:
    """A report that raises what Ctrl-C does, at a given call."""

    def __init__(self, call: int):
        self.call, self.steps = call, []

    def __call__(self, progress: Any) -> None:
        self.steps.append(progress.steps)
        if len(self.steps) == self.call:
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_interrupted_run_ends_at_the_same_bits(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    algorithm, until, at = ALGORITHMS[name]
    reference = path(algorithm, until, at=at)
    monkeypatch.setattr("thalweg.trajectory.follow.FIRST_BUDGET", 16)
    monkeypatch.setattr("thalweg.trajectory.follow.MOST_BUDGET", 16)
    file, steps = tmp_path / "run.npz", []
    for call in (3, 2, 1):  # once in the beginning, twice more later on
        interrupting = Interrupting(call)
        with pytest.raises(KeyboardInterrupt):
            path(algorithm, until, at=at, snapshots=file, every=NEVER, report=interrupting)
        steps += interrupting.steps
    assert steps == sorted(set(steps))  # each went on where the one before had come to
    assert 0 < steps[-1] < reference.outcome.steps
    resumed = path(algorithm, until, at=at, snapshots=str(file), every=NEVER)
    assert same_bits(resumed, reference)
    assert not file.exists()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_after_the_last_chunk_loses_nothing(tmp_path: Path):
    algorithm, until, at = ALGORITHMS["descent"]
    file = tmp_path / "run.npz"
    reference = path(algorithm, until, at=at)

    def interrupt_at_the_end(progress: Any) -> None:
        if progress.steps == reference.outcome.steps:  # how many chunks there are depends on how long they took
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        path(algorithm, until, at=at, snapshots=file, every=NEVER, report=interrupt_at_the_end)
    assert same_bits(path(algorithm, until, at=at, snapshots=file), reference)


@pytest.mark.parametrize("delay", [0.02, 0.06, 0.1])
def test_an_interrupt_in_the_midst_of_a_chunk_keeps_what_came_before_it(delay: float, tmp_path: Path):
    algorithm, until = tw.GradientDescent(0.01), tw.Steps(150_000)
    reference = path(algorithm, until)

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, delay)
    try:
        with pytest.raises(KeyboardInterrupt):
            path(algorithm, until, snapshots=tmp_path / "run.npz", every=NEVER)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert same_bits(path(algorithm, until, snapshots=tmp_path / "run.npz"), reference)


KILLED = """
    import sys
    import jax
    jax.config.update("jax_enable_x64", True)
    import optax
    import thalweg as tw
    problem = tw.MatrixCompletion.random(shape=(4, 6), rank=2, observed=17, key=3)
    tw.follow(problem, tw.DeepLinear(depth=3, shape=(4, 6)), tw.Gaussian(0.3), tw.Optax(optax.adam, learning_rate=1e-4),
              until=tw.Steps(120_000), key=1, snapshots=sys.argv[1], every=0.2,
              record=[tw.Loss(), tw.Imbalance(), tw.SingularValues(), tw.PredictedVelocity(4), tw.MeasuredVelocity(4)],
              report=lambda progress: print(progress.steps, progress.seconds, flush=True))
"""


def test_a_killed_run_loses_at_most_one_interval_between_snapshots(tmp_path: Path):
    file = tmp_path / "run.npz"
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(file)]
    told: list[tuple[int, float]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            steps, seconds = line.split()
            told.append((int(steps), float(seconds)))
            if told[-1][0] > 20_000:
                process.kill()
                break
        told += [(int(steps), float(seconds)) for steps, seconds in map(str.split, process.stdout)]
    assert process.returncode == -signal.SIGKILL
    assert file.exists()

    algorithm, until = tw.Optax(optax.adam, learning_rate=1e-4), tw.Steps(120_000)
    seen: list[int] = []
    resumed = path(algorithm, until, snapshots=file, report=lambda progress: seen.append(progress.steps))
    from_step = seen[0] - 32  # the first chunk after a start has that many steps
    kept = max([seconds for steps, seconds in told if steps <= from_step], default=0.0)
    chunks = np.diff([0.0, *(seconds for _, seconds in told)])
    assert from_step > 0
    assert told[-1][1] - kept <= 0.2 + 2 * chunks.max()
    # Another process, its functions at other addresses, and still the same run to the last bit.
    assert same_bits(resumed, path(algorithm, until))


def stopped(file: Path, **change: Any) -> None:
    """Leaves a snapshot of a run, or tries to go on from it with something changed."""
    arguments: dict[str, Any] = {
        "problem": PROBLEM,
        "parametrization": tw.DeepLinear(depth=3, shape=(4, 6)),
        "start": tw.Gaussian(0.3),
        "algorithm": tw.GradientDescent(0.1),
        "until": tw.Steps(700),
        "record": [tw.Loss()],
        "key": 1,
    }
    tw.follow(**(arguments | change), snapshots=file, every=NEVER, report=Interrupting(1))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("snapshot") / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        stopped(file)
    return file


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": tw.GradientDescent(0.1000001)},
        {"algorithm": tw.GroupRMSprop(0.1)},
        {"start": tw.Gaussian(0.31)},
        {"key": 2},
        {"until": tw.Steps(701)},
        {"record": [tw.Imbalance()]},
        {"at": tw.EverySteps(3)},
        {"problem": tw.MatrixCompletion.random(shape=(4, 6), rank=2, observed=17, key=4)},
        {"problem": tw.MatrixCompletion(PROBLEM.observed, target=PROBLEM.target, loss="half mean of squares")},
        {"parametrization": tw.DeepLinear(depth=3, shape=(4, 6), hidden=5)},
    ],
    ids=str,
)
def test_a_snapshot_of_another_run_is_refused_and_left_alone(change: dict[str, Any], snapshot: Path):
    before = snapshot.read_bytes()
    with pytest.raises(ValueError, match="the snapshot is of another run.*choose another file, or remove it"):
        stopped(snapshot, **change)
    assert snapshot.read_bytes() == before


def test_a_snapshot_of_the_same_run_is_not_refused(snapshot: Path, tmp_path: Path):
    copy = tmp_path / "copy.npz"
    copy.write_bytes(snapshot.read_bytes())
    with pytest.raises(KeyboardInterrupt):
        stopped(copy, key=np.int64(1))


@pytest.mark.parametrize("harm", ["cut off", "changed", "something else", "empty"])
def test_a_harmed_snapshot_is_refused_by_name_and_left_alone(harm: str, snapshot: Path, tmp_path: Path):
    whole = snapshot.read_bytes()
    middle = len(whole) // 2
    content = {
        "cut off": whole[:middle],
        "changed": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "something else": b"not a snapshot",
        "empty": b"",
    }[harm]
    file = tmp_path / "harmed.npz"
    file.write_bytes(content)
    with pytest.raises(Exception, match=r"harmed\.npz .*; move it away|harmed\.npz .*Move it away"):
        stopped(file)
    assert file.read_bytes() == content


def test_a_run_that_a_snapshot_could_not_know_again_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="a snapshot could not know .* again; pass a function .* or follow without snapshots"):
        stopped(tmp_path / "run.npz", algorithm=tw.Optax(optax.adam(1e-3)))
    with pytest.raises(ValueError, match="a snapshot could not know"):
        stopped(tmp_path / "run.npz", algorithm=tw.Optax(optax.sgd, learning_rate=lambda step: 0.1))
    assert list(tmp_path.iterdir()) == []


def test_snapshots_can_be_kept_anywhere():
    class Memory:
        def __init__(self):
            self.kept: Any = None
            self.times = 0

        def load(self) -> Any:
            return self.kept

        def save(self, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
            self.kept, self.times = (arrays, meta), self.times + 1

    memory = Memory()
    algorithm, until, _ = ALGORITHMS["descent"]
    with pytest.raises(KeyboardInterrupt):
        path(algorithm, until, snapshots=memory, every=0.0, report=Interrupting(2))
    assert memory.times == 3  # after each of two chunks, and at the interrupt
    assert all(isinstance(array, np.ndarray) for array in memory.kept[0].values())
    assert same_bits(path(algorithm, until, snapshots=memory), path(algorithm, until))
