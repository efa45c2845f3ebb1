"""What a solution says of itself, and when it warns."""

import dataclasses
import warnings

import numpy as np
import pytest

from thalweg.exact.solution import Solution, relative_gap, told


def solution(**changes: object) -> Solution:
    known = Solution("least l1 norm", np.ones((1, 2)), 2.0, np.ones(1), 1.9, relative_gap(2.0, 1.9), 1e-9, 3, 0.01)
    return dataclasses.replace(known, **changes)


@pytest.mark.parametrize(
    ("value", "dual_value", "gap"),
    [(2.0, 1.5, 0.25), (-2.0, -2.5, 0.25), (0.0, -0.5, 0.5), (0.0, 0.0, 0.0), (1.0, 1.0 + 1e-15, 0.0), (4.0, 4.0, 0.0)],
)
def test_the_gap_is_relative_to_the_value_and_absolute_at_zero(value: float, dual_value: float, gap: float):
    assert relative_gap(value, dual_value) == pytest.approx(gap, abs=1e-15)


def test_without_a_number_there_is_no_gap_that_certifies():
    assert not solution(gap=relative_gap(np.inf, 1.0)).certified
    assert not solution(gap=relative_gap(1.0, -np.inf)).certified


def test_certified_is_at_most_what_was_asked_for():
    assert solution(gap=1e-9).certified
    assert not solution(gap=1.1e-9).certified


def test_it_says_how_near_it_is():
    assert str(solution(gap=1e-12)).startswith("least l1 norm 2, certified to a relative gap of 1.0e-12 (3 iterations")
    assert "not certified as the least: the least is above 1.9, which leaves a relative gap of 5.0e-02" in str(solution())


def test_it_warns_only_where_the_gap_is_larger_than_asked_for():
    with pytest.warns(RuntimeWarning, match="not certified as the least"):
        assert told(solution()).value == 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert told(solution(gap=0.0)).certified
