"""The page about a completed table: errors beside those of plain means, singular values along the paths."""

from collections.abc import Mapping

import numpy as np

from thalweg.drawing.numbers import number
from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.estimators.complete import METHODS, Completed
from thalweg.estimators.singular_path import MOST, SingularPath
from thalweg.report.single_page import single_page

FAR = 4.0
"""The ratio of the largest singular value to the second from which on they are drawn on a scale of powers."""
REFERENCES = ("koren2009matrix", "mazumder2010spectral", "hastie2015matrix", "candes2009exact", "arora2019implicit")


def completion_page(found: Completed, name: str, command: str = "", facts: Mapping[str, str] | None = None) -> str:
    """The page as HTML; it opens from disk with the network cut.

    Arguments:
        found: what came of the completion.
        name: of the table.
        command: the command line that makes it again.
        facts: further facts for the provenance.

    Examples:
        >>> from thalweg.estimators.complete import Attempt
        >>> rows = [Attempt("mean", "one mean for all", "", 1.0, 1.1, 0.1)]
        >>> found = Completed(np.ones((2, 2)), rows, "mean", "So.", (8, 1, 1), 0)
        >>> "scores.csv, completed" in completion_page(found, "scores.csv")
        True
    """
    rows, columns = found.matrix.shape
    seen = sum(found.counts)
    told = {
        "table": f"{name}: {rows} x {columns}, {seen} entries seen ({100 * seen / (rows * columns):.3g}%), "
        f"{rows * columns - seen} filled",
        "entries": f"{found.counts[0]} to fit, {found.counts[1]} to validate (settings, method), {found.counts[2]} to test",
        "seed": str(found.seed),
        **(facts or {}),
    }
    return single_page(
        f"{name}, completed",
        found.verdict,
        tables=[errors_table(found), *tried_tables(found)],
        plots=[plot for plot in (values_plot(found), errors_plot(found)) if plot.panels],
        facts=told,
        command=command,
        references=REFERENCES,
    )


def errors_table(found: Completed) -> Table:
    """The errors of all methods, the plainest first."""
    rows: list[list[Cell | str]] = []
    for one in found.attempts:
        title = f"{one.title} (chosen)" if one.name == found.chosen else one.title
        if one.left_out:
            rows.append([title, "not tried", "not tried", one.left_out])
            continue
        note = None if one.error_of_test is None else f"± {number(one.error_of_test, 'html', digits=2)}"
        proof = "" if one.gap is None else f"; certified to a relative gap of {one.gap:.1e}"
        rows.append([title, Cell(one.test, note=note), Cell(one.validation), f"{one.settings}{proof}"])
    return Table(
        "errors",
        "Errors on entries that were held out",
        "Root mean square errors in the units of the table. The entries of the test were seen by no method and by no choice; "
        "± is the standard error. The validation entries chose the settings and, by the least of the second column, the "
        "method; their errors are therefore a little too small.",
        ["method", "test", "validation", "settings"],
        rows,
    )


def tried_tables(found: Completed) -> list[Table]:
    """The settings of the deep factorization, where it ran."""
    if not found.tried:
        return []
    depths = sorted({one.depth for one in found.tried})
    errors = {(one.depth, one.scale): one.validation for one in found.tried}
    rows: list[list[Cell | str]] = []
    for scale in sorted({one.scale for one in found.tried}, reverse=True):
        cells = [Cell(errors[depth, scale]) if (depth, scale) in errors else "not tried" for depth in depths]
        rows.append([f"scale {scale:g}", *cells])
    return [
        Table(
            "tried",
            "Validation error by depth and scale of the start",
            "Of the deep factorization, stopped where the error on the validation entries is least. The scale is that of the "
            "start, as a part of the centred entries.",
            ["", *(f"depth {depth}" for depth in depths)],
            rows,
        )
    ]


def values_plot(found: Completed) -> Plot:
    """Singular values along the path of soft-impute and along the flow."""
    panels = []
    for path, title, label, word in _paths(found):
        values = path.values[:, :MOST]
        if values.size and (values > 0).any():
            largest = np.sort(values.max(axis=0))[::-1]
            apart = len(largest) > 1 and largest[0] > FAR * largest[1] > 0
            least = 1e-3 * largest[0] if apart else 0.0
            columns = [np.where(column > least, column, np.nan) for column in values.T]
            lines = [Line(path.along, column, "each singular value") for column in columns if np.isfinite(column).any()]
            rules = [Rule(path.chosen, f"chosen {word}", "x")]
            scale = "log" if apart else "linear"
            panels.append(Panel(title, label, "singular value", lines, rules, x_scale="log", y_scale=scale))
    return Plot(
        "singular-values",
        "Singular values along the paths",
        "What soft-impute learns as its penalty falls (read it from right to left), and what the gradient flow of the deep "
        f"factorization learns as time goes on (from left to right), on the entries to fit; the {MOST} largest singular "
        "values of what the offsets leave, if there are offsets. Where one stops rising before the next begins, the table has "
        "a rank to speak of.",
        panels,
    )


def errors_plot(found: Completed) -> Plot:
    """The error of the validation entries along the same paths."""
    panels = []
    for path, title, label, word in _paths(found):
        line = Line(path.along, path.errors, "validation error", group=1, markers=len(path.along) < 30)
        panels.append(Panel(title, label, "validation error", [line], [Rule(path.chosen, f"chosen {word}", "x")], x_scale="log"))
    return Plot(
        "errors",
        "Error of the validation entries along the paths",
        "Root mean square error in the units of the table. The penalty, and the time to stop, are taken where it is least.",
        panels,
    )


def _paths(found: Completed) -> list[tuple[SingularPath, str, str, str]]:
    """The paths that are there, with their titles and what they go along."""
    listed = []
    if found.penalty_path is not None and len(found.penalty_path.along) > 1:
        listed.append((found.penalty_path, METHODS["soft-impute"], "penalty", "penalty"))
    if found.flow_path is not None and len(found.flow_path.along) > 1:
        depth = min(found.tried, key=lambda one: one.validation).depth
        listed.append((found.flow_path, f"deep factorization, depth {depth}", "time of the flow", "time"))
    return listed
