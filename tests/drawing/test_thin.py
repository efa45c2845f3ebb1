"""Curves with fewer points."""

import numpy as np
import pytest

from thalweg.drawing.plot import Line
from thalweg.drawing.thin import thinned


def test_a_short_curve_is_left_alone():
    line = Line(np.arange(50.0), np.arange(50.0))
    np.testing.assert_array_equal(thinned(line).x, line.x)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_what_is_left_out_lies_on_the_drawn_curve(scale: str):
    x = np.geomspace(1.0, 1e6, 20_000)
    y = 1e-6 + 1 / (1 + np.exp(-3 * (np.log(x) - 8)))
    thin = thinned(Line(x, y), x_scale="log", y_scale=scale)
    height = np.log if scale == "log" else np.asarray
    drawn = np.interp(np.log(x), np.log(thin.x), height(thin.y))
    assert len(thin.x) <= 400
    assert np.max(np.abs(drawn - height(y))) <= 5e-4 * np.ptp(height(y))


def test_noise_keeps_its_extremes_and_ends():
    y = np.random.default_rng(0).normal(size=30_000)
    thin = thinned(Line(np.arange(30_000.0), y, low=y - 1, high=y + 2), points=300)
    assert len(thin.x) == 300
    assert thin.low is not None
    assert thin.high is not None
    assert (thin.y.min(), thin.y.max()) == (y.min(), y.max())
    assert (thin.low.min(), thin.high.max()) == (y.min() - 1, y.max() + 2)
    assert (thin.x[0], thin.x[-1]) == (0.0, 29_999.0)


def test_gaps_stay_gaps():
    y = np.ones(1000)
    y[300:400] = np.nan
    y[600] = np.inf
    thin = thinned(Line(np.arange(1000.0), y), points=100)
    missing = thin.x[np.isnan(thin.y)]
    assert {300.0, 600.0} <= set(missing)
    assert np.all((missing >= 300) & (missing <= 600))
    assert {299.0, 400.0, 599.0, 601.0} <= set(thin.x)


def test_more_gaps_than_points():
    y = np.where(np.arange(5000) % 2 == 0, 1.0, np.nan)
    assert len(thinned(Line(np.arange(5000.0), y), points=100).x) == 100


def test_what_a_logarithmic_axis_cannot_show():
    thin = thinned(Line(np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, -1.0, 0.0, 2.0])), "log", "log")
    np.testing.assert_array_equal(thin.x, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(thin.y, [np.nan, np.nan, 2.0])
    assert thin.markers


def test_a_curve_that_turns_back():
    angle = np.linspace(0, 2 * np.pi, 5000)
    thin = thinned(Line(np.cos(angle), np.sin(angle)), points=200)
    assert len(thin.x) <= 200
    np.testing.assert_allclose(np.hypot(thin.x, thin.y), 1.0)
    assert np.max(np.hypot(np.diff(thin.x), np.diff(thin.y))) < 0.2


def test_nothing_but_gaps_and_nothing_at_all():
    assert np.isnan(thinned(Line(np.arange(900.0), np.full(900, np.nan))).y).all()
    assert len(thinned(Line(np.zeros(0), np.zeros(0))).x) == 0


def test_vectors_of_unlike_length():
    with pytest.raises(ValueError, match=r"y \(3,\).* 'first'"):
        thinned(Line(np.arange(4.0), np.arange(3.0), "first"))


def test_a_long_random_walk_keeps_its_extremes():
    y = np.random.default_rng(1).normal(size=200_000).cumsum()
    thin = thinned(Line(np.arange(200_000.0), y))
    assert len(thin.x) == 400
    assert (thin.y.min(), thin.y.max()) == (y.min(), y.max())
