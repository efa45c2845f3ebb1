"""Times and paths of modes against independent integration, hypergeometric forms and runs; wrong variants are told apart."""

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.special import hyp2f1

import thalweg as tw
from thalweg.problems.random_matrices import orthonormal
from thalweg.theory import (
    DoesNotApply,
    ModeTimes,
    compare,
    enhancement,
    escape_time,
    mode_path,
    mode_time,
    sharpness,
)

DEPTHS = (1, 1.3, 2, 2.5, 3, 4, 8, 64, 512.5, math.inf)


def pace(depth: float) -> float:
    return 1.0 if math.isinf(depth) else depth


def integrated(times: np.ndarray, start: float, target: float, depth: float) -> np.ndarray:
    """The path by an ordinary solver, in the logarithm of the value."""

    def slope(time: float, y: np.ndarray) -> np.ndarray:
        return pace(depth) * np.exp(y * (1 - 2 / depth)) * (target - np.exp(y))

    solved = solve_ivp(slope, (0, times[-1]), [math.log(start)], method="DOP853", rtol=1e-12, atol=1e-12, t_eval=times)
    return np.exp(solved.y[0])


@pytest.mark.parametrize("depth", DEPTHS)
def test_times_are_the_integral(depth: float):
    s, first, last = 1.7, 1e-3, 1.6
    power = 2 - 2 / depth
    whole = quad(
        lambda y: math.exp(y * (1 - power)) / (s - math.exp(y)), math.log(first), math.log(last), limit=500, epsrel=1e-12
    )
    assert mode_time(first, last, s, depth) == pytest.approx(whole[0] / pace(depth), rel=1e-11)


def test_times_of_whole_depths_in_closed_form():
    s, a, b = 1.7, 1e-3, 1.6
    logs = math.log(b * (s - a) / (a * (s - b)))
    assert mode_time(a, b, s, 1) == pytest.approx(math.log((s - a) / (s - b)), rel=1e-13)
    assert mode_time(a, b, s, 2) == pytest.approx(logs / (2 * s), rel=1e-13)
    assert mode_time(a, b, s, math.inf) == pytest.approx(logs / s**2 + 1 / (s * a) - 1 / (s * b), rel=1e-13)
    assert 1e9 * mode_time(a, b, s, 1e9) == pytest.approx(float(mode_time(a, b, s, math.inf)), rel=1e-6)


@pytest.mark.parametrize("depth", [2.5, 3, 7])
def test_times_by_the_hypergeometric_function(depth: float):
    s, a, b, q = 1.3, 0.05, 0.8, 2 / depth - 1

    def antiderivative(u: float) -> float:
        return (u / s) ** q / q * hyp2f1(1, q, 1 + q, u / s)

    expected = (antiderivative(b) - antiderivative(a)) * s ** (2 / depth - 2) / depth
    assert mode_time(a, b, s, depth) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("depth", DEPTHS[2:])
@pytest.mark.parametrize(("start", "target"), [(1e-6, 1.0), (3.0, 1.0), (0.5, -1.0), (0.5, 0.0), (2.0, 1e-17), (0.3, -1e-3)])
def test_paths_are_the_solution(start: float, target: float, depth: float):
    times = np.array([0.0, 0.1, 1.0, 4.0, 20.0])
    np.testing.assert_allclose(mode_path(times, start, target, depth), integrated(times, start, target, depth), rtol=2e-11)


@pytest.mark.parametrize("depth", [1.5, 2.5, 3])
def test_another_depth_is_told_apart(depth: float):
    times = np.linspace(0.0, 6.0, 13)
    exact = integrated(times, 0.01, 1.0, depth)
    for wrong in (depth + 0.01, round(depth + 0.6)):
        assert np.abs(mode_path(times, 0.01, 1.0, wrong) - exact).max() > 1e-4


@pytest.mark.parametrize("depth", DEPTHS)
def test_path_is_the_inverse_of_time(depth: float):
    ends = np.array([[2e-4], [0.01], [0.5], [1.2], [1.99999]])
    targets = np.array([2.0, 3.0])
    times = mode_time(1e-4, ends, targets, depth)
    assert times.shape == (5, 2)
    np.testing.assert_allclose(mode_path(times, 1e-4, targets, depth), np.broadcast_to(ends, (5, 2)), rtol=1e-9)


def test_a_mode_stays_at_its_target_at_zero_and_ends_there():
    assert mode_path([0.0, 5.0], 2.0, 2.0, 3).tolist() == [2.0, 2.0]
    assert mode_path([0.0, 5.0], 0.0, 2.0, 3).tolist() == [0.0, 0.0]
    assert mode_path(1e9, 1e-3, 2.0, 2.5) == pytest.approx(2.0, rel=1e-15)
    assert mode_path([1.0, 2.0], 0.0, 2.0, 1) == pytest.approx(2 * (1 - np.exp([-1.0, -2.0])))
    assert mode_time(0.5, 0.5, 2.0, 3) == 0.0


def test_the_shallow_mode_is_linear():
    t = np.linspace(0, 3, 7)
    np.testing.assert_allclose(mode_path(t, -0.5, 2.0, 1), 2 * (1 - np.exp(-t)) - 0.5 * np.exp(-t), rtol=1e-14)


@pytest.mark.parametrize("depth", [2, 2.5, 3, 4, 8, math.inf])
def test_escape_time_is_what_the_time_tends_to(depth: float):
    gaps = [abs(float(mode_time(u, 0.6, 1.7, depth) / escape_time(u, 1.7, depth)) - 1) for u in (1e-4, 1e-8, 1e-30)]
    assert gaps[0] > gaps[1] > gaps[2] or depth > 4
    assert gaps[2] < 0.03
    slope = math.log(float(mode_time(1e-30, 0.6, 1.7, depth) / mode_time(1e-24, 0.6, 1.7, depth))) / math.log(1e-6)
    assert slope == pytest.approx(-(1 - 2 / depth), abs=0.01 if depth > 2 else 0.04)


def test_escape_is_exponential_in_depth_for_a_scale_of_the_layers():
    times = [float(escape_time(0.1**n, 1.0, n)) for n in (4, 5, 6, 7)]
    assert times == pytest.approx([10 ** (n - 2) / (n - 2) for n in (4, 5, 6, 7)])


def test_sharpness():
    u = 1e-9
    assert sharpness(u, 1.0, 2) == pytest.approx(math.log(81) / math.log(1 / u))
    values = [float(sharpness(u, 1.0, n)) for n in (2, 2.5, 3, 4, 8, math.inf)]
    assert values == sorted(values, reverse=True)
    slope = math.log(float(sharpness(1e-9, 1.0, 4) / sharpness(1e-12, 1.0, 4))) / math.log(1e3)
    assert slope == pytest.approx(0.5)


def test_enhancement():
    assert enhancement([0.0, 1.0, 2.0], 2).tolist() == [0.0, 2.0, 4.0]
    assert enhancement(3.0, 1) == 1.0
    assert enhancement(3.0, 1e9) / 1e9 == pytest.approx(float(enhancement(3.0, math.inf)))
    u, step = 0.4, 1e-6
    moved = float(mode_path(step, u, 1.5, 3) - u) / step
    assert moved == pytest.approx(float(enhancement(u, 3)) * (1.5 - u), rel=1e-5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mode_time(0.1, 0.5, 1.0, 0.5), "depth must be at least 1"),
        (lambda: mode_time(0.1, 1.0, 1.0, 3), "on the way"),
        (lambda: mode_time(0.5, 0.1, 1.0, 3), "on the way"),
        (lambda: mode_time(0.0, 0.1, 1.0, 2), "on the way"),
        (lambda: mode_time(2.0, 1.0, 1.0, 2), "on the way"),
        (lambda: mode_time(0.1, math.nan, 1.0, 2), "finite"),
        (lambda: mode_path(-1.0, 0.1, 1.0, 3), "times must not be negative"),
        (lambda: mode_path(1.0, -0.1, 1.0, 3), "does not start below 0"),
        (lambda: mode_path(1.0, 0.0, 1.0, 1.5), "in finite time"),
        (lambda: mode_path(1.0, math.inf, 1.0, 1.5), "finite"),
        (lambda: mode_path(1.0, 0.1, 1.0, math.nan), "depth must be at least 1"),
        (lambda: escape_time(0.1, 1.0, 1.5), "depth must be at least 2"),
        (lambda: escape_time(1.1, 1.0, 3), "between 0 and the target"),
        (lambda: enhancement(-1.0, 3), "must not be negative"),
    ],
)
def test_bad_input(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()


def whitened_run(seed: int, rtol: float, turn: float = 0.0) -> tw.Trajectory:
    """Depth 3 from a balanced start that shares its singular vectors with the target, unless they are turned."""
    rng = np.random.default_rng(seed)
    u, v = orthonormal(rng, 4, 4), orthonormal(rng, 5, 5)
    target = (u * [2.0, 1.4, 0.8, 0.0]) @ v[:, :4].T
    c, s = math.cos(turn), math.sin(turn)
    turned = np.array(u)
    turned[:, :2] = u[:, :2] @ np.array([[c, -s], [s, c]])
    start = (turned * [0.02, 0.05, 0.03, 0.1]) @ v[:, :4].T
    network = tw.DeepLinear(depth=3, shape=(4, 5), hidden=5)
    problem = tw.LinearRegression.whitened(target)
    times = tw.AtTimes([1.0, 2.0, 4.0, 6.0])
    flow = tw.GradientFlow(rtol)
    return tw.follow(
        problem, network, tw.Balanced(matrix=start), flow, until=tw.Time(9.0), key=0, record=[tw.Factors()], at=times
    )


def test_the_law_holds_on_runs_to_their_tolerance():
    loose, tight = (compare(ModeTimes(), whitened_run(0, rtol)) for rtol in (1e-7, 1e-9))
    assert tight.tests
    assert tight.holds
    assert tight.worst < 1e-7
    assert tight.worst < 0.1 * loose.worst
    assert tight.laid.predicted.shape == (6, 4)
    last = tight.laid.predicted[-1]
    assert sorted(np.round(last, 1))[-2:] == [1.4, 2.0]


def test_singular_vectors_that_are_not_shared_are_measured_and_break_the_law():
    apart = compare(ModeTimes(), whitened_run(0, 1e-9, turn=0.3))
    failing = [a.name for a in apart.assumptions if not a.holds]
    assert failing == ["share of start and target off the diagonal"]
    assert not apart.holds


def test_the_law_is_of_whitened_regression_by_the_flow():
    problem = tw.LinearRegression.whitened(np.diag([2.0, 1.0]))
    network = tw.DeepLinear(depth=2, shape=(2, 2))
    discrete = tw.follow(problem, network, tw.Identity(0.1), tw.GradientDescent(0.01), until=tw.Steps(3), key=0)
    with pytest.raises(DoesNotApply, match="finite steps"):
        compare(ModeTimes(), discrete)
    completion = tw.MatrixCompletion.random(shape=(2, 2), rank=1, observed=4, key=0)
    other = tw.follow(completion, network, tw.Identity(0.1), tw.GradientDescent(0.01), until=tw.Steps(3), key=0)
    with pytest.raises(DoesNotApply, match="linear regression"):
        compare(ModeTimes(), other)
