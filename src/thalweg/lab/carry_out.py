"""Carrying studies out: expansion, keys, what the store has, workers for the rest, verdicts."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from thalweg._whole import whole
from thalweg.data.source import DataMissing
from thalweg.lab.cluster.shape import shape
from thalweg.lab.finished import Missing, StudyRun
from thalweg.lab.judge import judge
from thalweg.lab.plan import Plan
from thalweg.lab.recall import remember, result
from thalweg.lab.specification import case_key
from thalweg.lab.store import RunRecord, Store
from thalweg.lab.workers import Ended, Task, cores, work
from thalweg.studies.evidence import Evidence
from thalweg.studies.registry import MODULES
from thalweg.studies.registry import study as find
from thalweg.studies.study import Case, Study
from thalweg.trajectory.provenance import environment


def run(
    study: str | Path | Study | Plan,
    store: Path | str | None = None,
    *,
    quick: bool = False,
    seed: int = 0,
    seeds: int | None = None,
    settings: Sequence[str] = (),
    jobs: int | None = None,
    client: Any = None,
    shared: Path | str | None = None,
    begun: Callable[[int, int], None] | None = None,
    ended: Callable[[Ended], None] | None = None,
) -> StudyRun:
    """Carries a study out, or as much of it as the store does not have, and judges its claims.

    The work is done by worker processes on this machine, or by those of a Dask cluster; the numbers are the same.

    Arguments:
        study: its name, the path of a file that defines one, a study of the package, or a whole `Plan`, which holds what
            the next four say.
        store: the folder of runs; THALWEG_STORE, else `thalweg-store` here, unless given.
        quick: the smaller form of the study.
        seed: the root seed, from which every stream of chance is folded.
        seeds: how many instances; the study's own number unless given.
        settings: parameters to change, as in `["rank=3"]`.
        jobs: worker processes on this machine; one for each core unless given. Not with `client`.
        client: a `distributed.Client`, or the address of a scheduler; the workers of its cluster do the runs then.
        shared: a folder that this machine and all workers of a cluster see, through which results and states go.
        begun: called with the number of cases and of those to run.
        ended: called as each run ends.

    Returns:
        Verdicts, evidence, what is missing and why.

    Raises:
        LookupError, ValueError, TypeError: a study, a setting or a number that does not fit, before anything is run.
        ClusterError: a cluster that cannot be used, before anything is run; or one that was lost on the way, where what
            was done is kept and the same call goes on from there.
        KeyboardInterrupt: stopped; what was done is kept, and the same call goes on from there.

    Examples:
        >>> import thalweg as tw
        >>> tw.lab.run("matrix-completion", quick=True, settings=["rang=3"])
        Traceback (most recent call last):
        ValueError: there is no parameter 'rang'; there are ... did you mean 'rank'?
    """
    plan = study if isinstance(study, Plan) else Plan(named(study), quick, seed, seeds, tuple(settings))
    if isinstance(study, Plan) and (quick, seed, seeds, tuple(settings)) != (False, 0, None, ()):
        raise ValueError("a Plan holds quick, seed, seeds and settings: give them there")
    return run_all(
        [plan],
        store,
        jobs=jobs,
        client=client,
        shared=shared,
        begun=None if begun is None else lambda plan, cases, todo: begun(cases, todo),
        ended=None if ended is None else lambda plan, one: ended(one),
    )[0]


def run_all(
    plans: Sequence[Plan],
    store: Path | str | None = None,
    *,
    jobs: int | None = None,
    client: Any = None,
    shared: Path | str | None = None,
    joined: Callable[[str], None] | None = None,
    begun: Callable[[Plan, int, int], None] | None = None,
    ended: Callable[[Plan, Ended], None] | None = None,
    judged: Callable[[Plan], None] | None = None,
) -> list[StudyRun]:
    """As `run`, for several studies with the same workers, which start once; each study is judged when its last run ends.

    Arguments:
        plans, store, jobs, client, shared: as for `run`.
        joined: called with a line about the cluster, once its workers are found fit.
        begun: called with each plan, the number of its cases and of those to run, before any is run.
        ended: called with a plan as each of its runs ends; judged: as each plan is done.
    """
    if client is not None and jobs is not None:
        raise ValueError("jobs are worker processes on this machine, and a cluster has its own: give one of the two")
    if client is None and shared is not None:
        raise ValueError("a shared folder is for the workers of a cluster: give its address or its client too")
    workers = whole(jobs if jobs is not None else cores(), "jobs")
    for plan in plans:
        plan.resolved()  # before a cluster is looked for
    with contextlib.ExitStack() as stack:
        cluster = None
        if client is not None:
            from thalweg.lab.cluster.connect import connected

            cluster = stack.enter_context(connected(client, plans, shared))
            if joined is not None:
                joined(str(cluster))
        # before the store, which bad settings leave as it was
        asked = [_Asked(plan, None if cluster is None else cluster.device) for plan in plans]
        opened = stack.enter_context(Store(store))
        tasks: dict[str, Task] = {}
        for one in asked:
            todo = one.look(opened)
            if begun is not None:
                begun(one.plan, len(one.keys), len(todo))
            for key in todo:
                tasks.setdefault(key, one.task(key, opened.path))
        waiting = [one for one in asked if one.todo]
        finished = {id(one): one.judged(opened) for one in asked if not one.todo}
        for done in _work(list(tasks.values()), workers, cluster, opened):
            for one in [one for one in waiting if done.task.key in one.todo]:
                one.take(done, opened)
                if ended is not None:
                    ended(one.plan, done)
                if not one.todo:
                    waiting.remove(one)
                    finished[id(one)] = one.judged(opened)
                    if judged is not None:
                        judged(one.plan)
        return [finished[id(one)] for one in asked]


def named(study: str | Path | Study) -> str:
    """The name by which a worker process finds a study.

    Raises:
        TypeError: what is no study; ValueError: a study that no name and no file stands for.

    Examples:
        >>> from thalweg.studies.registry import study
        >>> named(study("singular-values"))
        'singular-values'
    """
    if isinstance(study, str | Path):
        return str(study)
    if not isinstance(study, Study):
        raise TypeError(f"study must be a name, the path of a file that defines STUDY, or a Plan, got {study!r:.80}")
    if study.name in MODULES and find(study.name) is study:
        return study.name
    raise ValueError(
        f"worker processes could not find the study {study.name!r} again: write it to a file that defines STUDY, and give "
        "the path of that file"
    )


def _work(tasks: list[Task], jobs: int, cluster: Any, store: Store) -> Iterator[Ended]:
    if not tasks:
        return iter(())
    return work(tasks, min(jobs, len(tasks))) if cluster is None else cluster.work(tasks, store)


class _Asked:
    """A plan with what is known of its runs so far."""

    def __init__(self, plan: Plan, device: str | None = None):
        self.plan = plan
        self.study, self.parameters, self.seeds = plan.resolved()
        self.shapes: dict[str, str] = {}
        self.keys, self.missing = _keyed(self.study, self.parameters, self.seeds, plan.root, device, self.shapes)
        self.records: dict[str, RunRecord | None] = {}
        self.todo: set[str] = set()
        self.computed = 0

    def look(self, store: Store) -> list[str]:
        """What the store has is taken from it; the keys of the rest, in order."""
        self.records = {key: store.get(key) for key in self.keys}
        found = [key for key, record in self.records.items() if record is None]
        self.todo = set(found)
        return found

    def task(self, key: str, store: Path) -> Task:
        """The run of a key, as a worker is told of it."""
        case, shape = self.keys[key][0], self.shapes.get(key, "")
        return Task(self.plan.name, self.parameters, case, self.plan.root, key, store, self.plan, shape)

    def take(self, ended: Ended, store: Store) -> None:
        """A run of this plan has ended."""
        key = ended.task.key
        self.todo.discard(key)
        self.computed += ended.computed
        if ended.state == "done":
            self.records[key] = store.get(key)
        if self.records[key] is None:
            reason = ended.message or "its file was damaged or removed as soon as it was written"
            self.missing += [Missing(case, reason) for case in self.keys[key]]

    def judged(self, store: Store) -> StudyRun:
        """The plan carried out, its claims judged; remembered by the store."""
        there = {key: record for key, record in self.records.items() if record is not None}
        evidence = Evidence([result(case, record) for key, record in there.items() for case in self.keys[key]])
        finished = StudyRun(
            study=self.study,
            parameters=self.parameters,
            mode=self.plan.mode,
            root=self.plan.root,
            seeds=self.seeds,
            evidence=evidence,
            missing=self.missing,
            verdicts=judge(self.study, self.parameters, self.plan.mode, evidence, self.missing),
            seconds=sum(record.seconds or 0.0 for record in there.values()),
            computed=self.computed,
            provenance=environment(),
        )
        remember(store, self.plan, finished, self.keys)
        return finished


def _keyed(
    study: Study,
    parameters: Any,
    seeds: Sequence[int],
    root: int,
    device: str | None = None,
    shapes: dict[str, str] | None = None,
) -> tuple[dict[str, list[Case]], list[Missing]]:
    """The cases of a study by the keys of their runs, which cases that are built alike share; and those without data.

    For a cluster, whose device is given, the shapes of the runs are put down too.
    """
    keys: dict[str, list[Case]] = {}
    missing = []
    for case in study.cases(parameters, seeds):
        try:
            setup = study.build(parameters, case, root)
        except DataMissing as error:
            missing.append(Missing(case, str(error), no_data=True))
        else:
            key = case_key(study.build, setup, device)
            keys.setdefault(key, []).append(case)
            if device is not None and shapes is not None:
                shapes[key] = shape(setup)
    return keys, missing
