"""`thalweg report`."""

from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.common import MaybeStudies, StoreFolder, explained


def report(
    studies: MaybeStudies = None,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("thalweg-report"),
    store: StoreFolder = None,
) -> None:
    """Write the report of what was run: one HTML file, pictures as SVG and PDF, tables as LaTeX."""
    from thalweg.lab.recall import recall
    from thalweg.report import write_report

    with explained():
        runs = recall(store, studies or ())
        if not runs:
            raise LookupError("the store holds no study yet; run one first: thalweg run matrix-completion --quick")
        page = write_report(runs, out)
        print(f"report: {page.resolve()}")
