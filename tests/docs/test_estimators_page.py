"""The page on estimators: its code runs and prints what it says, its names exist."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from docs.test_pages import BLOCK, ROOT, same
from thalweg import estimators

PAGE = (ROOT / "docs" / "estimators.md").read_text(encoding="utf-8")


def test_the_code_runs_and_prints_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE)
    assert len(blocks) >= 4
    for code, printed in blocks:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, "estimators.md", "exec"), names)
        assert same(said.getvalue(), printed), said.getvalue()
    assert list(tmp_path.iterdir()) == []


def test_every_parameter_and_name_in_the_text_exists():
    text = BLOCK.sub("", PAGE)
    known = {name for one in estimators.__all__ for name in (one, *dir(getattr(estimators, one)))}
    known |= set(estimators.DeepMatrixCompletion().get_params())
    quoted = set(re.findall(r"`([A-Za-z_]+)(?:\(|`)", text)) - {"transform", "y"}
    assert len(quoted) >= 10
    assert quoted - known == set()
