"""The least size of a ReLU network of one input: closed form against linear programs, its network, its dual."""

import warnings

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from thalweg.exact import penalized_spline, representation_cost, spline_cost, spline_network

SHAPES = ("rough", "line", "parabola", "two")


def points(seed: int, shape: str = "rough") -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, SHAPES.index(shape)])
    count = 2 if shape == "two" else int(rng.integers(3, 12))
    x = rng.permutation(np.linspace(-2, 2, count) + rng.uniform(-0.15, 0.15, count))
    if shape == "line":
        return x, rng.normal() * x + rng.normal()
    return x, rng.normal(size=count) if shape != "parabola" else rng.normal() * x**2 + 3 * rng.normal() * x


def program(x: np.ndarray, y: np.ndarray, kinks: np.ndarray) -> float:
    """The least sum of weights over a dictionary of ReLUs, by linear programming: the independent way."""
    right, left, one = np.maximum(x[:, None] - kinks, 0), np.maximum(kinks - x[:, None], 0), np.ones((len(x), 1))
    costs = np.concatenate([np.ones(4 * len(kinks)), [0, 0]])
    found = linprog(costs, A_eq=np.hstack([right, -right, left, -left, one, -one]), b_eq=y, bounds=(0, None), method="highs")
    return found.fun


@pytest.mark.parametrize("shape", SHAPES)
def test_the_closed_form_is_the_linear_program(shape: str):
    for seed in range(6):
        x, y = points(seed, shape)
        kinks = np.unique(np.concatenate([np.linspace(-4, 4, 81), x]))
        assert spline_cost(x, y).value == pytest.approx(program(x, y, kinks), rel=1e-9)


def test_the_end_slopes_are_the_best():
    """Nelder and Mead's method finds no better end slopes than the formula's, and slopes that go on are often worse."""
    worse = 0
    for seed in range(8):
        x, y = points(seed, "parabola")
        order = np.argsort(x)
        inner = np.diff(y[order]) / np.diff(x[order])

        def cost(ends: np.ndarray, inner: np.ndarray = inner) -> float:
            slopes = np.concatenate([ends[:1], inner, ends[1:]])
            return max(np.abs(np.diff(slopes)).sum(), abs(slopes[0] + slopes[-1]))

        ends = spline_cost(x, y).predictor[0, [0, -1]]
        value = spline_cost(x, y).value
        assert cost(ends) == pytest.approx(value, rel=1e-12)
        found = minimize(cost, inner[[0, -1]], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 2000})
        assert value <= found.fun * (1 + 1e-12)
        worse += cost(inner[[0, -1]]) > 1.01 * value
    assert worse >= 3


@pytest.mark.parametrize("shape", SHAPES)
def test_the_dual_proves_the_value(shape: str):
    for seed in range(20):
        x, y = points(seed, shape)
        solution = spline_cost(x, y)
        assert solution.gap < 1e-12
        assert solution.certified
        steps = np.concatenate([x, np.random.default_rng(seed).uniform(-9, 9, 100)])[:, None]
        size = np.abs(solution.dual).max()
        assert abs(solution.dual.sum()) < 1e-13 * size
        assert np.abs(np.maximum(x - steps, 0) @ solution.dual).max() < 1 + 1e-13 * size
        assert np.abs(np.maximum(steps - x, 0) @ solution.dual).max() < 1 + 1e-13 * size
        assert solution.dual @ y == pytest.approx(solution.value, rel=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_network_has_the_value_and_the_width(shape: str):
    for seed in range(20):
        x, y = points(seed, shape)
        params, solution = spline_network(x, y), spline_cost(x, y)
        assert params["W1"].shape == (len(x) + 1, 1)
        assert 0.5 * np.sum(params["W1"] ** 2) + 0.5 * np.sum(params["W2"] ** 2) == pytest.approx(solution.value, rel=1e-11)
        assert representation_cost(params) == pytest.approx(solution.value, rel=1e-11)
        np.testing.assert_allclose(np.abs(params["W1"][:, 0]), np.abs(params["W2"][0]), atol=0)
        outputs = params["W2"] @ np.maximum(params["W1"] * x + params["b1"][:, None], 0) + params["b2"]
        np.testing.assert_allclose(outputs[0], y, atol=1e-10)
        far = np.array([-100.0, -99.0, 99.0, 100.0])
        outside = (params["W2"] @ np.maximum(params["W1"] * far + params["b1"][:, None], 0))[0]
        np.testing.assert_allclose(np.diff(outside)[[0, 2]], solution.predictor[0, [0, -1]], atol=1e-10)


def test_a_line_costs_its_slope_and_not_twice_that():
    x = np.linspace(-1, 1, 5)
    assert spline_cost(x, 1.5 * x).value == pytest.approx(1.5, rel=1e-14)
    assert spline_cost(x, -1.5 * x + 2).value == pytest.approx(1.5, rel=1e-14)
    assert spline_cost(x, 0 * x).value == 0.0
    line = {"W1": np.sqrt(1.5) * np.array([[1.0], [-1.0]]), "b1": np.zeros(2), "W2": np.sqrt(1.5) * np.array([[1.0, -1.0]])}
    assert representation_cost(line) == pytest.approx(3.0)


def test_what_a_network_represents_by_hand():
    # two units at one kink bend 1 - 2 = -1 together, a third elsewhere bends 3; the slope is 2 at the left, 1 + 3 at the right
    params = {"W1": np.array([[1.0], [-2.0], [1.0]]), "b1": np.array([-1.0, 2.0, 0.0]), "W2": np.array([[1.0, -1.0, 3.0]])}
    assert representation_cost(params) == 6.0
    assert 0.5 * (np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2)) == 8.5
    # bends of 2 and -2 next to each other, which taken for one kink are none: what is left is a line of slope 1
    opposed = {"W1": np.array([[1.0], [-1.0], [1.0]]), "b1": np.array([0.0, 1e-6, 5.0]), "W2": np.array([[2.0, -2.0, 0.0]])}
    assert [representation_cost(opposed), representation_cost(opposed, within=1e-5)] == [4.0, 4.0]
    along = {**opposed, "W1": np.ones((3, 1)), "b1": np.array([0.0, -1e-6, 5.0])}
    assert [representation_cost(along), representation_cost(along, within=1e-5)] == [4.0, 0.0]
    flat = {"W1": np.zeros((2, 1)), "b1": np.ones(2), "W2": np.ones((1, 2)), "b2": np.ones(1)}
    assert representation_cost(flat) == 0.0
    assert representation_cost({"W1": np.ones((1, 1)), "W2": np.ones((1, 1))}) == 1.0


@pytest.mark.parametrize("penalty", [1e-5, 1e-2, 0.5, 30.0])
def test_the_penalized_spline_is_certified_and_is_the_least(penalty: float):
    for seed in range(5):
        for shape in SHAPES:
            x, y = points(seed, shape)
            solution = penalized_spline(x, y, penalty)
            assert solution.gap < 1e-8
            z = solution.predictor[0]
            np.testing.assert_allclose(z, y - penalty * solution.dual, atol=1e-12 * penalty * np.abs(solution.dual).max())
            again = 0.5 * np.sum((z - y) ** 2) + penalty * spline_cost(x, z, gap=0.9).value
            assert again == pytest.approx(solution.value, rel=1e-9)
            rng = np.random.default_rng(seed)
            for size in (1e-1, 1e-3):
                other = z + size * penalty * rng.normal(size=len(x))
                value = 0.5 * np.sum((other - y) ** 2) + penalty * spline_cost(x, other, gap=0.9).value
                assert value >= solution.value * (1 - 1e-9)


def test_a_small_penalty_gives_the_least_through_the_points_and_a_large_one_a_constant():
    x, y = points(3)
    small, exact = penalized_spline(x, y, 1e-8), spline_cost(x, y)
    assert small.value / 1e-8 == pytest.approx(exact.value, rel=1e-4)
    np.testing.assert_allclose(small.dual, exact.dual, atol=1e-6)
    np.testing.assert_allclose(penalized_spline(x, y, 1e4).predictor, np.mean(y), atol=1e-9)


def test_what_cannot_be_certified_says_so():
    with pytest.warns(RuntimeWarning, match="not certified as the least"):
        found = [spline_cost(*points(seed), gap=1e-300) for seed in range(20)]
    assert not all(solution.certified for solution in found)  # rounding is more than that for some
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert spline_cost(*points(0)).certified


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([0.0, 1.0, 0.0], [1.0, 2.0, 1.0], "x must be distinct"),
        ([0.0], [1.0], "at least two points"),
        ([0.0, 1.0], [1.0], "as many x as y"),
        ([0.0, np.nan], [1.0, 2.0], "finite"),
    ],
)
def test_bad_points_are_refused(x: list[float], y: list[float], message: str):
    for solve in (spline_cost, spline_network, lambda x, y: penalized_spline(x, y, 1.0)):
        with pytest.raises(ValueError, match=message):
            solve(x, y)


def test_other_bad_arguments_are_refused():
    with pytest.raises(TypeError, match="x must be an array of real numbers"):
        spline_cost("points", [1.0])
    with pytest.raises(ValueError, match="gap must be between 0 and 1"):
        spline_cost([0.0, 1.0], [0.0, 1.0], gap=0)
    for penalty in (0.0, -1.0, np.inf):
        with pytest.raises(ValueError, match="penalty must be positive"):
            penalized_spline([0.0, 1.0], [0.0, 1.0], penalty)
    with pytest.raises(ValueError, match="one input and one output"):
        representation_cost({"W1": np.ones((3, 2)), "W2": np.ones((1, 3))})
    with pytest.raises(ValueError, match="one input and one output"):
        representation_cost({"W1": np.ones((3, 1)), "W2": np.ones((2, 3))})
