"""Figures for paper."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from report.examples import awkward, law, rise, scales
from thalweg.drawing.matplotlib_figures import figure, pdf, svg
from thalweg.drawing.plot import Line, Panel, Plot


@pytest.mark.parametrize("write", [svg, pdf])
def test_the_same_bytes_every_time(write):
    first = write(scales())
    assert write(scales()) == first


def test_the_same_bytes_in_another_process():
    code = "import sys; sys.stdout.buffer.write(svg(law()) + pdf(law()))"
    imports = "from report.examples import law; from thalweg.drawing.matplotlib_figures import pdf, svg"
    path = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", f"{imports}; {code}"], capture_output=True, check=True, env=path)
    assert done.stdout == svg(law()) + pdf(law())


def test_svg_keeps_text_as_text_and_asks_for_nothing():
    root = ET.fromstring(svg(rise(50)))
    words = " ".join(root.itertext())
    assert "singular value" in words
    assert "depth 3" in words
    links = [value for node in root.iter() for name, value in node.attrib.items() if name.endswith("href")]
    assert links
    assert all(link.startswith("#") for link in links)
    assert "<dc:date>" not in svg(rise(50)).decode()


def test_pdf_says_no_date():
    assert b"CreationDate" not in pdf(law())


def test_settings_are_put_back():
    before = dict(matplotlib.rcParams)
    svg(scales())
    assert dict(matplotlib.rcParams) == before


def test_the_users_settings_do_not_reach_it():
    plain = svg(law())
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        assert svg(law()) == plain


def test_pyplot_is_not_loaded():
    code = "import sys, thalweg.drawing.matplotlib_figures; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_awkward_plots_are_drawn():
    run = awkward()
    plot = run.study.plots(run.parameters, run.evidence)[0]
    assert svg(plot).count(b'<g id="axes_') == 4
    assert pdf(plot).startswith(b"%PDF")


def test_panels_break_into_rows():
    panel = Panel("", "x", "y", [Line(np.arange(3.0), np.arange(3.0))])
    places = [figure(Plot("p", "", "", [panel] * count)).axes for count in (1, 3, 4, 7)]
    assert [len(axes) for axes in places] == [1, 3, 4, 9]  # the seven stand in rows of three, two places empty


def test_scales_and_data_reach_the_axes():
    on = figure(scales()).axes[0]
    assert (on.get_xscale(), on.get_yscale()) == ("log", "log")
    np.testing.assert_allclose(np.asarray(on.lines[0].get_ydata(), dtype=float), [0.018, 0.031, 0.06, 0.1])
