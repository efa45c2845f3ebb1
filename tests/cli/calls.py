"""Commands called as a user calls them: in this process where that is enough, in one of its own where it is not."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lab import tiny_study
from thalweg.cli import app
from thalweg.data import source
from thalweg.data.source import Archive, DataMissing

TINY = str(Path(tiny_study.__file__))
COMMAND = [sys.executable, "-c", "from thalweg.cli import main; main()"]


def call(*words: Any) -> Any:
    """The command in this process: its `exit_code`, `stdout` and `stderr`; defects are raised here."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def lines(text: str) -> list[str]:
    """The lines that say something."""
    return [line for line in text.splitlines() if line.strip()]


def started(*words: Any, **variables: str) -> subprocess.Popen[str]:
    """The command in a process and a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **variables},
    )


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder with its bytes, every folder with None; without what SQLite makes to read a database."""
    found = [path for path in folder.rglob("*") if not path.name.endswith(("-shm", "-wal"))]
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in found}


def no_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No publisher can be reached, and nothing was ever downloaded."""

    def fetch(archive: Archive) -> Path:
        raise DataMissing(f"{archive.url} cannot be downloaded: there is no network; set THALWEG_DATA")

    monkeypatch.setattr(source, "fetch", fetch)
    monkeypatch.setattr(source, "cache_folder", lambda: Path("no-such-cache"))
