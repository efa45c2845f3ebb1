"""A study that was carried out, made ready for print: its pictures, tables, references and commands, each once."""

import dataclasses
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from thalweg._references import Reference, cite
from thalweg.drawing.plot import Plot, Table
from thalweg.lab.finished import StudyRun
from thalweg.studies.claim import Source, Verdict
from thalweg.studies.verdicts import caught as caught
from thalweg.studies.verdicts import counted as counted
from thalweg.studies.verdicts import known
from thalweg.studies.verdicts import null_fails as null_fails
from thalweg.studies.verdicts import short_source as short_source

_FIELD = re.compile(r"\b(doi|eprint|url)\s*=\s*\{([^{}]+)\}", re.IGNORECASE)
_SHOWN = 5  # coordinates of missing cases that are named before the rest is counted


@dataclasses.dataclass(frozen=True)
class Chapter:
    """One study of a report.

    Arguments:
        run: the study as it was carried out.
        slug: its name as part of file names and anchors, unlike that of any other chapter.
        plots, tables: by their own slugs.
        undrawn: why pictures or tables are missing, in sentences.
    """

    run: StudyRun
    slug: str
    plots: Mapping[str, Plot]
    tables: Mapping[str, Table]
    undrawn: Sequence[str]


def chapters(runs: Sequence[StudyRun]) -> list[Chapter]:
    """A chapter for each study, in order.

    A study of which cases are missing may be unable to draw; the chapter then says so. One that has all its cases must
    be able to, and an error of it is not caught.
    """
    found: list[Chapter] = []
    for run in runs:
        undrawn: list[str] = []
        plots = _made("pictures", run.study.plots, run, undrawn)
        tables = _made("tables", run.study.tables, run, undrawn)
        slug = _unlike(slugged(run.study.name), {chapter.slug for chapter in found})
        found.append(Chapter(run, slug, _by_slug(plots), _by_slug(tables), undrawn))
    return found


def over(run: StudyRun, verdict: Verdict) -> str:
    """What the measured number is: the median over so many seeds, the largest, the least, or that of one."""
    count = len(verdict.seeds)
    if count < 2:
        return f"seed {verdict.seeds[0]}" if count else ""
    reduce = next((claim.reduce for claim in run.study.claims(run.parameters) if claim.name == verdict.claim), None)
    word = {"median": "median", "max": "largest", "min": "least"}.get(reduce or "", "over")
    return f"{word} of {count} seeds" if word != "over" else f"over {count} seeds"


def command(run: StudyRun) -> str:
    """The command line that carries the study out again, with every parameter that is not as published."""
    words = ["thalweg", "run", run.study.name]
    words += ["--seeds", str(max(run.seeds, default=0) + 1), "--seed", str(run.root)]
    if run.mode == "quick":
        words.append("--quick")
    for change in changes(run):
        words += ["--set", change]
    return shlex.join(words)


def changes(run: StudyRun) -> list[str]:
    """The parameters that are not those of the study's form, as `name=value`."""
    usual = flat(run.study.quick if run.mode == "quick" else run.study.parameters)
    return [f"{name}={value}" for name, value in flat(run.parameters).items() if usual.get(name) != value]


def flat(value: Any, name: str = "") -> dict[str, str]:
    """Parameters by their dotted names, as `--set` takes them.

    Examples:
        >>> from thalweg.report.chapter import flat
        >>> flat({"side": 100, "films": {"most": 0, "ratings": (1, 2)}})
        {'side': '100', 'films.most': '0', 'films.ratings': '1, 2'}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        found: dict[str, str] = {}
        for key, part in value.items():
            found |= flat(part, f"{name}.{key}" if name else str(key))
        return found
    return {name: _short(value)} if name else {}


def missing(run: StudyRun) -> list[str]:
    """A sentence for each reason for which cases did not run, naming the first of them."""
    by_reason: dict[str, list[str]] = {}
    for part in run.missing:
        by_reason.setdefault(part.reason, []).append(str(part.case))
    sentences = []
    for reason, cases in by_reason.items():
        more = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
        count = f"{len(cases)} case{'s' if len(cases) != 1 else ''} did not run"
        sentences.append(f"{count}: {reason.rstrip('.')} ({'; '.join(cases[:_SHOWN])}{more}).")
    return sentences


@dataclasses.dataclass(frozen=True)
class Citation:
    """A source for a reader: the work in a line, where in it, and where it is on the net."""

    text: str
    locator: str
    link: str | None


def citation(source: Source) -> Citation:
    """A source with its reference written out; one that the bibliography lacks keeps its key."""
    found = known(source.key)
    return Citation(str(found) if found else source.key, source.locator, _link(found) if found else None)


def bibtex(runs: Sequence[StudyRun]) -> str:
    """BibTeX of all sources of studies and claims that the bibliography holds."""
    keys = [source.key for run in runs for source in run.study.sources]
    keys += [verdict.source.partition(", ")[0] for run in runs for verdict in run.verdicts]
    return cite(key for key in keys if known(key) is not None)


def slugged(name: str) -> str:
    """A name as part of file names and anchors.

    Examples:
        >>> from thalweg.report.chapter import slugged
        >>> slugged("My study/2, scales"), slugged("../..")
        ('My-study-2-scales', 'unnamed')
    """
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "unnamed"


def _made(what: str, make: Any, run: StudyRun, undrawn: list[str]) -> list[Any]:
    try:
        return list(make(run.parameters, run.evidence))
    except (LookupError, ValueError) as error:
        if not run.missing and run.evidence.results:
            raise
        undrawn.append(f"The {what} need cases that did not run: {error}.")
        return []


def _by_slug(parts: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        found[_unlike(slugged(part.name), set(found))] = part
    return found


def _unlike(slug: str, taken: set[str]) -> str:
    found, count = slug, 2
    while found.lower() in {name.lower() for name in taken}:  # file systems that fold case are common
        found, count = f"{slug}-{count}", count + 1
    return found


def _link(found: Reference) -> str | None:
    fields = {name.lower(): value.strip() for name, value in _FIELD.findall(found.bibtex)}
    if "doi" in fields:
        return f"https://doi.org/{fields['doi']}"
    return f"https://arxiv.org/abs/{fields['eprint']}" if "eprint" in fields else fields.get("url")


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_short(part) for part in value)
    if hasattr(value, "shape") and getattr(value, "size", 1) > 16:
        return f"array of shape {tuple(value.shape)}"
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)
