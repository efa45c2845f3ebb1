"""How-to pages: their code runs as it stands and prints what they say."""

import contextlib
import importlib.util
import io
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "howto").glob("*.md"))
FAST = {"resume"}


def pages() -> ModuleType:
    """How the other pages are run and compared."""
    spec = importlib.util.spec_from_file_location("pages", Path(__file__).with_name("test_pages.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", [pytest.param(p, marks=() if p.stem in FAST else pytest.mark.slow, id=p.stem) for p in PAGES])
def test_the_code_runs_and_prints_what_the_page_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    others = pages()
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = others.BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    assert any(printed for _, printed in blocks)
    for code, printed in blocks:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, page.name, "exec"), names)
        assert others.same(said.getvalue(), printed), said.getvalue()
