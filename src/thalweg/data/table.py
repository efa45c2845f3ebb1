"""Tables with gaps: CSV, TSV, Parquet and NPY files, wide or long, read and written."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thalweg._shown import shown

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?", "-")
"""What stands for a gap in a text file."""
FORMATS = (".csv", ".tsv", ".parquet", ".npy")
LAYOUTS = ("auto", "wide", "long")
LARGEST = 200_000_000
"""Cells of a matrix beyond which a table is not laid out whole."""


class TableError(ValueError):
    """A file that is no table of numbers with gaps; the message says where and what to do.

    Examples:
        >>> issubclass(TableError, ValueError)
        True
    """


@shown
@dataclass(frozen=True)
class GappedTable:
    """A table of numbers of which some are missing, kept by its entries.

    Arguments:
        rows, columns: where each entry stands, whole numbers from 0.
        values: the entries, float64.
        row_names, column_names: one for each row and column.
        layout: `wide` or `long`, as it was in the file.
        titles: the names over a long table's columns, or over a wide table's column of row names; "" where there were none.

    Examples:
        >>> import numpy as np
        >>> table = GappedTable(np.array([0, 1]), np.array([1, 0]), np.array([2.0, 3.0]), ("a", "b"), ("x", "y"), "wide", ("",))
        >>> table.matrix().tolist()
        [[nan, 2.0], [3.0, nan]]
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    row_names: tuple[Any, ...]
    column_names: tuple[Any, ...]
    layout: str
    titles: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return len(self.row_names), len(self.column_names)

    def matrix(self) -> np.ndarray:
        """The table as a matrix, NaN in its gaps.

        Raises:
            TableError: a table too large to be laid out whole.
        """
        rows, columns = self.shape
        if rows * columns > LARGEST:
            raise TableError(f"a table of {rows} by {columns} is too large to be laid out whole; work by its entries")
        matrix = np.full(self.shape, np.nan)
        matrix[self.rows, self.columns] = self.values
        return matrix


def read_table(path: str | Path, layout: str = "auto") -> GappedTable:
    """Reads a table with gaps from a file whose ending says what it is: .csv, .tsv, .parquet or .npy (.csv.gz, .tsv.gz).

    A wide table has a row a line; names over its columns and before its rows are known by being no numbers. A long table has
    an entry a line, `row, column, value`; further columns are left aside. With `auto` three columns without a gap, in which
    names of rows and of columns come again, are a long table, and everything else is a wide one.

    Arguments:
        path: the file.
        layout: `auto`, `wide` or `long`.

    Raises:
        FileNotFoundError: no such file.
        TableError: a file that is empty, damaged or no table of finite numbers, an entry that stands twice, rows or columns
            without any entry, or nothing that is missing; the message says where.

    Examples:
        >>> import tempfile, pathlib
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder) / "table.csv"
        ...     _ = file.write_text("name,x,y\\na,1,\\nb,2,3\\n")
        ...     table = read_table(file)
        >>> table.row_names, table.column_names, table.values.tolist()
        (('a', 'b'), ('x', 'y'), [1.0, 2.0, 3.0])
    """
    path = Path(path)
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}; got {layout!r}")
    ending = format_of(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if path.is_dir():
        raise TableError(f"{path} is a folder, not a table")
    with _explained(path):
        if ending == ".npy":
            return _checked(_from_matrix(_load(path), (), (), ("",)), path)
        frame = _parquet(path) if ending == ".parquet" else _text(path, "\t" if ending == ".tsv" else ",")
    if layout == "auto":
        layout = "long" if _looks_long(frame) else "wide"
    with _explained(path):
        return _checked(_long(frame, path) if layout == "long" else _wide(frame, path), path)


def write_table(path: str | Path, table: GappedTable, completed: np.ndarray) -> None:
    """Writes a completed table in the layout that it was read in, whole or not at all.

    A long table is written with every cell, one a line.

    Arguments:
        path: the file, whose ending says in which format; one that is there is replaced.
        table: what was read.
        completed: the matrix without gaps, of the shape of the table.

    Raises:
        ValueError: a matrix of another shape or with gaps, or an unknown ending.

    Examples:
        >>> import tempfile, pathlib
        >>> import numpy as np
        >>> table = GappedTable(np.array([0]), np.array([0]), np.ones(1), ("a",), ("x", "y"), "wide", ("",))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder) / "full.csv"
        ...     write_table(file, table, np.array([[1.0, 2.5]]))
        ...     file.read_text().split()
        [',x,y', 'a,1.0,2.5']
    """
    from thalweg._storage.atomic import staged

    path, ending = Path(path), format_of(Path(path))
    if completed.shape != table.shape or not np.isfinite(completed).all():
        raise ValueError(f"the completed table must be finite and of shape {table.shape}, got shape {completed.shape}")
    buffer = io.BytesIO()
    if ending == ".npy":
        np.save(buffer, completed, allow_pickle=False)
    else:
        frame = _frame(table, completed)
        if ending == ".parquet":
            frame.rename(columns=str).to_parquet(buffer, index=table.layout == "wide")
        else:
            long = table.layout == "long"
            index, header = not long and _named(table.row_names), long or _named(table.column_names)
            frame.to_csv(buffer, sep="\t" if ending == ".tsv" else ",", index=index, header=header)
    data = buffer.getvalue()
    if path.suffix == ".gz":
        import gzip

        data = gzip.compress(data, mtime=0)
    with staged(path, data) as place:
        place()


def format_of(path: Path) -> str:
    """The ending that says what a file is, without that of compression.

    Examples:
        >>> format_of(Path("a/table.csv.gz"))
        '.csv'
    """
    endings = [ending.lower() for ending in path.suffixes]
    ending = endings[-2] if len(endings) > 1 and endings[-1] == ".gz" else (endings or [""])[-1]
    packed = bool(endings) and endings[-1] == ".gz"
    if ending not in FORMATS or (packed and ending not in (".csv", ".tsv")):
        raise TableError(f"{path} must end in {', '.join(FORMATS)} (or .csv.gz, .tsv.gz) for its format to be known")
    return ending


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What the readers of others raise, in one line that names the file."""
    import pandas as pd

    try:
        yield
    except TableError:
        raise
    except ImportError as error:
        raise TableError(f"{path}: to read Parquet install the extra thalweg[parquet]") from error
    except pd.errors.EmptyDataError:
        raise TableError(f"{path} is empty") from None
    except (pd.errors.ParserError, UnicodeError, ValueError, EOFError, OSError) as error:
        if isinstance(error, PermissionError | IsADirectoryError | FileNotFoundError):
            raise
        raise TableError(f"{path} cannot be read as a table: {' '.join(str(error).split())[:200]}") from None


def _named(names: tuple[Any, ...]) -> bool:
    """Whether rows or columns had names in their file, or are only counted."""
    return names != tuple(range(len(names)))


def _load(path: Path) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except ValueError:
        raise TableError(f"{path} is no array of numbers as NumPy saves them; one of objects is not read") from None
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind not in "fiub":
        kind = f"{array.dtype}, of shape {array.shape}" if isinstance(array, np.ndarray) else "several arrays"
        raise TableError(f"{path} must hold one matrix of numbers, it holds {kind}")
    return np.asarray(array, dtype=np.float64)


def _text(path: Path, separator: str) -> Any:
    import pandas as pd

    frame = pd.read_csv(
        path, sep=separator, header=None, dtype=str, na_values=list(MISSING), keep_default_na=False, skipinitialspace=True
    )
    return frame.map(lambda cell: cell.strip() if isinstance(cell, str) else cell)


def _parquet(path: Path) -> Any:
    """A Parquet file as the cells of a text file, its names in the first line."""
    import pandas as pd

    frame = pd.read_parquet(path)
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    body = frame.astype(object).where(frame.notna(), None)
    head = pd.DataFrame([[str(name) for name in frame.columns]])
    body.columns = head.columns = range(frame.shape[1])
    return pd.concat([head, body], ignore_index=True)


def _looks_long(frame: Any) -> bool:
    """Three columns without a gap, numbers in the last, and names that come again in the first two."""
    import pandas as pd

    if frame.shape[1] != 3 or frame.isna().to_numpy().any():
        return False
    body = frame if _is_number(frame.iloc[0, 2]) else frame.iloc[1:]
    numbers: Any = pd.to_numeric(body[2], errors="coerce")
    return bool(numbers.notna().all() and body[0].duplicated().any() and body[1].duplicated().any())


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def _text_in(cells: Any) -> list[bool]:
    """Of the cells that are not gaps, whether each is text."""
    return [not _is_number(cell) for cell in cells if cell == cell and cell is not None]


def _head(frame: Any, path: Path) -> bool:
    """Whether the first line of a wide table holds names."""
    first, rest = frame.iloc[0], frame.iloc[1:]
    over = _text_in(first.iloc[1:] if frame.shape[1] > 1 else first)
    if over and all(over):
        return True
    corner = first.iloc[0]
    if (corner != corner or corner is None) and len(rest) and all(_text_in(rest.iloc[:, 0])) and any(_text_in(rest.iloc[:, 0])):
        return True  # nothing over the names of rows: the names of columns may be numbers, such as years
    if any(over):
        raise TableError(f"{path}, line 1: numbers and text side by side; it must be all names or all entries")
    return False


def _wide(frame: Any, path: Path) -> GappedTable:
    names: list[Any] = []
    head = _head(frame, path)
    body = frame.iloc[1:] if head else frame
    if not len(body):
        raise TableError(f"{path} has a line of names and nothing below it")
    first = body.iloc[:, 0]
    named = frame.shape[1] > 1 and any(_text_in(first))
    if head:
        names = [None if cell != cell else cell for cell in frame.iloc[0]]
        # over row names there may be nothing: then a column of numbers may be names too
        named = named or (frame.shape[1] > 1 and names[0] is None)
    title = str(names[0]) if head and named and names[0] is not None else ""
    cells = body.iloc[:, 1:] if named else body
    matrix = _numbers(cells, path, head)
    rows = tuple(first) if named else ()
    columns = tuple(names[1:] if named else names)
    for kind, given in (("rows", rows), ("columns", columns)):
        twice = sorted({str(name) for name in given if given.count(name) > 1})
        if twice:
            raise TableError(f"{path}: the names of {kind} must differ; {', '.join(twice[:3])} stands more than once")
    return _from_matrix(matrix, rows, columns, (title,))


def _numbers(cells: Any, path: Path, head: bool) -> np.ndarray:
    import pandas as pd

    matrix = np.empty(cells.shape)
    for place in range(cells.shape[1]):
        column = cells.iloc[:, place]
        numbers: Any = pd.to_numeric(column, errors="coerce")
        matrix[:, place] = found = numbers.to_numpy(dtype=np.float64)
        wrong = np.flatnonzero(np.isnan(found) & column.notna().to_numpy())
        if len(wrong):
            line = int(column.index[wrong[0]]) + 1
            raise TableError(
                f"{path}, line {line}: {str(column.iloc[wrong[0]])[:40]!r} is no number; a gap is an empty cell or one of "
                f"{', '.join(repr(word) for word in MISSING[1:])}"
            )
    return matrix


def _long(frame: Any, path: Path) -> GappedTable:
    import pandas as pd

    if frame.shape[1] < 3:
        raise TableError(f"{path}: a long table has columns row, column, value; this one has {frame.shape[1]}")
    frame = frame.iloc[:, :3]
    head = not _is_number(frame.iloc[0, 2])
    titles = tuple(str(cell) for cell in frame.iloc[0]) if head else ("row", "column", "value")
    body = frame.iloc[1:] if head else frame
    if not len(body):
        raise TableError(f"{path} has a line of names and nothing below it")
    lost = body.iloc[:, :2].isna().any(axis=1).to_numpy()
    if lost.any():
        raise TableError(f"{path}, line {int(body.index[lost.argmax()]) + 1}: the row or the column of the entry is missing")
    values = _numbers(body.iloc[:, 2:], path, head)[:, 0]
    rows, row_names = pd.factorize(body.iloc[:, 0])
    columns, column_names = pd.factorize(body.iloc[:, 1])
    there = ~np.isnan(values)
    cells = rows.astype(np.int64) * len(column_names) + columns
    if len(np.unique(cells)) < len(cells):
        order = np.argsort(cells, kind="stable")
        at = order[1:][np.diff(cells[order]) == 0].min()
        raise TableError(
            f"{path}, line {int(body.index[at]) + 1}: the entry of row {row_names[rows[at]]} and column "
            f"{column_names[columns[at]]} stands more than once"
        )
    return GappedTable(rows[there], columns[there], values[there], tuple(row_names), tuple(column_names), "long", titles)


def _from_matrix(matrix: np.ndarray, rows: tuple[Any, ...], columns: tuple[Any, ...], titles: tuple[str, ...]) -> GappedTable:
    seen = ~np.isnan(matrix)
    where = np.nonzero(seen)
    names = rows or tuple(range(matrix.shape[0])), columns or tuple(range(matrix.shape[1]))
    return GappedTable(where[0], where[1], matrix[seen], *names, "wide", titles)


def _checked(table: GappedTable, path: Path) -> GappedTable:
    if 0 in table.shape or not len(table.values):
        raise TableError(f"{path} holds no number at all")
    if not np.isfinite(table.values).all():
        at = int(np.flatnonzero(~np.isfinite(table.values))[0])
        where = f"row {table.row_names[table.rows[at]]}, column {table.column_names[table.columns[at]]}"
        raise TableError(f"{path}: the entry of {where} is infinite; leave it empty if it is not known")
    for kind, places, names in (("row", table.rows, table.row_names), ("column", table.columns, table.column_names)):
        empty = np.flatnonzero(np.bincount(places, minlength=len(names)) == 0)
        if len(empty):
            first = ", ".join(str(names[place]) for place in empty[:3])
            raise TableError(
                f"{path}: nothing is known of {len(empty)} {kind}{'s' if len(empty) > 1 else ''} ({first}"
                f"{', ...' if len(empty) > 3 else ''}); leave out what has no entry at all"
            )
    rows, columns = table.shape
    if len(table.values) == rows * columns:
        raise TableError(f"{path}: no entry is missing, there is nothing to complete")
    return table


def _frame(table: GappedTable, completed: np.ndarray) -> Any:
    import pandas as pd

    if table.layout == "wide":
        index = pd.Index(table.row_names, name=table.titles[0] or None)
        return pd.DataFrame(completed, index=index, columns=pd.Index(table.column_names))
    rows, columns = table.shape
    return pd.DataFrame(
        {
            table.titles[0]: np.repeat(np.array(table.row_names, dtype=object), columns),
            table.titles[1]: np.tile(np.array(table.column_names, dtype=object), rows),
            table.titles[2]: completed.ravel(),
        }
    )
