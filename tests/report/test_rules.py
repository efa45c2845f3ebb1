"""Lines across a panel."""

import numpy as np
import pytest

from thalweg.report.rules import drawable, side
from thalweg.studies.plot import Line, Panel, Rule

X = np.arange(1.0, 11.0)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [(Rule(1.0, ""), True), (Rule(0.0, ""), False), (Rule(-1.0, "", "x"), True), (Rule(np.nan, "", "x"), False)],
)
def test_what_can_be_drawn(rule: Rule, holds: bool):
    assert drawable(rule, Panel("", "", "", [], y_scale="log")) is holds


def test_words_keep_away_from_the_curves():
    rising = Panel("", "", "", [Line(X, X)])
    assert side(Rule(9.0, "a"), rising, 0) == "left"
    assert side(Rule(2.0, "a"), rising, 1) == "right"


def test_words_take_turns_where_there_is_room():
    low = Panel("", "", "", [Line(X, 0.1 * X)])
    assert [side(Rule(50.0, "a"), low, index) for index in range(3)] == ["right", "left", "right"]


def test_panels_without_a_point():
    assert side(Rule(1.0, "a"), Panel("", "", "", []), 0) == "right"
    assert side(Rule(1.0, "a"), Panel("", "", "", [Line(X, np.full(10, np.nan))], y_scale="log"), 1) == "left"
