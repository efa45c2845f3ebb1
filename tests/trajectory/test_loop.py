"""The compiled loop: compiled once for all numbers, and cut into chunks without a trace."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import thalweg as tw
from thalweg.trajectory import loop
from trajectory.cases import NETWORK, PROBLEM, RECORD, START, path, same_bits

ALGORITHMS: dict[str, tuple[Any, Any]] = {
    "descent": (tw.GradientDescent, tw.Steps(300)),
    "GroupRMSprop": (tw.GroupRMSprop, tw.Steps(300)),
    "adam": (lambda rate: tw.Optax(optax.adam, learning_rate=rate), tw.Steps(300)),
    "flow": (lambda rate: tw.GradientFlow(1e-6 * rate), tw.Time(10.0)),
}


def compiled() -> int:
    """How many structures the start of a run and its loop have been compiled for so far."""
    jitted: list[Any] = [loop.begin, loop.advance]
    return sum(function._cache_size() for function in jitted)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_nothing_is_compiled_again_when_only_numbers_change(name: str):
    make, until = ALGORITHMS[name]
    at = tw.EveryTime(0.5) if name == "flow" else tw.LogSteps()
    path(make(0.01), until, at=at)
    before = compiled()
    shorter = tw.Time(3.0) if name == "flow" else tw.Steps(150)
    other = tw.MatrixCompletion.random(shape=(4, 6), rank=3, observed=17, key=9)
    ends = [
        path(make(0.02), until, at=at),
        path(make(0.03), shorter, at=at),
        path(make(0.01), until, at=at, start=tw.Gaussian(0.1), key=2),
        path(make(0.01), until, at=at, start=tw.Balanced(0.2)),
        tw.follow(other, NETWORK, tw.Identity(0.1), make(0.01), until=until, at=at, record=RECORD, key=5),
    ]
    assert compiled() == before
    assert len({run.outcome.loss for run in ends}) == 5


def test_structure_is_compiled_anew():
    until = tw.Steps(10)
    path(tw.GradientDescent(0.1), until)
    before = compiled()
    tw.follow(PROBLEM, tw.DeepLinear(depth=2, shape=(4, 6)), tw.Gaussian(0.1), tw.GradientDescent(0.1), until=until, key=0)
    assert compiled() == before + 2  # the start of a run and its loop


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_first_chunk_gives_back_the_types_that_it_took(name: str):
    make, until = ALGORITHMS[name]
    experiment = loop.Experiment(tw.Objective(PROBLEM, NETWORK), make(0.01), RECORD, until, "time" if name == "flow" else "steps")
    params = [jnp.asarray(factor) for factor in START.sample(NETWORK, key=0)]
    carry, _ = loop.begin(experiment, params)
    chunk = loop.advance(experiment, carry, jnp.arange(1.0, 65.0), jnp.int32(1))
    # Weak types in the first would be a second compilation, which for a flow takes seconds.
    assert jax.tree.map(jax.typeof, carry) == jax.tree.map(jax.typeof, chunk.carry)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_size_of_a_chunk_does_not_touch_the_numbers(name: str, monkeypatch: pytest.MonkeyPatch):
    make, until = ALGORITHMS[name]
    at = tw.EveryTime(0.1) if name == "flow" else tw.EverySteps(2)
    reference = path(make(0.01), until, at=at)
    assert reference.data.sizes["record"] > 65  # more ticks than one chunk takes
    for first, most in ((1, 1), (7, 13), (100_000, 100_000)):
        monkeypatch.setattr("thalweg.trajectory.follow.FIRST_BUDGET", first)
        monkeypatch.setattr("thalweg.trajectory.follow.LEAST_BUDGET", 1)
        monkeypatch.setattr("thalweg.trajectory.follow.MOST_BUDGET", most)
        seen: list[int] = []
        run = path(make(0.01), until, at=at, report=lambda progress, seen=seen: seen.append(progress.steps))
        assert same_bits(run, reference)
        assert seen == sorted(seen)
        assert len(seen) >= reference.outcome.steps / max(first, most, 64)


def test_progress_tells_where_a_run_is():
    seen: list[Any] = []
    run = path(tw.GradientDescent(0.1), tw.Steps(5000), report=seen.append)
    assert seen[-1].steps == run.outcome.steps == 5000
    assert seen[-1].records == run.data.sizes["record"]
    assert (seen[-1].loss, seen[-1].gradients, seen[-1].time) == (run.outcome.loss, 5001, run.outcome.time)
    assert np.all(np.diff([progress.seconds for progress in seen]) > 0)
