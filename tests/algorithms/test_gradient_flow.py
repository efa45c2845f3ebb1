"""Gradient flow: against another integrator, closed forms, and what theory says is conserved."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import thalweg as tw
from trajectory.cases import NETWORK, PROBLEM, START, distance, flow, gradient_of, gradients, imbalances, product, slope

TOLERANCES = [1e-5, 1e-6, 1e-7, 1e-8, 1e-9]
END = 20.0


def flat(factors: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.ravel(factor) for factor in factors])


def split(point: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum([rows * columns for rows, columns in NETWORK.shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(point, ends), NETWORK.shapes, strict=True)]


@pytest.fixture(scope="module")
def reference() -> list[np.ndarray]:
    """The end of the path by scipy's method of order eight, far below every tolerance here."""

    def field(_: float, point: np.ndarray) -> np.ndarray:
        return -flat(gradients(PROBLEM, split(point)))

    begin = flat(START.sample(NETWORK, key=1))
    return split(solve_ivp(field, (0.0, END), begin, method="DOP853", rtol=1e-12, atol=1e-15).y[:, -1])


@pytest.fixture(scope="module")
def ends() -> list[tw.Trajectory]:
    return [flow(END, rtol) for rtol in TOLERANCES]


def test_the_error_falls_with_the_tolerance(reference: list[np.ndarray], ends: list[tw.Trajectory]):
    errors = [distance(run.params, reference) / float(np.linalg.norm(flat(reference))) for run in ends]
    assert slope(TOLERANCES, errors) == pytest.approx(1.0, abs=0.1)
    assert max(error / rtol for error, rtol in zip(errors, TOLERANCES, strict=True)) < 2
    assert all(run.outcome.time == END for run in ends)


def test_imbalance_is_conserved_up_to_the_tolerance(ends: list[tw.Trajectory]):
    begin = imbalances(START.sample(NETWORK, key=1))
    drifts = [distance(imbalances(run.params), begin) for run in ends]
    assert slope(TOLERANCES, drifts) == pytest.approx(1.0, abs=0.15)
    assert drifts[-1] < 1e-9
    moved = distance(ends[-1].params, START.sample(NETWORK, key=1))
    assert drifts[-1] < 1e-8 * moved  # while the factors themselves went far
    recorded = float(ends[-1].data.imbalance[-1])
    assert recorded == pytest.approx(max(np.linalg.norm(gap) for gap in imbalances(ends[-1].params)), rel=1e-12)


def end_to_end(predictor: np.ndarray, gradient: np.ndarray, depth: int, shift: float = 0.0) -> np.ndarray:
    r"""$-\sum_j [WW^\top]^{(j-1)/N} G [W^\top W]^{(N-j)/N}$ over full singular vectors, with $0^0 = 1$."""
    u, s, vt = np.linalg.svd(predictor)
    left, right = np.zeros(len(u)), np.zeros(len(vt))
    left[: len(s)] = right[: len(s)] = np.where(s > 1e-12 * s[0], s, 0.0)
    total = np.zeros_like(predictor)
    for j in range(1, depth + 1):
        before, after = left ** (2 * (j - 1 + shift) / depth), right ** (2 * (depth - j + shift) / depth)
        total -= (u * before) @ u.T @ gradient @ (vt.T * after) @ vt
    return total


def velocity(factors: list[np.ndarray], slopes: list[np.ndarray]) -> np.ndarray:
    """The velocity of the product when each factor goes down its gradient."""
    total = 0.0
    for j in range(len(factors)):
        parts = [*factors[:j], -slopes[j], *factors[j + 1 :]]
        total = total + product(parts)
    return np.asarray(total)


@pytest.mark.parametrize("shape", [(5, 5), (3, 6), (6, 3)], ids=["square", "wide", "tall"])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("rank", ["full", "deficient"])
def test_end_to_end_velocity_from_balanced_factors(depth: int, shape: tuple[int, int], rank: str):
    problem = tw.MatrixCompletion.random(shape=shape, rank=2, observed=14, key=0)
    matrix = np.random.default_rng(1).normal(size=shape)
    if rank == "deficient":
        u, s, vt = np.linalg.svd(matrix, full_matrices=False)
        matrix = (u * np.where(np.arange(len(s)) < 2, s, 0)) @ vt
    network = tw.DeepLinear(depth=depth, shape=shape, hidden=7)
    factors = tw.Balanced(matrix=matrix).sample(network, key=0)
    slopes = [np.asarray(g) for g in tw.Objective(problem, network).loss_and_gradient(factors)[1]]
    gradient = gradient_of(problem, matrix)
    allowed = 1e-13 * np.abs(gradient).max() * np.linalg.norm(matrix, 2) ** 2
    actual = velocity(factors, slopes)
    np.testing.assert_allclose(end_to_end(matrix, gradient, depth), actual, rtol=0, atol=allowed)
    if depth > 1:
        wrong = end_to_end(matrix, gradient, depth, shift=0.5)
        assert np.abs(wrong - actual).max() > 1e-3 * np.abs(actual).max()


def test_end_to_end_velocity_holds_along_the_flow():
    begin = tw.Balanced(0.3)
    deviations = []
    for rtol in (1e-6, 1e-9):
        run = flow(END / 2, rtol, start=begin)
        predictor = product(run.params)
        actual = velocity(run.params, gradients(PROBLEM, run.params))
        predicted = end_to_end(predictor, gradient_of(PROBLEM, predictor), 3)
        deviations.append(np.abs(predicted - actual).max() / np.abs(actual).max())
    assert deviations[0] < 1e-4
    assert deviations[1] < 1e-2 * deviations[0]


def test_one_factor_fills_in_what_is_seen_exponentially():
    observed = np.array([[1.0, 0.0], [np.nan, 3.0]])
    run = tw.follow(
        tw.MatrixCompletion(observed),
        tw.DeepLinear(depth=1, shape=(2, 2)),
        tw.Given([np.array([[0.0, 0.0], [0.7, 0.0]])]),
        tw.GradientFlow(1e-10),
        record=[tw.SingularValues(2), tw.LeftSingularVectors(2), tw.RightSingularVectors(2)],
        at=tw.AtTimes([0.5, 2.0]),
        until=tw.Time(2.0),
        key=0,
    )
    share = 1 - np.exp(-2 * 2.0 / 3)  # three entries are seen
    np.testing.assert_allclose(run.predictor, [[share, 0.0], [0.7, 3 * share]], rtol=1e-9, atol=1e-15)
    assert run.predictor[1, 0] == 0.7  # what is not seen does not move


def test_two_factors_learn_their_modes_by_the_logistic_law():
    goal, begin = np.array([2.0, 0.5]), np.array([1e-3, 1e-2])
    factor = np.diag(np.sqrt(begin))
    run = tw.follow(
        tw.MatrixCompletion(np.diag(goal)),
        tw.DeepLinear(depth=2, shape=(2, 2)),
        [factor, factor],
        tw.GradientFlow(1e-10),
        at=tw.AtTimes([1.0]),
        until=tw.Time(4.0),
        key=0,
    )
    found = np.diag(run.predictor)

    def law(rate: float) -> np.ndarray:
        return goal / (1 + (goal / begin - 1) * np.exp(-rate * goal * 4.0))

    np.testing.assert_allclose(found, law(4 / 4), rtol=1e-8)  # 2 for the square, 2 for the depth, 4 entries in the mean
    assert np.abs(found - law(2 / 4)).max() > 0.01  # with half the rate
    assert np.abs(run.predictor - np.diag(found)).max() < 1e-15


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rtol": 0.0}, ValueError, "rtol must be greater than 0, got 0"),
        ({"rtol": -1e-6}, ValueError, "rtol must be greater than 0, got -1e-06"),
        ({"rtol": 0.5}, ValueError, r"rtol must be below 0\.1 for the path to mean anything, got 0\.5"),
        ({"rtol": np.inf}, ValueError, "rtol must be finite, got inf"),
        ({"rtol": "tight"}, TypeError, "rtol must be a number, got 'tight'"),
        ({"solver": "euler"}, ValueError, "solver must be one of 'auto', .*; got 'euler'"),
    ],
)
def test_bad_settings_are_refused(arguments: dict[str, object], error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.GradientFlow(**arguments)  # pyright: ignore[reportArgumentType]


def test_a_tolerance_beyond_the_precision_is_refused_when_the_run_starts():
    with pytest.raises(ValueError, match=r"rtol=1e-15 cannot be reached in float64, whose rounding allows 1e-14 at best$"):
        flow(1.0, 1e-15)
