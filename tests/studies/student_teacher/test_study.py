"""The study on generalisation in time: its numbers a second way, its claims on a run that is made small, its pictures."""

from typing import Any

import numpy as np
import pytest

from studies.claims_checked import check_can_tell, check_in_order, check_renders
from thalweg.lab.judge import judge
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.registry import study
from thalweg.studies.student_teacher.study import STUDY, build, cases
from thalweg.studies.student_teacher.work import CHECKED, _students
from thalweg.studies.study import Case, Work

SMALL = STUDY.quick


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """The quick form, carried out."""
    return Evidence([_carried_out(case) for case in cases(SMALL, [0])])


def _carried_out(case: Case) -> Result:
    work = build(SMALL, case, 0)
    assert isinstance(work, Work)
    record, finals = work.function(lambda progress: None, **work.arguments)
    assert "record" in record.dims
    return Result(case.coordinates, case.seed, finals, lambda: record)


@pytest.mark.parametrize("name", [claim.name for claim in STUDY.claims(SMALL)])
def test_a_claim_holds_and_can_fail(name: str, evidence: Evidence):
    check_can_tell(next(claim for claim in STUDY.claims(SMALL) if claim.name == name), evidence)


def test_all_verdicts_pass(evidence: Evidence):
    verdicts = judge(STUDY, SMALL, "quick", evidence, [])
    assert {v.claim: v.reason for v in verdicts if v.verdict != "pass"} == {}
    assert len(verdicts) == 17


@pytest.mark.parametrize("parameters", [STUDY.parameters, SMALL], ids=["full", "quick"])
def test_claims_are_in_order(parameters: Any):
    check_in_order(STUDY, parameters)
    assert study("student-teacher") is STUDY
    assert {0.5, 1.0, 2.0} <= set(parameters.ratios)


@pytest.mark.parametrize("kept", ["all", "formulas", "paths", "simulated", "nothing"])
def test_parts_of_the_evidence_are_drawn_and_judged(kept: str, evidence: Evidence):
    part = evidence if kept == "all" else Evidence([r for r in evidence if r.coordinates["family"] == kept])
    check_renders(STUDY, SMALL, part)


def test_errors_printed_to_three_digits_are_those_of_the_law(evidence: Evidence):
    known = {0.5: (1.012, 0.886, 0.917, 0.950), 1.0: (0.798, 0.606, 0.662, 1.468), 2.0: (0.527, 0.360, 0.391, 0.400)}
    for ratio, values in known.items():
        record = evidence.record(family="simulated", ratio=ratio)
        at = np.searchsorted(record.time.values, CHECKED)
        np.testing.assert_allclose(record.law.values[at], values, atol=6e-4)


@pytest.mark.parametrize("samples", [5, 8, 12])
def test_students_in_the_basis_of_their_inputs_are_those_of_small_steps(samples: int):
    """One teacher, followed by many small steps of descent instead of the singular vectors of the inputs."""
    n, snr, inr, end, steps = 8, 4.0, 0.5, 2.0, 20_000
    tested, trained, from_zero, ridge, final = _students(np.random.default_rng(5), np.array([end]), n, samples, 1, snr, inr)
    rng = np.random.default_rng(5)
    x = rng.normal(size=(n, samples)) / np.sqrt(n)
    teacher, noise = rng.normal(size=n), rng.normal(size=samples) / np.sqrt(snr)
    start = np.sqrt(inr) * rng.normal(size=n)
    y = teacher @ x + noise

    def error(w: np.ndarray) -> float:
        return float(np.mean((w - teacher) ** 2) + 1 / snr)

    w, z = start.copy(), np.zeros(n)
    for _ in range(steps):
        w, z = w + end / steps * x @ (y - w @ x), z + end / steps * x @ (y - z @ x)
    assert tested[0] == pytest.approx(error(w), rel=1e-3)
    assert trained[0] == pytest.approx(float(np.mean((y - w @ x) ** 2)), rel=1e-3)
    assert from_zero[0] == pytest.approx(error(z), rel=1e-3)
    assert ridge == pytest.approx(error(np.linalg.solve(x @ x.T + np.eye(n) / snr, x @ y)), rel=1e-10)
    long = start + np.linalg.pinv(x.T) @ (y - start @ x)
    assert final == pytest.approx(error(long), rel=1e-8)


def test_draws_depend_on_root_and_seed_and_not_on_order():
    def inputs(root: int, seed: int) -> Any:
        work = build(SMALL, Case({"family": "simulated", "ratio": 0.5}, seed), root)
        assert isinstance(work, Work)
        return work.arguments["key"]

    assert inputs(0, 1) == (0, 1)
    assert inputs(1, 1) != inputs(0, 1)
