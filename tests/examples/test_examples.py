"""The examples run as they stand, come to what they say, and stand in the documentation word for word."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import thalweg as tw
from gates.made import make_docs
from gates.source import REPOSITORY
from lab.in_process import work_here
from thalweg.lab.carry_out import run
from thalweg.lab.plan import Plan

FOLDER = REPOSITORY / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def robust() -> tw.Trajectory:
    return example("my_problem").main()


def table() -> tuple[np.ndarray, np.ndarray]:
    """The truth of the example on problems, and what is seen of it, by the recipe of its text."""
    rng = np.random.default_rng(0)
    truth = np.outer(rng.normal(size=8), rng.normal(size=10))
    seen = np.where(rng.random(truth.shape) < 0.7, truth, np.nan)
    seen[2, 3] = 50.0
    return truth, seen


def error(predictor: np.ndarray, truth: np.ndarray) -> float:
    """The relative error, but for the entry that is far off."""
    rest = np.ones(truth.shape, dtype=bool)
    rest[2, 3] = False
    return float(np.linalg.norm((predictor - truth)[rest]) / np.linalg.norm(truth[rest]))


def test_the_robust_loss_recovers_what_squares_do_not(robust: tw.Trajectory):
    truth, seen = table()
    squares = tw.follow(
        tw.MatrixCompletion(seen),
        tw.DeepLinear(depth=3, shape=truth.shape),
        tw.Gaussian(1e-2),
        tw.GradientDescent(0.02),
        until=tw.Time(400.0),
        key=0,
    )
    assert squares.predictor[2, 3] == pytest.approx(50, abs=0.1)
    assert robust.predictor[2, 3] == pytest.approx(truth[2, 3], abs=0.05)
    assert error(robust.predictor, truth) < 0.01
    assert error(squares.predictor, truth) > 0.5


def test_the_robust_loss_is_its_formula(robust: tw.Trajectory):
    _, seen = table()
    residual = (robust.predictor - seen)[np.isfinite(seen)]
    assert robust.outcome.loss == pytest.approx(float(np.mean(residual**2 / (1 + residual**2))), rel=1e-10)
    assert robust.outcome.reached


def test_the_stable_rank_is_watched_up_to_that_of_the_target():
    found = example("my_observable").main()
    assert found.outcome.reached
    problem = tw.MatrixCompletion.random(shape=(12, 12), rank=2, observed=100, key=0)
    assert problem.target is not None
    values = np.linalg.svd(problem.target, compute_uv=False)
    wanted = np.sum(values**2) / values[0] ** 2
    watched = found.data.stable_rank.values
    assert watched[-1] == pytest.approx(wanted, rel=1e-3)
    assert watched.min() < 1.1 < watched[-1]  # one direction first, then the other
    ends = np.linalg.svd(found.predictor, compute_uv=False)
    assert watched[-1] == pytest.approx(np.sum(ends**2) / ends[0] ** 2, rel=1e-10)


def test_the_study_passes_in_its_quick_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    work_here(monkeypatch)
    plan = Plan(str(FOLDER / "my_study.py"), quick=True, settings=("side=6", "end=5"))
    came = run(plan, tmp_path)
    (verdict,) = came.verdicts
    assert (verdict.verdict, verdict.reason, came.computed) == ("pass", "", 2)
    assert verdict.measured is not None
    assert 0 < verdict.measured < 1e-6
    assert verdict.null_margin is not None
    assert verdict.null_margin < -1
    assert max(verdict.mutants.values()) < -1
    (plot,) = came.study.plots(came.parameters, came.evidence)
    assert [len(line.x) > 2 for panel in plot.panels for line in panel.lines] == [True, True]


def test_the_documentation_holds_the_examples_word_for_word():
    script = make_docs()
    page = REPOSITORY / "docs" / "extend.md"
    assert page not in script.outdated(REPOSITORY, script.PAGES)
    text = page.read_text(encoding="utf-8")
    for path in sorted(FOLDER.glob("my_*.py")):
        assert f"```python\n{path.read_text(encoding='utf-8').strip()}\n```" in text, path.name


def test_the_commands_in_the_documentation_are_those_there_are():
    from typer.main import get_command

    from thalweg.cli import app

    there = set(getattr(get_command(app), "commands", {}))
    text = (REPOSITORY / "docs" / "extend.md").read_text(encoding="utf-8")
    named = [line.split()[1] for line in text.splitlines() if line.startswith("thalweg ")]
    assert len(named) >= 3
    assert set(named) <= there
