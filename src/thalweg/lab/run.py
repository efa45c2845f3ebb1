"""Carrying a study out: expansion, keys, what the store has, workers for the rest, verdicts."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from thalweg._whole import whole
from thalweg.data.source import DataMissing
from thalweg.lab.finished import Missing, StudyRun
from thalweg.lab.judge import judge
from thalweg.lab.overrides import overridden
from thalweg.lab.specification import case_key
from thalweg.lab.store import RunRecord, Store
from thalweg.lab.workers import Ended, Task, cores, work
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.registry import study as find
from thalweg.studies.study import Case, Study


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a study is asked to do.

    Arguments:
        name: of the study, or the path of a file that defines one.
        quick: the smaller form.
        root: the root seed; every stream of chance is folded from it.
        seeds: how many instances; the study's own number if None.
        settings: parameters to change, as `path=value`.
    """

    name: str
    quick: bool = False
    root: int = 0
    seeds: int | None = None
    settings: tuple[str, ...] = ()

    @property
    def mode(self) -> str:
        """`full` or `quick`."""
        return "quick" if self.quick else "full"

    def resolved(self) -> tuple[Study, Any, list[int]]:
        """The study, its parameters and its seeds.

        Raises:
            LookupError: there is no such study.
            ValueError: a number of seeds below one, or a setting that does not fit.
        """
        found = find(self.name)
        parameters = overridden(found.quick if self.quick else found.parameters, self.settings)
        count = whole(self.seeds, "seeds") if self.seeds is not None else found.seeds[1 if self.quick else 0]
        whole(self.root, "seed", least=0)
        return found, parameters, list(range(count))


def run(
    plan: Plan,
    store: Path | None = None,
    *,
    jobs: int | None = None,
    compute: bool = True,
    begun: Callable[[int, int], None] | None = None,
    ended: Callable[[Ended], None] | None = None,
) -> StudyRun:
    """Carries a study out, or as much of it as the store does not have, and judges its claims.

    Arguments:
        plan: what to do.
        store: the folder of runs; see `thalweg.lab.store.default_store`.
        jobs: worker processes; one for each core unless given.
        compute: whether to run what the store does not have; otherwise it is missing.
        begun: called with the number of cases and of those to run.
        ended: called as each run ends.

    Raises:
        LookupError, ValueError, TypeError: a study, a setting or a number that does not fit, before anything is run.
        KeyboardInterrupt: stopped; what was done is kept, and the same call goes on from there.
    """
    study, parameters, seeds = plan.resolved()
    cases = list(study.cases(parameters, seeds))
    with Store(store, "w" if compute else "r") as opened:
        keys: dict[str, Case] = {}
        missing: list[Missing] = []
        for case in cases:
            try:
                keys[case_key(study.build, study.build(parameters, case, plan.root))] = case
            except DataMissing as error:
                missing.append(Missing(case, str(error), no_data=True))
        records = {key: opened.get(key) for key in keys}
        todo = [key for key, record in records.items() if record is None]
        if begun is not None:
            begun(len(keys), len(todo) if compute else 0)
        computed = 0
        if compute and todo:
            tasks = [Task(plan.name, parameters, keys[key], plan.root, key, opened.path) for key in todo]
            for one in work(tasks, min(whole(jobs if jobs is not None else cores(), "jobs"), len(tasks))):
                computed += one.computed
                if one.state == "failed":
                    missing.append(Missing(one.task.case, one.message))
                else:
                    records[one.task.key] = opened.get(one.task.key)
                if ended is not None:
                    ended(one)
        elif todo:
            missing += [Missing(keys[key], "it was not run, or not to its end") for key in todo]
        results = [_result(keys[key], record) for key, record in records.items() if record is not None]
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
            provenance=_provenance(),
        )
        if compute:
            remembered = dataclasses.asdict(plan)
            opened.save_verdicts(study.name, [{**v.as_json(), "plan": remembered} for v in verdicts], plan.mode)
        return finished


def remembered(store: Path | None, names: Sequence[str] = ()) -> list[Plan]:
    """The plans whose verdicts the store keeps, the last of each study and mode; of all studies unless named.

    Raises:
        LookupError: a name of which the store keeps nothing.
    """
    plans: dict[tuple[str, str], Plan] = {}
    with Store(store, "r") as opened:
        for record in opened.verdicts():
            kept = record.verdict.get("plan")
            if kept is not None:
                plan = Plan(**{**kept, "settings": tuple(kept["settings"])})
                plans[plan.name, plan.mode] = plan
    absent = [name for name in names if name not in {plan.name for plan in plans.values()}]
    if absent:
        raise LookupError(f"the store holds no run of {', '.join(absent)}; run it first: thalweg run {absent[0]}")
    return [plan for plan in plans.values() if not names or plan.name in names]


def _result(case: Case, record: RunRecord) -> Result:
    return Result(case.coordinates, case.seed, record.finals, record.dataset)


def _provenance() -> dict[str, Any]:
    from thalweg.trajectory.provenance import environment

    return environment()
