r"""Tables for papers: LaTeX that needs the packages booktabs and textcomp, numbers without `\num`."""

from collections.abc import Sequence

from thalweg.drawing.markup import as_latex
from thalweg.drawing.numbers import digits_of, interval, number, powers
from thalweg.drawing.plot import Cell, Table


def table_to_latex(table: Table, label: str | None = None, intervals: bool = True) -> str:
    r"""A table environment with booktabs rules; beneath a row with published numbers, a row of these.

    Arguments:
        table: what to print.
        label: for `\ref`; `tab:` and the table's name unless given.
        intervals: whether to print them; over a single seed they say nothing.

    Raises:
        ValueError: a row that is longer or shorter than the header.

    Examples:
        >>> from thalweg.drawing.latex import table_to_latex
        >>> from thalweg.drawing.plot import Cell, Table
        >>> rows = [["depth 3", Cell(2.6e-5, 1.9e-5, 3.1e-5, published="2.8e-5")]]
        >>> print(table_to_latex(Table("errors", "Errors", "Median.", ["method", "error"], rows)))
        \begin{table}
          \centering
          \caption{Errors. Median.}
          \label{tab:errors}
          \begin{tabular}{lr}
            \toprule
            method & error \\
            \midrule
            depth 3 & $2.6\times10^{-5}$ {\footnotesize [$1.9\times10^{-5}$, $3.1\times10^{-5}$]} \\
            \quad\emph{published} & \emph{$2.8\times10^{-5}$} \\
            \bottomrule
          \end{tabular}
        \end{table}
        <BLANKLINE>
    """
    check_shape(table)
    notes: list[str] = []
    lines: list[str] = []
    for cells in table.rows:
        lines.append(row([_cell(cell, notes, intervals) for cell in cells]))
        printed = [cell.published if isinstance(cell, Cell) else None for cell in cells]
        if any(printed):
            published = [f"\\emph{{{number_text(text)}}}" if text else "" for text in printed[1:]]
            lines.append(row([r"\quad\emph{published}", *published]))
    caption = f"{table.title.rstrip('.')}. {table.caption}".strip()
    return environment(caption, label or f"tab:{table.name}", "l" + "r" * (len(table.columns) - 1), table.columns, lines, notes)


def check_shape(table: Table) -> None:
    """A ValueError names the row that does not fit the header."""
    for one in table.rows:
        if len(one) != len(table.columns):
            raise ValueError(
                f"the row {one[0] if one else '(empty)'!r} of the table {table.name!r} has {len(one)} cells, "
                f"its header {len(table.columns)}"
            )


def environment(caption: str, label: str, columns: str, header: Sequence[str], lines: Sequence[str], notes: Sequence[str]) -> str:
    """A table environment around rows that are LaTeX already; notes stand beneath."""
    body = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{as_latex(caption)}}}",
        rf"  \label{{{label.replace(' ', '-')}}}",
        rf"  \begin{{tabular}}{{{columns}}}",
        r"    \toprule",
        f"    {row([as_latex(name) for name in header])}",
        r"    \midrule",
        *(f"    {line}" for line in lines),
        r"    \bottomrule",
        r"  \end{tabular}",
    ]
    body += [rf"  \par\footnotesize {_letter(index)}: {note}" for index, note in enumerate(notes)]
    return "\n".join([*body, r"\end{table}", ""])


def _cell(cell: Cell | str, notes: list[str], intervals: bool) -> str:
    if isinstance(cell, str):
        return number_text(cell)
    digits = digits_of(cell.value, cell.published)
    around = interval(cell.low, cell.high, "latex", digits) if intervals else ""
    text = number(cell.value, "latex", digits=digits) + (rf" {{\footnotesize {around}}}" if around else "")
    return text + (mark(notes, as_latex(cell.note)) if cell.note else "")


def mark(notes: list[str], note: str) -> str:
    """A raised letter for a note, the same for the same words."""
    if note not in notes:
        notes.append(note)
    return rf"\textsuperscript{{{_letter(notes.index(note))}}}"


def _letter(index: int) -> str:
    return chr(ord("a") + index % 26) * (1 + index // 26)


def row(cells: Sequence[str]) -> str:
    """Cells that are LaTeX already as a row."""
    return " & ".join(_guarded(cell) if index == 0 else cell for index, cell in enumerate(cells)) + r" \\"


def _guarded(cell: str) -> str:
    r"""A row that begins with a bracket would be read as the length of the `\\` before it."""
    return "{}" + cell if cell.startswith(("[", "*")) else cell


def number_text(text: str) -> str:
    """Text with powers of ten; the formulas that these make come after the escaping, so that they stay formulas."""
    return powers(as_latex(text), "latex")
