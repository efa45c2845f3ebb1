"""The flow of diagonal networks in its dual: against training, closed forms, and the certified least potential."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import expit

import thalweg as tw
from thalweg.potentials import DiagonalBias
from thalweg.theory import diagonal_flow, diagonal_limit, diagonal_weights
from thalweg.theory.diagonal_flow import DiagonalPath


def regression(d: int = 8, m: int = 3) -> tw.LinearRegression:
    rng = np.random.default_rng(0)
    return tw.LinearRegression(rng.normal(size=(d, m)), rng.normal(size=(1, m)), loss="half sum of squares")


def trained(problem: Any, depth: int, start: np.ndarray, end: float) -> np.ndarray:
    """The weights after training them as they are."""
    d = len(start)

    def velocity(_: float, w: np.ndarray) -> np.ndarray:
        plus, minus = w[:d], w[d:]
        beta = plus**depth - minus**depth
        if isinstance(problem, tw.LinearRegression):
            slope = ((beta - problem.solution[0]) @ problem.root) @ problem.root.T
        else:
            u = beta @ problem.signed
            each = -np.exp(-u) if problem.kind == "exponential" else -expit(-u)
            slope = problem.signed @ each / len(u)
        return depth * np.concatenate([-(plus ** (depth - 1)) * slope, minus ** (depth - 1) * slope])

    solved = solve_ivp(velocity, (0, end), np.tile(start, 2), method="LSODA", rtol=1e-11, atol=1e-13)
    return solved.y[:, -1].reshape(2, d)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_it_is_what_training_does(depth: int):
    shape = np.linspace(0.8, 1.2, 8)
    path = diagonal_flow(regression(), depth=depth, scale=0.5, shape=shape, times=[0.0, 0.3])
    weights = trained(regression(), depth, 0.5 * shape, 0.3)
    assert isinstance(path, DiagonalPath)
    np.testing.assert_allclose(path.weights[-1], weights, rtol=1e-8)
    np.testing.assert_allclose(path.predictor[-1, 0], weights[0] ** depth - weights[1] ** depth, atol=1e-8)
    np.testing.assert_allclose(path.weights[0], np.tile(0.5 * shape, (2, 1)), rtol=1e-14)
    assert path.loss[1] < path.loss[0]


def test_it_is_mirror_flow_at_the_rate_of_its_potential():
    """The network at time t is where mirror flow of one matrix is at rate t."""
    depth, potential = 3, DiagonalBias(3, 0.5)
    run = tw.follow(
        regression(),
        tw.DeepLinear(depth=1, shape=(1, 8)),
        tw.Given([np.zeros((1, 8))]),
        tw.MirrorFlow(potential, rtol=1e-9),
        until=tw.Time(0.3 * float(potential.rate)),
        record=[tw.Loss()],
        key=0,
    )
    path = diagonal_flow(regression(), depth=depth, scale=0.5, times=[0.3])
    np.testing.assert_allclose(run.predictor, path.predictor[-1], atol=1e-7)


@pytest.mark.parametrize("kind", ["exponential", "logistic"])
@pytest.mark.parametrize("depth", [2, 3])
def test_classification_moves_as_in_training(kind: str, depth: int):
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(5, 4))
    labels = np.where(np.linspace(-1, 1, 5) @ inputs >= 0, 1.0, -1.0)
    problem = tw.Classification(inputs, labels, loss=kind)
    path = diagonal_flow(problem, depth=depth, scale=0.7, times=[3.0])
    weights = trained(problem, depth, 0.7 * np.ones(5), 3.0)
    np.testing.assert_allclose(path.weights[-1], weights, rtol=1e-7)
    assert float(problem.loss(path.predictor[-1])) == pytest.approx(path.loss[-1])


@pytest.mark.parametrize("kind", ["exponential", "logistic"])
def test_in_the_time_of_the_logarithm_margins_get_large(kind: str):
    inputs = np.array([[1.0, 0.3, -0.2], [0.4, 1.0, 0.1], [0.0, 0.2, 1.0], [0.1, -0.3, 0.5]])
    problem = tw.Classification(inputs, [1, 1, 1], loss=kind)
    path = diagonal_flow(problem.log, depth=2, scale=0.5, times=np.linspace(0.0, 6.0, 80))
    assert problem.margins(path.predictor[-1]).min() > 1e3
    assert (np.diff(path.loss) < 0).all()
    # the same path in the time of the loss, t = integral of 1/loss
    near = diagonal_flow(problem.log, depth=2, scale=0.5, times=np.linspace(0.0, 0.3, 200))
    clock = np.trapezoid(np.exp(-near.loss), near.time)
    same = diagonal_flow(problem, depth=2, scale=0.5, times=[clock])
    np.testing.assert_allclose(same.predictor[-1], near.predictor[-1], rtol=1e-5)


def test_one_coefficient_at_depth_two_is_by_hand():
    r"""beta' = -4 sqrt(beta^2 + 4 alpha^4) (beta - phi), with 4 where the talk prints 1 and the paper, for its loss, 2."""
    times = np.array([0.0, 0.05, 0.2])
    path = diagonal_flow(tw.LinearRegression.whitened([[1.5]]), depth=2, scale=0.6, times=times)

    def solved(factor: float) -> np.ndarray:
        return solve_ivp(
            lambda _, b: -factor * np.sqrt(b**2 + 4 * 0.6**4) * (b - 1.5), (0, 0.2), [0.0], t_eval=times, rtol=1e-11, atol=1e-12
        ).y[0]

    np.testing.assert_allclose(path.predictor[:, 0, 0], solved(4), atol=1e-9)
    assert np.abs(path.predictor[:, 0, 0] - solved(1)).max() > 0.1
    assert np.abs(path.predictor[:, 0, 0] - solved(2)).max() > 0.1


@pytest.mark.parametrize("depth", [2, 2.5, 3, 4])
@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_it_ends_at_the_certified_least_potential(depth: float, scale: float):
    limit = diagonal_limit(regression(), depth=depth, scale=scale)
    path = diagonal_flow(regression(), depth=depth, scale=scale, times=[1e4])
    assert limit.certified
    np.testing.assert_allclose(path.predictor[-1], limit.predictor, atol=1e-9)
    other = diagonal_limit(regression(), depth=depth + 1, scale=scale)
    assert np.abs(other.predictor - limit.predictor).max() > 1e-4


def test_uneven_starts_end_at_the_potential_of_their_shape():
    shape = np.linspace(0.7, 1.3, 8)
    weights = trained(regression(), 3, 0.6 * shape, 1e4)
    limit = diagonal_limit(regression(), depth=3, scale=0.6, shape=shape)
    assert limit.certified
    np.testing.assert_allclose(weights[0] ** 3 - weights[1] ** 3, limit.predictor[0], atol=1e-9)
    even = diagonal_limit(regression(), depth=3, scale=0.6)
    assert np.abs(even.predictor - limit.predictor).max() > 1e-3


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_training_ends_there_too(depth: int):
    weights = trained(regression(), depth, 0.6 * np.ones(8), 1e4)
    limit = diagonal_limit(regression(), depth=depth, scale=0.6)
    np.testing.assert_allclose(weights[0] ** depth - weights[1] ** depth, limit.predictor[0], atol=1e-9)


def test_weights_belong_to_their_predictor():
    z = np.array([0.3, -0.9, 0.0])
    for depth, shape in ((2, 1.0), (3, 1.0), (3.5, np.array([0.9, 1.0, 2.0]))):
        plus, minus = diagonal_weights(z * 0.3, depth=depth, scale=0.4, shape=shape)
        potential = DiagonalBias(depth, 0.4, shape)
        np.testing.assert_allclose(plus**depth - minus**depth, potential.inverse(0.3 * z), rtol=1e-12, atol=1e-15)
    with pytest.raises(ValueError, match="duals must be below 1"):
        diagonal_weights([1.0], depth=3, scale=0.1)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"times": []}, "times must be finite"),
        ({"times": [1.0, np.inf]}, "times must be finite"),
        ({"times": [1.0, 0.5]}, "times must increase"),
        ({"times": [-1.0]}, "times must increase and not be negative"),
        ({"depth": 1.5}, "depth must be at least 2"),
        ({"scale": -1.0}, "scale must be positive"),
    ],
)
def test_bad_input_is_named(arguments: dict[str, Any], complaint: str):
    given: dict[str, Any] = {"depth": 2, "scale": 0.1, "times": [1.0]} | arguments
    with pytest.raises(ValueError, match=complaint):
        diagonal_flow(regression(), **given)


def test_problems_of_another_kind_are_refused():
    with pytest.raises(TypeError, match=r"must be a tw\.LinearRegression or a tw\.Classification"):
        diagonal_flow(tw.MatrixCompletion(np.eye(2)), depth=2, scale=0.1, times=[1.0])  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="one output"):
        diagonal_flow(tw.LinearRegression.whitened(np.eye(2)), depth=2, scale=0.1, times=[1.0])
