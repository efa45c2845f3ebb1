"""How parts of the library show themselves: one line in a console, a small table in a notebook, never a page of numbers."""

import dataclasses
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

LONGEST = 160
"""Characters of a value before the rest is left out."""
_HEAD = "text-align:left;vertical-align:top"


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
    fields = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing) if field.repr}
    if hasattr(thing, "_told"):
        try:
            fields = thing._told()
        except (AttributeError, TypeError):  # a module may hold anything in place of its numbers while JAX takes it apart
            return {name: words(value) for name, value in fields.items()}
    return {name: words(value) for name, value in fields.items() if value is not None}


def words(value: Any) -> str:
    """A value in one short line.

    Examples:
        >>> words(np.array(0.001)), words([np.eye(2)] * 9), words(len), words("a")
        ('0.001', '9 of float64 (2, 2)', 'len', "'a'")
    """
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return _array(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        text = repr(value)
    elif isinstance(value, Mapping):
        text = "{" + ", ".join(f"{name}: {words(part)}" for name, part in value.items()) + "}"
    elif isinstance(value, list | tuple):
        text = _several(value)
    elif callable(value):
        text = getattr(value, "__qualname__", type(value).__name__)
    else:
        text = repr(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _array(value: Any) -> str:
    if value.shape == ():
        try:
            return words(value.item()) if isinstance(value, np.ndarray | np.generic) else words(np.asarray(value).item())
        except TypeError:  # in a function that is being compiled there is no number yet
            return f"{value.dtype} ()"
    return f"{value.dtype} {tuple(value.shape)}"


def _several(values: Sequence[Any]) -> str:
    parts = [words(part) for part in values[:9]]
    opening, closing = ("(", ")") if isinstance(values, tuple) else ("[", "]")
    if len(values) > 1 and len(set(parts)) == 1 and hasattr(values[0], "shape") and values[0].shape:
        return f"{len(values)} of {parts[0]}"
    if len(values) > 9:
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
    return headed(type(thing).__name__, table((), ((name.replace("_", " "), value) for name, value in told(thing).items())))


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
