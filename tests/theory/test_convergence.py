"""The certificate of convergence: its numbers, its failures in words, and the laws along runs."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

import thalweg as tw
from thalweg.theory import (
    ConvergenceBound,
    ConvergenceCertificate,
    DescentLemma,
    LossDecrease,
    Points,
    compare,
    convergence_certificate,
    convergence_rate,
    deficiency_margin,
    descent_floor,
    largest_imbalance,
    largest_learning_rate,
    residual_margin,
    single_output_deviation,
    single_output_learning_rate,
    single_output_steps,
)
from thalweg.theory.laws import LAWS


def descended(target: np.ndarray, factors: list[np.ndarray], rate: float, steps: int) -> tuple[list[float], list[np.ndarray]]:
    """Plain gradient descent at any depth, by partial products."""
    losses, least = [], []
    factors = [f.copy() for f in factors]
    for _ in range(steps + 1):
        rights = [np.eye(target.shape[1])]
        for f in factors:
            rights.append(f @ rights[-1])
        w = rights[-1]
        losses.append(0.5 * float(np.sum((w - target) ** 2)))
        least.append(np.linalg.svd(w, compute_uv=False)[-1])
        left, slopes = np.eye(target.shape[0]), []
        for j in range(len(factors) - 1, -1, -1):
            slopes.append(left.T @ (w - target) @ rights[j].T)
            left = left @ factors[j]
        factors = [f - rate * g for f, g in zip(factors, slopes[::-1], strict=True)]
    return losses, least


def instance(depth: int, shape: tuple[int, int], seed: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """A target with singular values between 0.8 and 1.2 and a balanced start with half of its margin left."""
    rng = np.random.default_rng(seed)
    u, _, vt = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
    target = (u * rng.uniform(0.8, 1.2, len(vt))) @ vt
    off = rng.normal(size=shape)
    start = target + 0.3 * np.linalg.svd(target, compute_uv=False)[-1] * off / np.linalg.norm(off)
    network = tw.DeepLinear(depth=depth, shape=shape, hidden=max(shape))
    return target, tw.Balanced(matrix=start).sample(network, key=seed)


def test_published_numbers():
    assert largest_imbalance(0.5, 1.0, 2) == pytest.approx(1.2e-4, rel=0.02)
    assert largest_learning_rate(0.5, 1.0, 2) == pytest.approx(2.5e-6, rel=0.02)
    assert 1 / convergence_rate(0.5, largest_learning_rate(0.5, 1.0, 2), 2) == pytest.approx(7.9e5, rel=0.01)
    assert largest_learning_rate(0.5, 1.0, 3) == pytest.approx(6.0e-7, rel=0.01)
    assert 1 / convergence_rate(0.5, largest_learning_rate(0.5, 1.0, 3), 3) == pytest.approx(4.2e6, rel=0.01)
    assert largest_learning_rate(1.0, math.sqrt(5), 3) == pytest.approx(1.4e-7, rel=0.01)


def test_the_two_theorems_agree_on_the_step_size_but_for_a_constant():
    """Theorem 2 is theorem 1 at the margin of its first phase, its constant rounded from 2^(4-2/N) 6144 up to 1e5."""
    for depth in (2, 3, 8):
        norm, inputs, s = 1.7, 150, 1e-3
        margin = s**2 * inputs / (2 * norm)
        ratio = largest_learning_rate(margin, norm, depth) / single_output_learning_rate(norm, inputs, s, depth)
        assert ratio == pytest.approx(1e5 / (6144 * 2 ** (4 - 2 / depth)))
        assert 1 < ratio < 3


def test_the_steps_of_theorem_two_are_those_of_theorem_one_in_two_phases():
    norm, inputs, s, depth, rate = 2.0, 100, 1e-2, 3, 1e-6
    at_half = single_output_steps(norm, inputs, s, depth, rate, norm**2 / 8)
    first = convergence_rate(s**2 * inputs / (2 * norm), rate, depth)
    assert at_half == pytest.approx(math.log(4) / first * 4 / 2 ** (2 - 2 / depth))
    more = single_output_steps(norm, inputs, s, depth, rate, norm**2 / 80) - at_half
    second = convergence_rate(norm / 2, rate, depth)
    assert more == pytest.approx(math.log(10) / second * 4 / 2 ** (2 - 2 / depth))
    assert single_output_deviation(norm, inputs, 400.0) == pytest.approx(1e-3)


@pytest.mark.parametrize(("depth", "shape"), [(1, (3, 3)), (2, (3, 3)), (3, (2, 4)), (4, (3, 2))])
def test_every_step_of_a_certified_run_is_within_lemma_and_theorem(depth: int, shape: tuple[int, int]):
    target, factors = instance(depth, shape, seed=depth)
    found = convergence_certificate(tw.LinearRegression.whitened(target), factors, 1.0)
    found = convergence_certificate(tw.LinearRegression.whitened(target), factors, found.largest_learning_rate)
    assert found.holds, str(found)
    losses, least = descended(target, factors, found.learning_rate, 200)
    promised = found.learning_rate * np.array(least[:-1]) ** (2 * (depth - 1) / depth)
    taken = -np.diff(losses) / losses[:-1]
    assert np.min(taken / promised) >= 1
    bound = losses[0] * (1 - found.rate) ** np.arange(201)
    assert np.all(losses <= bound)
    assert np.min(taken / (2 * depth + 1) / promised) < 1  # no lemma with so much larger a factor holds


def test_the_certificate_measures_what_it_says():
    target, factors = instance(3, (3, 3), seed=3)
    product = factors[2] @ factors[1] @ factors[0]
    factors[0] = 1.01 * factors[0]
    found = convergence_certificate(tw.LinearRegression.whitened(target), factors, 1e-9)
    assert isinstance(found, ConvergenceCertificate)
    assert found.margin == pytest.approx(np.linalg.svd(target)[1][-1] - np.linalg.norm(1.01 * product - target))
    gap = factors[1].T @ factors[1] - factors[0] @ factors[0].T
    assert found.imbalance == pytest.approx(np.linalg.norm(gap))
    assert not found.holds
    assert "imbalance" in found.failures[0]
    assert f"{found.imbalance / found.largest_imbalance:.3g} times" in str(found)


def test_steps_bring_the_loss_where_they_say():
    target, factors = np.diag([1.0, 0.9]), [np.eye(2)]  # one factor: linear, so that it can be run to the end
    found = convergence_certificate(tw.LinearRegression.whitened(target), factors, 1e-5)
    assert found.holds, str(found)
    steps = found.steps(0.2 * found.loss)
    losses, _ = descended(target, factors, 1e-5, 100)
    share = losses[100] / losses[0]
    assert share ** (steps / 100) * losses[0] <= 0.2 * found.loss
    assert found.steps(2 * found.loss) == 0
    assert steps == math.ceil(math.log(5) / found.rate)
    assert "tenfold" in str(found)


def test_without_a_margin_nothing_is_promised():
    problem = tw.LinearRegression.whitened(np.diag([1.0, 0.1]))
    found = convergence_certificate(problem, [np.eye(2)] * 2, 1e-9)
    assert not found.holds
    assert found.margin == pytest.approx(0.1 - 0.9)
    assert "no deficiency margin" in str(found)
    assert "0.9" in str(found)
    with pytest.raises(ValueError, match="promises nothing"):
        found.steps(0.1)
    singular = convergence_certificate(tw.LinearRegression.whitened(np.zeros((2, 2))), [np.eye(2)] * 2, 1e-9)
    assert "no deficiency margin" in str(singular)


def test_losses_that_are_none_are_refused():
    problem = tw.LinearRegression.whitened(np.eye(2))
    with pytest.raises(ValueError, match="positive number"):
        convergence_certificate(problem, [np.diag([1.0, 0.9])], 1e-9).steps(0.0)


def test_whitened_data_is_whitened():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 60))
    white = np.linalg.inv(np.linalg.cholesky(x @ x.T / 60)) @ x
    y = np.diag([2.0, 1.0]) @ white + 0.1 * rng.normal(size=(2, 60))
    given = tw.LinearRegression(white, y)
    found = convergence_certificate(given, [given.target], 1e-9)
    assert found.margin == pytest.approx(np.linalg.svd(y @ white.T / 60)[1][-1])
    with pytest.raises(ValueError, match="from the identity"):
        convergence_certificate(tw.LinearRegression(3 * white, y), [np.eye(2)], 1e-9)


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ([], "at least one matrix"),
        ([np.eye(3)], "whose product has the shape"),
        ([np.eye(2), np.ones((2, 3))], "whose product has the shape"),
        ([np.ones(2)], "whose product has the shape"),
        ([np.ones((1, 2)), np.ones((2, 1))], "hidden width of 1 is below 2"),
        ([np.full((2, 2), np.nan)], "must be finite"),
    ],
)
def test_factors_that_do_not_fit_are_refused(factors: list[np.ndarray], words: str):
    with pytest.raises(ValueError, match=words):
        convergence_certificate(tw.LinearRegression.whitened(np.eye(2)), factors, 1e-9)


def test_other_problems_and_rates_are_refused():
    with pytest.raises(TypeError, match="LinearRegression with whitened inputs, got MatrixCompletion"):
        convergence_certificate(tw.MatrixCompletion(np.eye(2)), [np.eye(2)], 1e-9)
    with pytest.raises(ValueError, match="learning_rate must be greater than 0"):
        convergence_certificate(tw.LinearRegression.whitened(np.eye(2)), [np.eye(2)], 0.0)
    with pytest.raises(ValueError, match="square"):
        residual_margin(np.ones((2, 3)))


def test_the_condition_of_residual_networks_leaves_a_margin():
    rng = np.random.default_rng(4)
    for _ in range(20):
        off = rng.normal(size=(4, 4))
        target = np.eye(4) + 0.49 * off / np.linalg.norm(off)
        assert 0 < residual_margin(target) <= deficiency_margin(np.eye(4), target)
    assert residual_margin(0.5 * np.eye(1)) == pytest.approx(0.0)
    assert deficiency_margin(np.eye(1), 0.5 * np.eye(1)) == pytest.approx(0.0)


def test_the_floor_of_a_step_is_the_lemma_written_out():
    w, target = np.diag([1.0, 0.3]), np.eye(2)
    loss = 0.5 * float(np.sum((w - target) ** 2))
    by_hand = loss - 0.5 * 0.1 * 0.3 ** (4 / 3) * float(np.sum((w - target) ** 2))
    assert descent_floor(loss, w, 3, 0.1) == pytest.approx(by_hand)


def test_the_laws_along_a_run_and_where_they_say_nothing():
    target, factors = instance(2, (2, 2), seed=7)
    problem, network = tw.LinearRegression.whitened(target), tw.DeepLinear(depth=2, shape=(2, 2))
    rate = convergence_certificate(problem, factors, 1.0).largest_learning_rate
    run = tw.follow(
        problem, network, tw.Given(factors), tw.GradientDescent(rate), until=tw.Steps(100), record=[tw.Factors()], key=0
    )  # fmt: skip
    path = tw.theory.points(run, count=5)
    for law in (DescentLemma(), ConvergenceBound()):
        laid = compare(law, path)
        assert laid.tests
        assert laid.holds
        assert np.all(laid.laid.measured <= laid.laid.predicted * (1 + 1e-12))
    losses, _ = descended(target, factors, rate, 101)
    np.testing.assert_allclose(compare(ConvergenceBound(), path).laid.measured[-1], losses[100], rtol=1e-12)
    np.testing.assert_allclose(compare(DescentLemma(), path).laid.measured[-1], losses[101], rtol=1e-12)
    assert {type(law) for law in LAWS} >= {DescentLemma, ConvergenceBound, LossDecrease}

    def other(algorithm: Any, start: list[np.ndarray]) -> Points:
        """The points of this run as if it were another's, from another start."""
        made = dataclasses.replace(run, algorithm=algorithm)
        return Points(made, path.time[:2], path.steps[:2], [start, start])

    large = compare(ConvergenceBound(), other(tw.GradientDescent(0.1), factors))
    assert not large.tests
    assert any("learning rate over allowed" in str(a) for a in large.assumptions if not a.holds)
    assert not compare(DescentLemma(), other(tw.GradientDescent(1.7), factors)).holds
    with pytest.raises(tw.theory.DoesNotApply, match="fixed rate"):
        compare(DescentLemma(), other(tw.GradientFlow(1e-6), factors))
    far = other(tw.GradientDescent(1e-6), [3 * np.eye(2)] * 2)
    assert not compare(DescentLemma(), far).tests
    with pytest.raises(tw.theory.DoesNotApply, match="no deficiency margin"):
        compare(ConvergenceBound(), far)
