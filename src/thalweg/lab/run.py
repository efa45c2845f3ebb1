"""Carrying studies out: expansion, keys, what the store has, workers for the rest, verdicts."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from thalweg._whole import whole
from thalweg.data.source import DataMissing
from thalweg.lab.finished import Missing, StudyRun
from thalweg.lab.judge import judge
from thalweg.lab.plan import Plan
from thalweg.lab.recall import remember, result
from thalweg.lab.specification import case_key
from thalweg.lab.store import RunRecord, Store
from thalweg.lab.workers import Ended, Task, cores, work
from thalweg.studies.evidence import Evidence
from thalweg.studies.study import Case, Study
from thalweg.trajectory.provenance import environment


def run(
    plan: Plan,
    store: Path | None = None,
    *,
    jobs: int | None = None,
    begun: Callable[[int, int], None] | None = None,
    ended: Callable[[Ended], None] | None = None,
) -> StudyRun:
    """Carries a study out, or as much of it as the store does not have, and judges its claims.

    Arguments:
        plan: what to do.
        store: the folder of runs; see `thalweg.lab.store.default_store`.
        jobs: worker processes; one for each core unless given.
        begun: called with the number of cases and of those to run.
        ended: called as each run ends.

    Raises:
        LookupError, ValueError, TypeError: a study, a setting or a number that does not fit, before anything is run.
        KeyboardInterrupt: stopped; what was done is kept, and the same call goes on from there.
    """
    return run_all(
        [plan],
        store,
        jobs=jobs,
        begun=None if begun is None else lambda plan, cases, todo: begun(cases, todo),
        ended=None if ended is None else lambda plan, one: ended(one),
    )[0]


def run_all(
    plans: Sequence[Plan],
    store: Path | None = None,
    *,
    jobs: int | None = None,
    begun: Callable[[Plan, int, int], None] | None = None,
    ended: Callable[[Plan, Ended], None] | None = None,
    judged: Callable[[Plan], None] | None = None,
) -> list[StudyRun]:
    """As `run`, for several studies with the same workers, which start once; each study is judged when its last run ends.

    Arguments:
        plans, store, jobs: as for `run`.
        begun: called with each plan, the number of its cases and of those to run, before any is run.
        ended: called with a plan as each of its runs ends; judged: as each plan is done.
    """
    workers = whole(jobs if jobs is not None else cores(), "jobs")
    asked = [_Asked(plan) for plan in plans]  # before the store, which bad settings leave as it was
    with Store(store) as opened:
        tasks: dict[str, Task] = {}
        for one in asked:
            todo = one.look(opened)
            if begun is not None:
                begun(one.plan, len(one.keys), len(todo))
            for key in todo:
                tasks.setdefault(key, Task(one.plan.name, one.parameters, one.keys[key][0], one.plan.root, key, opened.path))
        waiting = [one for one in asked if one.todo]
        finished = {id(one): one.judged(opened) for one in asked if not one.todo}
        for done in work(list(tasks.values()), min(workers, len(tasks))) if tasks else ():
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


class _Asked:
    """A plan with what is known of its runs so far."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.study, self.parameters, self.seeds = plan.resolved()
        self.keys, self.missing = _keyed(self.study, self.parameters, self.seeds, plan.root)
        self.records: dict[str, RunRecord | None] = {}
        self.todo: set[str] = set()
        self.computed = 0

    def look(self, store: Store) -> list[str]:
        """What the store has is taken from it; the keys of the rest, in order."""
        self.records = {key: store.get(key) for key in self.keys}
        found = [key for key, record in self.records.items() if record is None]
        self.todo = set(found)
        return found

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


def _keyed(study: Study, parameters: Any, seeds: Sequence[int], root: int) -> tuple[dict[str, list[Case]], list[Missing]]:
    """The cases of a study by the keys of their runs, which cases that are built alike share; and those without data."""
    keys: dict[str, list[Case]] = {}
    missing = []
    for case in study.cases(parameters, seeds):
        try:
            setup = study.build(parameters, case, root)
        except DataMissing as error:
            missing.append(Missing(case, str(error), no_data=True))
        else:
            keys.setdefault(case_key(study.build, setup), []).append(case)
    return keys, missing
