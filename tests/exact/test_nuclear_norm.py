"""The least nuclear norm: against a conic solver, against known solutions, and against wrong proofs."""

import importlib
import warnings
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import thalweg
from thalweg.exact import (
    Certificate,
    NuclearNormSolution,
    certify,
    least_nuclear_norm,
    nuclear_norm,
    slack_nuclear_norm,
)
from thalweg.exact.certificate import into_unit_ball, nuclear_norm_bound, spectral_norm_bound


def norm(matrix: np.ndarray) -> float:
    return float(np.linalg.svd(matrix, compute_uv=False).sum())


def hidden(matrix: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """The matrix with about a share of its entries unseen."""
    unseen = np.random.default_rng(seed).random(matrix.shape) < share
    return np.where(unseen, np.nan, matrix)


def published(seed: int, entries: int, size: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """A target of rank 5 and Frobenius norm `size`, and what is seen of it."""
    random = np.random.default_rng(seed)
    target = random.normal(size=(size, 5)) @ random.normal(size=(5, size))
    target *= size / np.linalg.norm(target)
    observed = np.full(size * size, np.nan)
    chosen = random.choice(size * size, entries, replace=False)
    observed[chosen] = target.ravel()[chosen]
    return target, observed.reshape(size, size)


def conic_value(observed: np.ndarray, slack: float = 0.0) -> float:
    """The same least value from cvxpy and SCS."""
    cvxpy = pytest.importorskip("cvxpy", reason="the extra thalweg[convex] is not installed")
    seen = ~np.isnan(observed)
    matrix = cvxpy.Variable(observed.shape)
    difference = matrix[np.nonzero(seen)] - observed[seen]
    agree = [cvxpy.abs(difference) <= slack] if slack else [difference == 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.normNuc(matrix)), agree)
        problem.solve(solver=cvxpy.SCS, eps_abs=1e-9, eps_rel=1e-9, max_iters=200_000)
    return float(problem.value)


def holds(solution: NuclearNormSolution, observed: np.ndarray, slack: float = 0.0) -> None:
    """What every solution must satisfy, measured from its matrices alone."""
    seen = ~np.isnan(observed)
    assert solution.certified
    if slack == 0:
        np.testing.assert_array_equal(solution.predictor[seen], observed[seen])
        assert solution.deviation == 0.0
    else:
        assert solution.deviation <= slack * (1 + 1e-12)
    assert not solution.dual[~seen].any()
    assert np.linalg.norm(solution.dual, 2) <= 1 + 1e-14
    assert solution.value == pytest.approx(norm(solution.predictor), rel=1e-13)
    proved = np.sum(solution.dual[seen] * observed[seen]) - slack * np.abs(solution.dual).sum()
    assert solution.dual_value == pytest.approx(proved, rel=1e-12, abs=1e-12 * norm(np.nan_to_num(observed)))
    assert solution.dual_value <= solution.value
    assert solution.gap >= (solution.value - solution.dual_value) / max(solution.value, 1e-300)


@pytest.mark.parametrize("shape", [(8, 12), (12, 8), (10, 10)])
@pytest.mark.parametrize("slack", [0.0, 0.1])
def test_the_value_is_that_of_a_conic_solver(shape: tuple[int, int], slack: float):
    observed = hidden(np.random.default_rng(sum(shape)).normal(size=shape), 0.5, seed=shape[0])
    solution = least_nuclear_norm(observed, gap=1e-9, slack=slack)
    assert solution.value == pytest.approx(conic_value(observed, slack), rel=1e-5)
    holds(solution, observed, slack)


@pytest.mark.parametrize("entries", [2000, 5000])
@pytest.mark.parametrize("gap", [1e-6, 1e-9])
def test_the_published_size_is_solved_to_the_gap_asked_for(entries: int, gap: float):
    target, observed = published(seed=3, entries=entries)
    solution = least_nuclear_norm(observed, gap=gap)
    holds(solution, observed)
    assert solution.gap <= gap
    assert solution.iterations < 300
    assert solution.dual_value <= norm(target) * (1 + 1e-14)  # the target agrees with itself
    assert solution.value <= norm(target) * (1 + gap)


def test_five_thousand_entries_give_the_target_back():
    target, observed = published(seed=0, entries=5000)
    errors = [np.abs(least_nuclear_norm(observed, gap=gap).predictor - target).max() for gap in (1e-4, 1e-8, 1e-10)]
    assert errors[1] < 1e-6
    assert errors[2] < 1e-8
    assert errors[2] < errors[1] < errors[0]


def test_two_thousand_entries_do_not():
    target, observed = published(seed=0, entries=2000)
    solution = least_nuclear_norm(observed)
    assert np.mean((solution.predictor - target) ** 2) > 1e-2
    assert solution.value < norm(target) * (1 - 1e-3)  # provably not the target: something shorter agrees too


def test_a_rank_one_matrix_that_is_determined_is_recovered():
    target = np.outer(np.linspace(1.0, 2.0, 12), np.linspace(-1.0, 3.0, 15))
    solution = least_nuclear_norm(hidden(target, 0.4), gap=1e-10)
    np.testing.assert_allclose(solution.predictor, target, atol=1e-7)
    assert solution.value == pytest.approx(np.linalg.norm(target), rel=1e-9)


@pytest.mark.parametrize("corner", [0.3, 1.0, 2.0])
def test_the_gap_bounds_the_true_error(corner: float):
    """Of [[a, b], [b, ?]] the least nuclear norm is known: 2b where a < b, else that of the rank-one completion."""
    observed = np.array([[corner, 1.0], [1.0, np.nan]])
    least = 2.0 if corner <= 1 else corner + 1 / corner
    for gap in (1e-2, 1e-4, 1e-8):
        solution = least_nuclear_norm(observed, gap=gap)
        assert 0 <= (solution.value - least) / solution.value + 1e-14 <= solution.gap + 1e-14
        assert solution.dual_value <= least * (1 + 1e-14)


def test_no_feasible_matrix_gets_below_the_dual_value():
    random = np.random.default_rng(5)
    observed = hidden(random.normal(size=(9, 13)), 0.5)
    seen = ~np.isnan(observed)
    solution = least_nuclear_norm(observed, gap=1e-8)
    for size in (1e-6, 1e-3, 1.0):
        for _ in range(20):
            other = np.where(seen, observed, solution.predictor + size * random.normal(size=observed.shape))
            assert norm(other) >= solution.dual_value


def test_a_wrong_dual_proves_less_and_never_what_is_false():
    random = np.random.default_rng(1)
    observed = hidden(random.normal(size=(10, 12)), 0.5)
    seen = ~np.isnan(observed)
    right = least_nuclear_norm(observed, gap=1e-9)
    honest = certify(observed, right.predictor, right.dual)
    assert honest.gap == pytest.approx(right.gap, rel=1e-3, abs=1e-13)
    wrong = {
        "far too long": 1000.0 * right.dual,
        "too short": 0.5 * right.dual,
        "perturbed": right.dual + 0.1 * seen * random.normal(size=seen.shape),
        "the data": np.where(seen, observed, 0.0),
        "signs": np.where(seen, np.sign(observed), 0.0),
        "of the other sign": -right.dual,
        "nothing": np.zeros(seen.shape),
    }
    for name, dual in wrong.items():
        proved = certify(observed, right.predictor, dual)
        assert proved.dual_value <= right.value, name
        assert proved.gap >= honest.gap * (1 - 1e-3), name
        if name != "far too long":  # which is the right one once it is scaled
            assert proved.gap > 1e-3, name
    naive = float(np.sum(wrong["far too long"][seen] * observed[seen]))
    assert naive > right.value  # what believing an unscaled dual would have proved


def test_a_wrong_predictor_is_refused_or_has_a_gap():
    observed = hidden(np.random.default_rng(2).normal(size=(8, 8)), 0.4)
    seen = ~np.isnan(observed)
    right = least_nuclear_norm(observed, gap=1e-9)
    filled = certify(observed, np.where(seen, observed, 0.0), right.dual)
    assert filled.gap > 1e-2
    with pytest.raises(ValueError, match="further from an observed entry than the slack 0"):
        certify(observed, 0.999 * right.predictor, right.dual)
    with pytest.raises(ValueError, match="further from an observed entry"):
        certify(observed, right.predictor + 2e-3 * seen, right.dual, slack=1e-3)
    with pytest.raises(ValueError, match="zero where nothing was observed"):
        certify(observed, right.predictor, right.dual + 1e-12 * ~seen)
    with pytest.raises(ValueError, match="shapes differ"):
        certify(observed, right.predictor.T, right.dual[:, :-1])
    with pytest.raises(ValueError, match="finite"):
        certify(observed, np.full(seen.shape, np.nan), right.dual)


def test_the_bounds_hold_what_rounding_hides():
    random = np.random.default_rng(0)
    turn = np.linalg.qr(random.normal(size=(40, 40)))[0]
    singular = np.geomspace(1.0, 1e-9, 40)
    matrix = (turn * singular) @ turn
    assert singular.sum() <= nuclear_norm_bound(matrix)[1] <= singular.sum() * (1 + 1e-11)
    assert 1.0 <= spectral_norm_bound(matrix) <= 1 + 1e-12
    assert np.linalg.norm(into_unit_ball(3.0 * matrix), 2) == pytest.approx(1.0, abs=1e-12)
    assert not into_unit_ball(np.zeros((2, 3))).any()
    assert certify(np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2))) == Certificate(0.0, 0.0, 0.0)


@pytest.mark.parametrize("factor", [1e-200, 1e-3, -7.0, 1e200])
def test_it_scales_with_the_data(factor: float):
    observed = hidden(np.random.default_rng(4).normal(size=(7, 9)), 0.5)
    one, other = least_nuclear_norm(observed, gap=1e-9), least_nuclear_norm(factor * observed, gap=1e-9)
    assert other.value == pytest.approx(abs(factor) * one.value, rel=2e-9)
    np.testing.assert_allclose(other.predictor / factor, one.predictor, atol=1e-4)
    holds(other, factor * observed)


def test_the_transposed_problem_has_the_transposed_solution():
    observed = hidden(np.random.default_rng(6).normal(size=(6, 14)), 0.5)
    one, other = least_nuclear_norm(observed, gap=1e-10), least_nuclear_norm(observed.T, gap=1e-10)
    assert other.value == pytest.approx(one.value, rel=2e-10)
    np.testing.assert_allclose(other.predictor.T, one.predictor, atol=1e-4)
    holds(other, observed.T)


@settings(max_examples=40)
@given(
    arrays.arrays(
        np.float64,
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=7),
        elements=st.one_of(st.just(np.nan), st.integers(-3, 3).map(float), st.floats(-1e3, 1e3)),
    ),
    st.sampled_from([0.0, 0.05, 2.0]),
)
def test_small_matrices_of_any_kind(observed: np.ndarray, slack: float):
    if np.isnan(observed).all():
        observed[0, 0] = 1.0
    solution = least_nuclear_norm(observed, gap=1e-5, slack=slack, max_iterations=20_000)
    holds(solution, observed, slack)
    assert solution.value <= norm(np.nan_to_num(observed)) * (1 + 1e-12)  # zeros in the gaps are feasible


def test_degenerate_data_have_their_known_solutions():
    one = np.full((5, 6), np.nan)
    one[2, 3] = -4.0
    assert least_nuclear_norm(one).value == 4.0
    nothing = np.where(np.isnan(one), np.nan, 0.0)
    solution = least_nuclear_norm(nothing)
    assert (solution.value, solution.gap, solution.certified) == (0.0, 0.0, True)
    assert not solution.predictor.any()
    whole = np.random.default_rng(0).normal(size=(6, 4))
    solution = least_nuclear_norm(whole)
    np.testing.assert_array_equal(solution.predictor, whole)
    assert solution.iterations == 0
    assert solution.gap < 1e-13
    empty = hidden(np.random.default_rng(1).normal(size=(6, 7)), 0.3)
    empty[2], empty[:, 4] = np.nan, np.nan
    solution = least_nuclear_norm(empty, gap=1e-9)
    holds(solution, empty)
    assert not solution.predictor[2].any()
    assert not solution.predictor[:, 4].any()
    smaller = least_nuclear_norm(np.delete(np.delete(empty, 2, 0), 4, 1), gap=1e-9)
    assert solution.value == pytest.approx(smaller.value, rel=1e-12)


def test_large_matrices_of_low_rank_take_the_partial_decomposition():
    target, observed = published(seed=1, entries=32_000, size=300)
    solution = least_nuclear_norm(observed)
    holds(solution, observed)
    np.testing.assert_allclose(solution.predictor, target, atol=1e-4)


def test_small_decompositions_run_on_one_thread(monkeypatch: pytest.MonkeyPatch):
    module = importlib.import_module("thalweg.exact.threads")
    limits: list[dict] = []
    controller = SimpleNamespace(limit=lambda **limit: limits.append(limit) or nullcontext())
    monkeypatch.setattr(module, "_controller", lambda: controller)
    least_nuclear_norm(np.array([[1.0, 2.0], [3.0, np.nan]]))
    assert limits == [{"limits": 1, "user_api": "blas"}]
    with module.threads_for((300, 400)):
        assert len(limits) == 1


def test_a_gap_that_is_not_reached_is_not_called_certified():
    _, observed = published(seed=0, entries=600, size=40)
    with pytest.warns(RuntimeWarning, match="not certified as the least") as caught:
        solution = nuclear_norm(SimpleNamespace(observed=observed), gap=1e-9, max_iterations=20)
    assert caught[0].filename == __file__  # the line of the caller, not one of the library's
    assert not solution.certified
    assert solution.iterations == 20
    assert f"{solution.gap / 1e-9:.2g} times" in str(solution)
    assert solution.gap > 1e-9
    better = least_nuclear_norm(observed, gap=1e-9)
    assert better.certified
    assert better.dual_value - 1e-12 <= solution.value
    assert solution.dual_value <= better.value
    assert "certified to a relative gap" in str(better)
    assert "predictor" not in repr(better)


def test_it_takes_a_problem():
    target, observed = published(seed=2, entries=700, size=30)
    problem = thalweg.MatrixCompletion(observed, target=target)
    assert importlib.import_module("thalweg.exact").nuclear_norm is nuclear_norm
    solution = nuclear_norm(problem)
    holds(solution, observed)
    assert solution.value == pytest.approx(least_nuclear_norm(observed).value, rel=1e-12)
    with pytest.raises(TypeError, match=r"SimpleNamespace has none.*least_nuclear_norm"):
        nuclear_norm(SimpleNamespace(target=target))


def test_the_box_is_used_up_and_has_a_smaller_norm():
    target, observed = published(seed=0, entries=2000)
    problem = SimpleNamespace(observed=observed)
    exact, loose = nuclear_norm(problem), slack_nuclear_norm(problem)
    holds(loose, observed, slack=1e-3)
    assert loose.value < exact.dual_value  # smaller beyond what either gap allows
    assert exact.value - loose.value <= 1e-3 * np.abs(exact.dual).sum() + 1e-5 * exact.value
    assert loose.deviation == pytest.approx(1e-3, rel=1e-9)
    assert "within 0.001 of what was observed" in str(loose)
    everything = slack_nuclear_norm(problem, slack=10 * np.abs(target).max())
    assert (everything.value, everything.gap) == (0.0, 0.0)


def test_less_slack_costs_more():
    observed = hidden(np.random.default_rng(8).normal(size=(9, 9)), 0.4)
    values = [least_nuclear_norm(observed, slack=slack, gap=1e-8).value for slack in (0.0, 1e-3, 1e-2, 1e-1)]
    assert values == sorted(values, reverse=True)
    slopes = np.diff(values) / np.diff([0.0, 1e-3, 1e-2, 1e-1])
    assert np.all(np.diff(slopes) > 0)  # the least value is convex in the slack
    dual = least_nuclear_norm(observed, gap=1e-8).dual
    assert -slopes[0] == pytest.approx(np.abs(dual).sum(), rel=0.05)  # and the dual is its slope


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"observed": np.full((3, 3), np.nan)}, "no finite entry"),
        ({"observed": np.zeros((0, 3))}, "no finite entry"),
        ({"observed": np.array([[1.0, np.inf]])}, r"infinite at \[0, 1\]"),
        ({"observed": np.array([1.0, np.nan])}, "must be a matrix, got an array of shape"),
        ({"observed": np.full((2, 2), 1e305)}, "overflow"),
        ({"gap": -1e-6}, "gap must be from 1e-12"),
        ({"gap": 1e-14}, "float64 certifies nothing"),
        ({"gap": 1.0}, "gap must be"),
        ({"gap": np.nan}, "gap must be"),
        ({"slack": -1.0}, "slack must be finite and not negative"),
        ({"slack": np.inf}, "slack must be finite"),
        ({"max_iterations": 0}, "max_iterations must be at least 1"),
    ],
)
def test_bad_input_is_refused(change: dict, complaint: str):
    given: dict = {"observed": np.array([[1.0, np.nan], [2.0, 3.0]])} | change
    with pytest.raises(ValueError, match=complaint):
        least_nuclear_norm(given.pop("observed"), **given)


@pytest.mark.parametrize("change", [{"gap": "small"}, {"max_iterations": 10.0}, {"observed": [["a"]]}, {"gap": None}])
def test_the_wrong_kind_is_refused(change: dict):
    given: dict = {"observed": np.eye(2)} | change
    with pytest.raises(TypeError):
        least_nuclear_norm(given.pop("observed"), **given)
