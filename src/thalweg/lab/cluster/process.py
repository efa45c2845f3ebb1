"""The process in which a worker of a cluster computes: one thread, float64, runs one after the other.

It is started by `slots`, is told what to do on its standard input, and leaves when that closes. What a study prints goes to
the worker's log.
"""

import functools
import hashlib
import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from thalweg.lab.cluster.frames import receive, send

IDLE = 60.0
"""Seconds without anything to do after which the process leaves, and gives memory and device back."""

ANOTHER = (
    "the study builds another run on the worker than where it was asked for: its cases must depend on nothing but its "
    "parameters, the seeds and data that are alike on all machines"
)


def main() -> None:
    """Answers until nobody asks any longer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the worker, which ends this process as it likes
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    stopped: set[str] = set()
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, requests, stopped), daemon=True).start()
    while True:
        try:
            header, parts = requests.get(timeout=IDLE)
        except queue.Empty:
            os._exit(0)  # an orderly end would wait for the thread that listens
        try:
            answer, content = {"start": _start, "compare": _compare, "look": _look, "run": _run}[header["do"]](
                header, parts, stopped
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to whoever asked
            answer, content = {"state": "failed", "message": f"{type(error).__name__}: {error}"}, b""
        send(answers, answer, content)


def _listen(asked: IO[bytes], requests: Any, stopped: set[str]) -> None:
    while (message := receive(asked)) is not None:
        if message[0]["do"] == "stop":
            stopped.add(message[0]["token"])  # it may come before the run that it is meant for
        else:
            requests.put(message)
    os._exit(0)  # the worker has gone: nobody waits for what this process is at


def _start(header: dict[str, Any], parts: list[bytes], stopped: set[str]) -> tuple[dict[str, Any], bytes]:
    """Float64, a cache of compiled programs, and pools of one thread each, as in a pool of one machine."""
    from thalweg.lab.entry import configure

    answer, _ = _compare(header, parts, stopped)
    if answer["state"] != "ready":
        return answer, b""
    configure(header["cache"])
    import jax

    from thalweg.trajectory.provenance import environment

    if hasattr(os, "sched_setaffinity"):
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {sorted(allowed)[os.getpid() % len(allowed)]})
        environment()  # makes the pools, which count processors once; then they may run on any
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), allowed)
    device = jax.devices()[0]
    precise = jax.numpy.zeros(()).dtype == "float64"
    return {"state": "ready", "device": device.device_kind, "platform": device.platform, "float64": bool(precise)}, b""


def _compare(header: dict[str, Any], parts: list[bytes], stopped: set[str]) -> tuple[dict[str, Any], bytes]:
    """Whether the code here is that of the asker: files may have changed since the worker started, or this process."""
    from thalweg.lab.cluster.facts import differences, facts

    unlike = differences(header["facts"], facts())
    return ({"state": "failed", "message": unlike} if unlike else {"state": "ready"}), b""


def _look(header: dict[str, Any], parts: list[bytes], stopped: set[str]) -> tuple[dict[str, Any], bytes]:
    """Whether the studies can be read here."""
    for asked in header["studies"]:
        _study(asked, header["folder"])
    return {"state": "ready"}, b""


def _run(header: dict[str, Any], parts: list[bytes], stopped: set[str]) -> tuple[dict[str, Any], bytes]:
    from thalweg._storage.atomic import sha256
    from thalweg._storage.files import dataset_bytes
    from thalweg.lab.cluster.states import States
    from thalweg.lab.perform import computed
    from thalweg.lab.specification import case_key
    from thalweg.lab.store.index import to_json

    shared = header["shared"]
    study, parameters, root, cases = _planned(json.dumps(header["plan"]), header["folder"])
    case = cases[min(header["index"], len(cases) - 1)]
    setup = study.build(parameters, case, root)
    if str(case) != header["case"] or case_key(study.build, setup) != header["key"]:
        return {"state": "failed", "message": ANOTHER}, b""
    states = States(parts[0], Path(shared) / "snapshots" / f"{header['key']}.npz" if shared else None)

    def report(progress: Any) -> None:
        if header["token"] in stopped:
            raise KeyboardInterrupt

    began = time.perf_counter()
    try:
        dataset, finals = computed(setup, case, states, report)
    except KeyboardInterrupt:
        return {"state": "interrupted"}, states.content
    seconds = time.perf_counter() - began
    content = dataset_bytes(dataset)
    answer = {"state": "done", "finals": to_json(finals, "finals"), "seconds": seconds, "digest": sha256(content)}
    states.drop()
    return answer, content


@functools.lru_cache(maxsize=1)
def _planned(text: str, folder: str) -> tuple[Any, Any, int, Any]:
    """The study of a plan, its parameters, its root seed and its cases; read once for all runs of a plan that follow."""
    from thalweg.lab.plan import Plan

    asked = json.loads(text)
    plan = Plan(asked["study"]["name"], asked["quick"], asked["root"], asked["seeds"], tuple(asked["settings"]))
    study, parameters, seeds = plan.of(_study(asked["study"], folder))
    return study, parameters, plan.root, study.cases(parameters, seeds)


def _study(asked: dict[str, Any], folder: str) -> Any:
    """The study of a name, or of the text of a file, which becomes the same module as where it comes from."""
    from thalweg.studies.registry import study, study_of_copy

    if asked["text"] is None:
        return study(asked["name"])
    content = asked["text"].encode()
    path = Path(folder) / hashlib.sha256(content).hexdigest()[:16] / asked["file"]
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_bytes(content)
        os.replace(beside, path)
    try:
        return study_of_copy(path, asked["module"])
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), asked["file"])) from None


if __name__ == "__main__":
    main()
