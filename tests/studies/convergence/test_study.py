"""The study of convergence, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

import thalweg as tw
from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.convergence.study import STUDY
from thalweg.studies.convergence.work import _instance, _largest_rate
from thalweg.studies.evidence import Evidence


def computed(seeds: tuple[int, ...]) -> Evidence:
    return carried_out(STUDY, STUDY.quick, STUDY.cases(STUDY.quick, seeds))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return computed((0, 1))


@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))


def test_settings_that_claims_cannot_read_are_refused():
    case = STUDY.cases(STUDY.quick, (0,))[0]
    with pytest.raises(ValueError, match="depths must hold 2"):
        STUDY.build(dataclasses.replace(STUDY.quick, depths=(3, 4)), case, 0)
    with pytest.raises(ValueError, match="no square"):
        STUDY.build(dataclasses.replace(STUDY.quick, shapes=((3, 3),)), case, 0)


def test_examples_without_chance_are_asked_of_the_first_seed_alone():
    families = [(case.seed, case.coordinates["family"]) for case in STUDY.cases(STUDY.quick, (4, 5))]
    assert [seed for seed, family in families if family in ("failures", "form")] == [4, 4]
    assert [seed for seed, family in families if family == "certified"] == [4, 5]
    works = [STUDY.build(STUDY.quick, case, 0) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len({case_key(STUDY.build, work) for work in works}) == len(works)


def test_seeds_have_their_own_starts(evidence: Evidence):
    one, other = (evidence.of_seed(seed).record(family="certified").lost.values for seed in (0, 1))
    assert not np.allclose(one, other)


def test_an_instance_is_certified_by_the_library_and_not_at_twice_its_step():
    factors, target, found = _instance(np.random.default_rng(0), 3, (2, 4), aligned=True)
    problem = tw.LinearRegression.whitened(target)
    assert tw.theory.convergence_certificate(problem, factors, found.learning_rate).holds
    assert not tw.theory.convergence_certificate(problem, factors, 2 * found.learning_rate).holds


def test_the_largest_rate_of_one_matrix_is_two_over_the_curvature():
    """At depth 1 the loss is quadratic with curvature 1: beyond 2 it grows, and just below it nine tenths are lost in time."""
    found = _largest_rate([np.zeros((1, 2, 2))], np.eye(2)[None], np.array([1e-3]), 2000)
    assert found[0] == pytest.approx(2.0, rel=1e-3)
