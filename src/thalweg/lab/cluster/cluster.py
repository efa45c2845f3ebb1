"""A cluster as seen from where its runs are kept."""

import concurrent.futures as futures
import contextlib
import json
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import distributed

from thalweg._storage.atomic import sha256
from thalweg._storage.files import arrays_bytes, arrays_in
from thalweg.lab.cluster import slots
from thalweg.lab.cluster.errors import ClusterError, ClusterLost
from thalweg.lab.cluster.facts import facts
from thalweg.lab.cluster.groups import SECONDS, Groups, shape_of
from thalweg.lab.cluster.told import Told
from thalweg.lab.perform import STOPPED
from thalweg.lab.plan import Plan
from thalweg.lab.store import CorruptSnapshot, Lease, LeaseLost, Store, StoreError
from thalweg.lab.workers import ATTEMPTS, Ended, Task

BEAT = 30.0
"""Seconds between signs to the store that the runs of this process are on their way."""
COUNT = 5.0
"""Seconds between looks at how many workers there are."""
AHEAD = 8
"""One group more is asked for than there are threads, for each so many of them: enough to do while this process is busy with
what came back. Below that no group waits behind another, which may be a long one or take its worker down with it."""
ALONE = 300.0
"""Seconds to wait for a worker where the last one has gone."""
LATE = 30.0
"""Seconds to wait for a file that another machine wrote to the shared folder."""
GRACE = 10.0
"""Seconds to wait for the states of runs that were stopped."""
INSTALL = "install the same version of thalweg[cluster] there"

Group = list[tuple[Task, Lease]]
"""Runs on their way together."""
Answered = tuple[Group, dict[str, Any], list[bytes]]
"""A group that came back, what was said of it, and its files."""


class Cluster:
    """Workers that were looked at and found fit.

    Arguments:
        client: connected, and closed by whoever opened it.
        plans: what is to be done.
        shared: a folder that all workers see.
    """

    def __init__(self, client: distributed.Client, plans: Sequence[Plan], shared: Path | None):
        self.client, self.shared = client, shared
        self.token = uuid.uuid4().hex
        self.address = client.scheduler.address if client.scheduler is not None else "?"
        self._told = Told(plans)
        self.device = self.platform = ""
        self.workers = self.threads = 0

    def __str__(self) -> str:
        workers = f"{self.workers} worker{'s' if self.workers > 1 else ''}"
        return f"{self.address}: {workers}, {self.threads} at once, each a {self.device}"

    def look(self) -> None:
        """Sees whether every worker can take part.

        Raises:
            ClusterError: there is none, or one cannot.
        """
        if not self._threads():
            raise ClusterError(
                f"the scheduler at {self.address} has no workers: start some with `dask worker {self.address}`, or wait for them"
            )
        if self.shared is not None:
            (self.shared / f"{self.token}.asked").write_bytes(b"")
        found = self._looked()
        troubles = [(name, told["trouble"]) for name, told in found.items() if told["trouble"]]
        if troubles:
            raise ClusterError(_first(troubles))
        kinds = {told["device"]: name for name, told in found.items()}
        if len(kinds) > 1:
            said = " and ".join(f"a {kind} ({name})" for kind, name in kinds.items())
            raise ClusterError(f"the workers compute on {said}, whose numbers differ: keep to one kind of device in a cluster")
        places = [(told["host"], told["visible"]) for told in found.values()]
        if any(told["platform"] != "cpu" for told in found.values()) and len(set(places)) < len(places):
            raise ClusterError(
                "several workers of one machine share a device: start each with its own CUDA_VISIBLE_DEVICES, as dask-cuda does"
            )
        self.device = next(iter(kinds))
        self.workers, self.threads = len(found), sum(told["threads"] for told in found.values())

    def work(self, tasks: Sequence[Task], store: Store) -> Iterator[Ended]:
        """Carries tasks out and yields how each ended, as they end. As `thalweg.lab.workers.work`, on the cluster.

        Raises:
            ClusterLost: the scheduler has gone, or all workers have and none came.
            ClusterError: a worker came that cannot take part.
        """
        yield from _Work(self, tasks, store).ended()

    def close(self) -> None:
        """Leaves no trace in the shared folder."""
        if self.shared is not None:
            (self.shared / f"{self.token}.asked").unlink(missing_ok=True)

    def submit(self, tasks: Sequence[Task], states: list[bytes], worker: str | None) -> distributed.Future:
        """Asks for runs of one plan, by a worker if it is still there."""
        asked = {**self._asked(), "device": self.device, "seconds": SECONDS, **self._told.tasks(tasks)}
        key = (f"thalweg-{self.token[:8]}", f"{tasks[0].key}-{uuid.uuid4().hex[:8]}")
        return self.client.submit(
            slots.carry_out, asked, states, key=key, pure=False, workers=worker, allow_other_workers=worker is not None
        )

    def stop(self) -> None:
        """Tells all workers to stop the runs that were asked for; those that do not answer are not waited for."""
        if self.client.status != "running":
            return

        def call() -> None:
            with contextlib.suppress(OSError, TimeoutError, RuntimeError, ValueError):  # the cluster has gone
                self.client.run(slots.stop, self.token, on_error="ignore")

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        thread.join(GRACE)

    def _asked(self) -> dict[str, Any]:
        return {"token": self.token, "facts": facts(), "shared": str(self.shared) if self.shared is not None else None}

    def _threads(self) -> int:
        threads: Any = self.client.nthreads()
        return sum(threads.values())

    def _looked(self) -> dict[str, Any]:
        found: Any
        try:
            found = self.client.run(slots.look, {**self._asked(), "studies": self._told.studies()}, on_error="return")
        except OSError as error:
            raise ClusterLost(f"the scheduler at {self.address} went while its workers were looked at ({error})") from None
        wrong = [(name, f"it has no fitting Thalweg ({told}); {INSTALL}") for name, told in found.items() if _is(told)]
        if wrong:
            raise ClusterError(_first(wrong))
        if not found:
            raise ClusterError(f"the workers of {self.address} left while they were looked at: see that they stay")
        return found


class _Work:
    """Tasks on their way through a cluster."""

    def __init__(self, cluster: Cluster, tasks: Sequence[Task], store: Store):
        self.cluster, self.store = cluster, store
        self.groups = Groups(tasks)
        self.elsewhere: list[Task] = []
        self.deaths: dict[str, int] = {}
        self.leases: dict[str, Lease] = {}  # of runs that are not on their way
        self.running: dict[distributed.Future, Group] = {}
        self.heard: queue.SimpleQueue[distributed.Future] = queue.SimpleQueue()
        self.came: deque[distributed.Future] = deque()
        self.answered: deque[Answered] = deque()  # groups that came back and are still to be kept
        self.free: deque[tuple[str, Any]] = deque()  # workers that have ended a group, with the shape of its runs
        self.beat = self.counted = self.seen = time.monotonic()
        self.threads = cluster.threads

    def ended(self) -> Iterator[Ended]:
        whole = False
        try:
            while self.groups or self.elsewhere or self.running or self.answered:
                self._hear(0.0 if self.answered else 0.5)
                self._check_scheduler()
                self._open()
                yield from self._begin()  # before what came is kept, so that no worker waits for that
                if self.answered:
                    yield from self._end(self.answered.popleft())
                self._live()
            whole = True
        finally:
            if not whole:
                self._stop()

    def _begin(self) -> Iterator[Ended]:
        """Asks for as many groups as there is room for; runs that another process is at wait for the end."""
        if not self.running and not self.answered and not self.groups:
            for task in self.elsewhere:
                self.groups.add(task)
            self.elsewhere.clear()
        while self.groups and len(self.running) < self.threads + self.threads // AHEAD:
            worker, shape = self.free.popleft() if self.free else (None, None)
            tasks = self.groups.next(self.threads, shape)
            group, states = [], []
            for task in tasks:
                if task.key not in self.leases and self.store.get(task.key) is not None:
                    yield Ended(task, "done")
                    continue
                if not self._leased(task):
                    self.elsewhere.append(task)
                    continue
                state = self._state(task.key)
                if state and len(tasks) > 1:
                    self.groups.add(task, alone=True)  # it was stopped in the middle, so it is a long one
                    continue
                group.append(task)
                states.append(state)
            if group:
                future = self.cluster.submit(group, states, worker if shape_of(group[0]) == shape else None)
                self.running[future] = [(task, self.leases.pop(task.key)) for task in group]
                future.add_done_callback(self.heard.put)
        if not self.groups:
            self.free.clear()

    def _leased(self, task: Task) -> bool:
        if task.key not in self.leases:
            coordinates = {**task.case.coordinates, "seed": task.case.seed}
            lease = self.store.claim(task.key, self.cluster._told.study(task), coordinates)
            if lease is None:
                return False
            self.leases[task.key] = lease
        return True

    def _state(self, key: str) -> bytes:
        """The snapshot that the store has of a run, checked; b"" for none."""
        try:
            kept = self.store.load_snapshot(key)
        except CorruptSnapshot:
            return b""  # the store has moved it aside
        return b"" if kept is None else arrays_bytes(*kept)

    def _hear(self, seconds: float) -> None:
        """Which runs have ended; waits for one unless the time is over first."""
        with contextlib.suppress(queue.Empty):
            self.came.append(self.heard.get(timeout=seconds) if seconds else self.heard.get_nowait())
            while True:
                self.came.append(self.heard.get_nowait())

    def _open(self) -> None:
        """Looks at what came, so that the worker that has ended is the one that is asked next; keeps nothing yet."""
        while self.came:
            future = self.came[0]
            group = self.running[future]
            reply, contents = self._answer(future)
            self.came.popleft()
            del self.running[future]
            future.release()
            self.leases.update({task.key: lease for task, lease in group})
            if "unfit" in reply:
                for task, _ in group:
                    self.store.interrupt(self.leases.pop(task.key), reply["unfit"])
                raise ClusterError(f"the worker {reply['worker']} joined and cannot take part: {reply['unfit']}")
            if "runs" in reply:
                self.free.append((reply["worker"], shape_of(group[0][0])))
            self.answered.append((group, reply, contents))

    def _end(self, answered: Answered) -> Iterator[Ended]:
        group, reply, contents = answered
        if "runs" in reply:
            answers = list(zip((task for task, _ in group), reply["runs"], contents, strict=True))
        else:
            answers = [(task, reply if len(group) == 1 else {"state": "lost"}, b"") for task, _ in group]
        ended: list[Ended | None] = []
        for task, answer, content in answers:
            ended.append(self._take(task, answer, content))
            self._hear(0.0)
            self._open()
            ended += self._begin()  # another worker may have ended meanwhile, and a disk may be slow
        yield from [one for one in ended if one is not None]  # once all are kept: whoever hears of it may never come back

    def _take(self, task: Task, answer: dict[str, Any], content: bytes) -> Ended | None:
        """What came of a run goes to the store; None where it is to be asked for again."""
        if answer["state"] == "left":
            self.groups.add(task)
            return None
        state, message, lease = answer["state"], answer.get("message", ""), self.leases.pop(task.key)
        if "took" in answer:
            self.groups.took(task, answer["took"])
        try:
            if state == "done":
                self._keep(lease, answer, content)
                return Ended(task, "done", computed=True)
            if state == "failed":
                self.store.fail(lease, message)
                return Ended(task, "failed", message)
            return self._again(task, lease, state)
        except LeaseLost:
            self.elsewhere.append(task)  # another process took it over, and brings it to its end
            return None
        except StoreError as error:
            message = f"{type(error).__name__}: {error}"
            with contextlib.suppress(StoreError):
                self.store.fail(lease, message)
            return Ended(task, "failed", message)

    def _again(self, task: Task, lease: Lease, state: str) -> Ended | None:
        """A run that was lost on the way is asked for again, alone and after the rest; its third death is its last.

        Where a whole group was lost, nobody knows by which of its runs, and none has died by that.
        """
        self.store.interrupt(lease, "its worker process died" if state in ("died", "lost") else STOPPED)
        if state != "lost":
            self.deaths[task.key] = self.deaths.get(task.key, 0) + 1
        if self.deaths.get(task.key, 0) < ATTEMPTS:
            self.groups.add(task, alone=True)
            return None
        message = f"its worker process died {ATTEMPTS} times; memory may be short, see `thalweg doctor`"
        return Ended(task, "failed", message)

    def _answer(self, future: distributed.Future) -> tuple[dict[str, Any], list[bytes]]:
        """What a worker said of a group, or what became of all of it."""
        if future.status == "finished":
            try:
                reply, contents = future.result()
                return reply, contents
            except (futures.CancelledError, OSError):
                pass  # it was there and is lost again, with its worker or with the scheduler
        self._check_scheduler()
        if future.status == "error":
            error: Any = future.exception()
            if isinstance(error, distributed.KilledWorker):
                return {"state": "died"}, []
            if isinstance(error, ImportError) or isinstance(error.__cause__, ImportError):
                return {"worker": "that", "unfit": f"it has no fitting Thalweg ({error}); {INSTALL}"}, []
            return {"state": "failed", "message": f"{type(error).__name__}: {error}"}, []
        return {"state": "died"}, []

    def _keep(self, lease: Lease, answer: dict[str, Any], content: bytes) -> None:
        laid = None
        if self.cluster.shared is not None:
            laid = self.cluster.shared / "results" / f"{lease.key}.nc"
            content = _laid(laid, answer["digest"])
        self.store.finish_made(lease, content, answer["digest"], json.loads(answer["finals"]), answer["seconds"])
        self.store.drop_snapshot(lease.key)
        if laid is not None:
            laid.unlink(missing_ok=True)

    def _live(self) -> None:
        """Signs of life to the store; and whether there are workers still."""
        now = time.monotonic()
        if now - self.beat > BEAT:
            self.store.heartbeats([*self.leases.values(), *(lease for group in self.running.values() for _, lease in group)])
            self.beat = now
        if now - self.counted < COUNT:
            return
        self.counted = now
        threads = self.cluster._threads()
        if threads:
            self.threads, self.seen = threads, now
        elif now - self.seen > ALONE:
            raise ClusterLost(f"all workers of {self.cluster.address} have gone, and none came for {ALONE:.0f} s")

    def _check_scheduler(self) -> None:
        if self.cluster.client.status != "running":
            raise ClusterLost(f"the connection to the scheduler at {self.cluster.address} was lost")

    def _stop(self) -> None:
        """Ends what is on its way: its state is kept where it comes in time, and the runs can be claimed again."""
        while self.answered:
            group, reply, contents = self.answered.popleft()
            self._keep_stopped(group, reply, contents)
        if self.running and self.cluster.client.status == "running":
            self.cluster.stop()
            end = time.monotonic() + GRACE
            while self.running and time.monotonic() < end and self.cluster.client.status == "running":
                self._hear(0.5)
                while self.came:
                    self._stopped(self.came.popleft())
            self.cluster.client.cancel(list(self.running), force=True)
        for lease in [*self.leases.values(), *(lease for group in self.running.values() for _, lease in group)]:
            with contextlib.suppress(StoreError):
                self.store.interrupt(lease, STOPPED)
        self.running.clear()
        self.leases.clear()

    def _stopped(self, future: distributed.Future) -> None:
        group = self.running[future]
        try:
            reply, contents = self._answer(future)
        except ClusterLost:
            return
        del self.running[future]
        future.release()
        self.leases.update({task.key: lease for task, lease in group})
        self._keep_stopped(group, reply, contents)

    def _keep_stopped(self, group: Group, reply: dict[str, Any], contents: list[bytes]) -> None:
        for (task, _), answer, content in zip(group, reply.get("runs", ()), contents, strict=False):
            if task.key not in self.leases:
                continue  # it was kept before the stop
            with contextlib.suppress(StoreError):
                if answer["state"] == "done":
                    self._keep(self.leases[task.key], answer, content)
                    del self.leases[task.key]
                elif answer["state"] == "interrupted" and content:
                    self.store.snapshot(self.leases[task.key], *arrays_in(content, f"the state of {task.key}"))


def _laid(file: Path, digest: str) -> bytes:
    """The file of a run in the shared folder; b"" where it does not come. Network file systems are late at times."""
    end = time.monotonic() + LATE
    content = b""
    while sha256(content) != digest and time.monotonic() < end:
        with contextlib.suppress(OSError):
            content = file.read_bytes()
        if sha256(content) != digest:
            time.sleep(0.1)
    return content


def _is(told: Any) -> bool:
    return isinstance(told, BaseException)


def _first(troubles: Sequence[tuple[str, str]]) -> str:
    """The first trouble, and how many more there are."""
    name, trouble = troubles[0]
    more = f" (and {len(troubles) - 1} more workers with a trouble)" if len(troubles) > 1 else ""
    return f"the worker {name} cannot take part: {' '.join(trouble.split())}{more}"
