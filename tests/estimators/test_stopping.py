"""Where a flow is left, and that it does not depend on the steps."""

import numpy as np
import pytest

from thalweg.estimators import Entries, Progress
from thalweg.estimators.chain import Chain
from thalweg.estimators.stopping import follow


def noisy(seed: int = 0) -> tuple[Chain, np.ndarray, Entries]:
    """Rank two with noise, and entries held out without."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((30, 2)) @ rng.standard_normal((2, 25))
    entries = Entries.of(X + 0.7 * rng.standard_normal(X.shape))
    train, held = entries.split(0.3, rng)
    held = held.with_values(X[held.rows, held.columns])
    chain = Chain(train, width=10, depth=2)
    start = np.concatenate([0.1 * np.linalg.qr(rng.standard_normal((side, 10)))[0].ravel() for side in (30, 25)])
    return chain, start, held


def test_it_stops_at_the_least_held_out_error_and_the_tolerance_does_not_move_it():
    found = []
    for rtol in (3e-3, 1e-4, 1e-6):
        chain, start, held = noisy()
        found.append(follow(chain, start, rtol=rtol, tol=1e-3, max_gradients=10**5, held_out=held))
    assert {end.reason for end in found} == {"held out"}
    assert [end.time for end in found] == pytest.approx([found[-1].time] * 3, rel=0.05)
    assert [end.held_out for end in found] == pytest.approx([found[-1].held_out] * 3, rel=0.01)
    chain, start, held = noisy()
    for factor in (0.8, 1.25):  # the error is larger on both sides
        beside = follow(chain, start, rtol=1e-5, tol=1e-3, max_gradients=10**5, time=factor * found[-1].time)
        assert beside.reason == "time"
        assert chain.error_at(beside.point, held) > found[-1].held_out


def test_other_ends():
    chain, start, _ = noisy()
    assert follow(chain, start, rtol=1e-3, tol=0.5, max_gradients=10**5).reason == "fit"
    spent = chain.gradients
    end = follow(chain, start, rtol=1e-3, tol=1e-3, max_gradients=spent + 50)
    assert end.reason == "gradients"
    assert end.held_out is None
    narrow, _, _ = noisy()
    narrow = Chain(narrow.entries, width=1, depth=2)  # one rank cannot fit the noise
    end = follow(narrow, np.full(55, 0.1), rtol=1e-3, tol=1e-3, max_gradients=10**5)
    assert end.reason == "rest"
    assert np.linalg.norm(narrow.loss_and_descent(end.point)[1]) < 1e-3


def test_each_step_is_reported():
    chain, start, held = noisy()
    reports = []
    follow(chain, start, rtol=1e-3, tol=1e-3, max_gradients=10**5, held_out=held, report=lambda *now: reports.append(now))
    times, gradients, seen, held_out = zip(*reports, strict=True)
    assert list(times) == sorted(times)
    assert list(gradients) == sorted(gradients)
    assert seen[-1] < seen[0]
    assert Progress(0, "all", times[0], gradients[0], seen[0], held_out[0]).held_out == held_out[0]
