"""What a Dask cluster costs beside the pool of one machine, how it scales, and what a thousand workers would do.

    python benchmarks/cluster.py [--seeds 120] [--rounds 2] [--tiny 400] [--slots 1 2 4 8] [--quick] [--json FILE] [--parts ...]

Everything runs on this machine: a scheduler and workers of one thread each, started with `dask scheduler` and `dask worker`
for each measurement, before its clock starts. What is compared is run in turn (pool, cluster, cluster, pool, ...), each time
into a fresh store and with fresh processes and compilations inside the clock, so that a disturbance meets both; still, on
a machine that others use the ratio carries their noise, and the load is kept with the numbers.

1. Overhead: the same completions on two worker processes of this machine and on a cluster of two workers.
2. Scaling: the same completions on a cluster of one worker and of two.
3. Slots: runs that sleep, on as many threads of one worker as `--slots` says. They need no processor, so that more of them
   than this machine has processors show what the scheduler and the store allow.
4. Many tiny runs, each a task of Dask of its own and in groups: seconds of the asking process, of the scheduler and of a
   worker's thread, fitted as so much a run and so much a task; and what the store takes to keep one run, alone.
5. Compilation: the first run of a shape in a process, where nothing is compiled yet and where another process has compiled
   it, beside a later run: what giving runs of equal shape to the same worker could save.
6. A model, from 4 alone: runs a second are the least of W / (r + o) for W threads, runs of r seconds and o seconds between
   two runs of a thread, of 1 / a for a seconds of the asking process, and of 1 / s for s seconds of the scheduler, where o,
   a and s are what a run costs and the part of it in what its task costs. It is a model: nothing here has a thousand
   workers. Part 3 is what it is held against.

`--parts` measures some of these alone and takes the others from the file of `--json` as they were.
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cluster_study import Parameters
from common import environment, table, write

import thalweg as tw
from thalweg._storage.atomic import sha256
from thalweg._storage.files import dataset_bytes
from thalweg.lab.store import Store, key

STUDY = Path(__file__).with_name("cluster_study.py")
DASK = [sys.executable, "-m", "dask"]
TICKS = os.sysconf("SC_CLK_TCK")
LIMIT = 1.15
WORKERS = (1, 2, 10, 100, 1000)
LENGTHS = (0.1, 1.0, 10.0, 60.0, 600.0)
PARTS = ("overhead", "scaling", "slots", "tiny", "compilation")


class Cluster:
    """A scheduler and its workers."""

    def __init__(self, folder: Path, workers: int, threads: int, cache: Path):
        self.folder, self.started = folder, []
        file = folder / "scheduler.json"
        quiet = ("--host", "127.0.0.1", "--no-dashboard")
        self._start("scheduler", "--port", "0", *quiet, "--scheduler-file", str(file))
        while not (file.is_file() and file.read_text()):
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]
        for number in range(workers):
            place = ("--local-directory", str(folder / f"w{number}"), "--nthreads", str(threads), "--no-nanny")
            self._start("worker", self.address, *quiet, *place, cache=cache)
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers)

    def seconds_of_scheduler(self) -> float:
        """Processor seconds that the scheduler has taken."""
        fields = Path(f"/proc/{self.started[0].pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def end(self) -> None:
        """Workers first, with their processes; then the scheduler."""
        for process in reversed(self.started):  # together, a worker may wait forever for a scheduler that is closing
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, *words: str, cache: Path | None = None) -> None:
        log = (self.folder / "log").open("ab")
        variables = {} if cache is None else {"XDG_CACHE_HOME": str(cache)}
        self.started.append(subprocess.Popen([*DASK, *words], stdout=log, stderr=log, env={**os.environ, **variables}))
        log.close()


@contextlib.contextmanager
def cluster(workers: int, threads: int = 1, cache: Path | None = None) -> Iterator[Cluster]:
    """A cluster that is there, without a process for JAX yet; compiled programs go to a folder of its own unless given."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Cluster(Path(folder), workers, threads, cache or Path(folder) / "cache")
        try:
            yield made
        finally:
            made.end()


def timed(seeds: int, settings: Sequence[str], **where: Any) -> dict[str, Any]:
    """Seconds of a study into a fresh store, of its runs together, and each."""
    with tempfile.TemporaryDirectory() as folder:
        own, began = time.process_time(), time.perf_counter()
        done = tw.lab.run(STUDY, folder, seeds=seeds, settings=settings, **where)
        seconds, own = time.perf_counter() - began, time.process_time() - own
        with Store(folder, "r") as store:
            each = [record.seconds or 0.0 for record in store.query(state="done")]
    if done.missing or done.verdicts[0].verdict != "pass":
        raise SystemExit(f"the study did not come back whole: {done.missing[:1]} {done.verdicts}")
    return {"seconds": seconds, "inside runs": sum(each), "runs": len(each), "own": own}


def on_cluster(workers: int, seeds: int, settings: Sequence[str], threads: int = 1) -> dict[str, Any]:
    """The same on a cluster, with the processor seconds of its scheduler."""
    with cluster(workers, threads) as there:
        before = there.seconds_of_scheduler()
        found = timed(seeds, settings, client=there.address)
        return {**found, "scheduler": there.seconds_of_scheduler() - before}


def overhead(seeds: int, rounds: int) -> dict[str, Any]:
    """Pool and cluster of two in turn."""
    sides: dict[str, list[dict[str, Any]]] = {"pool": [], "cluster": []}
    for number in range(rounds):
        for side in ("pool", "cluster") if number % 2 == 0 else ("cluster", "pool"):
            found = timed(seeds, (), jobs=2) if side == "pool" else on_cluster(2, seeds, ())
            sides[side].append(found)
            busy = found["inside runs"] / found["seconds"] / 2
            print(
                f"  {side}: {found['seconds']:.1f} s for {found['runs']} runs, workers busy {100 * busy:.1f} % of it", flush=True
            )
    whole = {side: sum(one["seconds"] for one in found) for side, found in sides.items()}
    busy = {side: sum(one["inside runs"] for one in found) / whole[side] / 2 for side, found in sides.items()}
    return {"sides": sides, "seconds": whole, "busy": busy, "ratio": whole["cluster"] / whole["pool"]}


def scaling(seeds: int) -> list[dict[str, Any]]:
    """One worker, two, two, one."""
    rows = [{"workers": workers, **on_cluster(workers, seeds, ())} for workers in (1, 2, 2, 1)]
    return [
        {
            "workers": workers,
            "seconds": statistics.fmean(row["seconds"] for row in rows if row["workers"] == workers),
            "inside runs": statistics.fmean(row["inside runs"] for row in rows if row["workers"] == workers),
            "runs": 2 * seeds,
        }
        for workers in (1, 2)
    ]


def slots(counts: Sequence[int], seconds: float, each: int) -> list[dict[str, Any]]:
    """Runs that sleep, so many for each thread of one worker; the start of its processes is timed apart and taken off."""
    rows = []
    for count in counts:
        with cluster(1, count) as there:
            settings = ("kind=wait", f"seconds={seconds}")
            timed(count, ("kind=wait", f"seconds={seconds / 2}"), client=there.address)  # starts the processes
            found = timed(count * each, settings, client=there.address)
        least = each * seconds
        rows.append({"threads": count, **found, "least": least, "efficiency": least / found["seconds"]})
    return rows


@contextlib.contextmanager
def counted(alone: bool) -> Iterator[list[int]]:
    """How many runs each task of Dask holds; one each if `alone`."""
    from thalweg.lab.cluster import cluster as asking
    from thalweg.lab.cluster import groups

    sizes: list[int] = []
    kind: Any = asking.Cluster
    before = kind.submit, groups.MOST

    def submit(self: Any, tasks: Any, *more: Any) -> Any:
        sizes.append(len(tasks))
        return before[0](self, tasks, *more)

    kind.submit, groups.MOST = submit, 1 if alone else groups.MOST
    try:
        yield sizes
    finally:
        kind.submit, groups.MOST = before


def tiny(count: int, alone: bool) -> dict[str, Any]:
    """Runs that do nothing, on two workers that are warm; each a task of Dask of its own, or in groups."""
    with cluster(2) as there:
        timed(2, ("kind=wait", "seconds=0.25"), client=there.address)
        empty = timed(2, ("kind=wait", "seconds=0.001"), client=there.address)
        before = there.seconds_of_scheduler()
        with counted(alone) as sizes:
            found = timed(count, ("kind=wait",), client=there.address)
        scheduler = there.seconds_of_scheduler() - before
    runs, seconds = found["runs"] - empty["runs"], found["seconds"] - empty["seconds"]
    return {
        "runs": found["runs"],
        "group": found["runs"] / len(sizes),
        "between runs of a thread": 2 * seconds / runs - found["inside runs"] / found["runs"],
        "asking process": (found["own"] - empty["own"]) / runs,
        "scheduler": scheduler / found["runs"],
    }


def costs(alone: dict[str, Any], together: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Seconds for each run and for each task, such that both measurements come out: cost of a run = run + task / group."""
    found = {}
    for name in ("between runs of a thread", "asking process", "scheduler"):
        task = (alone[name] - together[name]) / (1 / alone["group"] - 1 / together["group"])
        task = min(max(0.0, task), alone[name])
        found[name] = {"task": task, "run": max(0.0, alone[name] - task / alone["group"])}
    return found


def store_alone(count: int) -> dict[str, float]:
    """Seconds to claim a run and to keep its file, as the asking process does."""
    import numpy as np
    import xarray as xr

    content = dataset_bytes(xr.Dataset({"values": (("record", "index"), np.random.default_rng(0).normal(size=(400, 28)))}))
    digest, finals = sha256(content), {"loss": 1e-6, "seconds": 1.0}
    keys = [key({"number": number}) for number in range(count)]
    with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        began = time.perf_counter()
        leases = [store.claim(one, "benchmark", {"seed": 0}) for one in keys]
        between = time.perf_counter()
        for lease in leases:
            assert lease is not None
            store.finish_made(lease, content, digest, finals, 1.0)
        end = time.perf_counter()
    return {"claim": (between - began) / count, "keep": (end - between) / count, "bytes": len(content)}


def compilation() -> dict[str, float]:
    """Seconds of the first run of a shape: compiled, found compiled by another process, and of a later run."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in ("compiled here", "compiled by another process"):
            with cluster(1, cache=Path(cache)) as there:
                first = timed(1, ("depths=3",), client=there.address)
                found[name] = first["inside runs"]
                rest = timed(4, ("depths=3",), client=there.address)
                found["later"] = min(found.get("later", 1e9), rest["inside runs"] / rest["runs"])
    return found


def model(fitted: dict[str, dict[str, float]], store: dict[str, float]) -> list[dict[str, Any]]:
    """Share of the threads' time that is spent inside runs, by workers and by length of a run."""
    from thalweg.lab.cluster.groups import MOST, SECONDS

    rows = []
    for workers in WORKERS:
        row: dict[str, Any] = {"workers": workers}
        for length in LENGTHS:
            group = max(1, min(MOST, int(SECONDS / length)))
            between, asking, scheduler = (cost["run"] + cost["task"] / group for cost in fitted.values())
            asking = max(asking, store["claim"] + store["keep"])
            rate = min(workers / (length + between), 1 / asking, 1 / scheduler)
            row[f"runs of {length:g} s"] = rate * length / workers
        rows.append(row)
    return rows


def show(found: dict[str, Any]) -> None:
    """Prints what was measured."""
    over, small, kept, made = found["overhead"], found["tiny"], found["store"], found["compilation"]
    alone, together = small["alone"], small["together"]
    print("\nOverhead, two workers, in turn")
    header = ("side", "seconds", "runs", "workers busy")
    rows = [
        (side, over["seconds"][side], sum(one["runs"] for one in over["sides"][side]), over["busy"][side])
        for side in over["sides"]
    ]
    table(header, rows)
    print(f"the cluster takes {over['ratio']:.3f} times as long as the pool")
    print("\nScaling, the same runs on a cluster")
    one = found["scaling"][0]["seconds"]
    table(
        ("workers", "seconds", "runs", "times as fast"),
        [(r["workers"], r["seconds"], r["runs"], one / r["seconds"]) for r in found["scaling"]],
    )
    print(f"\nRuns that sleep {found['sleep']:g} s, on threads of one worker")
    table(
        ("threads", "runs", "seconds", "least possible", "efficiency"),
        [(r["threads"], r["runs"], r["seconds"], r["least"], r["efficiency"]) for r in found["slots"]],
    )
    print(f"\nA run that does nothing ({alone['runs']} of them on two workers), milliseconds")
    names = {
        "between runs of a thread": "between two runs of a thread",
        "asking process": "processor of the asking process",
        "scheduler": "processor of the scheduler",
    }
    rows = [
        (words, *(1000 * one[name] for one in (alone, together)), *(1000 * small["fitted"][name][of] for of in ("run", "task")))
        for name, words in names.items()
    ]
    table(("what", "a task each", f"{together['group']:.1f} a task", "fitted: a run", "a task"), rows)
    print(
        f"the store alone: a claim {1000 * kept['claim']:.2f}, a file of {kept['bytes'] / 1000:.0f} kB {1000 * kept['keep']:.2f}"
    )
    print("\nOne run of depth 3, seconds")
    table(("first of its shape", "seconds"), list(made.items()))
    print("\nModel, not a measurement: share of the workers' time inside runs")
    names = [name for name in found["model"][0] if name != "workers"]
    table(("workers", *names), [(row["workers"], *(row[name] for name in names)) for row in found["model"]])
    load = found["environment"]["load when finished"]
    print(f"\nload when finished {load:.1f}; peak memory of a process {found['megabytes']:.0f} MB")


def main() -> None:
    """Measures, prints, writes; exit code 1 where the cluster takes more than 1.15 times as long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=120, help="completions of each depth in parts 1 and 2")
    parser.add_argument("--rounds", type=int, default=2, help="of pool and cluster in turn")
    parser.add_argument("--tiny", type=int, default=400, help="runs that do nothing")
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 2, 4, 8], help="threads of part 3")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure")
    parser.add_argument("--quick", action="store_true", help="a few runs of everything, to see that it works")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    asked = parser.parse_args()
    if asked.quick:
        asked.seeds, asked.rounds, asked.tiny, asked.slots = 4, 1, 40, [2]
    sleep, parameters = 0.5, Parameters()
    print(f"completions at depths {parameters.depths}, rtol {parameters.rtol:g}, {asked.seeds} seeds", flush=True)
    found: dict[str, Any] = {}
    if asked.parts != list(PARTS) and asked.json is not None and asked.json.is_file():
        found = json.loads(asked.json.read_text())
    found["sleep"] = sleep
    if "overhead" in asked.parts:
        found["overhead"] = overhead(asked.seeds, asked.rounds)
    if "scaling" in asked.parts:
        found["scaling"] = scaling(max(1, asked.seeds // 4))
    if "slots" in asked.parts:
        found["slots"] = slots(asked.slots, sleep, 10)
    if "tiny" in asked.parts:
        small = {"alone": tiny(asked.tiny, True), "together": tiny(asked.tiny, False)}
        found["tiny"], found["store"] = {**small, "fitted": costs(**small)}, store_alone(300)
    if "compilation" in asked.parts:
        found["compilation"] = compilation()
    found["model"] = model(found["tiny"]["fitted"], found["store"])
    found["megabytes"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    found["environment"] = environment(2)
    show(found)
    write(asked.json, found)
    sys.exit(found["overhead"]["ratio"] > LIMIT)


if __name__ == "__main__":
    main()
