"""The study of linear convolutional networks, on what it really computes, and its flows against a second way."""

import dataclasses

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.exact import least_dft_l1
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.linear_convolution import flows
from thalweg.studies.linear_convolution import work as works
from thalweg.studies.linear_convolution.study import STUDY
from thalweg.studies.study import Case

NETWORKS = [flows.convolutional(5, 3), flows.convolutional(4, 2), flows.diagonal(4, 3), flows.fully_connected(3, 3)]


def brought_back(cases: list[Case]) -> Evidence:
    return carried_out(STUDY, STUDY.quick, cases)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return brought_back(list(STUDY.cases(STUDY.quick, (0,))))


@pytest.mark.parametrize("claim", STUDY.claims(STUDY.quick), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


@pytest.mark.slow
def test_the_packages_own_flow_is_on_the_same_path():
    claim = STUDY.claims(STUDY.parameters)[-1]
    check_can_tell(claim, brought_back([Case({"family": "package"}, 0)]))


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, STUDY.quick, evidence)
    check_renders(STUDY, STUDY.quick, Evidence([]))
    assert [len(plot.panels) for plot in STUDY.plots(STUDY.quick, evidence)] == [2, 3, 1]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: f"{network.count} parameters")
def test_slopes_are_those_of_finite_differences(network: flows.Network):
    rng = np.random.default_rng(0)
    theta, slope = rng.normal(size=network.count), rng.normal(size=network.size)
    steps = 1e-6 * np.eye(network.count)
    differences = (network.predictor(theta + steps) - network.predictor(theta - steps)) @ slope / 2e-6
    np.testing.assert_allclose(network.pulled(theta, slope), differences, atol=1e-8)
    stacked = network.pulled(theta + steps, np.broadcast_to(slope, (network.count, network.size)))
    np.testing.assert_allclose(stacked[1], network.pulled(theta + steps[1], slope), atol=1e-14)


def test_the_path_is_that_of_plain_gradient_flow_in_its_own_time():
    rng = np.random.default_rng(1)
    problem = works.drawn(rng)
    network = flows.convolutional(works.SIZE, 2)
    start = 0.5 * rng.normal(size=network.count)
    path = flows.followed(problem.signed, network, start, 5.0, rtol=1e-9)

    def field(_: float, theta: np.ndarray) -> np.ndarray:
        return network.pulled(theta, problem.signed @ np.exp(-network.predictor(theta) @ problem.signed))

    def reached(_: float, theta: np.ndarray) -> float:
        return float((network.predictor(theta) @ problem.signed).min()) - 5.0

    reached.terminal = True  # type: ignore[attr-defined]
    plain = solve_ivp(field, (0, 1e6), start, method="LSODA", rtol=1e-9, atol=1e-11, events=reached)
    np.testing.assert_allclose(path.params[-1], plain.y_events[0][0], atol=1e-5)


def test_a_stationary_point_is_known_as_one():
    problem = works.drawn(np.random.default_rng(2))
    solution = least_dft_l1(problem, gap=1e-11)
    # margins whose weights in the loss are the dual
    margins = -np.log(np.maximum(solution.dual, 1e-30))
    assert works.stationarity(problem.signed, solution.predictor[0], margins, 1.0) < 1e-4
    assert works.stationarity(problem.signed, solution.predictor[0], margins, 2 / 3) > 1e-2


def test_a_flow_that_makes_no_way_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flows, "MOST", 20)
    problem = works.drawn(np.random.default_rng(0))
    network = flows.convolutional(works.SIZE, 2)
    with pytest.raises(RuntimeError, match="was not reached in 20 gradients"):
        flows.followed(problem.signed, network, np.full(network.count, 0.1), 1e4)


def test_the_flow_of_the_package_is_a_case_where_it_is_asked_for():
    families = {str(case.coordinates["family"]) for case in STUDY.cases(STUDY.quick, (0, 1))}
    assert families == {"example", "two_layers", "three_layers", "others"}
    asked = dataclasses.replace(STUDY.quick, package=True)
    assert len(STUDY.cases(asked, (0, 1))) == len(STUDY.cases(STUDY.quick, (0, 1))) + 1
    assert len(STUDY.claims(asked)) == len(STUDY.claims(STUDY.quick)) + 1


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.parameters, (0, 1))]
    assert len(set(keys)) == len(keys)
