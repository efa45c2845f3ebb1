"""Schedulers and workers of Dask, each a process that was started from its command line, on this machine alone."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DASK = [sys.executable, "-m", "dask"]


def until(ready: Callable[[], Any], seconds: float = 120.0) -> Any:
    """What `ready` says once it says anything."""
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
    return found


def alive(pid: int) -> bool:
    """Whether there is such a process, and it is no zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def children(pid: int) -> list[int]:
    """The processes that a process has started and that live, and theirs."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[0] not in "ZX":
                parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        mine = parents.get(todo.pop(), [])
        found += mine
        todo += mine
    return found


class Processes:
    """A scheduler and its workers, with their logs in a folder."""

    def __init__(self, folder: Path):
        self.folder, self.address = folder, ""
        self.started: list[subprocess.Popen[bytes]] = []
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    def scheduler(self) -> subprocess.Popen[bytes]:
        """Starts one, on the port of the last one if there was one; returns once it listens."""
        port, file = self.address.rpartition(":")[2] or "0", self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        place = ("--host", "127.0.0.1", "--port", port, "--no-dashboard", "--scheduler-file", str(file))
        process = self._start("scheduler", "scheduler", *place)
        self.address = json.loads(until(lambda: file.is_file() and file.read_text()))["address"]
        return process

    def worker(self, name: str, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        """Starts one of one thread; `joined` waits for it."""
        place = ("--host", "127.0.0.1", "--no-dashboard", "--local-directory", str(self.folder / name))
        words = (self.address, "--nthreads", "1", "--name", name, "--death-timeout", "300", *place, *words)
        process = self._start(name, "worker", *words, **variables)
        self.workers[name] = process
        return process

    def joined(self, count: int) -> None:
        """Waits until there are so many workers."""
        from distributed import Client

        with Client(self.address, timeout=60, set_as_default=False) as client:
            workers: Any = client  # not the coroutines of an asynchronous one
            until(lambda: len(workers.nthreads()) == count)

    def leave(self, name: str) -> None:
        """Ends a worker in good order."""
        process = self.workers.pop(name)
        process.send_signal(signal.SIGTERM)
        process.wait(60)

    def end(self) -> None:
        """Ends all of them, with all that they started."""
        below = [pid for process in self.started for pid in children(process.pid)]
        for process in self.started:
            process.kill()
        for process in self.started:
            process.wait()
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(alive(pid) for pid in below))

    def _start(self, name: str, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            variables = {"XDG_CACHE_HOME": str(self.folder / "cache"), **variables}
            process = subprocess.Popen([*DASK, *words], stdout=log, stderr=log, env={**os.environ, **variables})
        self.started.append(process)
        return process


@contextlib.contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """A scheduler without workers yet; all are gone at the end."""
    made = Processes(folder)
    try:
        made.scheduler()
        yield made
    finally:
        made.end()
