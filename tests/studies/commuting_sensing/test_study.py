"""The study of commuting measurements, on what it really computes: every claim holds and can tell, everything is drawn."""

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.commuting_sensing import work as works
from thalweg.studies.commuting_sensing.study import STUDY
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
    assert [plot.name for plot in STUDY.plots(STUDY.quick, evidence)] == ["paths", "excess", "face"]
    assert [len(table.rows) for table in STUDY.tables(STUDY.quick, evidence)] == [3, 2]


def test_keys_of_cases_differ_and_instances_depend_on_seeds():
    built = [STUDY.build(STUDY.quick, case, 0) for case in STUDY.cases(STUDY.quick, (0, 1))]
    keys = [case_key(STUDY.build, one) for one in built]
    assert len(set(keys)) == len(keys)
    first, again, other = (works.instance(key, 4, 2)[0] for key in ((0, 0), (0, 0), (0, 1)))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_the_most_spread_solution_is_found_from_beside_it():
    spectra, values = works.FACE
    near = np.array([0.18, 0.40, 0.42])
    near += np.linalg.lstsq(spectra, values - spectra @ near, rcond=None)[0]
    np.testing.assert_allclose(works._largest(spectra, near, 3), [0.18768, 0.43841, 0.37391], atol=1e-5)
