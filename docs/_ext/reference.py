"""The reference of the public names: a page a room, written before the build from the lazy table and the docstrings."""

import dataclasses
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docstrings
from docutils import nodes

import thalweg
from thalweg._names import PUBLIC, SUBPACKAGES
from thalweg._references import references
from thalweg.studies.registry import MODULES

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "reference"
ROOMS = ("potentials", "exact", "theory", "lab", "estimators")
"""Rooms whose names are public as `thalweg.ROOM.NAME`."""
BASES = (
    "thalweg.problems.base",
    "thalweg.parametrizations.base",
    "thalweg.initializations.base",
    "thalweg.algorithms.base",
    "thalweg.observables.base",
    "thalweg.studies.study",
    "thalweg.studies.claim",
    "thalweg.studies.evidence",
    "thalweg.drawing.plot",
)
"""Modules that who extends the package imports from."""


def public() -> dict[str, dict[str, Any]]:
    """The public names with what they name, by room, in the order of the rooms."""
    rooms: dict[str, dict[str, Any]] = {}
    for room in SUBPACKAGES:
        names = {f"thalweg.{name}": getattr(thalweg, name) for name, home in PUBLIC.items() if home.split(".")[1] == room}
        if room in ROOMS:
            there = importlib.import_module(f"thalweg.{room}")
            names |= {f"thalweg.{room}.{name}": getattr(there, name) for name in there.__all__}
        if names:
            rooms[room] = dict(sorted(names.items(), key=lambda item: item[0].casefold()))
    return rooms


def extending() -> dict[str, Any]:
    """What a problem, an observable or a study of one's own is made from."""
    found = {}
    for module in map(importlib.import_module, BASES):
        for name, thing in vars(module).items():
            if inspect.isclass(thing) and not name.startswith("_") and thing.__module__ == module.__name__:
                found[f"{module.__name__}.{name}"] = thing
    return {name: thing for name, thing in found.items() if thing not in {t for room in public().values() for t in room.values()}}


def page(title: str, lead: str, things: dict[str, Any]) -> str:
    """A page of the reference."""
    return "\n\n".join([f"# {title}", lead, *(entry(name, thing) for name, thing in things.items())]) + "\n"


def entry(name: str, thing: Any) -> str:
    """One name: its signature, its docstring, and for a class its members."""
    kind = "class" if inspect.isclass(thing) else "function" if callable(thing) else "data"
    body = docstrings.markdown(inspect.getdoc(thing) or "")
    parts = [body, *(_member(member, value) for member, value in _members(thing))] if kind == "class" else [body]
    shown = signature(thing) if callable(thing) else ""
    return "\n".join([f"::::::{{py:{kind}}} {name}{shown}", "", "\n\n".join(parts), "::::::"])


def _member(name: str, value: Any) -> str:
    kind = "property" if isinstance(value, property) else "method"
    function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    option = {classmethod: ":classmethod:", staticmethod: ":staticmethod:"}.get(type(value), "")
    shown = "" if kind == "property" else signature(function, bound=not isinstance(value, staticmethod))
    head = [f":::::{{py:{kind}}} {name}{shown}", *([option] if option else []), ":no-contents-entry:", ""]
    return "\n".join([*head, docstrings.markdown(inspect.getdoc(function) or ""), ":::::"])


def _members(thing: type) -> Iterator[tuple[str, Any]]:
    fields = {field.name for field in dataclasses.fields(thing)} if dataclasses.is_dataclass(thing) else set()
    for name, value in vars(thing).items():
        if isinstance(value, property | classmethod | staticmethod) or inspect.isfunction(value):
            function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if not name.startswith("_") and name not in fields and getattr(function, "__doc__", None):
                yield name, value


def signature(thing: Any, bound: bool = False) -> str:
    """The parameters with their defaults; what they are is said in words below."""
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):
        return ""
    if bound or (parameters and parameters[0].name == "self"):
        parameters = parameters[1:]
    plain = [p.replace(annotation=inspect.Parameter.empty, default=_Shown.of(p.default)) for p in parameters]
    return str(inspect.Signature(plain))


class _Shown:
    """A default as it is shown: as Python writes it, or by its name."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text

    @classmethod
    def of(cls, default: Any) -> Any:
        if default is inspect.Parameter.empty or default is None or isinstance(default, bool | int | float | str):
            return default
        name, text = getattr(default, "__name__", ""), repr(default)
        if name.isidentifier():
            return cls(name)
        return cls("..." if "<" in text or len(text) > 40 else text)


def _write(app: "Sphinx") -> None:
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    pages = {}
    for room, things in public().items():
        lead = inspect.getdoc(importlib.import_module(f"thalweg.{room}")) or ""
        pages[room] = page(room.capitalize(), docstrings.markdown(lead), things)
    lead = "What a problem, an observable, an algorithm or a study of your own is made from; see [extending](../extend.md)."
    pages["extending"] = page("Bases and studies", lead, extending())
    app.config.thalweg_below = {"api": [f"{FOLDER}/{name}" for name in pages]}
    pages["changes"] = (Path(app.srcdir).parent / "CHANGELOG.md").read_text(encoding="utf-8")
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:  # what has not changed is not read again
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("*.md"):
        if path.stem not in pages:
            path.unlink()


def _anchored(app: "Sphinx", doctree: nodes.document) -> None:
    """On the page of sources each entry is found under its key, in the gallery each study under its name."""
    if app.env.docname == "studies":
        for image in doctree.findall(nodes.image):
            section = next(up for up in _above(image) if isinstance(up, nodes.section))
            section["ids"].append(Path(image["uri"]).stem)
    if app.env.docname == "sources":
        for item in doctree.findall(nodes.list_item):
            key = next(iter(item.findall(nodes.literal)), None)
            if key is not None:
                item["ids"].append(key.astext())


def _linked(app: "Sphinx", doctree: nodes.document, docname: str) -> None:
    """Code in the text that is a public name leads to its entry, the key of a source and the name of a study to theirs."""
    objects = app.env.get_domain("py").data["objects"]
    for literal in list(doctree.findall(nodes.literal)):
        if any(isinstance(up, nodes.reference | nodes.title) for up in _above(literal)):
            continue
        target = _target(literal.astext(), objects, docname)
        if target is not None and target[0] not in {docname} & {"sources", "studies"}:
            uri = app.builder.get_relative_uri(docname, target[0]) + "#" + target[1]
            link = nodes.reference("", "", internal=True, refuri=uri)
            literal.replace_self(link)
            link += literal


def _target(text: str, objects: dict[str, Any], docname: str) -> tuple[str, str] | None:
    if text in references():
        return "sources", text
    if text in MODULES:
        return "studies", text
    name = text.removesuffix("()").split("(")[0]
    spelt = [f"thalweg.{name.removeprefix('tw.').removeprefix('thalweg.')}"]
    if not name.startswith(("tw.", "thalweg.")):
        if not (name[:1].isupper() or docname == "api"):
            return None  # `cite` may be a command, `loss` an option: only what is spelt as a name of the package is one
        spelt += [f"thalweg.{room}.{name}" for room in ROOMS]
    found = next((objects[full] for full in spelt if full in objects), None)
    return None if found is None else (found.docname, found.node_id)


def _above(node: nodes.Node) -> Iterator[nodes.Node]:
    while (node := node.parent) is not None:
        yield node


def setup(app: "Sphinx") -> dict[str, Any]:
    app.connect("builder-inited", _write)
    app.connect("doctree-read", _anchored)
    app.connect("doctree-resolved", _linked)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
