"""The study of balancedness, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.balancedness.study import STUDY
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return carried_out(STUDY, STUDY.quick, STUDY.cases(STUDY.quick, (0, 1)))


@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))


def test_the_published_start_near_zero_is_what_is_run():
    for parameters in (STUDY.quick, STUDY.parameters):
        assert (parameters.deep, parameters.std, parameters.loss) == ((128, 32, 32, 1), 1e-3, 1e-5)


def test_seeds_have_their_own_instances(evidence: Evidence):
    one, other = (evidence.of_seed(seed).record(family="descent").one_step.values for seed in (0, 1))
    assert not np.allclose(one, other)
    works = [STUDY.build(STUDY.quick, case, 0) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len({case_key(STUDY.build, work) for work in works}) == len(works)


def test_widths_that_claims_cannot_compare_are_refused():
    case = STUDY.cases(STUDY.quick, (0,))[0]
    with pytest.raises(ValueError, match="every second one is equal"):
        STUDY.build(dataclasses.replace(STUDY.quick, widths=(5, 6, 7, 6)), case, 0)
