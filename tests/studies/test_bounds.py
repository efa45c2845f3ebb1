"""Bounds hold on their edges and not on what is no number; margins are positive inside and negative outside."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.studies.bounds import AtLeast, AtMost, Between, Bound

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
BOUNDS = [AtMost(1e-6), AtMost(0.0), AtMost(-2.0), AtLeast(0.5), AtLeast(-1.0), Between(0.85, 1.15), Between(-3.0, 5.0)]


@pytest.mark.parametrize("bound", BOUNDS, ids=str)
@given(value=NUMBERS)
def test_the_margin_is_positive_inside_and_negative_outside(bound: Bound, value: float):
    margin = bound.margin(value)
    assert bound.holds(value) == (margin >= 0)


@pytest.mark.parametrize("bound", BOUNDS, ids=str)
def test_what_is_no_number_keeps_no_bound(bound: Bound):
    assert not bound.holds(math.nan)
    assert math.isnan(bound.margin(math.nan))


@pytest.mark.parametrize(
    ("bound", "value", "margin"),
    [
        (AtMost(2.0), 1.5, 0.25),
        (AtMost(2.0), 2.0, 0.0),
        (AtMost(2.0), 6.0, -2.0),
        (AtMost(0.0), 0.5, -0.5),
        (AtMost(-2.0), -3.0, 0.5),
        (AtMost(1.0), math.inf, -math.inf),
        (AtLeast(10.0), 15.0, 0.5),
        (AtLeast(10.0), 10.0, 0.0),
        (AtLeast(10.0), -math.inf, -math.inf),
        (Between(0.0, 4.0), 2.0, 0.5),
        (Between(0.0, 4.0), 4.0, 0.0),
        (Between(0.0, 4.0), 5.0, -0.25),
        (Between(0.0, 4.0), math.inf, -math.inf),
    ],
)
def test_margins_are_relative_to_the_size_of_the_bound(bound: Bound, value: float, margin: float):
    assert bound.margin(value) == pytest.approx(margin)


def test_bounds_say_what_is_allowed():
    assert [str(AtMost(1e-6)), str(AtLeast(0.5)), str(Between(0.85, 1.15))] == ["at most 1e-06", "at least 0.5", "0.85 to 1.15"]


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (0.0, math.nan)])
def test_an_empty_interval_is_refused(low: float, high: float):
    with pytest.raises(ValueError, match="low must be below high"):
        Between(low, high)
