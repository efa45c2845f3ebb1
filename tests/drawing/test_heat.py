"""Heat maps: where cells meet, which numbers colours stand for, and that both drawings show them."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex

from thalweg.drawing.heat import coloured, decades, edges
from thalweg.drawing.matplotlib_figures import figure, pdf, svg
from thalweg.drawing.palette import HEAT
from thalweg.drawing.plot import HeatMap, Line, Panel, Plot, jsonable
from thalweg.drawing.plotly_figures import described, figures

X, Y = np.geomspace(1e-3, 10, 5), np.array([10.0, 40.0, 160.0])
VALUES = np.outer(Y, X**2)


def heat_map(scale: str = "log") -> HeatMap:
    gaps = VALUES.copy()
    gaps[0, 0], gaps[2, 4] = np.nan, -1.0
    return HeatMap(X, Y, gaps, "excess", scale=scale)


def widths(scale: str = "log") -> Plot:
    line = Line(np.array([1e-4, 1e2]), np.array([1e3, 1e-3]), "alpha^2 k = 1", 1)
    panel = Panel("both", "scale", "width", [line], x_scale="log", y_scale="log", heat=heat_map(scale))
    return Plot("widths", "Widths", "A caption.", [panel])


def test_cells_meet_halfway_in_the_scale_of_the_axis():
    np.testing.assert_allclose(edges(np.array([1.0, 2.0, 4.0])), [0.5, 1.5, 3.0, 5.0])
    np.testing.assert_allclose(edges(np.array([1.0, 2.0, 4.0]), "log"), 2.0 ** np.array([-0.5, 0.5, 1.5, 2.5]))
    np.testing.assert_allclose(edges(np.array([3.0])), [2.5, 3.5])
    with pytest.raises(ValueError, match="need positive places"):
        edges(np.array([0.0, 1.0]), "log")


def test_what_has_no_colour_is_left_clear():
    values, low, high = coloured(heat_map())
    assert np.isnan(values[0, 0])
    assert np.isnan(values[2, 4])
    assert (low, high) == (np.nanmin(values), np.nanmax(values))
    assert coloured(heat_map("linear"))[1] == -1.0
    assert coloured(HeatMap(X, Y, VALUES, "", extent=(0.0, 1.0)))[1:] == (0.0, 1.0)
    assert coloured(HeatMap(X, Y, np.full((3, 5), 4.0), "", "log"))[1:] == (2.0, 8.0)
    assert coloured(HeatMap(X, Y, np.full((3, 5), np.nan), ""))[1:] == (0.5, 1.5)


def test_ticks_of_powers_are_round():
    assert decades(1e-12, 1.0) == pytest.approx([1e-12, 1e-9, 1e-6, 1e-3, 1.0])
    assert decades(0.3, 4.0) == pytest.approx([0.5, 1.0, 2.0])


def test_matplotlib_paints_every_cell_in_its_colour():
    on = figure(widths()).axes[0]
    mesh = next(part for part in on.collections if isinstance(part, QuadMesh))
    shades = mesh.to_rgba(np.asarray(mesh.get_array()))
    assert (to_hex(shades[1, 0]), to_hex(shades[1, 4])) == (HEAT[0], HEAT[-1])
    assert np.isnan(np.asarray(mesh.get_array(), dtype=float)).sum() == 2
    assert on.get_xlim() == pytest.approx((1e-3 / np.sqrt(10), 10 * np.sqrt(10)))
    assert [text.get_text() for text in figure(widths()).axes[1].texts] == []
    assert figure(widths()).axes[1].get_ylabel() == "excess"


@pytest.mark.parametrize("write", [svg, pdf])
def test_the_same_bytes_every_time(write):
    first = write(widths())
    assert write(widths()) == first
    assert write(widths("linear")) != write(widths("log"))


def test_the_svg_holds_no_bitmap():
    assert b"<image" not in svg(widths())


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_plotly_takes_it(scale: str):
    shape = figures(widths(scale))[0]
    made = go.Figure(shape).to_plotly_json()
    heat, line = made["data"]
    assert (heat["type"], line["type"]) == ("heatmap", "scatter")
    assert (len(heat["x"]), len(heat["y"])) == (6, 4)
    assert heat["z"][0][0] is None
    wanted = np.log10(VALUES[1]) if scale == "log" else VALUES[1]
    np.testing.assert_allclose(np.asarray(heat["z"][1], dtype=float), wanted, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(heat["customdata"][1], dtype=float), VALUES[1], rtol=1e-5)
    assert made["layout"]["xaxis"]["range"] == pytest.approx([-3.5, 1.5])
    assert "NaN" not in json.dumps(shape, allow_nan=False)


def test_it_is_described_in_words_and_as_json():
    assert described(widths().panels[0]) == "both: width against scale; excess in colours; 1 curve: alpha^2 k = 1."
    read = json.loads(json.dumps(jsonable(HeatMap(X, Y, VALUES, "excess"))))
    assert read["values"] == VALUES.tolist()


@pytest.mark.parametrize(
    ("x", "values", "scale", "message"),
    [
        (X[::-1], VALUES, "linear", "x of a heat map must ascend"),
        (X, VALUES.T, "linear", r"5 x and 3 y needs values of shape \(3, 5\), got \(5, 3\)"),
        (X, VALUES, "square", "must be linear or log, got 'square'"),
    ],
)
def test_bad_maps_are_refused(x: np.ndarray, values: np.ndarray, scale: str, message: str):
    with pytest.raises(ValueError, match=message):
        HeatMap(x, Y, values, "", scale)
