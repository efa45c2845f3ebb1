"""The pages to learn from: their code runs and prints what they say, their pictures, names and studies are there."""

import contextlib
import importlib.util
import io
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import thalweg as tw
from thalweg.studies.registry import MODULES

ROOT = Path(__file__).resolve().parents[2]
PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("linear_networks", "geometry_of_bias")}
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
each_page = pytest.mark.parametrize("page", list(PAGES))


def same(said: str, printed: str) -> bool:
    """The same words, and numbers to 2 percent; what is rounding or a solver's error on both sides counts as the same."""
    if NUMBER.sub("#", said) != NUMBER.sub("#", printed):
        return False
    pairs = zip(map(float, NUMBER.findall(said)), map(float, NUMBER.findall(printed)), strict=True)
    return all(max(abs(a), abs(b)) < 1e-8 or a == pytest.approx(b, rel=0.02) for a, b in pairs)


def make_pictures() -> ModuleType:
    """The script in `tools/`, which is no package."""
    spec = importlib.util.spec_from_file_location("make_pictures", ROOT / "tools" / "make_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def pictures(page: str) -> set[str]:
    """The pictures that a page shows."""
    return {Path(link).stem for link in re.findall(r"\]\(([^)#]+)\)", PAGES[page]) if link.endswith(".svg")}


@pytest.mark.slow
@each_page
def test_the_code_runs_and_prints_what_the_page_says(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGES[page])
    assert len(blocks) >= 10
    for code, printed in blocks:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, f"{page}.md", "exec"), names)
        assert same(said.getvalue(), printed), said.getvalue()
    if page == "linear_networks":
        assert len(list((tmp_path / "overlay").glob("*.svg"))) >= 4


def test_what_is_printed_is_compared_by_words_and_numbers():
    assert same("residual 1.3e-12, kept 2.00", "residual 4.0e-13, kept 2.01")
    assert not same("residual 1.3e-02, kept", "residual 4.0e-13, kept")
    assert not same("residual 1.3, kept", "residual 1.3, not kept")


@each_page
def test_every_name_on_the_page_exists(page: str):
    code = "\n".join(block for block, _ in BLOCK.findall(PAGES[page])) + PAGES[page]
    for room, name in re.findall(r"tw\.(?:(theory|exact|potentials)\.)?([A-Za-z]\w*)", code):
        assert hasattr(getattr(tw, room) if room else tw, name), name


def test_every_name_and_study_in_the_tables_of_bias_exists():
    tables = PAGES["geometry_of_bias"].split("## The geometry of the algorithm")[0]
    rows = [line for line in tables.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows if "`" in row]
    assert len(cells) >= 20
    studies = {name for row in cells for name in re.findall(r"`([a-z-]+)`", row[-1])}
    assert len(studies) >= 8
    assert studies <= set(MODULES)
    quoted = [name for row in cells for cell in row[:-1] for name in re.findall(r"`([A-Za-z]\w+)", cell)]
    rooms = (tw, tw.exact, tw.potentials)
    assert [name for name in quoted if name != "inf" and not any(hasattr(room, name) for room in rooms)] == []


@each_page
def test_every_picture_and_link_exists_and_every_picture_is_drawn_by_the_tool(page: str):
    links = re.findall(r"\]\(([^)#]+)\)", PAGES[page])
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    assert pictures(page) <= set(make_pictures().PICTURES)
    assert all((ROOT / "docs" / "pictures" / f"{name}.svg").stat().st_size < 150_000 for name in pictures(page))


def test_every_picture_of_the_tool_is_shown():
    assert set.union(*map(pictures, PAGES)) == set(make_pictures().PICTURES)


def test_the_picture_of_a_limit_shows_its_power():
    script = make_pictures()
    lines = {line.label: line for line in script.excess().panels[0].lines}
    for depth in (3, 4):
        line = lines[f"depth {depth}"]
        assert np.polyfit(np.log(line.x[:6]), np.log(line.y[:6]), 1)[0] == pytest.approx(depth, abs=0.1)


@pytest.mark.slow
def test_the_picture_of_margins_shows_their_powers():
    lines = {line.label: line for line in make_pictures().margins().panels[0].lines}
    for name, power in (("normalized", -1), ("momentum in the dual", -2)):
        line = lines[name]
        late = line.x > 1000
        assert np.polyfit(np.log(line.x[late]), np.log(line.y[late]), 1)[0] == pytest.approx(power, abs=0.15)
    plain = lines["gradient descent"]
    late = plain.x > 1000
    assert np.corrcoef(np.log(plain.x[late]), 1 / plain.y[late])[0, 1] > 0.99  # a straight line: one over the logarithm
    assert plain.y[-1] > 0.05


@pytest.mark.slow
def test_the_picture_of_scales_shows_runs_on_the_program_and_the_power_of_depth_three():
    two, three = make_pictures().scales().panels
    for panel in (two, three):
        for program, runs in ((panel.lines[0], panel.lines[1]), (panel.lines[2], panel.lines[3])):
            known = np.isfinite(runs.y)
            there = np.interp(np.log(runs.x[known]), np.log(program.x), np.log(program.y))
            np.testing.assert_allclose(np.log(runs.y[known]), there, atol=0.02)
    line = three.lines[0]
    small = np.isfinite(line.y) & (line.y < 1e-2)
    assert np.polyfit(np.log(line.x[small]), np.log(line.y[small]), 1)[0] == pytest.approx(3, abs=0.25)
