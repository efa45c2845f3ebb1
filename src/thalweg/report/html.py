"""The report as one HTML page that opens from disk with the network cut."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from thalweg import __version__
from thalweg.drawing import palette
from thalweg.drawing.legend import entries
from thalweg.drawing.markup import as_html
from thalweg.drawing.numbers import digits_of, interval, number, powers
from thalweg.drawing.plot import Cell, Plot, Table
from thalweg.drawing.plotly_figures import described, figures, points_for
from thalweg.report.chapter import (
    Chapter,
    bibtex,
    caught,
    changes,
    citation,
    command,
    counted,
    flat,
    missing,
    null_fails,
    over,
    short_source,
)
from thalweg.report.latex import check_shape
from thalweg.studies.claim import Verdict

_ORDER = ("pass", "fail", "inconclusive", "not run")


def page(chapters: Sequence[Chapter]) -> str:
    """The whole page: style, script, data and plotly.js in it, so that it asks nothing of any network."""
    points = points_for([plot for chapter in chapters for plot in chapter.plots.values()])
    verdicts = [verdict for chapter in chapters for verdict in chapter.run.verdicts]
    drawn = any(plot.panels for chapter in chapters for plot in chapter.plots.values())
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            version=__version__,
            summary=counted(verdicts),
            claims=counted(verdicts).partition(":")[0],
            total=_tally(verdicts),
            chapters=[_chapter(chapter, points) for chapter in chapters],
            bibtex=bibtex([chapter.run for chapter in chapters]),
            light=palette.LIGHT,
            dark=palette.DARK,
            plotly=Markup(get_plotlyjs()) if drawn else "",
        )
    )


def environment() -> Environment:
    """The templates, with the filter `prose` for sentences that hold formulas and powers of ten."""
    found = Environment(
        loader=PackageLoader("thalweg.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["prose"] = lambda text: Markup(as_html(powers(text)))
    return found


def _chapter(chapter: Chapter, points: int) -> dict[str, Any]:
    run = chapter.run
    results = len(run.evidence.results)
    nulls = {claim.name: claim.null.what for claim in run.study.claims(run.parameters)}
    changed = changes(run)
    return {
        "slug": chapter.slug,
        "name": run.study.name,
        "title": run.study.title,
        "question": run.study.question,
        "mode": run.mode,
        "changed": changed,
        "counts": counted(run.verdicts),
        "tally": _tally(run.verdicts),
        "sources": [citation(source) for source in run.study.sources],
        "verdicts": [_verdict(chapter, verdict, nulls.get(verdict.claim, "")) for verdict in run.verdicts],
        "missing": missing(run),
        "undrawn": chapter.undrawn,
        "tables": [_table(chapter, slug, table) for slug, table in chapter.tables.items()],
        "plots": [drawn_plot(chapter.slug, slug, plot, points) for slug, plot in chapter.plots.items()],
        "command": command(run),
        "facts": {
            "form": ("quick: smaller than the published setting" if run.mode == "quick" else "full: the published setting")
            + (f"; changed: {', '.join(changed)}" if changed else ""),
            "seeds": f"{len(run.seeds)} ({', '.join(map(str, run.seeds))}), folded from the root seed {run.root}",
            "runs": f"{results + len(run.missing)} in all: {run.computed} computed now, "
            f"{max(results - run.computed, 0)} from the store, {len(run.missing)} missing",
            "time": duration(run.seconds) + " of computation",
        },
        "provenance": flat(_plainer(run.provenance)),
        "parameters": flat(run.parameters),
    }


def _tally(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    return [
        {"word": word, "symbol": palette.VERDICTS[word][0], "count": count, "kind": word.replace(" ", "-")}
        for word in _ORDER
        if (count := sum(verdict.verdict == word for verdict in verdicts))
    ]


def _verdict(chapter: Chapter, verdict: Verdict, null: str) -> dict[str, Any]:
    symbol = palette.VERDICTS.get(verdict.verdict, ("",))[0]
    found, mutants = caught(verdict)
    digits = digits_of(verdict.measured, verdict.published)
    return {
        "word": verdict.verdict,
        "kind": verdict.verdict.replace(" ", "-"),
        "symbol": symbol,
        "claim": verdict.claim,
        "sentence": verdict.sentence,
        "grade": verdict.grade,
        "source": short_source(verdict.source),
        "published": powers(verdict.published) if verdict.published else None,
        "measured": number(verdict.measured, "html", digits=digits),
        "interval": interval(verdict.low, verdict.high, "html", digits) if len(verdict.seeds) > 1 else "",
        "over": over(chapter.run, verdict) if verdict.measured is not None else "",
        "allowed": powers(verdict.allowed),
        "margin": number(verdict.margin, "html", sign=True),
        "null": null,
        "null_fails": null_fails(verdict),
        "null_margin": number(verdict.null_margin, "html", sign=True),
        "caught": f"{found}/{mutants}",
        "all_caught": found == mutants,
        "mutants": [(what, number(m, "html", sign=True), not m >= 0) for what, m in verdict.mutants.items()],
        "reason": verdict.reason or ("" if verdict.verdict == "pass" else "no reason was given"),
    }


def _table(chapter: Chapter, slug: str, table: Table) -> dict[str, Any]:
    return shown_table(table, several=len(chapter.run.seeds) > 1) | {
        "id": f"{chapter.slug}-table-{slug}",
        "file": f"tables/{chapter.slug}-{slug}.tex",
    }


def shown_table(table: Table, several: bool = False) -> dict[str, Any]:
    """A table as the templates take it; intervals are shown where there are several seeds."""
    check_shape(table)
    return {
        "title": table.title,
        "caption": table.caption,
        "columns": table.columns,
        "rows": [[_cell(cell, several) for cell in row] for row in table.rows],
        "published": any(isinstance(cell, Cell) and cell.published for row in table.rows for cell in row),
    }


def _cell(cell: Cell | str, several: bool) -> dict[str, Any]:
    if isinstance(cell, str):
        return {"text": powers(cell), "interval": "", "published": None, "note": None, "number": False}
    digits = digits_of(cell.value, cell.published)
    return {
        "text": number(cell.value, "html", digits=digits),
        "interval": interval(cell.low, cell.high, "html", digits) if several else "",
        "published": powers(cell.published) if cell.published else None,
        "note": cell.note,
        "number": True,
    }


def drawn_plot(chapter: str, slug: str, plot: Plot, points: int) -> dict[str, Any]:
    """A picture as the templates take it, its panels as plotly draws them."""
    shapes = figures(plot, points)
    return {
        "id": f"{chapter}-figure-{slug}",
        "file": f"figures/{chapter}-{slug}",
        "title": plot.title,
        "caption": plot.caption,
        "legend": entries(plot),
        "panels": [
            {"title": panel.title, "label": described(panel), "figure": Markup(_script_json(shape))}
            for panel, shape in zip(plot.panels, shapes, strict=True)
        ],
    }


def _script_json(value: Any) -> str:
    """JSON that may stand in a script element: nothing in it can end the element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def duration(seconds: float) -> str:
    """A time in the unit that a reader would use.

    Examples:
        >>> from thalweg.report.html import duration
        >>> duration(0.25), duration(75), duration(7500)
        ('0.25 s', '1 min 15 s', '2 h 5 min')
    """
    if seconds < 60:
        return f"{number(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _plainer(value: Any) -> Any:
    """Versions in one line: `numpy 2.1, scipy 1.14`."""
    if isinstance(value, Mapping):
        if value and all(isinstance(part, str) for part in value.values()) and len(value) > 2:
            return ", ".join(f"{name} {part}" for name, part in value.items())
        return {name: _plainer(part) for name, part in value.items()}
    return value
