"""A study carried out: found again in the store, computed anew where something changed, recalled without its runs."""

import dataclasses
import warnings
from pathlib import Path
from typing import Any

import pytest

from lab import tiny_study as tiny
from lab.in_process import work_here
from thalweg.lab import carry_out as module
from thalweg.lab import workers
from thalweg.lab.carry_out import run
from thalweg.lab.finished import StudyRun
from thalweg.lab.plan import Plan
from thalweg.lab.recall import LOST, recall
from thalweg.lab.store import Store, StoreMissing, StoreWarning
from thalweg.lab.workers import Ended, Task

FILE = Path(tiny.__file__)


def plan(*settings: str, **more: Any) -> Plan:
    return Plan(str(FILE), quick=True, settings=settings, **more)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in this process in place of workers: what is tested here is what is around them."""

    work_here(monkeypatch)


def told(came: StudyRun) -> list[dict[str, Any]]:
    return [verdict.as_json() for verdict in came.verdicts]


@pytest.mark.usefixtures("here")
def test_what_the_store_has_is_not_computed_again(tmp_path: Path):
    begun: list[tuple[int, int]] = []
    first = run(plan(), tmp_path, begun=lambda *counts: begun.append(counts))
    again = run(plan(), tmp_path, begun=lambda *counts: begun.append(counts))
    assert (first.computed, again.computed) == (2, 0)
    assert begun == [(2, 2), (2, 0)]
    assert told(first) == told(again)
    assert [verdict.verdict for verdict in first.verdicts] == ["pass", "pass"]
    assert first.seconds == again.seconds > 0
    assert (first.mode, first.root, list(first.seeds)) == ("quick", 0, [0])
    assert first.parameters.steps == 40
    assert "jax" in first.provenance["versions"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("changed", "computed"),
    [
        (plan("steps=50"), 1),  # the solution does not depend on them
        (plan("inner.rate=0.05"), 1),
        (plan("side=5"), 2),
        (plan("bound=0.4"), 0),  # a bound is judged by, not run by
        (plan("loud=True"), 0),
        (plan(root=1), 2),
        (plan(seeds=2), 2),
        (Plan(str(FILE)), 3),  # the full form: other steps, one more seed
    ],
    ids=lambda value: " ".join(value.settings) or value.mode if isinstance(value, Plan) else None,
)
def test_what_changed_is_computed_and_nothing_else(tmp_path: Path, changed: Plan, computed: int):
    run(plan(), tmp_path)
    assert run(changed, tmp_path).computed == computed
    assert run(plan(), tmp_path).computed == 0


@pytest.mark.usefixtures("here")
def test_seeds_and_roots_draw_other_instances(tmp_path: Path):
    errors = {
        (root, result.seed): result.finals["error"]
        for root in (0, 1)
        for result in run(plan("kinds=good", seeds=2, root=root), tmp_path).evidence
    }
    assert len(set(errors.values())) == 4


@pytest.mark.usefixtures("here")
def test_a_run_that_raises_is_missing_with_its_message_and_tried_again(tmp_path: Path):
    for attempt in (1, 2):
        came = run(plan("kinds=good,raises"), tmp_path)
        assert [(str(m.case), m.reason, m.no_data) for m in came.missing] == [
            ("kind raises, seed 0", "RuntimeError: no luck [/today]", False)
        ]
        assert [(v.verdict, v.reason) for v in came.verdicts] == [("pass", ""), ("not run", "RuntimeError: no luck [/today]")]
        with Store(tmp_path, "r") as store:
            assert [record.attempts for record in store.query(state="failed")] == [attempt]


@pytest.mark.usefixtures("here")
def test_a_seed_that_failed_leaves_its_claim_inconclusive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = workers._carry_out

    def second_fails(index: int, task: Task) -> Ended:
        return Ended(task, "failed", "MemoryError: ") if task.case.seed == 1 else real(index, task)

    monkeypatch.setattr(workers, "_carry_out", second_fails)
    came = run(plan("kinds=good", seeds=2), tmp_path)
    (verdict,) = came.verdicts
    assert (verdict.verdict, verdict.reason) == (
        "inconclusive",
        "1 of its runs are missing: kind good, seed 1: MemoryError: ",
    )
    assert verdict.seeds == (0,)


@pytest.mark.usefixtures("here")
def test_cases_that_are_built_alike_share_one_run(tmp_path: Path):
    came = run(plan("kinds=good,other,solved"), tmp_path)
    assert came.computed == 2
    losses = {result.coordinates["kind"]: result.finals["loss"] for result in came.evidence}
    assert losses["good"] == losses["other"]
    assert [verdict.verdict for verdict in came.verdicts] == ["pass"] * 3
    (recalled,) = recall(tmp_path)
    assert told(recalled) == told(came)


@pytest.mark.usefixtures("here")
def test_a_failing_claim_fails(tmp_path: Path):
    came = run(plan("kinds=good", "bound=1e-9"), tmp_path)
    assert came.verdicts[0].verdict == "fail"
    assert came.verdicts[0].reason == f"measured {came.evidence.final('loss', kind='good'):.4g}, allowed at most 1e-09"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_damaged_file_is_computed_again_and_warned_of(tmp_path: Path, harm: str):
    first = run(plan("kinds=good"), tmp_path)
    (file,) = (tmp_path / "runs").glob("*/*.nc")
    file.unlink() if harm == "gone" else file.write_bytes(file.read_bytes()[:-100])
    (recalled,) = recall(tmp_path)
    assert [(m.reason, m.no_data) for m in recalled.missing] == [(LOST, False)]
    assert [verdict.verdict for verdict in recalled.verdicts] == ["not run"]
    with pytest.warns(StoreWarning, match="to be done again"):
        again = run(plan("kinds=good"), tmp_path)
    assert again.computed == 1
    assert told(again) == told(first)


@pytest.mark.usefixtures("here")
def test_a_study_is_recalled_as_it_was_without_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    came = run(plan("kinds=good,no-data,raises,solved", "rank=2", seeds=2, root=3), tmp_path)

    def refused(*given: Any) -> Any:
        raise AssertionError("a report builds nothing")

    for name in ("_keyed", "work"):
        monkeypatch.setattr(module, name, refused)
    (recalled,) = recall(tmp_path)
    assert told(recalled) == told(came)
    assert recalled.parameters == came.parameters
    assert (recalled.root, list(recalled.seeds), recalled.mode) == (3, [0, 1], "quick")
    assert recalled.seconds == came.seconds
    assert {(str(m.case), m.reason, m.no_data) for m in recalled.missing} == {
        (str(m.case), m.reason, m.no_data) for m in came.missing
    }
    assert [r.finals for r in recalled.evidence] == [r.finals for r in came.evidence]
    assert all(a.record().identical(b.record()) for a, b in zip(recalled.evidence, came.evidence, strict=True))


@pytest.mark.usefixtures("here")
def test_studies_of_files_are_recalled_by_name_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(FILE.parent)
    run(Plan("tiny_study.py", quick=True, settings=("kinds=good",)), tmp_path)
    run(Plan("./tiny_study.py", settings=("kinds=good",)), tmp_path)
    monkeypatch.chdir(tmp_path)
    assert sorted(came.mode for came in recall(tmp_path)) == ["full", "quick"]
    for name in ("tiny", str(FILE), f"{FILE.parent}/../lab/tiny_study.py"):
        assert len(recall(tmp_path, [name])) == 2
    with pytest.raises(LookupError, match="holds no run of singular-values; run it first: thalweg run singular-values"):
        recall(tmp_path, ["tiny", "singular-values"])


def test_an_absent_or_empty_store_has_nothing_to_recall(tmp_path: Path):
    with pytest.raises(StoreMissing):
        recall(tmp_path / "none")
    Store(tmp_path / "empty").close()
    assert recall(tmp_path / "empty") == []


@pytest.mark.parametrize(
    ("asked", "jobs", "error", "words"),
    [
        (plan("rank=9"), 1, ValueError, "rank"),
        (plan("side=-3"), 1, ValueError, "side|shape"),
        (plan("inner.rate=-1"), 1, ValueError, "learning_rate must be greater than 0"),
        (plan("nothing=1"), 1, ValueError, "there is no parameter 'nothing'"),
        (plan(seeds=0), 1, ValueError, "seeds must be at least 1, got 0"),
        (plan(root=-1), 1, ValueError, "seed must be at least 0, got -1"),
        (plan(), 0, ValueError, "jobs must be at least 1, got 0"),
        (plan(), 1.5, TypeError, "jobs must be a whole number, got 1.5"),
        (Plan("matrix-complexion"), 1, LookupError, "there is no study 'matrix-complexion'"),
    ],
    ids=lambda value: " ".join(value.settings) or value.mode if isinstance(value, Plan) else None,
)
def test_what_does_not_fit_is_refused_before_the_store_is_made(
    tmp_path: Path, asked: Plan, jobs: Any, error: type[Exception], words: str
):
    with pytest.raises(error, match=words):
        run(asked, tmp_path / "store", jobs=jobs)
    assert not (tmp_path / "store").exists()


@pytest.mark.usefixtures("here")
def test_an_interrupt_is_raised_and_what_was_done_is_kept(tmp_path: Path):
    def ended(one: Ended) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan(), tmp_path, ended=ended)
    assert run(plan(), tmp_path).computed == 1


@pytest.mark.usefixtures("here")
def test_a_result_that_is_gone_as_soon_as_it_is_there_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = workers._carry_out

    def removed(index: int, task: Task) -> Ended:
        one = real(index, task)
        for file in (tmp_path / "runs").glob("*/*.nc"):
            file.unlink()
        return one

    monkeypatch.setattr(workers, "_carry_out", removed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        came = run(plan("kinds=good"), tmp_path)
    assert [m.reason for m in came.missing] == ["its file was damaged or removed as soon as it was written"]
    assert [verdict.verdict for verdict in came.verdicts] == ["not run"]


def test_plans_resolve_to_forms_and_seeds():
    found, parameters, seeds = Plan(str(FILE)).resolved()
    assert (parameters, seeds) == (found.parameters, [0, 1])
    found, parameters, seeds = plan("steps=7").resolved()
    assert (parameters, seeds) == (dataclasses.replace(found.quick, steps=7), [0])
    assert plan(seeds=4).resolved()[2] == [0, 1, 2, 3]
    assert (Plan("a").mode, plan().mode) == ("full", "quick")
