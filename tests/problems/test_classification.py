"""The losses of classification by hand, their gradients by differentiation, in log space and out of it; what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import thalweg as tw

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(3, 9)), np.where(RNG.normal(size=9) > 0, 1.0, -1.0)
W = jnp.asarray(RNG.normal(size=(1, 3)))
LOSSES = {"exponential": lambda u: np.exp(-u), "logistic": lambda u: np.log1p(np.exp(-u))}


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_by_hand(loss: str):
    problem = tw.Classification(X, Y, loss=loss)
    margins = [Y[i] * float(W[0] @ X[:, i]) for i in range(9)]
    by_hand = sum(LOSSES[loss](u) for u in margins) / 9
    assert problem.shape == (1, 3)
    np.testing.assert_allclose(problem.margins(W), margins, rtol=1e-13)
    np.testing.assert_allclose(problem.signed, X * Y)
    assert float(problem.loss(W)) == pytest.approx(by_hand, rel=1e-13)
    assert float(problem.log_loss(W)) == pytest.approx(np.log(by_hand), rel=1e-13)
    assert float(problem.log.loss(W)) == pytest.approx(np.log(by_hand), rel=1e-13)
    assert problem.log.logarithm
    assert problem.log.log is not None
    assert float(problem.log.log.loss(W)) == float(problem.log.loss(W))  # taken once, however often asked for
    other = next(name for name in LOSSES if name != loss)
    assert float(tw.Classification(X, Y, loss=other).loss(W)) != pytest.approx(by_hand, rel=1e-3)


@pytest.mark.parametrize("logarithm", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0])
def test_gradients_are_those_of_differentiation(loss: str, logarithm: bool, scale: float):
    problem = tw.Classification(X, Y, loss=loss, logarithm=logarithm)
    value, gradient = problem.loss_and_gradient(scale * W)
    expected, slope = jax.value_and_grad(problem.loss)(scale * W)
    assert float(value) == pytest.approx(float(expected), rel=1e-13)
    np.testing.assert_allclose(gradient, slope, rtol=1e-11, atol=1e-13 * float(jnp.abs(slope).max()))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("margin", [29.999, 30.001, 500.0, 1e4, 1e12])
def test_margins_of_any_size(loss: str, margin: float):
    """Margins u and u + 1: log L = -u + log((1 + 1/e) / 2), and weights of a softmin."""
    problem = tw.Classification(np.eye(2), [1, 1], loss=loss).log
    value, gradient = problem.loss_and_gradient(jnp.array([[margin, margin + 1.0]]))
    tail = float(np.exp(-margin)) if loss == "logistic" else 0.0  # log(1 + e^-u) = e^-u (1 - e^-u / 2 + ...)
    assert float(value) == pytest.approx(-margin + np.log((1 + np.exp(-1)) / 2), abs=1e-13 * margin + tail)
    share = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(gradient, [[-share, share - 1]], rtol=1e-9)
    plain, slope = tw.Classification(np.eye(2), [1, 1], loss=loss).loss_and_gradient(jnp.array([[margin, margin + 1.0]]))
    assert float(plain) == (pytest.approx(np.exp(float(value)), rel=1e-9) if margin < 700 else 0.0)
    assert bool(jnp.isfinite(slope).all())


@pytest.mark.parametrize("loss", LOSSES)
def test_margins_far_below_zero(loss: str):
    """Samples that are far on the wrong side: the exponential loss overflows, its logarithm and the logistic loss do not."""
    problem = tw.Classification(np.eye(2), [1, 1], loss=loss)
    point = jnp.array([[-1000.0, -2000.0]])
    value, gradient = problem.log.loss_and_gradient(point)
    assert float(value) == pytest.approx(2000 - np.log(2) if loss == "exponential" else np.log(1500.0), rel=1e-12)
    assert bool(jnp.isfinite(gradient).all())
    assert float(problem.loss(point)) == (np.inf if loss == "exponential" else pytest.approx(1500.0, rel=1e-12))


def test_outputs_are_a_predictor_too():
    problem = tw.Classification.of_outputs([1, -1, 1], loss="logistic")
    outputs = jnp.array([[0.3, 2.0, -1.0]])
    assert problem.shape == (1, 3)
    np.testing.assert_allclose(problem.margins(outputs), [0.3, -2.0, -1.0])
    by_hand = np.mean(np.log1p(np.exp([-0.3, 2.0, 1.0])))
    assert float(problem.loss(outputs)) == pytest.approx(by_hand, rel=1e-13)


def test_the_logarithm_can_be_asked_for_within_a_compiled_function():
    problem = tw.Classification(X, Y)
    found = jax.jit(lambda p, w: p.log.loss(w))(problem, W)
    assert float(found) == pytest.approx(float(problem.log_loss(W)), rel=1e-13)


def test_descent_on_a_deep_network_separates():
    problem = tw.Classification(X[:, :3], Y[:3], loss="logistic")
    network = tw.DeepLinear(depth=2, shape=(1, 3))
    run = tw.follow(
        problem, network, tw.Gaussian(0.3), tw.GradientDescent(0.1), until=tw.Steps(2000), key=0, record=[tw.Margin()]
    )
    assert float(run.data.margin[-1]) > 0.5
    assert (problem.margins(run.predictor) > 0).all()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((X, Y[:4]), ValueError, "there are 9 samples and 4 labels"),
        ((X, np.where(Y > 0, 1, 0)), ValueError, r"labels must be -1 or 1, got \[0.0, 1.0\]; map two classes to them first"),
        ((X, np.full(9, np.nan)), ValueError, "labels must be -1 or 1"),
        ((X[:, :0], Y[:0]), ValueError, r"inputs must be a finite matrix with a sample a column, got shape \(3, 0\)"),
        ((X[0], Y), ValueError, r"got shape \(9,\)"),
        ((np.where(X > 1, np.inf, X), Y), ValueError, "inputs must be a finite matrix"),
        (("text", Y), TypeError, "inputs must be an array of real numbers"),
        ((X, ["a"] * 9), TypeError, "labels must be an array of real numbers"),
    ],
)
def test_bad_input_is_refused(arguments: tuple, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        tw.Classification(*arguments)


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="loss must be one of 'exponential', 'logistic'; got 'hinge'"):
        tw.Classification(X, Y, loss="hinge")
