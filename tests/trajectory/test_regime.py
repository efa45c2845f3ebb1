"""The regime score: closed form on one coefficient, its ends, what it does not change under, and the pieces beside it."""

import equinox as eqx
import jax
import numpy as np
import pytest

import thalweg as tw

X = np.random.default_rng(0).normal(size=(5, 3))
Y = np.random.default_rng(1).normal(size=(1, 3))
SCALES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def ended(scale: float) -> tw.Trajectory:
    descent = tw.GradientDescent(0.01 / max(scale, 1.0) ** 2)
    return tw.follow(
        tw.LinearRegression(X, Y), tw.Diagonal(size=5), tw.Constant(scale), descent, until=tw.LossBelow(1e-16), key=0
    )


@pytest.fixture(scope="module")
def scores() -> list[tw.Regime]:
    return [tw.regime(ended(scale), algorithm=tw.GradientDescent(0.01 / scale**2)) for scale in SCALES]


def test_one_coefficient_is_in_closed_form():
    for scale in (0.2, 1.0, 4.0):
        run = tw.follow(
            tw.LinearRegression.whitened([[3.0]]),
            tw.Diagonal(size=1),
            tw.Constant(scale),
            tw.GradientDescent(1e-4 / scale),
            until=tw.LossBelow(1e-20),
            key=0,
        )
        s = np.sqrt(1 + 9 / (4 * scale**4))
        assert tw.regime(run, twin=False).score == pytest.approx((s - 1) / (s + 1), rel=1e-3)


def test_it_falls_with_the_scale_from_one_to_zero(scores: list[tw.Regime]):
    found = np.array([made.score for made in scores])
    assert (np.diff(found) < 0).all()
    assert found[0] > 0.95
    assert found[-1] < 1e-3
    assert found[-2] / found[-1] == pytest.approx((10 / 3) ** 4, rel=0.1)  # the first order cancels between the signs
    moved = [made.function_distance or np.nan for made in scores]
    assert (np.diff(moved) < 0).all()
    assert all(made.twin_reached for made in scores)
    assert all(0 <= made.score <= 1 and 0 <= made.kernel_alignment <= 1 for made in scores)


def test_the_sentence_names_the_regime(scores: list[tw.Regime]):
    assert "the rich regime" in str(scores[0])
    assert "the kernel regime: the tangent kernel moved by" in str(scores[-1])
    assert "between the kernel regime and the rich one" in str(tw.Regime(0.3, 1.0, 1.0, 1.0, None, 0.0, None, None))
    assert "it ended at loss 0.1" in str(tw.Regime(0.3, 1.0, 1.0, 1.0, 0.5, 0.0, 0.1, False))


def test_a_model_linear_in_its_parameters_scores_zero():
    model = tw.Model(lambda p, x: p @ x, X.T)
    run = tw.follow(
        tw.LinearRegression.whitened(Y), model, tw.Given(np.ones(5)), tw.GradientDescent(0.05), until=tw.Steps(500), key=0
    )
    made = tw.regime(run, algorithm=tw.GradientDescent(0.05))
    assert made.score == pytest.approx(0, abs=1e-14)
    assert made.function_distance == pytest.approx(0, abs=1e-3)
    assert made.movement > 0.1


def test_units_and_bases_do_not_change_the_score():
    """Outputs in another unit, parameters in another unit, outputs in another orthogonal basis."""
    rng = np.random.default_rng(2)
    params, y = [rng.normal(size=(4, 3)), rng.normal(size=(2, 4))], rng.normal(size=(2, 5))
    turn = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    settings = [
        (1.0, 1.0, np.eye(2), 0.02),
        (7.0, 1.0, np.eye(2), 0.02 / 49),
        (1.0, 3.0, np.eye(2), 0.02 / 9),
        (1.0, 1.0, turn, 0.02),
    ]
    found = []
    for out, unit, basis, rate in settings:

        def network(p, x, out=out, unit=unit, basis=basis):
            return out * basis @ ((unit * p[1]) @ jax.nn.tanh(unit * p[0] @ x))

        model = tw.Model(network, X, outputs=2)
        problem = tw.LinearRegression.whitened(out * basis @ y)
        start = tw.Given([p / unit for p in params])
        run = tw.follow(problem, model, start, tw.GradientDescent(rate), until=tw.Steps(200), key=0)
        found.append(tw.regime(run, twin=False).score)
    assert found[0] > 0.05
    np.testing.assert_allclose(found, found[0], rtol=1e-9)


def test_held_out_inputs_tell_what_training_inputs_do_not():
    rng = np.random.default_rng(3)
    inputs, held_out = rng.normal(size=(5, 2)), rng.normal(size=(20, 2))
    module = eqx.nn.MLP(2, "scalar", 20, 1, jax.nn.tanh, key=jax.random.key(0))
    model, params = tw.Model.of_module(module, inputs)
    descent = tw.GradientDescent(0.05)
    problem = tw.LinearRegression.whitened(np.sign(inputs[:, :1].T))
    run = tw.follow(problem, model, tw.Given(params), descent, until=tw.LossBelow(1e-6), key=0)
    twin = tw.linearized_twin(run, algorithm=descent)
    own, other = tw.regime(run, twin=twin), tw.regime(run, twin=twin, inputs=held_out)
    assert own.function_distance is not None
    assert other.function_distance is not None
    assert own.function_distance < 1e-2 < other.function_distance
    assert own.twin_reached
    kernel = [np.asarray(tw.tangent_kernel(model.at(held_out), p)) for p in (run.start, run.params)]
    assert other.score == pytest.approx(tw.regime_score(*kernel), rel=1e-12)


def test_bad_input():
    with pytest.raises(ValueError, match="kernels have shapes"):
        tw.regime_score(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match="both zero"):
        tw.regime_score(np.zeros((2, 2)), np.zeros((2, 2)))
    assert tw.regime_score(np.zeros((2, 2)), np.eye(2)) == 1.0
    with pytest.raises(TypeError, match="inputs are of a run of a tw.Model, not of Diagonal"):
        tw.regime(ended(1.0), inputs=X)
