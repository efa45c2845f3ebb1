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
    from thalweg.lab.run import remembered, run
    from thalweg.report import write_report

    with explained():
        plans = remembered(store, studies or ())
        if not plans:
            raise LookupError("the store holds no study yet; run one first, for example: thalweg run matrix-completion --quick")
        page = write_report([run(plan, store, compute=False) for plan in plans], out)
        print(f"report: {page.resolve()}")
