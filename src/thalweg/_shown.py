"""How parts of the library show themselves: one line in a console, a small table in a notebook, never a page of numbers."""

import contextlib
import dataclasses
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

LONGEST = 160
"""Characters of a value before the rest is left out."""
LIMIT = 12
"""Parts of a sequence or a mapping that are looked at before they are counted."""
_HEAD = "text-align:left;vertical-align:top"
_Kind = TypeVar("_Kind")
_NO_PARTS = (AttributeError, TypeError, ValueError, LookupError, RuntimeError)
"""What asking a part for its parts may end in where it is not whole: JAX puts anything in the places of numbers while it takes
modules apart, and a module may show itself in an error before it is made."""


def shown(kind: type[_Kind]) -> type[_Kind]:
    """Above `@dataclass`: its instances show themselves as `line` and `card` say.

    Examples:
        >>> @shown
        ... @dataclasses.dataclass(frozen=True)
        ... class Path:
        ...     points: np.ndarray
        >>> Path(np.zeros((4, 2)))
        Path(points=float64 (4, 2))
    """
    for name, method in (("__repr__", line), ("_repr_html_", card)):
        setattr(kind, name, method)
    return kind


def line(thing: Any) -> str:
    """A dataclass as one line: `Name(field=value, ...)`, arrays by dtype and shape, what is None left out.

    A class says by a method `_told` what stands there in place of its fields.

    Examples:
        >>> @dataclasses.dataclass
        ... class Step:
        ...     rate: float
        ...     weights: np.ndarray
        >>> line(Step(0.5, np.zeros((3, 2))))
        'Step(rate=0.5, weights=float64 (3, 2))'
    """
    return f"{type(thing).__name__}({', '.join(f'{name}={value}' for name, value in told(thing).items())})"


def told(thing: Any) -> dict[str, str]:
    """What is shown of a thing: names, and values in words."""
    if hasattr(thing, "_told"):
        with contextlib.suppress(*_NO_PARTS):
            return {name: words(value) for name, value in thing._told().items() if value is not None}
    found = {field.name: getattr(thing, field.name, None) for field in dataclasses.fields(thing) if field.repr}
    return {name: words(value) for name, value in found.items() if value is not None}


def words(value: Any) -> str:
    """A value in one short line.

    Examples:
        >>> words(np.array(0.001)), words([np.eye(2)] * 9), words(len), words("a")
        ('0.001', '9 of float64 (2, 2)', 'len', "'a'")
    """
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, str):
        text = repr(value if len(value) < LONGEST else value[:LONGEST])
    elif isinstance(value, type):
        text = value.__qualname__
    elif dataclasses.is_dataclass(value):
        text = repr(value)
    elif hasattr(value, "data_vars"):
        text = f"{type(value).__name__} of {', '.join(map(str, value.data_vars))}"
    elif hasattr(value, "shape"):
        text = _array(value)
    elif isinstance(value, Mapping):
        text = _mapping(value)
    elif isinstance(value, list | tuple):
        text = _several(value)
    elif callable(value):
        text = getattr(value, "__qualname__", type(value).__name__)
    else:
        text = repr(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _array(value: Any) -> str:
    kind = getattr(value, "dtype", type(value).__name__)
    if value.shape == () and not hasattr(kind, "fields"):  # no array of numpy, and none of JAX
        return f"{kind} ()"
    if value.shape == ():
        try:
            return words(np.asarray(value).item())
        except (TypeError, RuntimeError):  # no number yet, in a function that is being compiled; or none any more
            return f"{kind} ()"
    return f"{kind} {tuple(value.shape)}" if isinstance(value.shape, tuple) else str(kind)


def _mapping(values: Mapping[Any, Any]) -> str:
    if len(values) > LIMIT:
        return f"{len(values)} values, of {words(next(iter(values)))} and others"
    return "{" + ", ".join(f"{name}: {words(part)}" for name, part in values.items()) + "}"


def _several(values: Sequence[Any]) -> str:
    parts = [words(part) for part in values[:LIMIT]]
    opening, closing = ("(", ")") if isinstance(values, tuple) else ("[", "]")
    if len(values) > 1 and len(set(parts)) == 1 and (" (" in parts[0] or " of " in parts[0]) and not isinstance(values[0], str):
        return f"{len(values)} of {parts[0]}"
    if len(values) > LIMIT:
        return f"{len(values)} values, the first {parts[0]}"
    return f"{opening}{', '.join(parts)}{',' if isinstance(values, tuple) and len(values) == 1 else ''}{closing}"


def card(thing: Any) -> str:
    """The same as a table in HTML.

    Examples:
        >>> @dataclasses.dataclass
        ... class Step:
        ...     rate: float
        >>> "<td>0.5</td>" in card(Step(0.5)).replace(f' style="{_HEAD}"', "")
        True
    """
    sentence = str(thing) if type(thing).__str__ is not object.__str__ else ""
    rows = [(name.replace("_", " "), value) for name, value in told(thing).items() if value != words(sentence)]
    return headed(type(thing).__name__, table((), rows), sentence=sentence)


def headed(title: str, *bodies: str, sentence: str = "") -> str:
    """A heading, a sentence under it, and what follows, which is HTML already."""
    said = f"<div>{html.escape(sentence)}</div>" if sentence else ""
    return f"<div><strong>{html.escape(title)}</strong>{said}{''.join(bodies)}</div>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as a table in HTML, the first cell of each its head.

    Examples:
        >>> table(["a"], []).startswith("<table><thead><tr><th")
        True
    """
    head = "".join(f'<th style="{_HEAD}">{html.escape(name)}</th>' for name in columns)
    body = ""
    for first, *rest in rows:
        cells = "".join(f'<td style="{_HEAD}">{html.escape(str(cell))}</td>' for cell in rest)
        body += f'<tr><th style="{_HEAD}">{html.escape(str(first))}</th>{cells}</tr>'
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if columns else ''}<tbody>{body}</tbody></table>"
