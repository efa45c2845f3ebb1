"""The study of ReLU networks of one input, on what it really computes: every claim holds and can tell, all is drawn."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.claims_checked import carried_out, check_can_tell, check_in_order, check_renders
from thalweg.lab.specification import case_key
from thalweg.studies.claim import Claim
from thalweg.studies.evidence import Evidence
from thalweg.studies.relu_one_dimension import work as works
from thalweg.studies.relu_one_dimension.study import STUDY
from thalweg.studies.study import Case

SMALL = dataclasses.replace(STUDY.quick, widths=(20,), starts=(16,))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return carried_out(STUDY, SMALL, STUDY.cases(SMALL, (0,)))


@pytest.mark.parametrize("claim", STUDY.claims(SMALL), ids=lambda claim: claim.name)
def test_the_claim_holds_and_can_tell(claim: Claim, evidence: Evidence):
    check_can_tell(claim, evidence)


def test_the_claims_are_in_order():
    check_in_order(STUDY, STUDY.quick)
    check_in_order(STUDY, STUDY.parameters)


def test_pictures_and_tables_are_made_of_whatever_there_is(evidence: Evidence):
    check_renders(STUDY, SMALL, evidence)
    check_renders(STUDY, SMALL, Evidence([]))
    assert [len(plot.panels) for plot in STUDY.plots(SMALL, evidence)] == [4, 1, 1]


def test_one_step_is_adam_on_the_loss_with_weight_decay():
    """The gradient written out is that of the loss, by differentiation; Adam's first step is its sign times the rate."""
    rng, width = np.random.default_rng(0), 6
    x, y = works.points(rng, 5, "wave")
    theta = rng.normal(size=(2, 3 * width + 1))
    decay = np.array([0.3, 0.0])

    def loss(row: jax.Array, decay: float) -> jax.Array:
        w, b, a = (row[k * width : (k + 1) * width] for k in range(3))
        outputs = a @ jnp.maximum(w[:, None] * x + b[:, None], 0.0) + row[-1]
        return 0.5 * jnp.sum((outputs - y) ** 2) + 0.5 * decay * (jnp.sum(w**2) + jnp.sum(a**2))

    state = (theta, jnp.zeros(theta.shape), jnp.zeros(theta.shape), jnp.zeros(()))
    moved, mean, _, _ = works._descend(state, x, y, decay[None, :], np.array([0.01]), width=width, chunk=1)
    for k in range(2):
        slope = np.asarray(jax.grad(loss)(jnp.asarray(theta[k]), decay[k]))
        np.testing.assert_allclose(np.asarray(mean)[k], 0.1 * slope, rtol=1e-9, atol=1e-15)
        away = np.abs(slope) > 1e-9
        np.testing.assert_allclose((theta[k] - np.asarray(moved)[k])[away], 0.01 * np.sign(slope[away]), rtol=1e-5)


def test_what_is_measured_of_a_network_is_by_hand():
    # 2 [x - 1]_+ - [-x]_+ + 3: w, b, a, then the outer bias
    theta = np.array([1.0, -1.0, -1.0, 0.0, 2.0, -1.0, 3.0])
    x = np.array([-2.0, 0.5, 2.0])
    np.testing.assert_allclose(works.outputs(theta, x), [1.0, 3.0, 5.0])
    found = works.measured(theta, x, np.array([1.0, 3.0, 4.0]))
    assert float(found["size"]) == 3.5
    assert float(found["all"]) == 4.0
    assert float(found["misfit"]) == 1.0
    assert float(found["squares"]) == 0.5
    assert float(found["imbalance"]) == pytest.approx(3 / 7)
    assert float(found["cost"]) == 3.0  # bends 2 and -1; slopes 1 at the left, 2 at the right


def test_the_program_is_the_closed_form_on_three_points():
    assert works.program(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 2.0])) == pytest.approx(2.0)


def test_parameters_that_do_not_fit_are_refused():
    case = Case({"family": "training", "width": 20}, 0)
    for wrong in ({"steps": 75}, {"first_decay": 1e-6}, {"starts": (4, 4)}):
        with pytest.raises(ValueError, match=r"steps must be|zip"):
            STUDY.build(dataclasses.replace(SMALL, **wrong), case, 0)


def test_keys_of_cases_differ():
    keys = [case_key(STUDY.build, STUDY.build(STUDY.quick, case, 0)) for case in STUDY.cases(STUDY.quick, (0, 1))]
    assert len(set(keys)) == len(keys)
