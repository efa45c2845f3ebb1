"""The study of mode times on a small form of its own: every claim passes, and fails on its null and on each mutant."""

import dataclasses
import math

import numpy as np
import pytest

from studies.claims_checked import check_can_tell, check_in_order, check_renders
from thalweg.lab.judge import judge
from thalweg.studies.evidence import Evidence, Result
from thalweg.studies.mode_times import work
from thalweg.studies.mode_times.study import STUDY
from thalweg.studies.study import Case, Work

SMALL = dataclasses.replace(STUDY.quick, targets=(2.0, 1.4, 0.9), instances=8, steps=500, levels=2, rate=2e-3)
NAMES = [claim.name for claim in STUDY.claims(SMALL)]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence([performed(case) for case in STUDY.cases(SMALL, [0])])


def performed(case: Case) -> Result:
    made = STUDY.build(SMALL, case, 0)
    assert isinstance(made, Work)
    data, finals = made.function(None, **made.arguments)
    assert "record" in data.dims
    return Result(case.coordinates, case.seed, finals, lambda: data)


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_passes_and_can_fail(name: str, evidence: Evidence):
    check_can_tell(next(claim for claim in STUDY.claims(SMALL) if claim.name == name), evidence)


def test_verdicts_pass_and_parts_of_the_evidence_are_drawn(evidence: Evidence):
    assert {verdict.verdict for verdict in judge(STUDY, SMALL, "quick", evidence, [])} == {"pass"}
    check_renders(STUDY, SMALL, evidence)
    for family in ("flow", "descent", "scalars", "starts", "hierarchy", "hyperbolas", "none"):
        check_renders(STUDY, SMALL, Evidence(evidence.select(family=family)))


@pytest.mark.parametrize("form", [STUDY.parameters, STUDY.quick])
def test_claims_are_in_order(form):
    check_in_order(STUDY, form)


def test_depths_of_a_seed_meet_the_same_instance():
    built = [STUDY.build(SMALL, case, 3) for case in STUDY.cases(SMALL, [0, 1]) if case.coordinates["family"] == "descent"]
    keys = [made.arguments["key"] for made in built if isinstance(made, Work)]
    assert keys == [(3, 0)] * 3 + [(3, 1)] * 3


def test_what_has_no_chance_in_it_runs_once():
    families = [case.coordinates["family"] for case in STUDY.cases(STUDY.parameters, [0, 1, 2])]
    assert families.count("scalars") == families.count("starts") == 1
    assert families.count("hierarchy") == 3


def test_the_tree_has_a_singular_value_for_each_level():
    values = np.linalg.svd(work.tree(3), compute_uv=False) ** 2
    np.testing.assert_allclose(values, [15, 7, 3, 3, 1, 1, 1, 1], rtol=1e-12)


def test_crossings():
    time, values = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 3.0])
    assert work.crossing(time, values, 2.0) == 1.5
    assert work.crossing(time, values, 0.0) == 0.0
    assert math.isnan(work.crossing(time, values, 4.0))


def test_descent_on_fourth_powers_moves_down_the_gradient():
    rng = np.random.default_rng(0)
    x, y = work._regressions(rng, 2, 12, 3)
    rates = np.array([1e-6, 2e-6])
    for depth in (1, 3):
        first, last = work._power_descent(x, y, depth, None, rates, 1, rng)
        before, after = first - last, 1e-6 * _squared_slope(x, y, depth)
        np.testing.assert_allclose(before[:, 0], after, rtol=1e-3)
        np.testing.assert_allclose(before[:, 1], 2 * after, rtol=1e-3)


def _squared_slope(x: np.ndarray, y: np.ndarray, depth: int) -> np.ndarray:
    """The squared norm of the gradient at identity factors by central differences."""
    found = []
    for inputs, outputs in zip(x, y, strict=True):
        factors = [np.eye(3) for _ in range(depth - 1)] + [np.eye(1, 3)]
        total = 0.0
        for factor in factors:
            for place in np.ndindex(factor.shape):
                values = []
                for step in (1e-5, -1e-5):
                    factor[place] += step
                    product = np.linalg.multi_dot(factors[::-1]) if depth > 1 else factors[0]
                    values.append(np.mean((inputs @ product[0] - outputs) ** 4))
                    factor[place] -= step
                total += ((values[0] - values[1]) / 2e-5) ** 2
        found.append(total)
    return np.array(found)
