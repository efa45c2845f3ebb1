r"""What the package rests on: the entries of `references.bib`, by key.

Every formula names its source by a key and a theorem or equation; here a key becomes an entry that can be cited.
The file is plain BibTeX: entries `@kind{key, field = {value}, ...}` with braces for values, which is all that is read.
"""

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

_START = re.compile(r"@(\w+)\s*\{\s*([^,\s{}]+)\s*,")
_FIELD = re.compile(r"(\w+)\s*=\s*\{")
_ACCENT = re.compile(r"""\\([`'"^~]|c(?=\s*\{))\s*\{?(\w)\}?""")
_COMBINING = {"`": "\u0300", "'": "\u0301", '"': "\u0308", "^": "\u0302", "~": "\u0303", "c": "\u0327"}


@dataclass(frozen=True)
class Reference:
    """One published work: its key, its BibTeX entry as written, and what a line of text needs of it."""

    key: str
    bibtex: str
    title: str
    authors: tuple[str, ...]
    year: int

    def __str__(self) -> str:
        names = self.authors[0] if len(self.authors) == 1 else ", ".join(self.authors[:-1]) + f" and {self.authors[-1]}"
        return f"{names} ({self.year}). {self.title}."


@dataclass(frozen=True)
class Source:
    """Where a statement was published: a key of `references.bib` and a locator (theorem, figure, table, equation)."""

    key: str
    locator: str

    def __str__(self) -> str:
        return f"{self.key}, {self.locator}"


class UnknownReference(KeyError):
    """A key that `references.bib` does not hold."""

    def __str__(self) -> str:  # KeyError would show the message in quotes
        return str(self.args[0])


def reference(key: str) -> Reference:
    """The entry of `references.bib` with this key; an UnknownReference names the nearest keys that there are.

    Examples:
        >>> reference("roy2007effective").year
        2007
        >>> print(reference("candes2009exact"))
        Emmanuel J. Candès and Benjamin Recht (2009). Exact Matrix Completion via Convex Optimization.
    """
    table = references()
    if key not in table:
        near = difflib.get_close_matches(key, table, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known keys: {', '.join(sorted(table))}"
        raise UnknownReference(f"no reference {key!r} in references.bib; {hint}")
    return table[key]


def cite(keys: Iterable[str]) -> str:
    """BibTeX for the given keys, each once, in the order of first mention; ends with a line break unless empty.

    Examples:
        >>> cite(["fazel2002matrix", "fazel2002matrix"]).splitlines()[0]
        '@phdthesis{fazel2002matrix,'
    """
    if isinstance(keys, str):
        raise TypeError(f"keys must be several keys, got the single string {keys!r}; try cite([{keys!r}])")
    return "\n".join(reference(key).bibtex + "\n" for key in dict.fromkeys(keys))


@functools.cache
def references() -> dict[str, Reference]:
    """All entries of `references.bib` by key, in the order of the file."""
    return parse(resources.files("thalweg").joinpath("references.bib").read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, Reference]:
    """The entries of a BibTeX text by key; a ValueError names the entry that cannot be read."""
    table: dict[str, Reference] = {}
    position = 0
    while (at := text.find("@", position)) >= 0:
        start = _START.match(text, at)
        if start is None:
            raise ValueError(f"not the start of a BibTeX entry: {text[at : at + 40]!r}")
        key = start[2]
        position = _closing(text, text.index("{", at), key) + 1
        if key in table:
            raise ValueError(f"the key {key!r} stands twice in the bibliography")
        table[key] = _entry(key, text[at:position], text[start.end() : position - 1])
    return table


def _entry(key: str, bibtex: str, body: str) -> Reference:
    fields: dict[str, str] = {}
    position = 0
    while (start := _FIELD.search(body, position)) is not None:
        end = _closing(body, start.end() - 1, key)
        fields[start[1].lower()] = body[start.end() : end]
        position = end + 1
    missing = [name for name in ("author", "title", "year") if name not in fields]
    if missing:
        raise ValueError(f"the bibliography entry {key!r} lacks {' and '.join(missing)}")
    if not re.fullmatch(r"\d{4}", fields["year"]):
        raise ValueError(f"the bibliography entry {key!r} has the year {fields['year']!r}, not four digits")
    authors = tuple(_first_name_first(name) for name in re.split(r"\s+and\s+", fields["author"]))
    return Reference(key, bibtex, _plain(fields["title"]), authors, int(fields["year"]))


def _closing(text: str, opening: int, key: str) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"the bibliography entry {key!r} has a brace that is never closed")


def _first_name_first(name: str) -> str:
    last, comma, first = _plain(name).partition(", ")
    return f"{first} {last}" if comma else last


def _plain(value: str) -> str:
    """LaTeX text as Unicode: accents put together, braces dropped, dashes and ampersands as they are printed."""
    accented = _ACCENT.sub(lambda m: unicodedata.normalize("NFC", m[2] + _COMBINING[m[1]]), value)
    plain = re.sub(r"[{}]", "", accented).replace(r"\&", "&").replace("--", "–")
    return " ".join(plain.split())
