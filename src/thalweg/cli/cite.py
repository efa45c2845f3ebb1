"""`thalweg cite`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.common import explained


def cite(
    things: Annotated[
        list[str],
        typer.Argument(metavar="THING...", help="Names of studies, files that define one, or files of runs (.nc)."),
    ],
) -> None:
    """Print BibTeX for what studies or runs rest on: their sources, and the works behind every part that they use."""
    from thalweg._references import cite as bibtex
    from thalweg.lab.sources import study_keys
    from thalweg.trajectory.cited import ALWAYS, file_keys

    with explained():
        keys = [key for one in things for key in (file_keys(Path(one)) if _is_of_a_run(one) else study_keys(one))]
        sys.stdout.write(bibtex([*keys, *ALWAYS]))


def _is_of_a_run(name: str) -> bool:
    return name.endswith(".nc") or (Path(name).is_file() and not name.endswith(".py"))
