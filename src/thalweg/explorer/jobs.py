"""What readers have asked for and what is computed for them: started, told of, paused, given up."""

import collections
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from thalweg.explorer.experiments.base import AbstractExperiment, History, Lane, Values, with_derived
from thalweg.explorer.programs import tidy
from thalweg.explorer.turns import Turns
from thalweg.explorer.warm_up import WARM_UP
from thalweg.trajectory.follow import Progress, follow

PACE = 0.03
"""Seconds of a chunk: a picture each, and the longest that a stop waits for."""
AHEAD = 8
"""Messages that a reader has not taken yet, from which on a run waits for it."""


@dataclass(frozen=True)
class Limits:
    """What readers may ask for in all.

    Attributes:
        jobs: at once. seconds: of computation for each lane. kept: experiments whose runs are kept for exports. places: at
            the processor. patience: seconds that a run waits for a reader who takes nothing, as one whose machine sleeps.
    """

    jobs: int = 64
    seconds: float = 60.0
    kept: int = 16
    places: int = 2
    patience: float = 60.0


class Full(Exception):
    """No further job is taken at this moment."""


class Stopped(Exception):
    """Nobody wants to see the rest, or it has taken all the time that there is for it."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


class Jobs:
    """All jobs of a server.

    Arguments:
        limits: of all readers together.
    """

    def __init__(self, limits: Limits | None = None):
        self.limits = limits or Limits()
        self.turns = Turns(self.limits.places)
        self._lock = threading.Lock()
        self._going: dict[str, Job] = {}
        self._kept: collections.OrderedDict[tuple[str, str], Mapping[str, Any]] = collections.OrderedDict()

    def start(self, experiment: AbstractExperiment, values: Values, wake: Callable[[], None]) -> "Job":
        """Begins to compute.

        Arguments:
            experiment, values: what is asked for, checked.
            wake: called from another thread when there is a message to take.

        Raises:
            Full: as many jobs are going on as there may be.
        """
        with self._lock:
            if len(self._going) >= self.limits.jobs:
                raise Full(f"{len(self._going)} runs are going on for other readers, which is as many as there may be at once")
            job = Job(self, experiment, values, wake)
            self._going[job.name] = job
        job.begin()
        return job

    def find(self, name: str) -> "Job | None":
        """The job of a name that is going on."""
        with self._lock:
            return self._going.get(name)

    def count(self) -> int:
        """How many are going on."""
        with self._lock:
            return len(self._going)

    def ended(self, job: "Job") -> None:
        """Forgets a job."""
        with self._lock:
            self._going.pop(job.name, None)

    def keep(self, key: tuple[str, str], runs: Mapping[str, Any]) -> None:
        """Keeps what came of a job, for exports; the oldest goes."""
        with self._lock:
            self._kept[key] = runs
            self._kept.move_to_end(key)
            while len(self._kept) > self.limits.kept:
                self._kept.popitem(last=False)

    def kept(self, key: tuple[str, str]) -> Mapping[str, Any] | None:
        """What came of a job, where it is still there."""
        with self._lock:
            return self._kept.get(key)

    def leave(self) -> None:
        """Ends all jobs without a word: the server goes, and pages are to look out for the next."""
        with self._lock:
            going = list(self._going.values())
        for job in going:
            job.leaving = True
            job.stop("the server is shutting down")


class Job:
    """One experiment with its values: a thread for each lane and one for the references, messages in the order they came.

    A message is a name and what JSON takes: `opened`, `reference`, `frame` (of a lane), `ended` (of a lane), `done`, and
    `failed` with a sentence.
    """

    def __init__(self, jobs: Jobs, experiment: AbstractExperiment, values: Values, wake: Callable[[], None]):
        self.name = secrets.token_urlsafe(12)
        self.experiment, self.values = experiment, values
        self._jobs, self._wake = jobs, wake
        self._mail: collections.deque[tuple[str, Mapping[str, Any]]] = collections.deque()
        self._taken = threading.Condition()
        self._why = ""
        self.leaving = False
        self._held = False
        self._left = self._lanes = 0
        self._runs: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def why(self) -> str:
        """Why it was stopped; empty while it goes on."""
        return self._why

    def begin(self) -> None:
        """Starts the thread that starts the others."""
        threading.Thread(target=self._guarded, args=(self._open,), daemon=True).start()

    def stop(self, why: str = "nobody looks any longer") -> None:
        """Ends all that is being computed; at the end of a chunk at the latest."""
        with self._taken:
            first, self._why = not self._why, self._why or why
            self._taken.notify_all()
        self._jobs.ended(self)
        if first:
            self._tell("failed", {"sentence": why})

    def pause(self) -> None:
        """Holds all lanes where they are, at the end of a chunk."""
        with self._taken:
            self._held = True

    def resume(self) -> None:
        """Lets them go on."""
        with self._taken:
            self._held = False
            self._taken.notify_all()

    def take(self) -> tuple[str, Mapping[str, Any]] | None:
        """The next message; None where there is none now."""
        with self._taken:
            if not self._mail:
                return None
            message = self._mail.popleft()
            self._taken.notify_all()
            return message

    def _tell(self, kind: str, what: Mapping[str, Any]) -> None:
        with self._taken:
            self._mail.append((kind, what))
        self._wake()

    def _stopped(self) -> bool:
        return bool(self._why)

    def _open(self) -> None:
        WARM_UP.wait(self.experiment, self.values, self._stopped)
        with self._turn():
            began = time.perf_counter()
            tidy()
            lanes = self.experiment.lanes(self.values)
            opening = self.experiment.opening(self.values, lanes)
        names = [{"name": lane.name, "label": lane.label} for lane in lanes]
        self._tell("opened", {**opening, "job": self.name, "lanes": names, "prepared": time.perf_counter() - began})
        self._lanes = len(lanes)
        self._left = self._lanes + 1
        for lane in lanes:
            threading.Thread(target=self._guarded, args=(self._run, lane), daemon=True).start()
        threading.Thread(target=self._guarded, args=(self._refer, lanes), daemon=True).start()

    def _turn(self) -> "_Turn":
        return _Turn(self._jobs.turns, self._stopped, self)

    def _wait(self) -> None:
        """Waits while it is held, and while messages lie there that nobody takes; not for ever for these."""
        with self._taken:
            taken = self._taken.wait_for(lambda: self._why or len(self._mail) < AHEAD, self._jobs.limits.patience)
            self._taken.wait_for(lambda: self._why or not self._held)
        if not taken:
            self.stop("nobody has taken what was computed for a while, and the place is for others")

    def _refer(self, lanes: Any) -> None:
        with self._turn():
            found = self.experiment.references(self.values, lanes)
        self._tell("reference", found)
        self._one_less()

    def _run(self, lane: Lane) -> None:
        history, spent, began = History(), 0.0, 0.0
        turns = self._jobs.turns

        def report(progress: Progress) -> None:
            nonlocal spent, began
            spent += time.perf_counter() - began
            history.add(progress.fresh)
            records = {**progress.fresh, **self.experiment.derived(self.values, lane, progress.fresh)}
            told = self.experiment.told(self.values, lane, progress, history)
            drawn = {name: rows for name, rows in records.items() if name not in self.experiment.unsent}
            self._tell("frame", {"lane": lane.name, "records": drawn, **told})
            if spent > self._jobs.limits.seconds:
                raise Stopped(f"it has taken the {self._jobs.limits.seconds:g} seconds that a run may take here")
            if self._held or len(self._mail) >= AHEAD:
                turns.leave()
                held.taken = False
                self._wait()
                held.take()
            elif not turns.let_others(self._stopped, self):
                held.taken = False
            if self._why:
                raise Stopped(self._why)
            began = time.perf_counter()

        run, why = None, ""
        with self._turn() as held:
            began = time.perf_counter()
            try:
                run = follow(**lane.words, report=report, pace=PACE)
            except Stopped as stopped:
                why = stopped.why
            except ValueError as error:
                why = str(error)
        if self._why:
            return
        closing = self.experiment.closing(self.values, lane, run, history) if len(history) else {"sentence": why}
        outcome = run.outcome.kind if run is not None else "stopped"
        self._tell("ended", {"lane": lane.name, "outcome": outcome, "why": why, "seconds": spent, **closing})
        if run is not None:
            self._runs[lane.name] = with_derived(self.experiment, self.values, lane, run)
        self._one_less()

    def _one_less(self) -> None:
        with self._lock:
            self._left -= 1
            left = self._left
        if not left:
            if len(self._runs) == self._lanes:  # else an export would leave out a lane without a word
                self._jobs.keep(key_of(self.experiment, self.values), dict(self._runs))
            self._jobs.ended(self)  # first: who is told that it is done may begin the next at once
            self._tell("done", {})

    def _guarded(self, work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(*arguments)
        except Stopped:
            pass
        except Exception:  # noqa: BLE001 - whatever it is, the reader gets a sentence and the log the rest
            traceback.print_exc()
            self.stop("the computation failed; what went wrong stands in the log of the server")


class _Turn:
    """A turn for the length of a `with`; given back however it ends."""

    def __init__(self, turns: Turns, given_up: Callable[[], bool], who: object):
        self._turns, self._given_up, self._who, self.taken = turns, given_up, who, False

    def take(self) -> None:
        """Waits for it; Stopped where nobody wants it any longer."""
        self.taken = self._turns.take(self._given_up, self._who)
        if not self.taken:
            raise Stopped("nobody looks any longer")

    def __enter__(self) -> "_Turn":
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        if self.taken:
            self.taken = False
            self._turns.leave()


def key_of(experiment: AbstractExperiment, values: Values) -> tuple[str, str]:
    """What tells experiments with their values apart."""
    return experiment.name, repr(sorted(values.items()))


def plain(value: Any) -> Any:
    """What JSON takes: arrays as lists, numbers that are not finite as null, eight digits, which no screen shows."""
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.8g}") if np.isfinite(value) else None
    return value
