"""Plots and tables as mappings that JSON takes."""

import json

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table, jsonable


def test_a_plot_becomes_json_and_keeps_every_field():
    line = Line(np.array([1, 2]), np.array([0.5, 0.25]), "depth 2", 1, low=np.array([0.4, 0.2]))
    panel = Panel("errors", "steps", "error", [line], [Rule(0.1, "published")], y_scale="log", y_range=(1e-3, 1.0))
    read = json.loads(json.dumps(jsonable(Plot("p", "Title", "Caption.", [panel]))))
    assert read["panels"][0]["lines"][0] == {
        "x": [1, 2],
        "y": [0.5, 0.25],
        "label": "depth 2",
        "group": 1,
        "style": "solid",
        "markers": False,
        "low": [0.4, 0.2],
        "high": None,
    }
    assert read["panels"][0]["rules"] == [{"value": 0.1, "label": "published", "axis": "y"}]
    assert read["panels"][0]["y_range"] == [1e-3, 1.0]


def test_a_table_becomes_json_with_cells_and_text():
    table = Table("t", "Title", "", ["run", "error"], [["depth 2", Cell(0.5, published="4e-1")], ["depth 3", ""]])
    read = json.loads(json.dumps(jsonable(table)))
    assert read["rows"][0][1] == {"value": 0.5, "low": None, "high": None, "published": "4e-1", "note": None}
    assert read["rows"][1] == ["depth 3", ""]


def test_numbers_of_numpy_become_numbers():
    assert jsonable([np.float64(0.5), np.int32(3), np.bool_(True), (1, "two"), None]) == [0.5, 3, True, [1, "two"], None]
    assert type(jsonable(np.float64(0.5))) is float
