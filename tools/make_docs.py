"""Write the pages that are made from the code, so that they cannot drift from it.

    python tools/make_docs.py            write what is stale
    python tools/make_docs.py --check    write nothing; say what is stale and exit with 1

A whole page is a function in PAGES. A part of a page written by hand is a function in SECTIONS, and stands in any
Markdown file between the lines `<!-- made: NAME -->` and `<!-- end of NAME -->`. To register another, write the
function and name it there; it returns Markdown, or None while what it describes does not exist yet.
"""

import argparse
import importlib
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import thalweg
from thalweg._names import PUBLIC, SUBPACKAGES
from thalweg._references import references

REPOSITORY = Path(__file__).resolve().parents[1]
MADE = "<!-- Made by tools/make_docs.py; edit the docstrings instead. -->"
BLOCK = re.compile(r"(<!-- made: ([\w-]+) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)
FIRST_OF_GEOMETRY = "min-norm"
"""The study from which on, in the order of the registry, studies are of the geometry of bias."""
OPENING = re.compile(r"<!-- made: ([\w-]+) -->")


# What is written -----------------------------------------------------------------------------------------------------


def api() -> str:
    """Every public name with the first sentence of its docstring, room by room."""
    lead = (
        "All of these are attributes of `thalweg`; `help(thalweg.NAME)` shows the rest. Commands have [their own page](cli.md)."
    )
    parts = [MADE, f"# Public names\n\n{lead}"]
    for room in _rooms():
        names = sorted((name for name, home in PUBLIC.items() if home.split(".")[1] == room), key=str.casefold)
        if names:
            rows = [f"| `{name}` | {_cell(_first_sentence(getattr(thalweg, name)))} |" for name in names]
            parts.append("\n".join([f"## {room}\n", "| name | what it is |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def commands() -> str | None:
    """Every command with its help, its arguments and its options."""
    if (root := command_line()) is None:
        return None
    parts = [MADE, f"# The command line\n\n{_help(root)}"]
    parts.append("\n".join(f"- [`{path}`](#{path.replace(' ', '-')})" for path, _ in walk(root) if path != root.name))
    for path, command in walk(root):
        title = "Options of every command" if path == root.name else f"`{path}`"
        lines = [f"## {title}\n"] + ([] if path == root.name else [_help(command), "", f"    {_usage(path, command)}"])
        shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
        if shown:
            lines += ["", "| argument or option | what it does |", "|---|---|"]
            lines += [f"| {_spelling(p)} | {_cell(p.help or '')}{_default(p)} |" for p in shown]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def stub() -> str:
    """Types of the lazy public names, for editors and type checkers, which cannot follow `__getattr__`."""
    rooms = [room for room in SUBPACKAGES if _exists(f"thalweg.{room}")]
    lines = ["# Made by tools/make_docs.py from the table in _names.py; do not edit.", ""]
    lines += [f"from thalweg import {room} as {room}" for room in sorted(rooms)]
    by_home = sorted(PUBLIC.items(), key=lambda item: (item[1], item[0]))
    lines += [f"from {home} import {name} as {name}" for name, home in by_home]
    return "\n".join([*lines, "", "__version__: str", "__all__: list[str]", ""])


def rooms() -> str:
    """The subpackages in the order in which imports may point, each with its first sentence."""
    rows = [(room, _first_sentence(importlib.import_module(f"thalweg.{room}"))) for room in _rooms()]
    return "\n".join(["| room | what is in it |", "|---|---|", *(f"| `{r}` | {_cell(text)} |" for r, text in rows)])


def bibliography() -> str:
    """The bibliography, by key."""
    return "\n".join(f"- `{key}`: {entry}" for key, entry in sorted(references().items()))


def example(name: str) -> Callable[[], str]:
    """The text of a file in `examples/`."""
    return lambda: f"```python\n{(REPOSITORY / 'examples' / name).read_text(encoding='utf-8').strip()}\n```"


def measured(name: str) -> Callable[[], str]:
    """What a benchmark printed when it was last run, as it is kept beside the benchmarks."""

    def section() -> str:
        path = REPOSITORY / "benchmarks" / "results" / f"{name}.txt"
        return f"```text\n{path.read_text(encoding='utf-8').strip()}\n```" if path.is_file() else "Not measured yet."

    return section


def ratings(measure: str) -> Callable[[], str]:
    """Errors of ratings by method and split as they were measured, with what chose the settings of each method."""

    def section() -> str:
        found = _kept_rows("ratings")
        splits = list(dict.fromkeys(row["split"] for row in found))
        lines = [f"| {measure.upper()} | settings | seeds | {' | '.join(splits)} |", "|---|---|---|" + "---|" * len(splits)]
        by_method: dict[str, dict[str, Any]] = {}
        for row in found:
            by_method.setdefault(row["method"], {})[row["split"]] = row
        for method, rows in by_method.items():
            first = next(iter(rows.values()))
            cells = [f"{rows[split][measure]:.4f}" if split in rows else "-" for split in splits]
            lines.append(f"| {_cell(method)} | {_cell(first['chosen by'])} | {first['seeds']} | {' | '.join(cells)} |")
        return "\n".join(lines) if found else "Not measured yet."

    return section


def inpainting() -> str:
    """Decibels by method, picture and part that is seen, as they were measured."""
    found = _kept_rows("inpainting")
    cases = list(dict.fromkeys((row["picture"], row["seen"]) for row in found))
    methods = list(dict.fromkeys(row["method"] for row in found))
    kept = {(row["method"], row["picture"], row["seen"]): row for row in found}
    lines = [
        "| PSNR, dB | " + " | ".join(f"{name}, {part:.0%} seen" for name, part in cases) + " |",
        "|---|" + "---|" * len(cases),
    ]
    for method in methods:
        cells = [f"{kept[method, *case]['psnr']:.2f}" if (method, *case) in kept else "-" for case in cases]
        lines.append(f"| {_cell(method)} | {' | '.join(cells)} |")
    return "\n".join(lines) if found else "Not measured yet."


def _kept_rows(name: str) -> list[dict[str, Any]]:
    path = REPOSITORY / "benchmarks" / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []


def verdicts(study: str) -> Callable[[], str]:
    """The verdicts on a study's claims in the last full run that was kept."""

    def section() -> str:
        found = [verdict for verdict in _kept_verdicts() if verdict["study"] == study]
        rows = [
            f"| {_cell(v['sentence'])} | {_cell(v['published'] or '')} | {_with_interval(v)} | {v['allowed']} | {v['verdict']} |"
            for v in found
        ]
        return "\n".join(["| claim | published | measured | allowed | verdict |", "|---|---|---|---|---|", *rows])

    return section


def studies() -> str:
    """Every study of linear networks with its question."""
    return _studies(geometry=False)


def geometry_studies() -> str:
    """Every study of the geometry of bias with its question."""
    return _studies(geometry=True)


def _studies(geometry: bool) -> str:
    from thalweg.studies.registry import MODULES, study

    names = list(MODULES)
    first = names.index(FIRST_OF_GEOMETRY)
    shown = names[first:] if geometry else names[:first]
    rows = [f"| `{name}` | {_cell(study(name).title)} | {_cell(study(name).question)} |" for name in shown]
    return "\n".join(["| study | about | what it asks |", "|---|---|---|", *rows])


def verdict_counts() -> str:
    """How many claims passed, with how many wrong variants caught, in the last full runs that were kept."""
    found = _kept_verdicts()
    passed = sum(verdict["verdict"] == "pass" for verdict in found)
    wrong = sum(len(verdict["mutants"]) + 1 for verdict in found)
    studies = len({verdict["study"] for verdict in found})
    return (
        f"Of the {len(found)} claims of {studies} studies {passed} passed in the full runs that are kept with this repository; "
        f"each was also put to a trivial run and to wrong variants, {wrong} in all, which must fail."
    )


def study_counts() -> str:
    """Every registered study, with how many of its claims passed in the last full run that was kept."""
    from thalweg.studies.registry import MODULES, study

    found = _kept_verdicts()
    rows = []
    for name in MODULES:
        verdicts = [verdict["verdict"] for verdict in found if verdict["study"] == name]
        came = f"{verdicts.count('pass')} of {len(verdicts)}" if verdicts else "not kept"
        rows.append(f"| `{name}` | {_cell(study(name).title)} | {came} |")
    return "\n".join(["| study | about | claims that passed |", "|---|---|---|", *rows])


def gallery(geometry: bool) -> Callable[[], str]:
    """Studies with a picture, what was published where, what came of the claims, and the command; one half of them."""

    def section() -> str:
        from thalweg.studies.registry import MODULES

        names = list(MODULES)
        first = names.index(FIRST_OF_GEOMETRY)
        return "\n\n".join(_exhibit(name) for name in (names[first:] if geometry else names[:first]))

    return section


def _exhibit(name: str) -> str:
    from thalweg.report.chapter import short_source
    from thalweg.studies.registry import study

    found = study(name)
    sources = "; ".join(f"{short_source(str(source))} (`{source.key}`)" for source in found.sources)
    about = _kept_gallery().get(name)
    verdicts = [verdict for verdict in _kept_verdicts() if verdict["study"] == name]
    parts = [f"### {found.title}", f"{_sentence(found.question)}\n\n*Published:* {sources}."]
    if about is not None:
        instances = "one instance" if about["instances"] == 1 else f"{about['instances']} instances"
        drawn = f"Drawn from a {about['mode']} run of {instances}."
        title = about["title"].replace("[", "(").replace("]", ")")
        parts.append(f"![{title}](pictures/studies/{name}.png)\n\n*{about['title']}.* {_sentence(about['caption'])} {drawn}")
    parts.append(_came(verdicts, about))
    parts.append(f"```\nthalweg run {name} --quick\n```")
    claims = found.claims(found.parameters)
    by_claim = {verdict["claim"]: verdict for verdict in verdicts}
    rows = [f"| {_cell(c.sentence)} | {_cell(c.grade)} | {_measured(by_claim.get(c.name))} |" for c in claims]
    table = "\n".join(["| claim | grade | measured in the full runs that are kept |", "|---|---|---|", *rows])
    parts.append(f"<details>\n<summary>The {len(claims)} claims of the full form</summary>\n\n{table}\n\n</details>")
    return "\n\n".join(parts)


def _came(verdicts: list[dict[str, Any]], about: dict[str, Any] | None) -> str:
    """What the claims of a study came to: in the kept full run, else in the run that was drawn."""
    if verdicts:
        count, passed = len(verdicts), sum(verdict["verdict"] == "pass" for verdict in verdicts)
        wrong = sum(len(verdict["mutants"]) + 1 for verdict in verdicts)
        run = f"the full run of {len(verdicts[0]['seeds'])} instances that is kept"
    elif about is not None:
        count, passed, wrong = sum(about["verdicts"].values()), about["verdicts"].get("pass", 0), about["wrong"]
        run = f"the {about['mode']} run that is drawn"
    else:
        return "Not run yet."
    return f"**{passed} of {count} claims passed** in {run}; {wrong} trivial runs and wrong variants were tried beside them."


def _measured(verdict: dict[str, Any] | None) -> str:
    return "not kept" if verdict is None else f"{_with_interval(verdict)}, {verdict['allowed']}: {verdict['verdict']}"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text[-1] in ".!?" else f"{text}."


def _kept_gallery() -> dict[str, Any]:
    path = REPOSITORY / "benchmarks" / "results" / "gallery.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def errata() -> str:
    """Printed statements that the studies correct, each with the number that decides."""
    from thalweg.studies.registry import MODULES, study

    kept = {(verdict["study"], verdict["claim"]): verdict for verdict in _kept_verdicts()}
    parts = [
        MADE,
        "# Errata\n\nStatements that were printed and are wrong, or hold only in part: what was printed and where, what holds "
        "instead, and the number that decides. Each is a claim of a study, which `thalweg verify` checks again, beside wrong "
        "variants that must fail.",
    ]
    for name in MODULES:
        found = study(name)
        entries = [_erratum(name, claim, kept.get((name, claim.name))) for claim in found.claims(found.parameters)]
        if any(entries):
            parts.append("\n\n".join([f"## {found.title}", f"Study `{name}`.", *filter(None, entries)]))
    return "\n\n".join(parts) + "\n"


def _erratum(study: str, claim: Any, verdict: dict[str, Any] | None) -> str:
    if claim.erratum is None:
        return ""
    if verdict is None:
        decides = f"run `thalweg verify {study}`"
    else:
        printed = f", published {verdict['published']}" if verdict["published"] else ""
        decides = f"measured {_with_interval(verdict)}{printed}, allowed {verdict['allowed']}: {verdict['verdict']}"
    erratum = claim.erratum
    rows = [
        f"- printed ({erratum.where}): {erratum.printed}",
        f"- what holds: {erratum.corrected}",
        f"- what decides: {claim.sentence} {decides[0].upper()}{decides[1:]}.",
    ]
    return "\n".join([f"### {claim.name[0].upper()}{claim.name[1:]}\n", *rows])


def _kept_verdicts() -> list[dict[str, Any]]:
    path = REPOSITORY / "benchmarks" / "results" / "verdicts.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def _with_interval(verdict: dict[str, Any]) -> str:
    if verdict["measured"] is None:
        return "not run"
    middle, low, high = (f"{float(verdict[name]):.3g}" for name in ("measured", "low", "high"))
    return middle if low == high else f"{middle} [{low}, {high}]"


PAGES: dict[str, Callable[[], str | None]] = {
    "docs/api.md": api,
    "docs/cli.md": commands,
    "docs/errata.md": errata,
    "src/thalweg/__init__.pyi": stub,
}
SECTIONS: dict[str, Callable[[], str | None]] = {
    "rooms": rooms,
    "studies": studies,
    "geometry-studies": geometry_studies,
    "bibliography": bibliography,
    "completion-table": verdicts("matrix-completion"),
    "singular-values-table": verdicts("singular-values"),
    "verdict-counts": verdict_counts,
    "study-counts": study_counts,
    "gallery-networks": gallery(geometry=False),
    "gallery-geometry": gallery(geometry=True),
    "bench-published": measured("published_algorithm"),
    "bench-path": measured("path_error"),
    "bench-step": measured("descent_step"),
    "bench-nuclear": measured("nuclear_norm"),
    "bench-seeds": measured("seeds"),
    "bench-films": measured("movielens"),
    "bench-estimators": measured("estimators"),
    "bench-cluster": measured("cluster"),
    "bench-explorer": measured("explore"),
    "ratings-rmse": ratings("rmse"),
    "ratings-mae": ratings("mae"),
    "inpainting-table": inpainting,
    "example-problem": example("my_problem.py"),
    "example-observable": example("my_observable.py"),
    "example-study": example("my_study.py"),
}


# How it is written ---------------------------------------------------------------------------------------------------


def outdated(root: Path, pages: dict[str, Callable[[], str | None]]) -> dict[Path, str]:
    """The files below a root whose made text is not what the code says, with the text that they should have."""
    wanted = {root / name: text for name, make in pages.items() if (text := make()) is not None}
    for path in sorted({*root.glob("*.md"), *root.glob("docs/**/*.md")} - set(wanted)):
        before = path.read_text(encoding="utf-8")
        if OPENING.search(before):
            wanted[path] = _with_sections(path, before)
    return {path: text for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text}


def _with_sections(path: Path, text: str) -> str:
    closed = {match[2] for match in BLOCK.finditer(text)}
    for name in OPENING.findall(text):
        if name not in SECTIONS:
            raise SystemExit(f"{path}: no section {name!r} is registered; there are {', '.join(sorted(SECTIONS))}")
        if name not in closed:
            raise SystemExit(f"{path}: the section {name!r} lacks its line <!-- end of {name} -->")
    return BLOCK.sub(lambda m: f"{m[1]}{SECTIONS[m[2]]() or ''}\n{m[3]}", text)


def command_line() -> Any:
    """The tree of commands, or None while there is no command line."""
    if not _exists("thalweg.cli"):
        return None
    import typer

    found = [value for value in vars(importlib.import_module("thalweg.cli")).values() if isinstance(value, typer.Typer)]
    if len(found) != 1:
        raise SystemExit(f"thalweg.cli should hold one typer.Typer, found {len(found)}")
    root = typer.main.get_command(found[0])
    root.name = "thalweg"
    return root


def walk(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """A command and, below it, each of its commands, with the words that call it."""
    path = f"{path} {command.name}".strip()
    yield path, command
    for below in getattr(command, "commands", {}).values():
        if not below.hidden:
            yield from walk(below, path)


def _exists(module: str) -> bool:
    """Whether a module has a source file; a folder that holds none yet is not one."""
    found = importlib.util.find_spec(module)
    return found is not None and found.origin is not None


def _rooms() -> list[str]:
    return [room for room in SUBPACKAGES if _exists(f"thalweg.{room}")]


def _first_sentence(thing: Any) -> str:
    doc = inspect.getdoc(thing) or ""
    paragraph = " ".join(doc.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z])", paragraph)[0]


def _help(command: Any) -> str:
    return inspect.cleandoc(command.help or "").replace("\f", "")


def _usage(path: str, command: Any) -> str:
    return " ".join([path, "[OPTIONS]", *(_word(p) for p in command.params if _is_argument(p))])


def _word(argument: Any) -> str:
    word = (argument.metavar or argument.name).upper() + ("..." if argument.nargs == -1 else "")
    return word if argument.required else f"[{word}]"


def _is_argument(parameter: Any) -> bool:
    return parameter.param_type_name == "argument"


def _spelling(parameter: Any) -> str:
    if _is_argument(parameter):
        return f"`{_word(parameter)}`"
    return ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])


def _default(parameter: Any) -> str:
    value = parameter.default
    if _is_argument(parameter) or value is None or callable(value) or value in (False, "", (), []):
        return ""
    return f" Default: `{value}`."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: list[str] | None = None, root: Path = REPOSITORY) -> int:
    parser = argparse.ArgumentParser(description="Write the pages that are made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if anything is stale")
    check = parser.parse_args(arguments).check
    stale = outdated(root, PAGES)
    for path, text in stale.items():
        print(f"{'stale' if check else 'wrote'}: {path.relative_to(root).as_posix()}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if check and stale:
        print("run `make docs` and commit what it writes")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
