"""Lines across a panel, and where their words stand."""

import math

import numpy as np

from thalweg.drawing.plot import Line, Panel, Rule
from thalweg.drawing.rules import drawable, places, position

X = np.arange(1.0, 11.0)


def ends(panel: Panel) -> list[tuple[str, bool]]:
    return [(place.end, place.above) for place in places(panel)]


def test_what_has_a_place_on_its_axis():
    rules = [Rule(1.0, "a"), Rule(0.0, "b"), Rule(-1.0, "c", "x"), Rule(math.nan, "d", "x"), Rule(math.inf, "e")]
    assert [rule.label for rule in drawable(Panel("", "", "", [], rules, y_scale="log"))] == ["a", "c"]
    assert position(Rule(1e-3, ""), Panel("", "", "", [], y_scale="log")) == -3.0
    assert position(Rule(1e-3, "", "x"), Panel("", "", "", [], y_scale="log")) == 1e-3


def test_words_keep_away_from_the_curves():
    rules = [Rule(9.0, "high"), Rule(2.0, "low"), Rule(5.0, "")]
    assert ends(Panel("", "", "", [Line(X, X)], rules)) == [("left", True), ("right", True)]
    assert ends(Panel("", "", "", [Line(X, X)], rules, x_scale="log", y_scale="log")) == [("left", True), ("right", True)]


def test_words_keep_away_from_one_another():
    rules = [Rule(9.0, "one"), Rule(9.1, "two"), Rule(9.05, "three"), Rule(3.0, "four")]
    assert ends(Panel("", "", "", [Line(X, X)], rules))[:3] == [("left", True), ("right", True), ("left", False)]


def test_upright_rules_have_rows():
    rules = [Rule(float(at), "a", "x") for at in range(1, 7)]
    assert [place.row for place in places(Panel("", "", "", [Line(X, X)], rules))] == [0, 1, 2, 3, 0, 1]


def test_panels_without_a_point():
    rules = [Rule(1.0, "a"), Rule(1.0, "b")]
    assert ends(Panel("", "", "", [], rules)) == [("right", True), ("left", True)]
    empty = Line(X, np.full(10, np.nan))
    assert ends(Panel("", "", "", [empty], rules[:1], x_scale="log", y_scale="log")) == [("right", True)]
