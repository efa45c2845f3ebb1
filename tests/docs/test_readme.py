"""What the README and the pages show is run: no command and no line of code in them goes stale."""

import contextlib
import io
import re
from pathlib import Path

import pytest
import typer

from thalweg.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".", "howto", "learn")
PAGES = [ROOT / "README.md", *(page for folder in FOLDERS for page in sorted((ROOT / "docs" / folder).glob("*.md")))]
BLOCK = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


def said_by(code: str) -> list[str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README.md", "exec"), {})
    return said.getvalue().splitlines()


def test_the_code_of_the_readme_runs_and_says_what_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    completion, laws, bias, table = blocks(ROOT / "README.md", "python")
    lines = said_by(completion)
    assert "at most 1e-08" in lines[0]
    assert float(lines[1]) == pytest.approx(2.0, abs=0.1)
    assert "gap" in lines[2]
    lines = said_by(laws)
    kept = [line.split(":")[0] for line in lines if line.endswith(": kept")]
    assert {"conservation of imbalance", "end-to-end dynamics", "velocities of singular values"} <= set(kept)
    assert all("left out" in line for line in lines[len(kept) :])
    assert len(list((tmp_path / "laws").glob("*.svg"))) == len(kept)
    lines = said_by(bias)
    assert len(lines) == 6
    for limit, apart, _ in (lines[:3], lines[3:]):
        assert "certified to a relative gap" in limit
        assert float(apart) < 1e-6
    assert "the kernel regime" in lines[2]
    assert "the rich regime" in lines[5]
    assert 0.1 < float(said_by(table)[0]) < 0.4  # the noise, and little more


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in [*PAGES, ROOT / "CONTRIBUTING.md"] for name in re.findall(r"`?\bmake ([a-z-]+)", page.read_text())}
    commands = {name for name in named if name in targets}
    assert {"demo", "test"} <= commands
    lines = [line for page in PAGES for text in blocks(page, "") for line in text.splitlines()]
    assert {line.split()[1] for line in lines if line.startswith("make ")} <= targets


def test_every_command_that_a_page_shows_exists_with_its_options():
    root = typer.main.get_command(app)
    commands = getattr(root, "commands", {})
    lines = [line for page in PAGES for text in blocks(page, "") for line in text.splitlines() if line.startswith("thalweg ")]
    assert len(lines) >= 8
    for line in lines:
        words = line.split("#")[0].split()
        options = {spelling for parameter in commands[words[1]].params for spelling in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_every_link_of_the_readme_leads_to_a_file():
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(links) >= 8
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
