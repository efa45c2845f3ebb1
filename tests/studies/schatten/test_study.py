"""The study of Schatten quasi-norms, on what it really computes: every claim holds and can tell, everything is drawn."""

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.schatten import work as works
from thalweg.studies.schatten.study import STUDY


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
    segment = STUDY.plots(STUDY.quick, evidence)[0].panels[0]
    for line in segment.lines[:-1]:
        assert line.y[np.argmin(np.abs(line.x))] > max(line.y[0], line.y[-1])
    np.testing.assert_allclose(segment.lines[-1].y, 1, atol=1e-12)


def test_instances_hold_the_trace_and_depend_on_the_seed():
    first, other = (works.instances((0, seed), (3, 4), 5) for seed in (0, 1))
    for spectra, values in first:
        np.testing.assert_allclose(spectra[0], 1)
        assert values[0] == pytest.approx(1)
        assert len(spectra) < spectra.shape[1]
    assert any(a.shape != b.shape or not np.allclose(a, b) for (a, _), (b, _) in zip(first, other, strict=True))
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
