"""Keys of cases: the same in every process, another for whatever the numbers depend on."""

import dataclasses
import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thalweg as tw
from thalweg.lab import specification
from thalweg.lab.specification import case_key
from thalweg.studies.registry import study
from thalweg.studies.study import Case, Setup, Solve

FILE = Path(__file__).with_name("tiny_study.py")
PROBLEM = tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=12, key=0)


def measure(problem: Any, predictor: Any) -> dict[str, float]:
    return {"error": 0.0}


def other_measure(problem: Any, predictor: Any) -> dict[str, float]:
    return {"error": 1.0}


def bound_measure(problem: Any, predictor: Any, *, values: Any) -> dict[str, float]:
    return {"error": float(np.mean(values))}


def build(parameters: Any, case: Case, root: int) -> Setup:
    return Setup(
        PROBLEM,
        tw.DeepLinear(depth=2, shape=(4, 4)),
        tw.Gaussian(0.1),
        tw.GradientDescent(0.1),
        until=tw.Steps(10),
        key=(root, case.seed),
        record=[tw.Loss()],
        at=tw.EverySteps(5),
        measure=measure,
    )


BASE = build(None, Case({}, 0), 0)


def test_what_is_built_again_has_the_same_key():
    assert case_key(build, build(None, Case({"depth": 2}, 0), 0)) == case_key(build, BASE)
    assert case_key(build, BASE) == case_key(build, dataclasses.replace(BASE, algorithm=tw.GradientDescent(np.float64(0.1))))


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=12, key=1)},
        {"parametrization": tw.DeepLinear(depth=3, shape=(4, 4))},
        {"parametrization": tw.DeepLinear(depth=2, shape=(4, 4), hidden=5)},
        {"start": tw.Gaussian(0.1000001)},
        {"start": tw.Orthogonal(0.1)},
        {"algorithm": tw.GradientDescent(0.2)},
        {"algorithm": tw.GradientFlow()},
        {"until": tw.Steps(11)},
        {"until": tw.Steps(10) | tw.LossBelow(1e-3)},
        {"key": (0, 1)},
        {"record": [tw.Loss(), tw.Imbalance()]},
        {"at": tw.EverySteps(2)},
        {"at": None},
        {"measure": other_measure},
        {"measure": functools.partial(bound_measure, values=np.arange(3))},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_the_numbers_depend_on_changes_the_key(changes: dict[str, Any]):
    assert case_key(build, dataclasses.replace(BASE, **changes)) != case_key(build, BASE)


def test_what_is_bound_to_a_measure_counts_by_its_values():
    def bound(values: np.ndarray) -> str:
        return case_key(build, dataclasses.replace(BASE, measure=functools.partial(bound_measure, values=values)))

    first, again = bound(np.arange(3)), bound(np.array([0, 1, 2]))
    assert first == again
    assert bound(np.arange(3)) != bound(np.arange(1, 4))


def test_functions_without_a_name_are_told_apart():
    one = dataclasses.replace(BASE, measure=lambda problem, predictor: {"a": 1.0})
    two = dataclasses.replace(BASE, measure=lambda problem, predictor: {"b": 1.0})
    assert case_key(build, one) != case_key(build, two)


def test_solves_are_keyed_by_solver_problem_and_options():
    made = Solve("nuclear_norm", PROBLEM, {"gap": 1e-6}, measure)
    keys = {
        case_key(build, one)
        for one in (
            made,
            dataclasses.replace(made, solver="slack_nuclear_norm"),
            dataclasses.replace(made, options={"gap": 1e-7}),
            dataclasses.replace(made, problem=tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=12, key=1)),
        )
    }
    assert len(keys) == 4


def test_edited_code_changes_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = FILE.read_text()
    keys = []
    for name, edit in (("a", text), ("b", text), ("c", text.replace("The error.", "An error."))):
        place = tmp_path / name / "mine.py"
        place.parent.mkdir()
        place.write_text(edit)
        found = study(str(place))
        keys.append(case_key(found.build, found.build(found.parameters, Case({"kind": "good"}, 0), 0)))
    assert keys[0] == keys[1]
    assert keys[2] != keys[0]
    before = case_key(build, BASE)
    monkeypatch.setattr(specification, "_rooms", lambda: "edited")
    assert case_key(build, BASE) != before


def test_the_rooms_hold_what_numbers_depend_on():
    root = Path(tw.__file__).parent
    for name in ("algorithms/solvers/rock4_coefficients.npz", "_seeds.py", "exact/nuclear_norm.py"):
        assert (root / name).is_file()
    assert all((root / room).is_dir() for room in specification.ROOMS)
    assert len(specification._rooms()) == 64


def test_a_key_is_the_same_in_another_process_and_in_another_precision():
    script = (
        "import json, sys, jax\n"
        "jax.config.update('jax_enable_x64', sys.argv[2] == 'x64')\n"
        "from thalweg.studies.registry import study\n"
        "from thalweg.lab.specification import case_key\n"
        "found = study(sys.argv[1])\n"
        "cases = found.cases(found.parameters, [0, 1])\n"
        "print(json.dumps([case_key(found.build, found.build(found.parameters, case, 3)) for case in cases]))\n"
    )
    found = study(str(FILE))
    here = [case_key(found.build, found.build(found.parameters, case, 3)) for case in found.cases(found.parameters, [0, 1])]
    for precision in ("x32", "x64"):
        told = subprocess.run([sys.executable, "-c", script, str(FILE), precision], capture_output=True, text=True, check=True)
        assert json.loads(told.stdout) == here
    assert len(set(here)) == 4


@pytest.mark.parametrize(
    ("function", "setup", "words"),
    [
        (functools.partial(build), BASE, "build must be a function"),
        (build, PROBLEM, "build must give a Setup, a Solve or a Work, it gave"),
        (build, None, "build must give a Setup, a Solve or a Work, it gave None"),
        (build, dataclasses.replace(BASE, key=object()), "parts.*key"),
    ],
)
def test_what_has_no_key_is_refused(function: Any, setup: Any, words: str):
    with pytest.raises(TypeError, match=words):
        case_key(function, setup)
