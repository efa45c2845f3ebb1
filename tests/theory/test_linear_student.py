"""Laws of one linear student, laid over runs: the frozen subspace at any depth, the error against a known teacher."""

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

import thalweg as tw
from thalweg.theory import DoesNotApply, FrozenSubspace, Generalisation, compare, points
from thalweg.theory.linear_student import unreached

RNG = np.random.default_rng(0)
N, P = 8, 5
INPUTS = RNG.normal(size=(N, P)) / np.sqrt(N)
TEACHER = RNG.normal(size=(1, N))
OUTPUTS = TEACHER @ INPUTS + 0.4 * RNG.normal(size=(1, P))
PROBLEM = tw.LinearRegression(INPUTS, OUTPUTS, loss="half sum of squares")


def followed(depth: int, algorithm: Any, problem: Any = PROBLEM, end: float = 30.0) -> tw.Trajectory:
    network = tw.DeepLinear(depth=depth, shape=(1, N), hidden=3)
    at, until = tw.EveryTime(3.0), tw.Time(end)
    return tw.follow(problem, network, tw.Gaussian(0.5), algorithm, until=until, record=[tw.Factors()], at=at, key=0)


@pytest.fixture(scope="module")
def shallow() -> tw.Trajectory:
    return followed(1, tw.GradientFlow(1e-9))


@pytest.fixture(scope="module")
def deep() -> tw.Trajectory:
    return followed(2, tw.GradientFlow(1e-9))


def test_directions_out_of_reach_are_orthonormal_and_orthogonal_to_the_inputs():
    outside = unreached(PROBLEM)
    assert outside.shape == (N, N - P)
    np.testing.assert_allclose(outside.T @ outside, np.eye(N - P), atol=1e-14)
    assert np.abs(outside.T @ INPUTS).max() < 1e-14


def test_a_single_matrix_is_frozen_out_of_reach(shallow: tw.Trajectory):
    outside = unreached(PROBLEM)
    path = points(shallow)
    moved = np.abs((path.predictors - path.predictors[0]) @ outside).max()
    assert moved < 1e-13
    assert np.abs(path.predictors[-1] - path.predictors[0]).max() > 0.1
    found = compare(FrozenSubspace(), shallow)
    assert found.holds
    assert found.worst < 1e-13


def test_of_a_product_the_first_factor_is_frozen_and_the_product_moves(deep: tw.Trajectory):
    outside = unreached(PROBLEM)
    path = points(deep)
    assert compare(FrozenSubspace(), deep).worst < 1e-13
    assert np.abs((path.predictors[-1] - path.predictors[0]) @ outside).max() > 0.01
    first, last = path.factors[0][0], path.factors[-1][1]
    np.testing.assert_allclose(path.predictors[-1] @ outside, last @ first @ outside, atol=1e-13)


def test_a_run_of_descent_is_frozen_too():
    assert compare(FrozenSubspace(), followed(2, tw.GradientDescent(0.1))).worst < 1e-13


def test_wrong_directions_are_not_frozen(deep: tw.Trajectory, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("thalweg.theory.linear_student.unreached", lambda problem: np.eye(N)[:, : N - P])
    assert not compare(FrozenSubspace(), deep).holds


def test_the_error_along_the_run_is_that_of_the_matrix_exponential(shallow: tw.Trajectory):
    law = Generalisation(TEACHER, noise=0.16)
    found = compare(law, shallow)
    assert found.holds
    gram = INPUTS @ INPUTS.T
    start = shallow.start[0]
    for time, predicted in zip(found.time, found.laid.predicted, strict=True):
        end = PROBLEM.target + (start - PROBLEM.target) @ expm(-gram * time)
        assert predicted == pytest.approx(float(np.mean((end - TEACHER) ** 2)) + 0.16, rel=1e-12)


def test_its_residual_falls_with_the_tolerance():
    rtols = np.array([1e-5, 1e-8])
    worst = [compare(Generalisation(TEACHER), followed(1, tw.GradientFlow(rtol))).worst for rtol in rtols]
    assert np.polyfit(np.log(rtols), np.log(worst), 1)[0] == pytest.approx(1, abs=0.3)


def test_another_teacher_or_another_convention_is_not_the_run(shallow: tw.Trajectory):
    mean = tw.LinearRegression(INPUTS, OUTPUTS)  # half the mean of squares: slower by the number of samples
    assert compare(Generalisation(TEACHER), followed(1, tw.GradientFlow(1e-9), mean)).holds
    late = Generalisation(TEACHER).lay(points(followed(1, tw.GradientFlow(1e-9), mean)))
    right = Generalisation(TEACHER).lay(points(shallow))
    assert np.abs(late.predicted[1] - right.predicted[1]) > 1e-3


@pytest.mark.parametrize(
    ("depth", "algorithm", "law", "words"),
    [
        (2, tw.GradientFlow(1e-9), Generalisation(TEACHER), "law of a single matrix, and this network has 2 factors"),
        (2, tw.GradientDescent(0.1), Generalisation(TEACHER), "law of gradient flow, and this run moves in finite steps"),
        (1, tw.GradientFlow(1e-9), Generalisation(np.ones((1, 3))), "the teacher has shape"),
        (1, tw.GroupRMSprop(1e-3), FrozenSubspace(), "law of plain gradients"),
    ],
)
def test_runs_without_meaning_for_a_law_are_refused(depth: int, algorithm: Any, law: Any, words: str):
    with pytest.raises(DoesNotApply, match=words):
        compare(law, followed(depth, algorithm, end=0.01))


def test_inputs_that_reach_everywhere_and_other_problems_are_refused():
    def descended(problem: Any) -> tw.Trajectory:
        network, until = tw.DeepLinear(depth=2, shape=(2, 2)), tw.Steps(2)
        return tw.follow(problem, network, tw.Gaussian(0.1), tw.GradientDescent(0.1), until=until, record=[tw.Factors()], key=0)

    with pytest.raises(DoesNotApply, match="the inputs reach all directions"):
        compare(FrozenSubspace(), descended(tw.LinearRegression.whitened(np.eye(2))))
    with pytest.raises(DoesNotApply, match="law of linear regression, and the problem is MatrixCompletion"):
        compare(FrozenSubspace(), descended(tw.MatrixCompletion(np.array([[1.0, np.nan], [0.5, 1.0]]))))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Generalisation(np.ones(3)), "teacher must be a finite matrix"),
        (lambda: Generalisation(np.full((1, 2), np.inf)), "teacher must be a finite matrix"),
        (lambda: Generalisation(np.ones((1, 2)), noise=-1), "noise must be at least 0"),
    ],
)
def test_bad_input_is_refused(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
