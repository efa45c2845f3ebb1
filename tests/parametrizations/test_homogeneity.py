"""Degrees of homogeneity where they are known, and the leaves that break it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw

X = np.random.default_rng(0).normal(size=(7, 3))


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_networks_without_biases_have_the_degree_of_their_depth(depth: int):
    plain = [tw.Diagonal(size=3, depth=depth), tw.LinearConvolutional(size=4, depth=depth)]
    starts = [[np.ones(3), np.ones(3)], [np.arange(1.0, 5.0)] * depth]  # the first has the predictor zero
    plain.append(tw.DeepLinear(depth=depth, shape=(3, 3)))
    starts.append([np.eye(3)] * depth)
    for network, start in zip(plain, starts, strict=True):
        found = tw.homogeneity(network, start)
        assert isinstance(found, tw.Homogeneity)
        assert found.holds
        assert found.degree == pytest.approx(depth, abs=1e-11)
        assert found.breaks == ()
        assert str(found) == f"homogeneous of degree {depth}"


@pytest.mark.parametrize(
    ("depth", "first", "rest", "breaks"),
    [
        (1, False, False, ()),
        (1, True, True, (".layers[1].bias",)),
        (2, False, False, ()),
        (2, True, True, (".layers[1].bias", ".layers[2].bias")),
    ],
)
def test_biases_break_it_but_in_the_first_layer(depth: int, first: bool, rest: bool, breaks: tuple[str, ...]):
    module = eqx.nn.MLP(3, "scalar", 5, depth, jax.nn.relu, use_bias=first, use_final_bias=rest, key=jax.random.key(0))
    model, params = tw.Model.of_module(module, X)
    found = tw.homogeneity(model, params)
    assert found.holds == (not breaks)
    assert found.breaks == breaks
    if breaks:
        assert found.deviation > 0.01
        assert "leave these out" in str(found)
    else:
        assert found.degree == pytest.approx(depth + 1, abs=1e-11)


def test_biases_that_start_at_zero_break_it_too():
    def network(params, x):
        return params["out"] @ jax.nn.relu(params["in"] @ x) + params["bias"]

    rng = np.random.default_rng(1)
    params = {"in": rng.normal(size=(4, 3)), "out": rng.normal(size=4), "bias": np.zeros(())}
    assert tw.homogeneity(tw.Model(network, X), params).breaks == ("['bias']",)


def test_an_activation_or_a_skip_is_not_blamed_on_a_leaf():
    rng = np.random.default_rng(1)
    params = {"in": rng.normal(size=(4, 3)), "out": rng.normal(size=4)}
    for function in (
        lambda p, x: p["out"] @ jnp.tanh(p["in"] @ x),
        lambda p, x: p["out"] @ jax.nn.relu(p["in"] @ x) + x[0],
    ):
        found = tw.homogeneity(tw.Model(function, X), params)
        assert not found.holds
        assert found.breaks == ()
        assert "look at the function itself" in str(found)


def test_one_output_at_one_point_does_not_pass_for_homogeneous():
    """With one output some degree always fits at one point; it does not along the ray."""
    found = tw.homogeneity(tw.Model(lambda p, x: p["a"] * x[0] + p["b"] ** 2, X[:1]), {"a": np.array(1.0), "b": np.array(1.0)})
    assert not found.holds


def test_nothing_to_measure_is_said():
    with pytest.raises(ValueError, match="zero or not finite"):
        tw.homogeneity(tw.Model(lambda p, x: 0 * p[0], X), np.ones(2))
    with pytest.raises(ValueError, match="no parameters"):
        tw.homogeneity(tw.Model(lambda p, x: x[0], X), [])
    with pytest.raises(ValueError, match="rtol must be greater"):
        tw.homogeneity(tw.Diagonal(size=2), [np.ones(2)] * 2, rtol=0)


def test_copies_that_cancel_to_rounding_do_not_count():
    rng = np.random.default_rng(0)
    inner, outer = rng.normal(size=(20, 3)), rng.normal(size=20)
    params = {"in": np.concatenate([inner, inner]), "out": np.concatenate([outer, -outer])}
    found = tw.homogeneity(tw.Model(lambda p, x: p["out"] @ jax.nn.relu(p["in"] @ x), X), params)
    assert found.holds
    assert found.degree == pytest.approx(2, abs=1e-11)
