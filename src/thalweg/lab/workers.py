"""Worker processes: spawned, one core each, done again when one dies. Importing this module imports no JAX."""

import concurrent.futures as futures
import contextlib
import multiprocessing
import multiprocessing.connection
import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

ATTEMPTS = 3

_stop: Any = None
_place: Any = None
_busy = threading.Lock()


class Task:
    """What a worker is told: a study by name, its parameters, one of its cases, and where the store is.

    A worker on another machine is told the plan instead, and finds the case in it; runs of one shape may go there together.
    """

    def __init__(
        self, study: str, parameters: Any, case: Any, root: int, key: str, store: Path, plan: Any = None, shape: str = ""
    ):
        self.study, self.parameters, self.case = study, parameters, case
        self.root, self.key, self.store, self.plan, self.shape = root, key, store, plan, shape


class Ended:
    """How a task ended: `done`, `failed`, `interrupted` or, for now, `elsewhere`; a message, and whether it did the work."""

    def __init__(self, task: Task, state: str, message: str = "", computed: bool = False):
        self.task, self.state, self.message, self.computed = task, state, message, computed


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def work(tasks: Sequence[Task], jobs: int) -> Iterator[Ended]:
    """Carries tasks out on `jobs` worker processes and yields how each ended, as they end.

    A worker that dies takes its pool with it, and with the pool what the other workers were at. All of these are done
    again, each alone and after the rest, so that none is blamed for another; the third death of a task is its last. A task
    that another process is at is put off to the end, and waited for there. On
    Ctrl-C workers keep snapshots of what they are at, and the interrupt is raised again. Where this process itself is
    killed, its workers do the same and leave.
    """
    waiting = {task.key: task for task in tasks}
    deaths = dict.fromkeys(waiting, 0)
    context = multiprocessing.get_context("spawn")
    while waiting:
        chosen = [key for key in waiting if not deaths[key]] or list(waiting)[:1]
        pool, broken = None, False
        stop, at = context.RawValue("b", 0), context.RawArray("q", [-1] * min(jobs, len(chosen)))
        # Started first, as its start unblocks what the next lines block.
        multiprocessing.resource_tracker.ensure_running()
        try:
            # Held from the first semaphore on: one that is interrupted while it is made would be left behind.
            with _interrupts_held(), _main_hidden():
                places = context.SimpleQueue()
                for place in enumerate(_affinity(len(at))):
                    places.put(place)
                studies = tuple({waiting[key].study for key in chosen})
                pool = futures.ProcessPoolExecutor(len(at), context, _prepare, (stop, places, at, _cache(tasks), studies))
                running = {pool.submit(_carry_out, index, waiting[key], False): key for index, key in enumerate(chosen)}
            while running:
                for future in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
                    ended, key = future.result(), running.pop(future)
                    if ended.state == "elsewhere":
                        running[pool.submit(_carry_out, chosen.index(key), waiting[key], True)] = key
                        continue
                    del waiting[key]
                    yield ended
        except BrokenProcessPool:
            broken = True
        finally:
            stop.value = 1
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)
        if broken:
            begun = {chosen[index] for index in at if index >= 0}
            for key in (begun & waiting.keys()) or (set(chosen) & waiting.keys()):
                deaths[key] += 1
                if deaths[key] == ATTEMPTS:
                    message = f"its worker process died {ATTEMPTS} times; memory may be short, see `thalweg doctor`"
                    yield Ended(waiting.pop(key), "failed", message)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits for the end of the block, and processes that are started within it never hear of it.

    The signal is blocked, which children inherit; and held by a handler, as another thread may take what this one blocks.
    """
    held: list[Any] = []
    before = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and before is not None
    if ours:
        signal.signal(signal.SIGINT, lambda *told: held.append(told))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if ours:
            signal.signal(signal.SIGINT, before)
            if held and callable(before):
                before(*held[0])


@contextlib.contextmanager
def _main_hidden() -> Iterator[None]:
    """Processes that are started within the block do not run the script again that started them.

    They need nothing of it, and one without a guard of its own would start processes in its turn.
    """
    main, unset = sys.modules["__main__"], object()
    before = {name: main.__dict__.get(name, unset) for name in ("__spec__", "__file__")}
    for name in before:
        main.__dict__.pop(name, None)
    main.__dict__["__spec__"] = None
    try:
        yield
    finally:
        for name, value in before.items():
            if value is unset:
                main.__dict__.pop(name, None)
            else:
                main.__dict__[name] = value


def _affinity(jobs: int) -> list[Any]:
    if not hasattr(os, "sched_getaffinity"):
        return [None] * jobs
    allowed = sorted(os.sched_getaffinity(0))
    return [allowed[index % len(allowed)] for index in range(jobs)] if jobs > 1 else [None]


def _cache(tasks: Sequence[Task]) -> str:
    return str(tasks[0].store / "compiled")


def _prepare(stop: Any, places: Any, at: Any, cache: str, studies: Sequence[str]) -> None:
    """The first thing that happens in a worker: one core, float64, a compilation cache that all share.

    Studies from files are read here: their modules must be there before a task with their parameters can be unpacked.
    """
    global _stop, _place
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    index, core = places.get()
    _stop, _place = stop, (at, index)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if core is not None:
        os.sched_setaffinity(0, {core})
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = "1"
    from thalweg.lab.entry import configure
    from thalweg.studies.registry import study

    configure(cache)
    for name in studies:
        study(name)


def _leave_with_parent() -> None:
    """Where the parent was killed, ends this process too, once the run that it is at has kept its state."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    _stop.value = 1
    with _busy:
        os._exit(1)


def _stopped() -> bool:
    return bool(_stop.value)


def _carry_out(index: int, task: Task, patient: bool = True) -> Ended:
    from thalweg.lab.perform import Elsewhere, perform
    from thalweg.lab.store import Store
    from thalweg.studies.registry import study

    at, place = _place
    at[place] = index
    try:
        with _busy:
            if _stopped():  # a task that was already on its way here when the parent was killed
                return Ended(task, "interrupted")
            found = study(task.study)
            setup = found.build(task.parameters, task.case, task.root)
            with Store(task.store) as store:
                computed = perform(found, task.case, setup, task.key, store, stopped=_stopped, patient=patient)
        return Ended(task, "done", computed=computed)
    except Elsewhere:
        return Ended(task, "elsewhere")
    except KeyboardInterrupt:
        return Ended(task, "interrupted")
    except Exception as error:  # noqa: BLE001 - whatever a run raises is its result, told with the case
        return Ended(task, "failed", f"{type(error).__name__}: {error}")
