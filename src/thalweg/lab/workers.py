"""Worker processes: spawned, one core each, done again when one dies. Importing this module imports no JAX."""

import concurrent.futures as futures
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

ATTEMPTS = 3

_stop: Any = None


class Task:
    """What a worker is told: a study by name, its parameters, one of its cases, and where the store is."""

    def __init__(self, study: str, parameters: Any, case: Any, root: int, key: str, store: Path):
        self.study, self.parameters, self.case = study, parameters, case
        self.root, self.key, self.store = root, key, store


class Ended:
    """How a task ended: `done`, `failed` or `interrupted`, with a message, and whether the work was done by it."""

    def __init__(self, task: Task, state: str, message: str = "", computed: bool = False):
        self.task, self.state, self.message, self.computed = task, state, message, computed


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def work(tasks: Sequence[Task], jobs: int) -> Iterator[Ended]:
    """Carries tasks out on `jobs` worker processes and yields how each ended, as they end.

    A worker that dies takes its pool with it: a new pool does what is not done, at most three times for any task. On
    Ctrl-C workers keep snapshots of what they are at, and the interrupt is raised again.
    """
    waiting = {task.key: task for task in tasks}
    attempts = dict.fromkeys(waiting, 0)
    context = multiprocessing.get_context("spawn")
    while waiting:
        stop, queue = context.Event(), context.SimpleQueue()
        for core in _affinity(jobs):
            queue.put(core)
        pool = futures.ProcessPoolExecutor(jobs, context, _prepare, (stop, queue, _cache(tasks)))
        running: dict[futures.Future[Ended], str] = {}
        try:
            running = {pool.submit(_carry_out, task): key for key, task in waiting.items()}
            for future in futures.as_completed(running):
                ended = future.result()
                del waiting[running[future]]
                yield ended
        except BrokenProcessPool:
            for future, key in running.items():
                if key in waiting and not future.cancelled() and future.done():
                    attempts[key] += 1
            for key in [key for key, count in attempts.items() if key in waiting and count >= ATTEMPTS]:
                message = f"its worker process died {ATTEMPTS} times; memory may be short, see `thalweg doctor`"
                yield Ended(waiting.pop(key), "failed", message)
        except (KeyboardInterrupt, GeneratorExit):
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _affinity(jobs: int) -> list[Any]:
    if not hasattr(os, "sched_getaffinity"):
        return [None] * jobs
    allowed = sorted(os.sched_getaffinity(0))
    return [allowed[index % len(allowed)] for index in range(jobs)] if jobs > 1 else [None]


def _cache(tasks: Sequence[Task]) -> str:
    return str(tasks[0].store / "compiled")


def _prepare(stop: Any, queue: Any, cache: str) -> None:
    """The first thing that happens in a worker: one core, float64, a compilation cache that all share."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    core = queue.get()
    if core is not None:
        os.sched_setaffinity(0, {core})
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = "1"
    from thalweg.lab.entry import configure

    configure(cache)


def _carry_out(task: Task) -> Ended:
    from thalweg.lab.perform import perform
    from thalweg.lab.store import Store
    from thalweg.studies.registry import study

    try:
        found = study(task.study)
        setup = found.build(task.parameters, task.case, task.root)
        with Store(task.store) as store:
            computed = perform(found, task.case, setup, task.key, store, stopped=_stop.is_set)
        return Ended(task, "done", computed=computed)
    except KeyboardInterrupt:
        return Ended(task, "interrupted")
    except Exception as error:  # noqa: BLE001 - whatever a run raises is its result, told with the case
        return Ended(task, "failed", f"{type(error).__name__}: {error}")
