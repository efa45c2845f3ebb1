"""Margins against numpy: raw, over norms of predictor and parameters, and smoothed."""

import numpy as np
import pytest

import thalweg as tw

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(3, 7)), np.array([1.0, -1, 1, 1, -1, -1, 1])
PROBLEM = tw.Classification(X, Y, loss="logistic")
NETWORK = tw.DeepLinear(depth=2, shape=(1, 3), hidden=4)
POINT = [RNG.normal(size=shape) for shape in NETWORK.shapes]
WHERE = tw.Objective(PROBLEM, NETWORK)
W = (POINT[1] @ POINT[0])[0]
LEAST = min(Y[i] * float(W @ X[:, i]) for i in range(7))
ALL = np.concatenate([factor.ravel() for factor in POINT])


def test_margins_by_numpy():
    assert float(tw.Margin()(WHERE, POINT)) == pytest.approx(LEAST, rel=1e-12)
    for norm in (1, 2, np.inf):
        found = float(tw.NormalizedMargin(norm)(WHERE, POINT))
        assert found == pytest.approx(LEAST / np.linalg.norm(W, norm), rel=1e-12)
        found = float(tw.NormalizedMargin(norm, degree=2)(WHERE, POINT))
        assert found == pytest.approx(LEAST / np.linalg.norm(ALL, norm) ** 2, rel=1e-12)
        assert found != pytest.approx(LEAST / np.linalg.norm(ALL, norm), rel=1e-2)


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
def test_the_smoothed_margin_by_numpy(loss: str):
    problem = tw.Classification(X, Y, loss=loss)
    where = tw.Objective(problem, NETWORK)
    margins = Y * (W @ X)
    total = np.sum(np.exp(-margins) if loss == "exponential" else np.log1p(np.exp(-margins)))
    found = float(tw.SmoothedMargin(2)(where, POINT))
    assert found == pytest.approx(np.log(1 / total) / np.linalg.norm(ALL) ** 2, rel=1e-12)
    # of a logarithmic problem the same
    in_logs = tw.Objective(problem.log, NETWORK)
    assert float(tw.SmoothedMargin(2)(in_logs, POINT)) == pytest.approx(found, rel=1e-13)


def test_the_smoothed_margin_is_below_the_normalized_one_and_nears_it():
    problem = tw.Classification(X[:, :2], Y[:2])
    where = tw.Objective(problem, NETWORK)
    fit = np.linalg.lstsq(problem.signed.T, np.ones(2), rcond=None)[0]
    point = [np.vstack([fit, np.zeros((3, 3))]), np.array([[1.0, 0, 0, 0]])]
    apart = []
    for scale in (10.0, 30.0, 1000.0):
        grown = [scale * factor for factor in point]
        below = float(tw.SmoothedMargin(2)(where, grown))
        apart.append(float(tw.NormalizedMargin(degree=2)(where, grown)) - below)
        assert apart[-1] == pytest.approx(np.log(2) / np.linalg.norm(scale * np.concatenate([f.ravel() for f in point])) ** 2)
    assert apart[0] > apart[1] > apart[2] > 0


def test_at_zero_margins_are_zero():
    zero = [0 * factor for factor in POINT]
    for observable in (tw.Margin(), tw.NormalizedMargin(), tw.NormalizedMargin(1, degree=2), tw.SmoothedMargin(2)):
        assert float(observable(WHERE, zero)) == 0.0
        assert observable.dims == ()


def test_names_tell_them_apart():
    observables = [
        tw.Margin(),
        *(tw.NormalizedMargin(norm) for norm in (1, 2, np.inf)),
        tw.NormalizedMargin(degree=2),
        tw.SmoothedMargin(2),
    ]
    assert [observable.name for observable in observables] == [
        "margin",
        "normalized_margin_l1",
        "normalized_margin",
        "normalized_margin_linf",
        "normalized_margin_of_parameters",
        "smoothed_margin",
    ]
    run = tw.follow(PROBLEM, NETWORK, tw.Gaussian(0.3), tw.GradientDescent(0.1), until=tw.Steps(3), key=0, record=observables)
    last = run.data.isel(record=-1)
    assert float(last.margin) == pytest.approx(float((Y * (run.predictor[0] @ X)).min()), rel=1e-12)
    assert float(last.normalized_margin_l1) == pytest.approx(float(last.margin) / np.abs(run.predictor).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tw.NormalizedMargin(3), ValueError, "norm must be 1, 2 or inf, got 3"),
        (lambda: tw.NormalizedMargin(degree=0), ValueError, "degree must be greater than 0, got 0"),
        (lambda: tw.SmoothedMargin(-1), ValueError, "degree must be greater than 0, got -1"),
        (lambda: tw.SmoothedMargin("two"), TypeError, "degree must be a number"),
    ],
)
def test_bad_settings_are_refused(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("observable", [tw.Margin(), tw.NormalizedMargin(), tw.SmoothedMargin(1)])
def test_a_problem_without_margins_is_refused(observable):
    problem = tw.LinearRegression.whitened(np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"needs a problem with `\w+`, such as tw\.Classification; LinearRegression has none"):
        tw.follow(problem, NETWORK, tw.Gaussian(0.3), tw.GradientDescent(0.1), until=tw.Steps(1), key=0, record=[observable])
