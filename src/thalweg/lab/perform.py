"""One case from claim to result: what a worker does."""

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from thalweg import exact
from thalweg.lab.store import CorruptSnapshot, Lease, LeaseLost, Store
from thalweg.studies.study import Case, Report, Setup, Solve, Study, Work
from thalweg.trajectory.checkpoint import Snapshots
from thalweg.trajectory.follow import Progress, follow
from thalweg.trajectory.identity import identity_of
from thalweg.trajectory.provenance import describe, environment

POLL = 0.5
STOPPED = "stopped by the user; run the same command again to go on"


class Elsewhere(Exception):
    """A run that another process is at."""


class StoreSnapshots:
    """Snapshots of a run in the store, under the claim that its worker holds."""

    def __init__(self, store: Store, claim: Lease):
        self.store, self.claim = store, claim

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The last snapshot, or None; a damaged one, or one of other versions, is as good as none."""
        try:
            kept = self.store.load_snapshot(self.claim.key)
        except CorruptSnapshot:
            return None  # the store has moved it aside
        return kept if of_these_versions(kept) else None

    def save(self, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
        """Keeps a snapshot in place of the last one."""
        self.store.snapshot(self.claim, arrays, meta)


def perform(
    study: Study,
    case: Case,
    setup: Setup | Solve | Work,
    key: str,
    store: Store,
    *,
    stopped: Callable[[], bool],
    patient: bool = True,
) -> bool:
    """Brings a case to its result in the store, or waits while another process does; True where it was done here.

    Raises:
        Elsewhere: another process is at it, and the call is not patient.
        KeyboardInterrupt: stopped from outside; the state is kept and the next call goes on from it.
        Exception: whatever the run raised; the store keeps its message.
    """
    claim = _claimed(study, case, key, store, stopped, patient)
    if claim is None:
        return False
    began = time.perf_counter()
    try:
        dataset, finals = computed(setup, case, StoreSnapshots(store, claim), _reporter(store, claim, stopped))
    except KeyboardInterrupt:
        store.interrupt(claim, STOPPED)
        raise
    except LeaseLost:
        # another worker is at it, and brings it to its end
        return perform(study, case, setup, key, store, stopped=stopped, patient=patient)
    except Exception as error:
        store.fail(claim, f"{type(error).__name__}: {error}")
        raise
    store.finish(claim, dataset, finals, time.perf_counter() - began)
    store.drop_snapshot(key)
    return True


def computed(setup: Setup | Solve | Work, case: Case, snapshots: Snapshots, report: Report) -> tuple[xr.Dataset, dict[str, Any]]:
    """The records of a case and its final numbers."""
    if isinstance(setup, Setup):
        return _followed(setup, case, snapshots, report)
    if isinstance(setup, Work):
        return _worked(setup, case, report)
    return _solved(setup)


def of_these_versions(kept: tuple[dict[str, np.ndarray], dict[str, Any]] | None) -> bool:
    """Whether there is a snapshot, and whether the versions and the device that are here made it."""
    if kept is None:
        return False
    identity, here = kept[1].get("identity", {}), identity_of()
    return all(identity.get(name) == here[name] for name in here if name != "digest")


def _claimed(study: Study, case: Case, key: str, store: Store, stopped: Callable[[], bool], patient: bool) -> Lease | None:
    coordinates = {**case.coordinates, "seed": case.seed}
    while True:
        if store.get(key) is not None:
            return None
        claim = store.claim(key, study.name, coordinates)
        if claim is not None:
            return claim
        if stopped():
            raise KeyboardInterrupt
        if not patient:
            raise Elsewhere(key)
        time.sleep(POLL)


def _reporter(store: Store, claim: Lease, stopped: Callable[[], bool]) -> Report:
    """What a path calls as it goes: it ends the run when asked to, and renews the claim on it."""
    last = time.monotonic()

    def report(progress: Progress) -> None:
        nonlocal last
        if stopped():
            raise KeyboardInterrupt
        if time.monotonic() - last > 10:
            store.heartbeat(claim)
            last = time.monotonic()

    return report


def _followed(setup: Setup, case: Case, snapshots: Snapshots, report: Report) -> tuple[xr.Dataset, dict[str, Any]]:
    run = follow(
        setup.problem,
        setup.parametrization,
        setup.start,
        setup.algorithm,
        until=setup.until,
        key=setup.key,
        record=setup.record,
        at=setup.at,
        snapshots=snapshots,
        report=report,
    )
    scalars = {str(name): float(array.values[-1]) for name, array in run.data.data_vars.items() if array.ndim == 1}
    finals = {
        **scalars,
        "seconds": run.seconds,
        "outcome": run.outcome.kind,
        **setup.measure(setup.problem, run.predictor),
    }
    provenance = json.loads(run.data.attrs["provenance"]) | {"case": dict(case.coordinates), "seed": case.seed}
    data = run.data.assign(predictor=(("output", "input"), run.predictor))
    return data.assign_attrs(provenance=json.dumps(provenance)), finals


def _worked(work: Work, case: Case, report: Report) -> tuple[xr.Dataset, dict[str, Any]]:
    dataset, finals = work.function(report, **work.arguments)
    provenance = {
        "function": f"{work.function.__module__}.{work.function.__qualname__}",
        "arguments": describe(dict(work.arguments)),
        "case": dict(case.coordinates),
        "seed": case.seed,
        **environment(),
    }
    return dataset.assign_attrs(provenance=json.dumps(provenance)), dict(finals)


def _solved(setup: Solve) -> tuple[xr.Dataset, dict[str, Any]]:
    solution = getattr(exact, setup.solver)(setup.problem, **setup.options)
    provenance = {
        "solver": setup.solver,
        "problem": describe(setup.problem),
        "options": describe(dict(setup.options)),
        "solution": str(solution),
        **environment(),
    }
    predictor = np.asarray(solution.predictor)
    variables = {
        "predictor": (("output", "input"), predictor),
        "singular_values": (("record", "rank"), np.linalg.svd(predictor, compute_uv=False)[None, :]),
    }
    dataset = xr.Dataset(variables, attrs={"provenance": json.dumps(provenance)})
    return dataset, dict(setup.measure(setup.problem, solution))
