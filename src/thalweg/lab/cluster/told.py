"""How a run is told to a worker on another machine: by its plan and its place there, in JSON; nothing has to be unpickled."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from thalweg.lab.plan import Plan
from thalweg.lab.workers import Task
from thalweg.studies.registry import MODULES, module_name


class Told:
    """Plans in the words of messages. Studies from files go with their text, as the workers need not have the files."""

    def __init__(self, plans: Sequence[Plan]):
        self._plans = {plan: _plan(plan) for plan in plans}
        self._places: dict[Plan, tuple[str, dict[str, int]]] = {}

    def studies(self) -> list[dict[str, Any]]:
        """The studies, each once."""
        return list({plan.name: told["study"] for plan, told in self._plans.items()}.values())

    def study(self, task: Task) -> str:
        """The name of the study of a task."""
        return self._found(task.plan)[0]

    def tasks(self, tasks: Sequence[Task]) -> dict[str, Any]:
        """Runs of one plan."""
        plan = tasks[0].plan
        places = self._found(plan)[1]
        told = [{"index": places[_text(task.case)], "case": str(task.case), "key": task.key} for task in tasks]
        return {"plan": self._plans[plan], "tasks": told}

    def _found(self, plan: Plan) -> tuple[str, dict[str, int]]:
        if plan not in self._places:
            study, parameters, seeds = plan.resolved()
            cases = study.cases(parameters, seeds)
            self._places[plan] = study.name, {_text(case): index for index, case in enumerate(cases)}
        return self._places[plan]


def _text(case: Any) -> str:
    return repr((dict(case.coordinates), case.seed))


def _plan(plan: Plan) -> dict[str, Any]:
    study: dict[str, Any] = {"name": plan.name, "file": None, "module": None, "text": None}
    if plan.name not in MODULES:
        path = Path(plan.name).resolve()
        study = {"name": path.stem, "file": path.name, "module": module_name(path), "text": path.read_bytes().decode()}
    return {"study": study, "quick": plan.quick, "root": plan.root, "seeds": plan.seeds, "settings": list(plan.settings)}
