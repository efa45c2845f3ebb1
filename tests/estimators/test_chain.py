"""The engine's gradient against differences, and its path against the library's own, which shares nothing with it."""

import numpy as np
import pytest
import scipy.sparse as sp

import thalweg as tw
from thalweg.estimators import Entries
from thalweg.estimators.chain import Chain, products_at
from thalweg.estimators.stabilized import Stabilized

SHAPE = (9, 7)


def seen(count: int = 40) -> Entries:
    return Entries.of(tw.MatrixCompletion.random(shape=SHAPE, rank=2, observed=count, key=0).observed)


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
@pytest.mark.parametrize("scaled", [False, True])
def test_the_descent_is_minus_the_gradient(depth: int, scaled: bool):
    rng = np.random.default_rng(depth)
    scales = (rng.random(SHAPE[0]) + 0.5, rng.random(SHAPE[1]) + 0.5) if scaled else (None, None)
    chain = Chain(seen(), width=3, depth=depth, penalty=0.7, row_scale=scales[0], column_scale=scales[1])
    theta, direction = rng.standard_normal((2, sum(rows * columns for rows, columns in chain.sizes)))

    def objective(at: np.ndarray) -> float:
        left, right = chain.ends(at)
        listed = chain.entries
        squares = ((left @ right.T)[listed.rows, listed.columns] - listed.values) ** 2
        return float(squares.sum() + 0.7 * at @ at) / len(listed)

    slope = (objective(theta + 1e-6 * direction) - objective(theta - 1e-6 * direction)) / 2e-6
    loss, downhill = chain.loss_and_descent(theta)
    assert loss + 0.7 * theta @ theta / len(chain.entries) == pytest.approx(objective(theta))
    assert -downhill @ direction == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("depth", [pytest.param(2, marks=pytest.mark.slow), 3, pytest.param(4, marks=pytest.mark.slow)])
def test_the_path_is_that_of_the_library_and_its_error_falls_with_the_tolerance(depth: int):
    problem = tw.MatrixCompletion.random(shape=SHAPE, rank=2, observed=40, key=0)
    times = [3.0, 12.0, 40.0]
    run = tw.follow(
        problem,
        tw.DeepLinear(depth=depth, shape=SHAPE),
        tw.Gaussian(0.1),
        tw.GradientFlow(rtol=1e-6, solver="rock4"),
        record=[tw.Predictor()],
        at=tw.AtTimes(times),
        until=tw.Time(times[-1]),
        key=1,
    )
    expected = [run.data["predictor"].sel(record=run.data["time"] == time).values[0] for time in times]
    factors = [np.asarray(factor) for factor in run.start]
    errors = []
    for rtol in (1e-3, 1e-4, 1e-5):
        chain = Chain(Entries.of(problem.observed), width=7, depth=depth)
        flow = Stabilized(chain.loss_and_descent, chain.vector([*factors[:0:-1], factors[0].T]), rtol=rtol)
        ends = [chain.ends(flow.until(time).point) for time in times]
        errors.append([np.abs(left @ right.T - wanted).max() for (left, right), wanted in zip(ends, expected, strict=True)])
    errors = np.array(errors)
    assert (errors[0] < 0.1).all()
    assert (errors[1:] < 0.5 * errors[:-1]).all()  # of order two: by 10^(2/3) at each step
    assert errors[-1].max() < 5e-3


def test_entries_of_a_product_in_blocks():
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((300, 700)), rng.standard_normal((200, 700))
    rows, columns = rng.integers(300, size=1000), rng.integers(200, size=1000)
    out = np.empty(1000)
    products_at(left, right, rows, columns, out)
    np.testing.assert_allclose(out, (left @ right.T)[rows, columns], atol=1e-10)


def test_nothing_of_the_size_of_the_matrix_is_made():
    side = 200_000  # a dense array of these sides would be 320 GB
    diagonal = np.arange(1000)
    entries = Entries.of(sp.coo_array((np.ones(1000), (diagonal, diagonal)), shape=(side, side)))
    chain = Chain(entries, width=2, depth=3)
    theta = np.full(sum(rows * columns for rows, columns in chain.sizes), 0.1)
    loss, downhill = chain.loss_and_descent(theta)
    assert loss == pytest.approx((4 * 0.1**3 - 1) ** 2)
    assert len(downhill) == len(theta)
