"""Figures for the screen."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from report.examples import awkward, law, rise, scales, spectra
from thalweg.drawing.palette import LIGHT
from thalweg.drawing.plot import Line, Panel, Plot, Rule
from thalweg.drawing.plotly_figures import described, figures, points_for


@pytest.mark.parametrize("plot", [scales(), spectra(), rise(50), law()], ids=lambda plot: plot.name)
def test_plotly_takes_them(plot: Plot):
    for figure, panel in zip(figures(plot), plot.panels, strict=True):
        made = go.Figure(figure).to_plotly_json()
        assert made["layout"]["xaxis"]["type"] == panel.x_scale
        assert len(made["data"]) >= len(panel.lines)


def test_plotly_takes_awkward_ones():
    run = awkward()
    plots = run.study.plots(run.parameters, run.evidence)
    shapes = [figure for plot in plots for figure in figures(plot)]
    assert len([go.Figure(shape) for shape in shapes]) == 4
    assert "NaN" not in json.dumps(shapes, allow_nan=False)


def test_colours_and_entries_follow_groups():
    data = figures(rise(50))[1]["data"]
    assert [trace["line"]["color"] for trace in data] == [LIGHT[0]] * 5 + [LIGHT[1]] * 5
    assert [trace["meta"]["entry"] for trace in data] == [0] * 5 + [1] * 5


def test_ranges_are_powers_on_logarithmic_axes():
    layout = figures(spectra())[0]["layout"]
    assert layout["yaxis"]["range"] == pytest.approx([-3, 2.30103], abs=1e-5)
    assert layout["yaxis"]["dtick"] == 1


def test_bars_for_markers_and_bands_for_curves():
    bars = figures(scales())[0]["data"][0]["error_y"]
    assert bars["array"] == pytest.approx(0.3 * np.array([0.018, 0.031, 0.06, 0.1]), rel=1e-5)
    low, high, middle = figures(law())[0]["data"][:3]
    assert high["fill"] == "tonexty"
    assert max(low["y"]) < max(middle["y"]) < max(high["y"])


def test_rules_with_words_are_labelled():
    layout = figures(rise(50))[0]["layout"]
    assert len(layout["shapes"]) == 5
    assert [words["text"] for words in layout["annotations"]] == ["target"]


def test_rules_without_a_place_are_left_out():
    panel = Panel("", "x", "y", [], [Rule(0.0, "zero"), Rule(10.0, "ten")], y_scale="log")
    layout = figures(Plot("p", "", "", [panel]))[0]["layout"]
    assert [shape["y0"] for shape in layout["shapes"]] == [10.0]
    assert [words["y"] for words in layout["annotations"]] == [1.0]


def test_long_records_are_thinned():
    x = np.arange(50_000.0)
    noise = np.random.default_rng(0).normal(size=50_000)
    panel = Panel("", "x", "y", [Line(x, noise)] * 10)
    assert all(len(trace["x"]) <= 400 for trace in figures(Plot("p", "", "", [panel]))[0]["data"])


def test_many_curves_share_the_page():
    plot = Plot("p", "", "", [Panel("", "", "", [Line(np.zeros(1), np.zeros(1))] * 1000)])
    assert points_for([plot]) == 200
    assert points_for([plot] * 100) == 40


def test_description():
    text = described(scales().panels[1])
    assert text.startswith("effective rank: effective rank against scale of the start; 3 curves: depth 2, depth 3")
    assert text.endswith("Lines across at least nuclear norm, target.")
