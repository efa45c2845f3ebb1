"""A table in a file completed: read, completed, and written with a page about it, both or neither."""

import importlib.util
import os
from pathlib import Path

from thalweg._storage.atomic import staged
from thalweg._whole import whole
from thalweg.data.table import format_of, read_table, write_table
from thalweg.estimators.complete import Completed, Step, complete
from thalweg.estimators.completion_page import completion_page


def places(table: Path, out: Path | None, report: Path | None, force: bool) -> tuple[Path, Path]:
    """Where the completed table and the page go, after a check that nothing would be lost or refused there.

    Raises:
        ValueError: a place that is taken (unless forced), the table itself, a folder, in no folder, or of an unknown ending.

    Examples:
        >>> [place.name for place in places(Path("scores.csv"), None, None, False)]
        ['scores.completed.csv', 'scores.completed.html']
    """
    stem = _stem(table)
    out = table.with_name(f"{stem}.completed{table.name[len(stem) :]}") if out is None else out
    report = out.with_name(f"{_stem(out)}.html") if report is None else report
    if format_of(out) == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise ValueError(f"--out {out}: to write Parquet install the extra thalweg[parquet]")
    if report.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"--report {report} must end in .html, which it is")
    for name, place in (("--out", out), ("--report", report)):
        if place.resolve() == table.resolve():
            raise ValueError(f"{name} {place} is the table itself, which is never written over; name another place")
        if place.is_dir():
            raise ValueError(f"{name} takes a file, {place} is a folder")
        if not place.parent.is_dir():
            raise ValueError(f"{name} {place}: there is no folder {place.parent}; make it first")
        if not os.access(place.parent, os.W_OK):
            raise ValueError(f"{name} {place}: the folder {place.parent} does not take writes")
        if place.exists() and not force:
            raise ValueError(f"{name} {place} is there already; name another place, or replace it by --force")
    return out, report


def complete_file(
    table: Path,
    out: Path,
    report: Path,
    *,
    method: str = "best",
    layout: str = "auto",
    seed: int = 0,
    quick: bool = False,
    command: str = "",
    step: Step | None = None,
) -> Completed:
    """Complete the table in a file into another one, with a page about it.

    Both files are made first and then put in place; an error or an interrupt before that leaves nothing behind.

    Arguments:
        table, out, report: the files; `places` checks them.
        method, seed, quick, step: as `complete` takes them. layout: as `read_table` takes it.
        command: to be shown on the page.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "sums.csv"
        ...     lines = [",".join(str(i + j) if (3 * i + j) % 7 else "" for j in range(6)) for i in range(6)]
        ...     _ = file.write_text("\\n".join(lines))
        ...     found = complete_file(file, *places(file, None, None, False), method="offsets")
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['sums.completed.csv', 'sums.completed.html', 'sums.csv']
    """
    whole(seed, "seed", least=0)
    read = read_table(table, layout)
    found = complete(read, method=method, seed=seed, quick=quick, step=step)
    page = completion_page(found, table.name, command, {"layout": read.layout, "form": "quick" if quick else "full"})
    with staged(report, page.encode()) as place:
        write_table(out, read, found.matrix)
        place()
    return found


def _stem(path: Path) -> str:
    """The name without the endings that say what the file is."""
    packed = ".gz" if path.suffix.lower() == ".gz" else ""
    return path.name[: len(path.name) - len(format_of(path)) - len(packed)]
