"""The best multipliers of the largest margin: where they are known, against a quadratic program, and bad input."""

import numpy as np
import pytest
from scipy.optimize import minimize

import thalweg as tw
from thalweg.exact.margin_kkt import MarginKKT


def test_the_hard_margin_is_stationary_with_its_own_weights():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(4, 12))
    problem = tw.Classification(inputs, np.sign(rng.normal(size=4) @ inputs))
    solution = tw.exact.hard_margin(problem)
    w = 7.0 * solution.predictor[0]  # any length
    found = tw.exact.margin_kkt(w, w @ problem.signed, problem.signed.T)
    assert isinstance(found, MarginKKT)
    assert found.residual < 1e-6
    np.testing.assert_allclose(found.multipliers, solution.dual, atol=1e-5)
    other = w + np.array([0.3, 0, 0, 0])
    if (other @ problem.signed).min() > 0:
        assert tw.exact.margin_kkt(other, other @ problem.signed, problem.signed.T).residual > 1e-3


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_scaling_changes_nothing_and_the_residual_is_the_least(degree: int):
    rng = np.random.default_rng(degree)
    theta, inputs = rng.uniform(0.5, 1.5, size=5), rng.uniform(0.1, 1.0, size=(6, 5))

    def at(scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        w = scale * theta
        return w, inputs @ w**degree, degree * inputs * w ** (degree - 1)

    found = tw.exact.margin_kkt(*at(1.0))
    assert tw.exact.margin_kkt(*at(50.0)).residual == pytest.approx(found.residual, rel=1e-9)
    # the definition, after scaling, by a general method
    w, q, slopes = at(float((inputs @ theta**degree).min() ** (-1 / degree)))
    assert q.min() == pytest.approx(1.0)

    def residual(multipliers: np.ndarray) -> float:
        apart = np.linalg.norm(w - multipliers @ slopes) / np.linalg.norm(w)
        return float(apart**2 + (multipliers @ (q - 1) / (w @ w)) ** 2)

    options = {"ftol": 1e-15, "gtol": 1e-12, "maxiter": 5000, "maxfun": 100000}
    best = minimize(residual, np.full(6, 0.1), bounds=[(0, None)] * 6, method="L-BFGS-B", options=options)
    assert found.residual**2 == pytest.approx(best.fun, abs=1e-6)
    assert found.residual**2 <= best.fun + 1e-12
    assert found.multipliers.sum() == pytest.approx(1.0)


def test_an_inner_point_has_no_multipliers_that_fit():
    found = tw.exact.margin_kkt([1.0, 1.0], [1.0], [[1.0, 0.0]])
    assert found.stationarity == pytest.approx(np.sqrt(0.5))
    assert found.complementarity == 0.0
    against = tw.exact.margin_kkt([1.0], [1.0], [[-1.0]])
    assert (against.stationarity, against.multipliers.tolist()) == (1.0, [0.0])


def test_bad_input():
    with pytest.raises(ValueError, match="all samples must be fitted"):
        tw.exact.margin_kkt([1.0], [-1.0], [[1.0]])
    with pytest.raises(ValueError, match="not zero"):
        tw.exact.margin_kkt([0.0], [1.0], [[1.0]])
    with pytest.raises(ValueError, match="a row of 2 numbers for each of 1 margins"):
        tw.exact.margin_kkt([1.0, 2.0], [1.0], [[1.0]])
    with pytest.raises(TypeError, match="params"):
        tw.exact.margin_kkt("a", [1.0], [[1.0]])
