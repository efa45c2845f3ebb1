"""`thalweg complete`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.carry_out import command_line
from thalweg.cli.common import INTERRUPTED, Json, explained, write_json


def complete(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A table with gaps: .csv, .tsv, .parquet or .npy.")],
    out: Annotated[Path | None, typer.Option(help="Where to; TABLE.completed.csv (or its ending) unless given.")] = None,
    report: Annotated[Path | None, typer.Option(help="The page about it; beside OUT unless given.")] = None,
    method: Annotated[
        str, typer.Option(help="best, soft-impute, nuclear-norm, deep, or a plain one: mean, columns, offsets.")
    ] = "best",
    layout: Annotated[str, typer.Option(help="auto, wide (a row a line) or long (row, column, value).")] = "auto",
    seed: Annotated[int, typer.Option(help="Of all that is drawn: the held-out entries and the starts.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Try fewer depths, scales and penalties.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    json: Json = None,
) -> None:
    """Fill the gaps of a table by the method that predicts held-out entries best, and say how well it does."""
    with explained(json):
        try:
            from thalweg.estimators.complete_file import complete_file, places
        except ImportError as error:
            raise ValueError("to complete tables install the extra sklearn: pip install 'thalweg[sklearn]'") from error
        _check(json, force)
        out, report = places(table, out, report, force)
        for place in (out, report):
            if json is not None and place.resolve() == json.resolve():
                raise ValueError(f"--json {json}: the same file cannot be two things")
        try:
            with _progress() as step:
                found = complete_file(
                    table, out, report, method=method, layout=layout, seed=seed, quick=quick, command=command_line(), step=step
                )
        except KeyboardInterrupt:
            print("\ninterrupted; nothing was written", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        if json is None or str(json) != "-":
            _show(found, out, report)
        write_json(found.as_json(), json)


def _check(json: Path | None, force: bool) -> None:
    if json is not None and str(json) != "-" and json.is_file() and not force:
        raise ValueError(f"--json {json} is there already; name another place, or replace it by --force")


class _progress:
    """A bar on standard error that says what is being done; nothing where nobody looks."""

    def __enter__(self):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        shown = console.is_terminal and os.environ.get("TERM") != "dumb"
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
        self.bar = Progress(*columns, console=console, transient=True, disable=not shown)
        self.bar.start()
        row = self.bar.add_task("reading", total=None)

        def step(what: str, done: int, total: int) -> None:
            self.bar.update(row, description=what, completed=done, total=total)

        return step

    def __exit__(self, *_: object) -> None:
        self.bar.stop()


def _show(found, out: Path, report: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from thalweg.drawing.numbers import number

    console = Console()
    table = Table("method", "test error", "validation", "settings", box=None, pad_edge=False)
    for one in found.attempts:
        mark = " *" if one.name == found.chosen else ""
        test = "not tried" if one.left_out else f"{number(one.test)} ± {number(one.error_of_test, digits=2)}"
        table.add_row(f"{one.title}{mark}", test, number(one.validation), one.left_out or one.settings)
    console.print(table)
    console.print(f"\n{found.verdict}", highlight=False, markup=False)
    console.print(f"\ncompleted table: {out}\nreport: {report}", highlight=False, markup=False, soft_wrap=True)
