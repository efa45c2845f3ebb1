"""The study of sequential learning on its quick form: every claim passes, and fails on its null and on each mutant."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import check_can_tell, check_in_order, check_renders
from thalweg.lab.judge import judge
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.sequential_learning import work
from thalweg.studies.sequential_learning.study import STUDY
from thalweg.studies.study import Case, Work
from thalweg.theory import common_decomposition

SMALL = dataclasses.replace(STUDY.quick, deltas=(50.0, 200.0), shares=(1e-6, 1e-2, 1e-1))
NAMES = [claim.name for claim in STUDY.claims(SMALL)]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence([performed(case) for case in STUDY.cases(SMALL, [0])])


def performed(case: Case) -> Result:
    made = STUDY.build(SMALL, case, 0)
    assert isinstance(made, Work)
    data, finals = made.function(None, **made.arguments)
    assert "record" in data.dims
    return Result(case.coordinates, case.seed, finals, lambda: data)


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_passes_and_can_fail(name: str, evidence: Evidence):
    check_can_tell(next(claim for claim in STUDY.claims(SMALL) if claim.name == name), evidence)


def test_verdicts_pass_and_parts_of_the_evidence_are_drawn(evidence: Evidence):
    assert {verdict.verdict for verdict in judge(STUDY, SMALL, "quick", evidence, [])} == {"pass"}
    check_renders(STUDY, SMALL, evidence)
    for result in evidence:
        check_renders(STUDY, SMALL, Evidence([result]))
    check_renders(STUDY, SMALL, Evidence([]))


@pytest.mark.parametrize("form", [STUDY.parameters, STUDY.quick])
def test_claims_are_in_order(form):
    check_in_order(STUDY, form)


def test_every_statement_that_does_not_hold_is_named():
    printed = [claim.erratum.printed for claim in STUDY.claims(STUDY.parameters) if claim.erratum]
    assert len(printed) == 8
    assert len(set(printed)) == 8


def test_printed_statements_are_off_by_what_is_known(evidence: Evidence):
    assert evidence.final("upper_excess", family="bounds") == pytest.approx(7.53e-3, rel=1e-3)
    assert evidence.final("half_steps", family="transitions") == 525
    assert evidence.final("invertible", family="closed-form") > 0.05
    assert evidence.final("exchanged", family="closed-form") > 0.5
    assert evidence.final("loss_reduced_rank", family="orders") == pytest.approx(0.2)
    assert evidence.final("loss_learnt", family="orders") == pytest.approx(1.0, abs=0.01)


def test_the_instance_has_the_frame_and_the_factors_that_it_says():
    made = work.instance(3, 5, 4, (0, 1))
    problem = made.problem()
    assert common_decomposition(problem.input_moment, problem.cross_moment).delta < 1e-12
    first, second = made.factors(np.array([0.0, 30.0]))
    np.testing.assert_allclose(first[0], made.start[0], atol=1e-14)
    np.testing.assert_allclose(second[0], made.start[1], atol=1e-14)
    np.testing.assert_allclose(second[1] @ first[1], problem.target, atol=1e-6)
    bent = np.zeros((5, 5))
    bent[0, 1] = bent[1, 0] = 0.1
    apart = problem.input_moment - made.problem(bent).input_moment
    np.testing.assert_allclose(made.inputs.T @ apart @ made.inputs, -bent, atol=1e-12)


def test_flatness_tells_steps_from_a_line():
    log = np.linspace(0.0, 3.2, 400)
    time = np.exp(np.concatenate([[-1.0], log]))
    line, steps = np.concatenate([[0.0], log]), np.concatenate([[0.0], log - 0.9 * np.sin(2 * np.pi * log) / (2 * np.pi)])
    assert work._flatness(time, line, 2) == pytest.approx(1.0, rel=1e-2)
    assert work._flatness(time, steps, 2) == pytest.approx(0.1, abs=0.02)
    assert work._flatness(time, 0 * line, 2) == np.inf


def test_families_without_chance_run_once():
    families = [case.coordinates["family"] for case in STUDY.cases(STUDY.parameters, [0, 1, 2])]
    assert families.count("bounds") == families.count("transitions") == families.count("orders") == 1
    assert families.count("closed-form") == 6
