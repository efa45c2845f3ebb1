"""Every command says what it does in a sentence, and so does every one of its arguments and options."""

import importlib.util
import re
from typing import Annotated, Any

import pytest
import typer

from gates.made import make_docs
from gates.source import Report

SENTENCE = re.compile(r"^[A-Z`].*\S+\s+\S.*[.!?]", re.DOTALL)


def unexplained(root: Any) -> Report:
    """Commands without a sentence of help, and arguments and options without any."""
    report = Report()
    for path, command in make_docs().walk(root):
        report.visited += 1
        if not SENTENCE.search((command.help or "").strip()):
            report.violations.append(f"{path}: its help is no sentence, {command.help or ''!r}")
        for parameter in command.params:
            if not getattr(parameter, "help", None):
                report.violations.append(f"{path}: {'/'.join([*parameter.opts, *parameter.secondary_opts])} has no help")
    return report


def test_every_command_and_option_has_help():
    if importlib.util.find_spec("thalweg.cli") is None:
        pytest.skip("thalweg.cli does not exist yet")
    unexplained(make_docs().command_line()).check(least=7, things="commands")


def _command_line(*, explained: bool) -> Any:
    app = typer.Typer(help="Follow the paths." if explained else None, add_completion=False)

    @app.command(help="Run a study." if explained else "run")
    def run(study: Annotated[str, typer.Argument(help="Its name." if explained else None)]) -> None: ...

    @app.command(help="Show a study.")
    def show(quick: Annotated[bool, typer.Option(help="A smaller one." if explained else None)] = False) -> None: ...

    root = typer.main.get_command(app)
    root.name = "thalweg"
    return root


def test_a_command_or_option_without_help_is_found():
    report = unexplained(_command_line(explained=False))
    assert report.visited == 3
    assert report.violations == [
        "thalweg: its help is no sentence, ''",
        "thalweg run: its help is no sentence, 'run'",
        "thalweg run: study has no help",
        "thalweg show: --quick/--no-quick has no help",
    ]


def test_explained_commands_pass_and_are_written_down(monkeypatch: pytest.MonkeyPatch):
    report = unexplained(_command_line(explained=True))
    assert report.visited == 3
    assert report.violations == []
    script = make_docs()
    monkeypatch.setattr(script, "command_line", lambda: _command_line(explained=True))
    page = script.commands()
    assert "## `thalweg run`\n\nRun a study.\n\n    thalweg run [OPTIONS] STUDY\n" in page
    assert "| `STUDY` | Its name. |" in page
    assert "| `--quick`, `--no-quick` | A smaller one. |" in page
