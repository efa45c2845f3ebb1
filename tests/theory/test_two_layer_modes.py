"""The laws of two layers laid over runs, with their assumptions measured."""

import numpy as np
import pytest

import thalweg as tw
from thalweg.problems.random_matrices import orthonormal
from thalweg.theory import DoesNotApply, TwoLayerDescent, TwoLayerModes, compare, two_layer_start

SIGMA, LAM = np.array([2.0, 1.0, 0.5]), np.array([1.0, 1.5, 0.7, 0.4])
NETWORK = tw.DeepLinear(depth=2, shape=(3, 4), hidden=5)


def frame() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return orthonormal(rng, 4, 4), orthonormal(rng, 3, 3)


def problem(bent: float = 0.0) -> tw.LinearRegression:
    u, v = frame()
    off = np.zeros((4, 4))
    off[0, 1] = off[1, 0] = bent
    return tw.LinearRegression.from_moments(u @ (np.diag(LAM) + off) @ u.T, (v * SIGMA) @ u[:, :3].T)


def flowed(rtol: float, bent: float = 0.0, stretch: float = 1.0) -> tw.Trajectory:
    u, v = frame()
    first, second = two_layer_start(u, v, [2.0, 1.5, 1.0], hidden=5, key=1)
    stretched = np.diag([stretch, 1.0, 1.0, 1.0, 1.0])
    start = tw.Given([stretched @ first, second @ np.linalg.inv(stretched)])
    at = tw.AtTimes([0.5, 1.0, 2.0, 4.0])
    flow = tw.GradientFlow(rtol)
    return tw.follow(problem(bent), NETWORK, start, flow, until=tw.Time(6.0), key=0, record=[tw.Factors()], at=at)


def test_the_closed_form_is_the_flow():
    loose, tight = (compare(TwoLayerModes(), flowed(rtol)) for rtol in (1e-7, 1e-9))
    assert tight.tests
    assert tight.holds
    assert tight.worst < 3e-8
    assert tight.worst < 0.1 * loose.worst


def test_moments_that_do_not_share_vectors_break_it():
    bent = compare(TwoLayerModes(), flowed(1e-9, bent=0.3))
    assert {a.name for a in bent.assumptions if not a.holds} == {"share of the inputs' moment off the diagonal"}
    assert bent.worst > 1e-2


def test_an_invertible_matrix_between_the_layers_breaks_it():
    stretched = compare(TwoLayerModes(), flowed(1e-9, stretch=4.0))
    assert {a.name for a in stretched.assumptions if not a.holds} == {"imbalance at the start"}
    assert stretched.worst > 1e-2


def descended(depth: int = 2) -> tw.Trajectory:
    u, v = frame()
    network = tw.DeepLinear(depth=depth, shape=(3, 4), hidden=5)
    start = tw.Given(two_layer_start(u, v, [2.0, 1.5, 1.0], hidden=5, key=1)) if depth == 2 else tw.Gaussian(0.1)
    record, every = [tw.Factors()], tw.EverySteps(20)
    return tw.follow(problem(), network, start, tw.GradientDescent(0.1), until=tw.Steps(200), key=0, record=record, at=every)


def test_the_recursion_is_gradient_descent():
    kept = compare(TwoLayerDescent(), descended())
    assert kept.tests
    assert kept.worst < 1e-12
    with pytest.raises(DoesNotApply, match="finite steps"):
        compare(TwoLayerModes(), descended())


def test_the_laws_are_of_two_layers_and_of_regression():
    with pytest.raises(DoesNotApply, match="this network has 3"):
        compare(TwoLayerDescent(), descended(depth=3))
    with pytest.raises(DoesNotApply, match="gradient descent with a fixed rate"):
        compare(TwoLayerDescent(), flowed(1e-7))
    completion = tw.MatrixCompletion.random(shape=(2, 2), rank=1, observed=4, key=0)
    small = tw.DeepLinear(depth=2, shape=(2, 2))
    other = tw.follow(completion, small, tw.Identity(0.1), tw.GradientDescent(0.01), until=tw.Steps(3), key=0)
    with pytest.raises(DoesNotApply, match="linear regression"):
        compare(TwoLayerDescent(), other)
