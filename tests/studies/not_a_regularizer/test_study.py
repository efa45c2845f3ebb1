"""The study of the line integrals, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.not_a_regularizer.study import STUDY


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


def test_the_numbers_by_hand_are_left_out_for_another_curve():
    other = dataclasses.replace(STUDY.quick, outer=2.0)
    assert len(STUDY.claims(STUDY.quick)) - len(STUDY.claims(other)) == 3


def test_seeds_have_their_own_frames(evidence: Evidence):
    one, other = (evidence.of_seed(seed).record(family="integrals").deviation.values for seed in (0, 1))
    assert not np.allclose(one, other)
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == 2


def test_settings_that_claims_cannot_read_are_refused():
    case = STUDY.cases(STUDY.quick, (0,))[0]
    with pytest.raises(ValueError, match=r"depths must hold .* \[2.0, 6.0\] are missing"):
        STUDY.build(dataclasses.replace(STUDY.quick, depths=(1.5, 3.0)), case, 0)
    with pytest.raises(ValueError, match="size must be at least 3"):
        STUDY.build(dataclasses.replace(STUDY.quick, size=2), case, 0)
