"""The study of the saddle at zero, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.saddle_at_zero.study import STUDY


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
    with pytest.raises(ValueError, match="depths must hold 2, 3 and 4"):
        STUDY.build(dataclasses.replace(STUDY.quick, depths=(2, 3)), case, 0)
    with pytest.raises(ValueError, match="no square"):
        STUDY.build(dataclasses.replace(STUDY.quick, shapes=((3, 3),)), case, 0)


def test_seeds_have_their_own_instances(evidence: Evidence):
    one, other = (evidence.of_seed(seed).record(family="zero").change.values for seed in (0, 1))
    assert not np.allclose(one, other)
    works = [STUDY.build(STUDY.quick, case, 0) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len({case_key(STUDY.build, work) for work in works}) == len(works)
