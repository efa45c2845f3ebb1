"""Compiled programs are forgotten before they fill the memory, and runs that go on do not notice."""

from typing import Any

import numpy as np
import pytest

import thalweg as tw
from thalweg.explorer.programs import tidy
from thalweg.trajectory import loop

COMPILED: Any = (loop.begin, loop.advance)


def run(width: int, report: Any = None) -> tw.Trajectory:
    """A run of few steps."""
    problem = tw.LinearRegression.whitened(np.ones((1, width)))
    words = (problem, tw.DeepLinear(depth=1, shape=(1, width)), tw.Given([np.zeros((1, width))]), tw.GradientDescent(0.01))
    return tw.follow(*words, until=tw.Steps(40), at=tw.EverySteps(1), key=0, report=report, pace=1e-6)


def test_programs_are_forgotten_above_a_number_of_them():
    for one in COMPILED:
        one.clear_cache()
    for width in (2, 3, 4):
        run(width)
    assert [one._cache_size() for one in COMPILED] == [3, 3]
    assert not tidy(most=3)
    run(5)
    assert tidy(most=3)
    assert [one._cache_size() for one in COMPILED] == [0, 0]


def test_a_run_goes_on_when_its_program_is_forgotten():
    whole = run(6)
    forgotten = []
    again = run(6, report=lambda progress: forgotten.append(not any(forgotten) and tidy(most=0)))
    assert any(forgotten)
    np.testing.assert_array_equal(again.data.loss.values, whole.data.loss.values)


def test_a_job_tidies(monkeypatch: pytest.MonkeyPatch):
    from explorer.test_jobs import Reader, Stub
    from explorer.waiting import until
    from thalweg.explorer.jobs import Jobs

    called = []
    monkeypatch.setattr("thalweg.explorer.jobs.tidy", lambda: called.append(1))
    reader = Reader(Jobs(), Stub(), {"steps": 10})
    until(lambda: "done" in reader.kinds())
    assert called == [1]
