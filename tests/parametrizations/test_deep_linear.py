"""Deep linear networks: the product, and gradients of all factors against two other ways to them."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw
from trajectory.cases import gradients, product

WIDTHS = {
    1: [],
    2: [5],
    3: [4, 7],
    4: [6, 2, 5],
    5: [5, 3, 6, 4],
}
"""Hidden widths, uneven, some below and some above both sides of the shape."""
SHAPES = {"wide": (3, 5), "tall": (5, 3)}


def case(depth: int, shape: tuple[int, int]) -> tuple[tw.Objective, list[np.ndarray]]:
    problem = tw.MatrixCompletion.random(shape=shape, rank=2, observed=10, key=0)
    network = tw.DeepLinear(depth=depth, shape=shape, hidden=WIDTHS[depth])
    rng = np.random.default_rng(depth)
    return tw.Objective(problem, network), [rng.normal(size=size) for size in network.shapes]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("depth", WIDTHS)
def test_gradients_are_those_of_automatic_differentiation_and_of_the_formula(depth: int, shape: tuple[int, int]):
    objective, factors = case(depth, shape)
    params = [jnp.asarray(factor) for factor in factors]

    def by_product(inner: list[jax.Array]) -> jax.Array:
        return objective.problem.loss(functools.reduce(lambda below, factor: factor @ below, inner))

    value, found = objective.loss_and_gradient(params)
    reference, derived = jax.jit(jax.value_and_grad(by_product))(params)
    assert isinstance(objective.problem, tw.MatrixCompletion)
    assert float(value) == pytest.approx(float(reference), rel=1e-13)
    assert float(objective.loss(params)) == pytest.approx(float(reference), rel=1e-13)
    for one, automatic, written in zip(found, derived, gradients(objective.problem, factors), strict=True):
        scale = np.abs(automatic).max()
        np.testing.assert_allclose(one, automatic, rtol=0, atol=1e-12 * scale)
        np.testing.assert_allclose(one, written, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("depth", WIDTHS)
def test_the_predictor_is_the_product_with_the_first_factor_at_the_input(depth: int, shape: tuple[int, int]):
    objective, factors = case(depth, shape)
    predictor = np.asarray(objective.predictor(factors))
    assert predictor.shape == objective.shape == shape
    np.testing.assert_allclose(predictor, product(factors), rtol=0, atol=1e-13 * np.abs(predictor).max())


def test_a_random_direction_agrees_with_finite_differences():
    objective, factors = case(4, (3, 5))
    rng = np.random.default_rng(9)
    along = [rng.normal(size=factor.shape) for factor in factors]
    exact = sum(float(np.sum(np.asarray(g) * d)) for g, d in zip(objective.loss_and_gradient(factors)[1], along, strict=True))

    def quotient(width: float) -> float:
        ends = [[w + side * width * d for w, d in zip(factors, along, strict=True)] for side in (1, -1)]
        return (float(objective.loss(ends[0])) - float(objective.loss(ends[1]))) / (2 * width)

    errors = [abs(quotient(width) - exact) / abs(exact) for width in (1e-2, 1e-3, 1e-4)]
    assert errors[-1] < 1e-5
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.05)  # the order of a central difference


def test_widths_shapes_and_defaults():
    network = tw.DeepLinear(depth=4, shape=(3, 8), hidden=[7, 6, 5])
    assert network.widths == (8, 7, 6, 5, 3)
    assert network.shapes == [(7, 8), (6, 7), (5, 6), (3, 5)]
    assert (network.depth, network.shape) == (4, (3, 8))
    assert tw.DeepLinear(depth=3, shape=(9, 4)).widths == (4, 4, 4, 9)
    assert tw.DeepLinear(depth=3, shape=[4, 9], hidden=10).widths == (9, 10, 10, 4)
    assert tw.DeepLinear(depth=1, shape=(4, 9)).shapes == [(4, 9)]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"depth": 0}, ValueError, "depth must be at least 1, got 0"),
        ({"depth": -2}, ValueError, "depth must be at least 1, got -2"),
        ({"depth": 2.5}, TypeError, r"depth must be a whole number, got 2\.5"),
        ({"depth": True}, TypeError, "depth must be a whole number, got True"),
        ({"shape": (4,)}, ValueError, r"shape must be two whole numbers \(rows, columns\), got \(4,\)"),
        ({"shape": (4, -1)}, ValueError, r"shape\[1\] must be at least 1, got -1"),
        ({"shape": (4.0, 5)}, TypeError, r"shape\[0\] must be a whole number, got 4\.0"),
        ({"hidden": 0}, ValueError, "hidden must be at least 1, got 0"),
        ({"hidden": [3, 0]}, ValueError, "hidden must be at least 1, got 0"),
        ({"hidden": [3]}, ValueError, r"depth 3 has 2 hidden widths, got 1: \[3\]"),
        ({"hidden": "wide"}, TypeError, "hidden must be a whole number, got 'wide'"),
    ],
)
def test_a_bad_network_is_refused(change: dict[str, object], error: type[Exception], message: str):
    arguments = {"depth": 3, "shape": (4, 5)} | change
    with pytest.raises(error, match=message):
        tw.DeepLinear(**arguments)  # pyright: ignore[reportArgumentType]
