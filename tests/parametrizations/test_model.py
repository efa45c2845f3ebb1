"""Models of a user's own: functions of plain JAX and equinox modules, and what is wrong with them in words."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw

X = np.random.default_rng(0).normal(size=(6, 3))


def network(params, x):
    return params["out"] @ jnp.tanh(params["in"] @ x)


def start(outputs: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {"in": rng.normal(size=(4, 3)), "out": rng.normal(size=(outputs, 4))}


def test_the_predictor_is_the_outputs_at_the_inputs_by_hand():
    params = start()
    model = tw.Model(network, X, outputs=2)
    assert model.shape == (2, 6)
    np.testing.assert_allclose(model.predictor(params), params["out"] @ np.tanh(params["in"] @ X.T), rtol=1e-13)


def test_all_at_once_is_the_same_as_one_by_one():
    params = start()
    batched = tw.Model(lambda p, x: jnp.tanh(x @ p["in"].T) @ p["out"].T, X, outputs=2, batched=True)
    np.testing.assert_allclose(batched.predictor(params), tw.Model(network, X, outputs=2).predictor(params), rtol=1e-13)
    column = tw.Model(lambda p, x: x @ p, X, batched=True)
    assert column.predictor(np.ones(3)).shape == column.predictor(np.ones((3, 1))).shape == (1, 6)


def test_the_number_of_outputs_is_found_at_the_parameters():
    assert tw.Model(network, X, params=start(5)).shape == (5, 6)
    assert tw.Model(lambda p, x: p @ x, X, params=np.ones(3)).shape == (1, 6)


def test_inputs_may_be_a_pytree_with_whole_numbers():
    inputs = {"which": np.array([0, 2, 1]), "x": X[:3]}
    model = tw.Model(lambda p, sample: p[sample["which"]] * sample["x"][0], inputs)
    assert model.shape == (1, 3)
    np.testing.assert_allclose(model.predictor(np.array([1.0, 2.0, 3.0]))[0], np.array([1.0, 3.0, 2.0]) * X[:3, 0])


def test_it_is_followed_down_the_loss_of_its_outputs():
    targets = np.sin(X[:, 0])[None, :]
    problem = tw.LinearRegression.whitened(targets)
    params = start(1)
    run = tw.follow(problem, tw.Model(network, X), tw.Given(params), tw.GradientDescent(0.05), until=tw.LossBelow(1e-3), key=0)
    assert run.outcome.reached
    value = run.params["out"] @ np.tanh(run.params["in"] @ X.T)
    assert np.sum((value - targets) ** 2) / 2 == pytest.approx(run.outcome.loss, rel=1e-12)
    labels = np.where(X[:, 0] > 0, 1, -1)
    run = tw.follow(
        tw.Classification.of_outputs(labels),
        tw.Model(network, X),
        tw.Given(params),
        tw.GradientDescent(0.5),
        until=tw.LossBelow(0.05),
        key=0,
    )
    assert (np.sign(run.predictor[0]) == labels).all()


def test_the_gradient_of_an_equinox_module_is_its_own():
    module = eqx.nn.MLP(3, 2, width_size=4, depth=2, activation=jax.nn.tanh, key=jax.random.key(0))
    targets = np.random.default_rng(2).normal(size=(2, 6))
    model, params = tw.Model.of_module(module, X)
    assert model.shape == (2, 6)
    loss, gradient = tw.Objective(tw.LinearRegression.whitened(targets), model).loss_and_gradient(params)

    def direct(module):
        return 0.5 * jnp.sum((jax.vmap(module)(jnp.asarray(X)).T - targets) ** 2)

    value, wanted = eqx.filter_value_and_grad(direct)(module)
    assert float(loss) == pytest.approx(float(value), rel=1e-13)
    for one, other in zip(jax.tree.leaves(gradient), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)
    whole = model.module(params)
    np.testing.assert_allclose(whole(X[0]), module(X[0]))


def anything(value: Any) -> Any:
    """What a type checker would not let pass."""
    return value


class Counted(eqx.Module):
    weights: jax.Array
    order: jax.Array
    scale: float

    def __call__(self, x):
        return self.scale * (self.weights @ x[self.order])


def test_whole_numbers_and_floats_of_a_module_are_kept_and_do_not_move():
    module = Counted(jnp.ones(3), jnp.array([2, 0, 1]), 3.0)
    model, params = tw.Model.of_module(module, X)
    assert [leaf.shape for leaf in jax.tree.leaves(params)] == [(3,)]
    run = tw.follow(
        tw.LinearRegression.whitened(np.ones((1, 6))),
        model,
        tw.Given(params),
        tw.GradientDescent(0.001),
        until=tw.Steps(3),
        key=0,
    )
    assert model.module(run.params).scale == 3.0
    np.testing.assert_allclose(run.predictor[0], 3 * X[:, [2, 0, 1]] @ run.params.weights, rtol=1e-12)


def test_the_same_model_at_other_inputs():
    model = tw.Model(network, X, outputs=2)
    np.testing.assert_allclose(model.at(X[3:]).predictor(start()), model.predictor(start())[:, 3:])
    module, params = tw.Model.of_module(Counted(jnp.ones(3), jnp.array([2, 0, 1]), 3.0), X)
    np.testing.assert_allclose(module.at(X[:2]).predictor(params), module.predictor(params)[:, :2])


@pytest.mark.parametrize(
    ("make", "kind", "said"),
    [
        (lambda: tw.Model(anything(3), X), TypeError, "must be callable"),
        (lambda: tw.Model(network, "text"), TypeError, "inputs must be arrays of numbers"),
        (lambda: tw.Model(network, np.where(X > 2, np.nan, X) * np.nan), ValueError, "inputs must be finite; 18"),
        (lambda: tw.Model(network, [X, X[:2]]), ValueError, "equally many in each array"),
        (lambda: tw.Model(network, 1.0), ValueError, "along the first axis"),
        (lambda: tw.Model(network, X, outputs=0), ValueError, "outputs must be at least 1"),
        (lambda: tw.Model(network, X, outputs=3, params=start()), ValueError, r"must be a vector of 3, they are of shape \(2,\)"),
        (lambda: tw.Model(network, X[:, :2], params=start()), ValueError, r"failed on a sample of shape \(2,\)"),
        (lambda: tw.Model(network, X, params={"in": 1.0}), ValueError, "KeyError"),
        (lambda: tw.Model(lambda p, x: x[0] > p, X, params=1.0), ValueError, "must be real numbers, they are of type bool"),
        (
            lambda: tw.Model(lambda p, x: jnp.log(p - x[0]), X, params=-9.0),
            ValueError,
            "not finite: 6 of 6, the first of",
        ),
        (lambda: tw.Model(lambda p, x: x @ p, X, batched=True, outputs=2, params=np.ones(3)), ValueError, r"must be \(6, 2\)"),
        (lambda: tw.Model(anything(Counted(jnp.ones(3), jnp.arange(3), 1.0)), X), TypeError, "take tw.Model.of_module"),
        (lambda: tw.Model.of_module(network, X), TypeError, "must be an equinox module"),
        (lambda: tw.Model.of_module(Counted(jnp.arange(3), jnp.arange(3), 1.0), X), ValueError, "nothing to move"),
        (lambda: tw.Model.of_module(eqx.nn.Dropout(0.5), X), ValueError, "nothing to move"),
        (lambda: tw.Model(network, X).module(start()), TypeError, "made of a function"),
    ],
)
def test_what_is_wrong_is_said(make, kind, said):
    with pytest.raises(kind, match=said):
        make()


def test_a_wrong_shape_is_said_when_a_run_begins():
    with pytest.raises(ValueError, match="say outputs= for how many"):
        tw.follow(
            tw.LinearRegression.whitened(np.ones((1, 6))),
            tw.Model(network, X),
            tw.Given(start()),
            tw.GradientDescent(0.1),
            until=tw.Steps(1),
            key=0,
        )
