"""Verdicts for the terminal, readable at 80 columns and without colour, and as JSON."""

import json
import math
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from thalweg.drawing.markup import as_text
from thalweg.drawing.numbers import digits_of, interval, number, powers
from thalweg.drawing.palette import VERDICTS
from thalweg.lab.finished import StudyRun
from thalweg.report.chapter import counted, missing
from thalweg.studies.claim import Verdict

_WIDE = 110  # columns from which on there is room for the sentences of claims


def render(runs: Sequence[StudyRun], console: Console) -> None:
    """Prints a table of verdicts for each study, the reasons beneath, and the counts.

    Arguments:
        runs: studies that were carried out.
        console: where to; its width, colour and encoding are kept to.

    Examples:
        >>> from rich.console import Console
        >>> from thalweg.report import render
        >>> render([], Console())
        no claims
    """
    for run in runs:
        console.print(_study(run, console))
    console.print(counted([verdict for run in runs for verdict in run.verdicts]), style="bold", highlight=False)


def verdicts_json(runs: Sequence[StudyRun]) -> str:
    """The verdicts as a JSON list, as `--json` writes them; numbers that are not finite as the text that names them.

    Examples:
        >>> from thalweg.report import verdicts_json
        >>> verdicts_json([])
        '[]\\n'
    """
    found = [_finite(verdict.as_json()) for run in runs for verdict in run.verdicts]
    return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _study(run: StudyRun, console: Console) -> RenderableType:
    plain = console.options.ascii_only
    form = f"{run.study.name}{', quick form with bounds of its own' if run.mode == 'quick' else ''}"
    seeds = "1 seed" if len(run.seeds) == 1 else f"{len(run.seeds)} seeds"
    parts: list[RenderableType] = [Text.assemble((as_text(run.study.title), "bold"), f" ({form}, {seeds})")]
    if run.verdicts:
        parts.append(_table(run.verdicts, console.width >= _WIDE, plain))
    parts += [_reason(verdict, plain) for verdict in run.verdicts if verdict.reason or verdict.verdict != "pass"]
    parts += [Padding(Text(f"! {sentence}"), (0, 0, 0, 2)) for sentence in missing(run)]
    return Group(*parts, Text())


def _table(verdicts: Sequence[Verdict], wide: bool, plain: bool) -> Table:
    table = Table(
        box=box.ASCII2 if plain else box.SIMPLE_HEAD,
        show_edge=False,
        expand=wide,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("claim", ratio=1 if wide else None, min_width=14, overflow="fold")
    table.add_column("grade", no_wrap=True, min_width=7)
    table.add_column("published", max_width=24 if wide else 10, overflow="fold")
    table.add_column("measured", overflow="fold")
    table.add_column("allowed", max_width=22 if wide else 9, overflow="fold")
    table.add_column("verdict", no_wrap=True, min_width=max(len(_word(verdict, plain)) for verdict in verdicts))
    for verdict in verdicts:
        name = Text(as_text(verdict.claim))
        if wide:
            name.append("\n" + as_text(verdict.sentence), style="dim")
        table.add_row(
            name,
            verdict.grade,
            powers(as_text(verdict.published or ("-" if plain else "–")), "text"),
            _measured(verdict, wide),
            powers(verdict.allowed, "text"),
            Text(_word(verdict, plain), style=_style(verdict)),
        )
    return table


def _measured(verdict: Verdict, wide: bool) -> Text:
    if verdict.measured is None:
        return Text("-")
    digits = digits_of(verdict.measured, verdict.published)
    text = Text(number(verdict.measured, digits=digits))
    if len(verdict.seeds) > 1 and (around := interval(verdict.low, verdict.high, digits=digits)):
        text.append((" " if wide else "\n") + around)
    return text


def _reason(verdict: Verdict, plain: bool) -> RenderableType:
    sentence = as_text(verdict.reason) or "no reason was given"
    words = Text.assemble((_word(verdict, plain), _style(verdict)), f"  {as_text(verdict.claim)}: {sentence}")
    return Padding(words, (0, 0, 0, 2))


def _word(verdict: Verdict, plain: bool) -> str:
    symbols = VERDICTS.get(verdict.verdict)
    return f"{symbols[1 if plain else 0]} {verdict.verdict}" if symbols else verdict.verdict


def _style(verdict: Verdict) -> str:
    return VERDICTS[verdict.verdict][2] if verdict.verdict in VERDICTS else ""


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list | tuple) else value
