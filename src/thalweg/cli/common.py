"""What commands share: their options, and errors in one line with the exit code that they stand for."""

import contextlib
import json
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130

Studies = Annotated[
    list[str], typer.Argument(metavar="STUDY...", help="Names of studies (see `thalweg list`), or files that define one.")
]
MaybeStudies = Annotated[
    list[str] | None, typer.Argument(metavar="[STUDY...]", help="Names of studies; all of them unless given.")
]
Quick = Annotated[bool, typer.Option("--quick", help="The smaller honest form of the study, with its own bounds.")]
Seeds = Annotated[int | None, typer.Option(help="How many fresh instances; the study's own number unless given.")]
Seed = Annotated[int, typer.Option(help="The root seed, from which every stream of chance is folded.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a parameter, such as rank=3; may be repeated.")
]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON; - for standard output.")]
Jobs = Annotated[int | None, typer.Option(help="Worker processes; one for each core unless given.")]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="ADDRESS",
        help="A Dask cluster that does the runs: tcp://HOST:PORT of its scheduler, or the file it wrote.",
    ),
]
Shared = Annotated[
    Path | None,
    typer.Option("--shared", metavar="FOLDER", help="With --on: a folder that all machines see, for large results and states."),
]
StoreFolder = Annotated[
    Path | None, typer.Option("--store", help="The folder of runs; THALWEG_STORE, else ./thalweg-store, unless given.")
]


@contextlib.contextmanager
def explained(to: Path | None = None) -> Iterator[None]:
    """Errors of the caller as one line on standard error and exit code 2; anything else is a defect and shows itself.

    What the store warns of is a line too. A place for JSON that cannot be written is refused before anything is done.
    """
    from thalweg._storage.errors import StoreError

    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warned
            _check_place(to)
            yield
    except (LookupError, ValueError, TypeError, StoreError, OSError) as error:
        if isinstance(error, KeyError | IndexError):
            raise
        print(f"thalweg: {_in_one_line(error)}", file=sys.stderr)
        raise typer.Exit(BAD_INPUT) from None


def _in_one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {error.filename}"
    return " ".join(str(error).split())


def _warned(message: Warning | str, category: type[Warning], *place: Any) -> None:
    from thalweg._storage.errors import StoreWarning

    if issubclass(category, StoreWarning):
        print(f"thalweg: warning: {message}", file=sys.stderr)
    else:
        sys.stderr.write(warnings.formatwarning(message, category, *place[:2]))


def _check_place(to: Path | None) -> None:
    if to is None or str(to) == "-" or (to.exists() and not to.is_file() and not to.is_dir()):
        return
    if to.is_dir():
        raise ValueError(f"--json takes a file, {to} is a folder")
    if not to.parent.is_dir():
        raise ValueError(f"--json {to}: there is no folder {to.parent}; make it first")
    if not os.access(to.parent, os.W_OK):
        raise ValueError(f"--json {to}: the folder {to.parent} does not take writes")


def write_json(value: Any, to: Path | None) -> None:
    """Writes JSON beside its place and renames it, or to standard output where the name is `-`."""
    if to is None:
        return
    text = json.dumps(_finite(value), indent=1, allow_nan=False) + "\n"
    if str(to) == "-":
        sys.stdout.write(text)
        return
    if to.exists() and not to.is_file():
        to.write_text(text)  # a pipe or a device, whose place no file may take
        return
    from thalweg._storage.atomic import staged

    with staged(to, text.encode()) as place:
        place()


def verdicts_of(runs: Sequence[Any]) -> list[dict[str, Any]]:
    """The verdicts of runs as `--json` writes them."""
    return [verdict.as_json() for one in runs for verdict in one.verdicts]


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are written as text."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value
