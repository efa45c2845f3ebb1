"""The study of explicit and implicit regularization, on what it really computes."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import minimize

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.explicit_or_implicit import work as works
from thalweg.studies.explicit_or_implicit.study import STUDY
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
    assert [len(plot.panels) for plot in STUDY.plots(STUDY.quick, evidence)] == [2, 2, 2]


def test_the_least_distance_is_that_of_a_general_method():
    for b in (0.05, 1.0, 30.0):
        found = minimize(
            lambda w: np.sum((w - 1) ** 2),
            [np.sqrt(b + 1), 1.0],
            constraints={"type": "eq", "fun": lambda w, b=b: w[0] ** 2 - w[1] ** 2 - b},
            options={"ftol": 1e-15, "maxiter": 500},
        )
        assert float(works.least_distance(np.array([b]))[0]) == pytest.approx(found.fun, rel=1e-6)
        assert float(works.least_distance_at_depth(np.array([b]), 2)[0]) == pytest.approx(found.fun, rel=1e-6)


def test_nearest_weights_interpolate_and_pull_along_the_samples():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=2)
    beta = works.nearest_weights(x, y, np.full(6, 0.7))
    np.testing.assert_allclose(beta @ x, y, atol=1e-12)


def test_as_many_samples_as_coefficients_are_refused():
    parameters = dataclasses.replace(STUDY.quick, samples=8)
    with pytest.raises(ValueError, match="fewer than the 8 coefficients"):
        STUDY.build(parameters, Case({"family": "instances"}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
