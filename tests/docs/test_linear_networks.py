"""The page on deep linear networks: its code runs and prints what the page says, its pictures and its names are there."""

import contextlib
import importlib.util
import io
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import thalweg as tw

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "linear_networks.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


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


@pytest.mark.slow
def test_the_code_runs_and_prints_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCK.findall(TEXT)
    assert len(blocks) >= 10
    for code, printed in blocks:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, "linear_networks.md", "exec"), names)
        assert same(said.getvalue(), printed), said.getvalue()
    assert len(list((tmp_path / "overlay").glob("*.svg"))) >= 4


def test_what_is_printed_is_compared_by_words_and_numbers():
    assert same("residual 1.3e-12, kept 2.00", "residual 4.0e-13, kept 2.01")
    assert not same("residual 1.3e-02, kept", "residual 4.0e-13, kept")
    assert not same("residual 1.3, kept", "residual 1.3, not kept")


def test_every_name_on_the_page_exists():
    code = "\n".join(block for block, _ in BLOCK.findall(TEXT)) + TEXT
    for room, name in re.findall(r"tw\.(?:(theory|exact)\.)?([A-Za-z]\w*)", code):
        assert hasattr(getattr(tw, room) if room else tw, name), name


def test_every_picture_and_link_exists_and_every_picture_is_drawn_by_the_tool():
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    script = make_pictures()
    shown = {Path(link).stem for link in links if link.endswith(".svg")}
    assert shown == set(script.PICTURES)
    assert all((ROOT / "docs" / "pictures" / f"{name}.svg").stat().st_size < 150_000 for name in shown)


def test_the_picture_of_a_limit_shows_its_power():
    script = make_pictures()
    lines = {line.label: line for line in script.excess().panels[0].lines}
    for depth in (3, 4):
        line = lines[f"depth {depth}"]
        assert np.polyfit(np.log(line.x[:6]), np.log(line.y[:6]), 1)[0] == pytest.approx(depth, abs=0.1)
