"""The study of one measurement, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.one_measurement import work as works
from thalweg.studies.one_measurement.study import STUDY
from thalweg.studies.study import Case


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
    assert [len(plot.panels) for plot in STUDY.plots(STUDY.quick, evidence)] == [3, 4, 3]


def test_the_path_of_one_matrix_with_one_entry_is_by_hand():
    """A single matrix moves along the entry alone, and ends with it met."""
    start = 0.1 * np.arange(1.0, 10.0).reshape(3, 3)
    measurement = np.zeros((3, 3))
    measurement[0, 0] = 1.0
    ended = works.followed(measurement, 1.0, start, 1)[-1]
    np.testing.assert_allclose(ended - start, (1.0 - start[0, 0]) * measurement, atol=1e-6)


def test_products_at_the_start_are_the_start_at_every_depth():
    start = np.random.default_rng(0).normal(size=(3, 3))
    for depth in (1, 2, 3):
        np.testing.assert_allclose(works.followed(np.eye(3), 1.0, start, depth)[0], start, atol=1e-12)


def test_depths_without_the_table_are_refused():
    parameters = dataclasses.replace(STUDY.quick, depths=(1.0, 2.0))
    with pytest.raises(ValueError, match=r"\[3, 4\] are missing"):
        STUDY.build(parameters, Case({"family": "aligned"}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
