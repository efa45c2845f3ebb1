"""What the store remembers of studies that were carried out: enough to judge and report them without running anything."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thalweg.lab.finished import Missing, StudyRun
from thalweg.lab.judge import judge
from thalweg.lab.plan import Plan
from thalweg.lab.store import CorruptRun, RunRecord, Store
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.study import Case

LOST = "its run is no longer in the store, or is damaged; run the study again"


def remember(store: Store, plan: Plan, run: StudyRun, keys: Mapping[str, Sequence[Case]]) -> None:
    """Keeps verdicts with what is needed to find their runs again: the plan, the key of each case, what was missing."""
    memory = {
        "plan": {**dataclasses.asdict(plan), "name": _lasting(plan.name)},
        "cases": [[dict(case.coordinates), case.seed, key] for key, cases in keys.items() for case in cases],
        "missing": [[dict(m.case.coordinates), m.case.seed, m.reason, m.no_data] for m in run.missing],
        "computed": run.computed,
        "provenance": dict(run.provenance),
    }
    store.save_verdicts(run.study.name, [{**verdict.as_json(), "memory": memory} for verdict in run.verdicts], plan.mode)


def recall(store: Path | None, names: Sequence[str] = ()) -> list[StudyRun]:
    """The last run of each study and mode that the store remembers, judged anew; of all studies unless named.

    A study from a file goes by its own name and by the path of its file.

    Raises:
        LookupError: a name of which the store remembers nothing.
    """
    with Store(store, "r") as opened:
        memories: dict[tuple[str, str], dict[str, Any]] = {}
        for record in opened.verdicts():
            if "memory" in record.verdict:
                memories[record.study, record.mode] = record.verdict["memory"]
        asked = {spelt for name in names for spelt in (name, _lasting(name))}
        wanted = {pair: m for pair, m in memories.items() if not names or {pair[0], m["plan"]["name"]} & asked}
        known = {name for pair, m in memories.items() for name in (pair[0], m["plan"]["name"])}
        absent = [name for name in names if not {name, _lasting(name)} & known]
        if absent:
            raise LookupError(f"the store holds no run of {', '.join(absent)}; run it first: thalweg run {absent[0]}")
        return [_recalled(opened, memory) for memory in wanted.values()]


def _recalled(store: Store, memory: Mapping[str, Any]) -> StudyRun:
    plan = Plan(**{**memory["plan"], "settings": tuple(memory["plan"]["settings"])})
    study, parameters, seeds = plan.resolved()
    missing = [Missing(Case(at, seed), reason, no_data) for at, seed, reason, no_data in memory["missing"]]
    told = {(str(m.case.coordinates), m.case.seed) for m in missing}
    results, seconds = [], 0.0
    for coordinates, seed, key in memory["cases"]:
        case = Case(coordinates, seed)
        record = _whole(store, key)
        if record is not None:
            results.append(result(case, record))
            seconds += record.seconds or 0.0
        elif (str(coordinates), seed) not in told:
            missing.append(Missing(case, LOST))
    evidence = Evidence(results)
    return StudyRun(
        study=study,
        parameters=parameters,
        mode=plan.mode,
        root=plan.root,
        seeds=seeds,
        evidence=evidence,
        missing=missing,
        verdicts=judge(study, parameters, plan.mode, evidence, missing),
        seconds=seconds,
        computed=int(memory["computed"]),
        provenance=memory["provenance"],
    )


def _whole(store: Store, key: str) -> RunRecord | None:
    try:
        return store.get(key)
    except CorruptRun:
        return None  # it is missing then, and told so


def _lasting(name: str) -> str:
    """The name of a study as another process in another folder understands it."""
    return str(Path(name).resolve()) if name.endswith(".py") else name


def result(case: Case, record: RunRecord) -> Result:
    """A case with its final numbers and the way to its record."""
    return Result(case.coordinates, case.seed, record.finals, record.dataset)
