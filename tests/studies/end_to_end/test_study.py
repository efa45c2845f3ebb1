"""The study of the end-to-end rule, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.end_to_end.study import STUDY
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


def test_the_full_form_is_the_whole_of_what_is_claimed():
    full = STUDY.parameters
    assert full.shapes == ((8, 8), (20, 35), (128, 1))
    assert full.flow_depths == (2, 3, 5)
    assert full.hidden == STUDY.quick.hidden == (1, 10, 100)
    assert full.momentum == STUDY.quick.momentum == 1000


def test_one_column_has_no_claim_on_singular_vectors():
    column = dataclasses.replace(STUDY.quick, shapes=((6, 1),))
    names = [claim.name for claim in STUDY.claims(column)]
    assert "singular vectors turn as lemma 2 says" not in names
    assert len(names) == len(STUDY.claims(STUDY.quick)) - 1


def test_seeds_have_their_own_instances(evidence: Evidence):
    one, other = (evidence.of_seed(seed).record(family="widths").loss.values for seed in (0, 1))
    assert not np.allclose(one, other)
    works = [STUDY.build(STUDY.quick, case, 0) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len({case_key(STUDY.build, work) for work in works}) == len(works)


@pytest.mark.parametrize(("change", "words"), [({"depths": (1, 2)}, "at least 2"), ({"hidden": (1,)}, "two widths or more")])
def test_settings_that_claims_cannot_read_are_refused(change: dict, words: str):
    case = STUDY.cases(STUDY.quick, (0,))[0]
    with pytest.raises(ValueError, match=words):
        STUDY.build(dataclasses.replace(STUDY.quick, **change), case, 0)
