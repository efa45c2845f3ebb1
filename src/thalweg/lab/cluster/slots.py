"""What runs inside a Dask worker: it hands each run to a process of its own, and ends it when nobody wants the run any longer.

Dask's own threads only wait, so that heartbeats and messages go on while JAX compiles; a run that takes its process down
with it costs itself and nothing else. Nothing here imports JAX.
"""

import asyncio
import atexit
import contextlib
import hashlib
import os
import platform
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import distributed

from thalweg._storage.owner import this_host
from thalweg.lab.cluster.facts import differences, facts
from thalweg.lab.cluster.frames import receive, send

LOOK = 1.0
"""Seconds between looks at whether a run is still wanted."""
LARGE = 32_000_000
"""Bytes of files that go back together; what is left of a group then is handed back undone."""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_UNWANTED = "MALLOC_TRIM_THRESHOLD_"  # Dask sets it for its own process; large arrays would be mapped anew each time

_GONE = (distributed.Status.closing, distributed.Status.closed, distributed.Status.failed)

_lock = threading.Lock()
_idle: list["Process"] = []
_busy: dict[str, set["Process"]] = {}
_stopped: set[str] = set()
_folder: tempfile.TemporaryDirectory[str] | None = None


class ProcessDied(Exception):
    """A process that ended before it answered."""


class Unfit(Exception):
    """A worker that cannot take part, and why."""


class Process:
    """A process that computes. Its start is over when it has told what device it has."""

    def __init__(self, like: dict[str, str]):
        kept = {name: value for name, value in os.environ.items() if name != _UNWANTED}
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "thalweg.lab.cluster.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, **dict.fromkeys(_ONE_THREAD, "1")},
        )
        assert self.popen.stdin is not None
        self._in = self.popen.stdin
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._sending = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()
        answer, _ = self.ask({"do": "start", "cache": _cache(), "facts": like})
        if answer["state"] != "ready":
            self.end()
            raise Unfit(answer["message"])
        self.device, self.platform, self.float64 = answer["device"], answer["platform"], answer["float64"]

    def ask(
        self, header: dict[str, Any], *parts: bytes, unwanted: Callable[[], bool] = lambda: False
    ) -> tuple[dict[str, Any], bytes]:
        """What it answers.

        Raises:
            ProcessDied: it ended before it did, or was ended, as nobody wants the answer.
        """
        self._send(header, *parts)
        while True:
            try:
                answer = self._answers.get(timeout=LOOK)
            except queue.Empty:
                if unwanted():
                    self.end()
                continue
            if answer is None:
                self.end()
                raise ProcessDied(f"exit code {self.popen.returncode}")
            return answer[0], answer[1][0]

    def stop(self, token: str) -> None:
        """Tells it to hand over the state of the run that it is at for the asker."""
        self._send({"do": "stop", "token": token})

    def end(self) -> None:
        """Ends it, whatever it is at."""
        self.popen.kill()
        with contextlib.suppress(OSError):
            self._in.close()
        self.popen.wait()

    def _send(self, header: dict[str, Any], *parts: bytes) -> None:
        with self._sending, contextlib.suppress(OSError, ValueError):  # it has ended: the answer to that is None
            send(self._in, header, *parts)

    def _listen(self) -> None:
        assert self.popen.stdout is not None
        while (answer := receive(self.popen.stdout)) is not None:
            self._answers.put(answer)
        self._answers.put(None)
        self.popen.stdout.close()


async def look(asked: dict[str, Any], dask_worker: Any) -> dict[str, Any]:
    """What this worker is, and whether it can take part: called on every worker before anything is run."""
    return await asyncio.to_thread(_look, asked, dask_worker.state.nthreads, dask_worker.local_directory)


def _look(asked: dict[str, Any], threads: int, folder: str) -> dict[str, Any]:
    found: dict[str, Any] = {"facts": facts(), "threads": threads, "host": this_host()}
    found["visible"] = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
    try:
        _check(asked)
        process = _taken(asked)
        try:
            _check_device(process, threads)
            answer, _ = process.ask({"do": "look", "studies": asked["studies"], "folder": _place(folder)})
        except Unfit:
            process.end()
            raise
        _give_back(process)
        if answer["state"] != "ready":
            raise Unfit(f"it cannot read the study: {answer['message']}")
    except (Unfit, ProcessDied) as error:
        said = str(error) if isinstance(error, Unfit) else f"a process for JAX does not live there ({error}); see its log"
        return {**found, "trouble": said}
    return {**found, "trouble": "", "device": process.device, "platform": process.platform}


def carry_out(asked: dict[str, Any], states: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """A group of runs, one after the other: how each ended, and its file or, where it was stopped, its state.

    This is the task that Dask knows. What it has not come to when its time is over, or when its process dies, is handed back
    undone.
    """
    worker = distributed.get_worker()
    token = asked["token"]
    try:
        _check(asked)
        process = _taken(asked)
        if process.device != asked["device"]:
            _give_back(process)
            raise Unfit(f"its device is a {process.device}, those of the others are {asked['device']}")
    except Unfit as error:
        return {"worker": worker.address, "unfit": str(error)}, []
    except ProcessDied as error:
        return _answered(asked, worker, [{"state": "died", "message": str(error)}], [b""])
    with _lock:
        stopped = token in _stopped
        if not stopped:
            _busy.setdefault(token, set()).add(process)
    answers: list[dict[str, Any]] = []
    contents: list[bytes] = []
    end = time.monotonic() + asked["seconds"]
    try:
        for task, state in zip(asked["tasks"], states, strict=True):
            if token in _stopped or (answers and (time.monotonic() > end or sum(map(len, contents)) > LARGE)):
                break
            answer, content = _one(asked, task, state, process, worker)
            answers.append(answer)
            contents.append(content)
            if answer["state"] == "died":
                break
    finally:
        with _lock:
            _busy.get(token, set()).discard(process)
        if process.popen.poll() is None:
            _give_back(process)
    return _answered(asked, worker, answers, contents)


def _one(
    asked: dict[str, Any], task: dict[str, Any], state: bytes, process: Process, worker: Any
) -> tuple[dict[str, Any], bytes]:
    began = time.monotonic()
    header = {**task, "plan": asked["plan"], "do": "run", "token": asked["token"], "shared": asked["shared"]}
    header["folder"] = _place(worker.local_directory)
    try:
        answer, content = process.ask(header, state, unwanted=_unwanted(worker))
        if answer["state"] == "done" and asked["shared"]:
            content = _laid(Path(asked["shared"]), task["key"], content)
    except ProcessDied as error:
        return {"state": "died", "message": str(error)}, b""
    except OSError as error:
        return {"state": "failed", "message": f"{type(error).__name__}: {error}"}, b""
    return {**answer, "took": time.monotonic() - began}, content


def _answered(
    asked: dict[str, Any], worker: Any, answers: list[dict[str, Any]], contents: list[bytes]
) -> tuple[dict[str, Any], list[bytes]]:
    left = len(asked["tasks"]) - len(answers)
    return {"worker": worker.address, "runs": [*answers, *[{"state": "left"}] * left]}, [*contents, *[b""] * left]


def stop(token: str) -> None:
    """Runs of one asker end: those on their way hand over their state, those still to come are handed back."""
    with _lock:
        _stopped.add(token)
        told = list(_busy.get(token, ()))
    for process in told:
        process.stop(token)


@atexit.register
def _leave() -> None:
    with _lock:
        ended = list(_idle)
        _idle.clear()
    for process in ended:
        process.end()


def _check(asked: dict[str, Any]) -> None:
    unlike = differences(asked["facts"], facts())
    if unlike:
        raise Unfit(unlike)
    if asked["shared"]:
        _check_shared(Path(asked["shared"]), asked["token"])


def _check_shared(shared: Path, token: str) -> None:
    if not (shared / f"{token}.asked").is_file():
        raise Unfit(f"it does not see the shared folder {shared}: mount the folder there under the same name")
    mine = shared / f"{token}.{os.getpid()}-{threading.get_ident()}"
    try:
        mine.write_bytes(b"")
        mine.unlink()
    except OSError as error:
        raise Unfit(f"it cannot write to the shared folder {shared} ({error.strerror})") from None


def _check_device(process: Process, threads: int) -> None:
    if not process.float64:
        raise Unfit("JAX computes in float32 there: take JAX_ENABLE_X64 and the like out of its environment")
    if process.platform != "cpu" and threads > 1:
        raise Unfit(f"its {threads} threads would share one {process.device}: start it with --nthreads 1, one for each device")


def _taken(asked: dict[str, Any]) -> Process:
    """A process that has nothing to do and still is of the code that is asked for, or a new one."""
    while True:
        with _lock:
            process = _idle.pop() if _idle else None
        if process is None:
            return Process(asked["facts"])
        with contextlib.suppress(ProcessDied):
            if process.ask({"do": "compare", "facts": asked["facts"]})[0]["state"] == "ready":
                return process
        process.end()


def _give_back(process: Process) -> None:
    with _lock:
        _idle.append(process)


def _place(folder: str) -> str:
    """A folder for the files of studies, which goes when this worker goes."""
    global _folder
    with _lock:
        if _folder is None:
            _folder = tempfile.TemporaryDirectory(prefix="thalweg-", dir=folder if Path(folder).is_dir() else None)
        return _folder.name


def _unwanted(worker: Any) -> Callable[[], bool]:
    """Whether Dask no longer wants the task of this thread, as its client was killed say, or the worker is closing.

    A worker whose scheduler goes while it closes may never end (Dask's own race): its processes do not wait for it.
    """
    key = worker.get_current_task()

    def unwanted() -> bool:
        if worker.status in _GONE:
            return True
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    return unwanted


def _laid(shared: Path, key: str, content: bytes) -> bytes:
    """The file of a run in the shared folder; nothing of it travels then."""
    folder = shared / "results"
    folder.mkdir(exist_ok=True)
    beside = folder / f".{key}.{os.getpid()}"
    beside.write_bytes(content)
    os.replace(beside, folder / f"{key}.nc")
    return b""


def _cache() -> str | None:
    """Where compiled programs are kept: one folder for each kind of processor, as they are made for one."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "thalweg" / "compiled" / _processor()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder) if os.access(folder, os.W_OK) else None


def _processor() -> str:
    told: Sequence[str] = ()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        told = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return hashlib.sha256("\n".join([platform.machine(), *told]).encode()).hexdigest()[:12]
