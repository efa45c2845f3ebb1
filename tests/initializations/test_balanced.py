"""Balanced starts: exactly balanced, with exactly the product asked for, in any widths that can carry it."""

import numpy as np
import pytest

import thalweg as tw
from trajectory.cases import imbalances, product

NETWORKS = {
    "square": tw.DeepLinear(depth=3, shape=(5, 5)),
    "wide": tw.DeepLinear(depth=3, shape=(4, 7)),
    "tall": tw.DeepLinear(depth=2, shape=(7, 4)),
    "wider inside": tw.DeepLinear(depth=4, shape=(4, 6), hidden=[9, 4, 8]),
    "one output": tw.DeepLinear(depth=3, shape=(1, 5), hidden=[4, 4]),
    "one factor": tw.DeepLinear(depth=1, shape=(3, 5)),
}


@pytest.mark.parametrize("mix", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_factors_are_balanced_and_their_product_is_the_matrix(name: str, mix: bool):
    network = NETWORKS[name]
    matrix = np.random.default_rng(0).normal(size=network.shape)
    matrix /= np.linalg.norm(matrix, 2)
    factors = tw.Balanced(matrix=matrix, mix=mix).sample(network, key=1)
    assert [factor.shape for factor in factors] == network.shapes
    assert max([np.abs(gap).max() for gap in imbalances(factors)], default=0.0) < 1e-14
    np.testing.assert_allclose(product(factors), matrix, rtol=0, atol=1e-14)
    values = np.linalg.svd(matrix, compute_uv=False)
    for factor in factors:
        found = np.linalg.svd(factor, compute_uv=False)
        np.testing.assert_allclose(found[: len(values)], values ** (1 / network.depth), rtol=1e-13)
        np.testing.assert_allclose(found[len(values) :], 0, atol=1e-14)


def test_mixing_fills_wider_layers_and_leaves_the_product_alone():
    network = NETWORKS["wider inside"]
    matrix = np.random.default_rng(0).normal(size=network.shape)
    mixed, plain = (tw.Balanced(matrix=matrix, mix=mix).sample(network, key=1) for mix in (True, False))
    assert np.all(plain[0][4:] == 0)
    assert np.abs(mixed[0][4:]).min() > 1e-6
    np.testing.assert_allclose(product(mixed), product(plain), rtol=0, atol=1e-13)
    other = tw.Balanced(matrix=matrix).sample(network, key=2)
    assert not np.allclose(other[0], mixed[0])
    np.testing.assert_allclose(product(other), matrix, rtol=0, atol=1e-13)


def test_a_drawn_matrix_has_the_scale_of_a_gaussian_start():
    scale, shape = 0.1, (4, 6)
    network = tw.DeepLinear(depth=3, shape=shape)
    ratios = np.array(
        [np.sum(product(tw.Balanced(scale).sample(network, key=key)) ** 2) / (scale**2 * np.sqrt(24)) for key in range(600)]
    )
    assert abs(ratios.mean() - 1) < 4 * ratios.std(ddof=1) / np.sqrt(len(ratios))


def test_a_singular_matrix_keeps_its_rank():
    matrix = np.outer([1.0, 2.0, 0.5], [1.0, -1.0, 3.0, 0.0])
    factors = tw.Balanced(matrix=matrix).sample(tw.DeepLinear(depth=3, shape=(3, 4)), key=0)
    np.testing.assert_allclose(product(factors), matrix, rtol=0, atol=1e-13)
    assert max(np.abs(gap).max() for gap in imbalances(factors)) < 1e-13
    assert all(np.linalg.matrix_rank(factor) == 1 for factor in factors)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "either a scale or a matrix, not both and not neither"),
        ({"scale": 0.1, "matrix": np.eye(2)}, ValueError, "either a scale or a matrix, not both"),
        ({"matrix": [[1.0, np.nan]]}, ValueError, "matrix must be finite"),
        ({"matrix": "identity"}, TypeError, "matrix must be an array of real numbers, got a str"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.Balanced(**arguments)  # pyright: ignore[reportArgumentType]


def test_a_width_that_cannot_carry_the_matrix_is_refused():
    network = tw.DeepLinear(depth=3, shape=(4, 6), hidden=[4, 3])
    with pytest.raises(ValueError, match=r"hidden widths of at least 4, the smaller side of \(4, 6\); got 3"):
        tw.Balanced(0.1).sample(network, key=0)


def test_a_matrix_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"matrix must have the shape of the predictor, \(2, 3\); got \(3, 2\)"):
        tw.Balanced(matrix=np.ones((3, 2))).sample(tw.DeepLinear(depth=2, shape=(2, 3)), key=0)
