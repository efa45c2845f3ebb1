"""Studies carried out with a progress bar: what `run` and `verify` share."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from thalweg.cli.common import INTERRUPTED


def carry_out(plans: Sequence[Any], store: Path | None, jobs: int | None, command: str) -> list[Any]:
    """Carries plans out with the same workers; on Ctrl-C says how to go on and exits with 130."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from thalweg.lab.carry_out import run_all

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    try:
        with Progress(*columns, console=console, transient=not console.is_terminal) as bar:
            rows: dict[Any, Any] = {}

            def begun(plan: Any, cases: int, todo: int) -> None:
                note = "" if todo == cases else f"{cases - todo} found in the store"
                rows[plan] = bar.add_task(plan.name, total=todo or 1, completed=0 if todo else 1, note=note)

            def ended(plan: Any, one: Any) -> None:
                if one.state == "failed":
                    console.print(f"{one.task.case}: {one.message}", style="red", markup=False, highlight=False)
                bar.update(rows[plan], advance=1, note=str(one.task.case))

            def judged(plan: Any) -> None:
                bar.update(rows[plan], note="done")

            return run_all(plans, store, jobs=jobs, begun=begun, ended=ended, judged=judged)
    except KeyboardInterrupt:
        print(f"\ninterrupted; what was done is kept. To go on: {command}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None


def command_line() -> str:
    """The command as it was given."""
    return shlex.join(["thalweg", *sys.argv[1:]])
