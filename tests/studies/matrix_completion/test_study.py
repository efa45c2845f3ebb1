"""What the study of completion runs: the published setting, one instance for all methods, measures that are right."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.lab.specification import case_key
from thalweg.observables.spectrum import SingularValues
from thalweg.studies.matrix_completion.study import STUDY, effective_rank, measure, measure_solution
from thalweg.studies.study import Case, Setup, Solve
from thalweg.trajectory.stop import LossBelow

SMALL = dataclasses.replace(STUDY.quick, side=12, rank=2, observed=(70, 100))


def built(case: Case, root: int) -> Any:
    """What the study makes of a case of its small form."""
    return STUDY.build(SMALL, case, root)


def test_the_full_form_is_the_published_setting():
    full = STUDY.parameters
    assert (full.side, full.rank, full.observed) == (100, 5, (2000, 5000))
    assert (full.depths, full.scales, full.threshold) == ((2, 3, 4), (1e-3, 1e-4, 1e-5, 1e-6), 1e-6)
    assert len(STUDY.cases(full, range(5))) == 5 * (2 * (2 + 12) + 2)


def test_all_methods_of_a_seed_meet_the_same_instance_and_seeds_differ():
    few = [case for case in STUDY.cases(SMALL, [0, 1]) if case.coordinates["observed"] == 70]
    problems = {}
    for case in few:
        problems.setdefault(case.seed, []).append(built(case, 7).problem)
    for same in problems.values():
        assert all(np.array_equal(same[0].target, other.target) for other in same)
        assert all(np.array_equal(same[0].observed, other.observed, equal_nan=True) for other in same)
    assert not np.allclose(problems[0][0].target, problems[1][0].target)
    assert not np.allclose(built(few[0], 8).problem.target, problems[0][0].target)


def test_a_target_is_of_the_rank_and_mean_square_one():
    problem = built(STUDY.cases(SMALL, [0])[0], 0).problem
    values = np.linalg.svd(problem.target, compute_uv=False)
    assert np.sum(values > 1e-10 * values[0]) == 2
    assert np.mean(problem.target**2) == pytest.approx(1)
    assert np.isfinite(problem.observed).sum() == 70


def test_networks_are_built_as_their_coordinates_say():
    for case in STUDY.cases(SMALL, [0]):
        made = built(case, 0)
        if isinstance(made, Solve):
            assert made.solver == ("slack_nuclear_norm" if "within" in case.coordinates["method"] else "nuclear_norm")
            continue
        assert isinstance(made.algorithm, GradientFlow)
        assert isinstance(made.until, LossBelow)
        assert f"depth {made.parametrization.depth}" == case.coordinates["method"]
        assert float(made.until.threshold) == case.coordinates["threshold"]
        assert float(made.start.scale) == case.coordinates["scale"]
        assert any(isinstance(observable, SingularValues) for observable in made.record)
        assert float(made.algorithm.rtol) <= 1e-2 * case.coordinates["threshold"] ** 0.5


def test_keys_of_cases_differ_and_are_the_same_when_built_again():
    cases = STUDY.cases(SMALL, [0])
    once, again = ([case_key(STUDY.build, built(case, 0)) for case in cases] for _ in range(2))
    assert len(set(once)) == len(cases)
    assert once == again


def test_measures_are_those_of_numpy():
    rng = np.random.default_rng(0)
    target, predictor = rng.normal(size=(6, 5)), rng.normal(size=(6, 5))
    found = measure(SimpleNamespace(target=target), predictor)
    assert found["error"] == pytest.approx(np.linalg.norm(predictor - target) ** 2 / 30)
    assert found["nuclear_norm"] == pytest.approx(np.linalg.norm(predictor, "nuc"))
    assert found["truth_nuclear_norm"] == pytest.approx(np.linalg.norm(target, "nuc"))
    assert found["sigma_1"] == pytest.approx(np.linalg.norm(predictor, 2))
    assert "sigma_6" not in found


@pytest.mark.parametrize(
    ("values", "rank"), [([3.0, 3.0, 3.0], 3.0), ([5.0], 1.0), ([2.0, 0.0], 1.0), ([2.0, 1.0, 1.0], 2 * 2**0.5)]
)
def test_the_effective_rank_of_spectra(values: list[float], rank: float):
    assert effective_rank(np.array(values)) == pytest.approx(rank)


def test_the_certificate_of_zeros_in_unseen_places_is_worthless():
    observed = np.array([[1.0, np.nan], [np.nan, 1.0]])
    problem = SimpleNamespace(target=np.ones((2, 2)), observed=observed)
    solution = SimpleNamespace(predictor=np.ones((2, 2)), gap=0.0, dual_value=2.0, seconds=0.1)
    found = measure_solution(problem, solution)
    assert found["infeasibility"] == 0.0
    assert found["trivial_gap"] == pytest.approx(0.0)
    solution.predictor, solution.dual_value = np.full((2, 2), 1.25), 1.5
    found = measure_solution(problem, solution)
    assert found["infeasibility"] == 0.25
    assert found["trivial_gap"] == pytest.approx(0.25)
    assert isinstance(built(STUDY.cases(SMALL, [0])[2], 0), Setup)
