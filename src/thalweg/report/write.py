"""The report on disk: everything made first, then written beside its place, then renamed."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from thalweg.drawing import matplotlib_figures
from thalweg.lab.finished import StudyRun
from thalweg.report import html, latex
from thalweg.report.chapter import chapters
from thalweg.report.verdicts import verdicts_json


class ReportNotWritten(OSError):
    """A report could not be written; what was there before is as it was. Says where, why and what to try."""


def write_report(runs: Sequence[StudyRun], folder: Path | str) -> Path:
    """Writes the report of studies that were carried out, and returns the path of its page.

    In the folder: `report.html`, one file that opens with the network cut; `figures/<study>-<plot>.svg` and `.pdf`;
    `tables/<study>-<table>.tex`, the verdicts of each study among them; `verdicts.json`. All is made in memory and
    written beside its place before anything is put there: a folder that did not exist appears whole, in one that did
    each file is replaced whole, the page last. Other files in it are left alone.

    Arguments:
        runs: the studies, in the order in which they are to stand.
        folder: where to; made with its parents where it does not exist.

    Raises:
        ReportNotWritten: the folder is a file, takes no writes or is full.
        ValueError: a table or a picture of a study does not fit together.

    Examples:
        >>> import pathlib, tempfile
        >>> from thalweg.report import write_report
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = write_report([], pathlib.Path(folder) / "my report")
        ...     page.name, "no claims" in page.read_text(encoding="utf-8")
        ('report.html', True)
    """
    folder = Path(folder)
    files = contents(runs)
    if folder.exists() and not folder.is_dir():
        raise ReportNotWritten(f"the report needs a folder, {folder} is a file; name another place")
    try:
        _put(files, folder)
    except OSError as error:
        raise ReportNotWritten(
            f"the report could not be written to {folder}: {error.strerror or error}. What was there before is whole; "
            "free some space or name a folder that takes writes"
        ) from error
    return folder / "report.html"


def contents(runs: Sequence[StudyRun]) -> dict[str, bytes]:
    """The files of a report by their paths below its folder, the page last."""
    found: dict[str, bytes] = {}
    parts = chapters(runs)
    for part in parts:
        for slug, plot in part.plots.items():
            if plot.panels:
                found[f"figures/{part.slug}-{slug}.svg"] = matplotlib_figures.svg(plot)
                found[f"figures/{part.slug}-{slug}.pdf"] = matplotlib_figures.pdf(plot)
        for slug, table in part.tables.items():
            label = f"tab:{part.slug}-{slug}"
            found[f"tables/{part.slug}-{slug}.tex"] = latex.table_to_latex(table, label, len(part.run.seeds) > 1).encode()
        if part.run.verdicts:
            name = "verdicts" if "verdicts" not in part.tables else "verdicts-of-claims"
            text = latex.verdicts_to_latex(part.run, f"tab:{part.slug}-{name}")
            found[f"tables/{part.slug}-{name}.tex"] = text.encode()
    found["verdicts.json"] = verdicts_json(runs).encode()
    found["report.html"] = html.page(parts).encode()
    return found


def _put(files: dict[str, bytes], folder: Path) -> None:
    there = folder.is_dir()
    home = folder if there else folder.parent
    home.mkdir(parents=True, exist_ok=True)
    stage = home / f".thalweg-report-{uuid.uuid4().hex}.tmp"
    stage.mkdir()
    try:
        for name, content in files.items():
            path = stage / name
            path.parent.mkdir(exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if not there:
            stage.rename(folder)
            return
        for name in files:
            (folder / name).parent.mkdir(exist_ok=True)
            os.replace(stage / name, folder / name)
    finally:
        with contextlib.suppress(OSError):  # the folder of a report that was put in place is no longer here
            shutil.rmtree(stage)
