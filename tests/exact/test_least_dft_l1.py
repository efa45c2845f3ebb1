"""The least l1 norm over frequencies: certificates by their definition, a cone solver beside it, cases by hand."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.exact.least_dft_l1 import least_over_frequencies


def instance(size: int, many: int, seed: int) -> tw.Classification:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(size, many))
    teacher = np.cos(2 * np.pi * np.arange(size) / size) + 0.3 * rng.normal(size=size)
    return tw.Classification(inputs, np.sign(teacher @ inputs))


def check(problem: tw.Classification, solution: tw.exact.Solution, gap: float) -> None:
    """What the solution says of itself, from the definitions."""
    beta, dual = solution.predictor[0], solution.dual
    spectrum = np.fft.fft(beta, norm="ortho")
    assert solution.value == pytest.approx(np.abs(spectrum).sum(), rel=1e-13)
    assert float((beta @ problem.signed).min()) >= 1 - 1e-14
    assert (dual >= 0).all()
    assert np.abs(np.fft.fft(problem.signed @ dual, norm="ortho")).max() <= 1 + 1e-13
    assert solution.dual_value == pytest.approx(dual.sum(), rel=1e-13)
    assert solution.certified
    assert solution.value - solution.dual_value <= gap * solution.value


@pytest.mark.parametrize(("size", "many", "seed"), [(8, 6, 3), (1, 3, 0), (2, 5, 0), (16, 40, 0), (33, 20, 1), (64, 50, 0)])
def test_certificates_are_what_they_say(size: int, many: int, seed: int):
    problem = instance(size, many, seed)
    check(problem, tw.exact.least_dft_l1(problem), 1e-8)
    check(problem, tw.exact.least_dft_l1(problem, gap=1e-10), 1e-10)


def test_integers_copies_and_scales_are_certified_too():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        size, many = rng.integers(1, 33), rng.integers(1, 30)
        inputs = np.round(2 * rng.normal(size=(size, many)))[:, rng.integers(0, many, many)]
        scores = np.cos(2 * np.pi * np.arange(size) / size) @ inputs
        kept = np.abs(scores) > 1e-9
        if kept.any():
            problem = tw.Classification(10.0 ** rng.uniform(-6, 6) * inputs[:, kept], np.sign(scores[kept]))
            check(problem, tw.exact.least_dft_l1(problem), 1e-8)


def test_a_single_sample_is_answered_at_its_largest_frequency():
    x = np.array([3.0, -1.0, 2.0, 0.5, 1.0])
    solution = tw.exact.least_dft_l1(tw.Classification(x[:, None], [1]))
    assert solution.value == pytest.approx(1 / np.abs(np.fft.fft(x, norm="ortho")).max(), rel=1e-8)


def test_circular_shifts_change_nothing():
    problem = instance(12, 8, 0)
    turned = tw.Classification(np.roll(problem.signed, 5, axis=0), np.ones(8))
    first, second = tw.exact.least_dft_l1(problem), tw.exact.least_dft_l1(turned)
    assert first.value == pytest.approx(second.value, rel=1e-8)
    np.testing.assert_allclose(np.roll(first.predictor[0], 5), second.predictor[0], atol=1e-4)


def test_the_half_spectrum_is_another_program():
    problem = instance(8, 6, 0)
    whole, half = tw.exact.least_dft_l1(problem), least_over_frequencies(problem.signed, pairs=1.0)
    assert half.certified

    def sums(beta: np.ndarray) -> tuple[float, float]:
        return np.abs(np.fft.fft(beta, norm="ortho")).sum(), np.abs(np.fft.rfft(beta, norm="ortho")).sum()

    assert half.value == pytest.approx(sums(half.predictor[0])[1], rel=1e-12)
    assert sums(half.predictor[0])[0] > 1.001 * whole.value
    assert sums(whole.predictor[0])[1] > 1.001 * half.value


@pytest.mark.parametrize(("size", "many", "seed"), [(8, 6, 3), (9, 5, 1), (16, 30, 2)])
def test_a_cone_solver_finds_the_same(size: int, many: int, seed: int):
    cvxpy = pytest.importorskip("cvxpy")
    problem = instance(size, many, seed)
    basis = np.fft.fft(np.eye(size), norm="ortho")
    beta = cvxpy.Variable(size)
    lengths = cvxpy.norm(cvxpy.vstack([basis.real @ beta, basis.imag @ beta]), 2, axis=0)
    value = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum(lengths)), [problem.signed.T @ beta >= 1]).solve()
    assert tw.exact.least_dft_l1(problem).value == pytest.approx(value, rel=1e-5)


def test_samples_that_cannot_be_separated():
    with pytest.raises(ValueError, match="cannot be separated"):
        tw.exact.least_dft_l1(tw.Classification(np.array([[1.0, 1.0], [2.0, 2.0]]), [1, -1]))
    with pytest.raises(ValueError, match="cannot be separated"):
        tw.exact.least_dft_l1(tw.Classification(np.zeros((2, 1)), [1]))


def test_bad_arguments():
    problem = instance(4, 3, 0)
    for gap in (0.0, 1.0, float("nan"), -1.0):
        with pytest.raises(ValueError, match="gap must be from"):
            tw.exact.least_dft_l1(problem, gap=gap)
    with pytest.raises(ValueError, match="max_iterations"):
        tw.exact.least_dft_l1(problem, max_iterations=0)
    with pytest.raises(TypeError, match="must have signed samples"):
        tw.exact.least_dft_l1(tw.MatrixCompletion(np.eye(2)))


def test_a_gap_that_is_not_reached_is_told():
    with pytest.warns(RuntimeWarning, match="not certified"):
        solution = tw.exact.least_dft_l1(instance(16, 10, 0), max_iterations=2)
    assert not solution.certified
    assert solution.dual_value <= solution.value
