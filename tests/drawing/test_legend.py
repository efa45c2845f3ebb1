"""Legends: one entry for each kind of curve."""

import numpy as np
import pytest

from report.examples import law, rise
from thalweg.drawing.legend import entries, overlaid, place
from thalweg.drawing.palette import DARK, LIGHT
from thalweg.drawing.plot import Line, Panel, Plot

X = np.arange(3.0)


def test_panels_share_entries():
    assert [(entry.label, entry.group) for entry in entries(rise(20))] == [("first five", 0), ("others", 1)]


def test_unlabelled_curves_belong_to_their_group():
    legend = entries(rise(20))
    assert [place(line, legend) for line in rise(20).panels[0].lines] == [0] * 5 + [1] * 5
    assert place(Line(X, X, group=7), legend) is None


def test_styles_have_entries_of_their_own():
    legend = entries(law())
    assert [entry.style for entry in legend] == ["solid", "dot"] * 3
    assert [place(line, legend) for line in law().panels[0].lines] == list(range(6))


def test_measured_curves_under_predicted_ones_are_pale():
    assert overlaid(law().panels[0].lines) == {0, 1, 2}
    assert overlaid(rise(20).panels[0].lines) == set()
    assert [entry.pale for entry in entries(law())] == [True, False] * 3


def test_an_unknown_style():
    with pytest.raises(ValueError, match="solid, dash, dot, got 'wavy' in the plot 'p'"):
        entries(Plot("p", "", "", [Panel("", "", "", [Line(X, X, style="wavy")])]))


def luminance(shade: str) -> float:
    parts = [int(shade[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("palette", "ground"), [(LIGHT, "#ffffff"), (DARK, "#14171a")])
def test_colours_stand_out_from_their_ground(palette: tuple[str, ...], ground: str):
    for shade in palette:
        bright, dim = sorted((luminance(shade), luminance(ground)), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 3.0, shade
