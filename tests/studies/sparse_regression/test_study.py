"""The study of sparse regression, on what it really computes: every claim holds and can tell, everything is drawn."""

import dataclasses

import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.exact import least_l1
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.sparse_regression import work as works
from thalweg.studies.sparse_regression.study import STUDY
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
    assert sum(claim.erratum is not None for claim in STUDY.claims(STUDY.parameters)) == 4


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))
    names = [plot.name for plot in STUDY.plots(STUDY.quick, evidence)]
    assert names == ["error", "norms", "samples", "sparsity", "training"]


def test_instances_share_what_they_can():
    shape = {"size": 20, "samples": 5, "nonzeros": 2, "deviation": 0.1}
    inputs, outputs, truth = works.instance((0, 1), **shape)
    assert inputs.shape == (20, 5)
    assert np.linalg.norm(truth) == pytest.approx(1.0)
    assert np.count_nonzero(truth) == 2
    more = works.instance((0, 1), **(shape | {"samples": 9}))
    np.testing.assert_array_equal(more[0][:, :5], inputs)
    np.testing.assert_array_equal(more[1][:5], outputs)
    denser = works.instance((0, 1), **(shape | {"nonzeros": 4}))
    np.testing.assert_allclose(denser[1] - denser[2] @ denser[0], outputs - truth @ inputs, atol=1e-14)
    assert np.abs(works.instance((0, 2), **shape)[0] - inputs).max() > 0.1


def test_noise_has_the_variance_that_is_published():
    inputs, outputs, truth = works.instance((0, 0), size=10, samples=20_000, nonzeros=3, deviation=0.1)
    assert np.var(outputs - truth @ inputs) == pytest.approx(0.01, rel=0.05)


def test_where_an_error_crosses_a_level():
    exponents = np.array([0.0, -1.0, -2.0, -3.0])
    errors = np.array([1.0, 0.1, 0.01, 0.1])
    assert works.crossing(exponents, errors, 10**-1.5) == pytest.approx(-1.5)
    assert works.crossing(exponents, errors, 2.0) == 0.0
    assert works.crossing(exponents, errors, 1e-3) == works.NEVER
    assert works.crossing(exponents, np.array([1.0, 0.1, np.nan, np.nan]), 0.2) == pytest.approx(np.log10(0.2))


def test_the_bounds_of_theorem_two_by_hand():
    assert works.large_scale(1.0, 1.0) == pytest.approx(np.sqrt(12.0))
    assert works.small_scale(1.0, 1.0, 1) == pytest.approx(min(4**-1.5, np.exp(-1.0)))
    assert works.small_scale(1.0, 1.0, 100) == pytest.approx(np.exp(-100.0))


def test_the_least_samples_of_the_l1_solution(evidence: Evidence):
    """Once more, from the instances themselves."""
    p = STUDY.quick
    for seed in (0, 1):
        first = evidence.of_seed(seed).final("first_l1_samples", family="needed")
        for samples in p.sweep:
            shape = {"size": p.many_size, "samples": samples, "nonzeros": p.many_nonzeros, "deviation": p.deviation}
            inputs, outputs, truth = works.instance((0, seed), **shape)
            error = np.sum((least_l1((inputs.T, outputs)).predictor - truth) ** 2)
            assert (error <= p.level) == (samples == first) or samples > first


def test_sweeps_without_what_is_compared_are_refused():
    parameters = dataclasses.replace(STUDY.quick, sweep=(24, 60))
    with pytest.raises(ValueError, match=r"\[90, 140\] are missing"):
        STUDY.build(parameters, Case({"family": "along"}, 0), 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
