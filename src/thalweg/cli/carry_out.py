"""Studies carried out with a progress bar: what `run` and `verify` share."""

import contextlib
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from thalweg.cli.common import INTERRUPTED


def carry_out(
    plans: Sequence[Any],
    store: Path | None,
    jobs: int | None,
    command: str,
    on: str | None = None,
    shared: Path | None = None,
) -> list[Any]:
    """Carries plans out with the same workers; on Ctrl-C, or where a cluster is lost, says how to go on and exits with 130."""
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
    from thalweg.lab.cluster.errors import ClusterLost

    if on is not None and jobs is not None:
        raise ValueError("--jobs are worker processes on this machine, and a cluster has its own: give --on or --jobs")
    if shared is not None and on is None:
        raise ValueError("--shared is for the workers of a cluster: give --on too")
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
        with contextlib.ExitStack() as shown:
            bar = Progress(*columns, console=console, transient=not console.is_terminal)
            rows: dict[Any, Any] = {}

            def joined(line: str) -> None:
                console.print(line, markup=False, highlight=False)

            def begun(plan: Any, cases: int, todo: int) -> None:
                if not rows:  # not before: an error in what was asked is one line alone
                    shown.enter_context(bar)
                note = "" if todo == cases else f"{cases - todo} found in the store"
                rows[plan] = bar.add_task(plan.name, total=todo or 1, completed=0 if todo else 1, note=note)

            def ended(plan: Any, one: Any) -> None:
                if one.state == "failed":
                    console.print(f"{one.task.case}: {one.message}", style="red", markup=False, highlight=False)
                bar.update(rows[plan], advance=1, note=str(one.task.case))

            def judged(plan: Any) -> None:
                bar.update(rows[plan], note="done")

            return run_all(
                plans, store, jobs=jobs, client=on, shared=shared, joined=joined, begun=begun, ended=ended, judged=judged
            )
    except ClusterLost as error:
        print(f"thalweg: {error}; what was done is kept. To go on: {command}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except KeyboardInterrupt:
        print(f"\ninterrupted; what was done is kept. To go on: {command}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None


def command_line() -> str:
    """The command as it was given."""
    return shlex.join(["thalweg", *sys.argv[1:]])
