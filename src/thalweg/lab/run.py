"""Carrying a study out: expansion, keys, what the store has, workers for the rest, verdicts."""

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
from thalweg.lab.store import Store
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
    study, parameters, seeds = plan.resolved()
    workers = whole(jobs if jobs is not None else cores(), "jobs")
    keys, missing = _keyed(study, parameters, seeds, plan.root)  # before the store, which bad settings leave as it was
    with Store(store) as opened:
        records = {key: opened.get(key) for key in keys}
        todo = [key for key, record in records.items() if record is None]
        if begun is not None:
            begun(len(keys), len(todo))
        computed = 0
        if todo:
            tasks = [Task(plan.name, parameters, keys[key][0], plan.root, key, opened.path) for key in todo]
            for one in work(tasks, min(workers, len(tasks))):
                computed += one.computed
                if one.state == "done":
                    records[one.task.key] = opened.get(one.task.key)
                if records[one.task.key] is None:
                    reason = one.message or "its file was damaged or removed as soon as it was written"
                    missing += [Missing(case, reason) for case in keys[one.task.key]]
                if ended is not None:
                    ended(one)
        results = [result(case, record) for key, record in records.items() if record is not None for case in keys[key]]
        evidence = Evidence(results)
        verdicts = judge(study, parameters, plan.mode, evidence, missing)
        finished = StudyRun(
            study=study,
            parameters=parameters,
            mode=plan.mode,
            root=plan.root,
            seeds=seeds,
            evidence=evidence,
            missing=missing,
            verdicts=verdicts,
            seconds=sum(record.seconds or 0.0 for record in records.values() if record is not None),
            computed=computed,
            provenance=environment(),
        )
        remember(opened, plan, finished, keys)
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
