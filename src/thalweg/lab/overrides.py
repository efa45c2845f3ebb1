"""`--set a.b=c`: changed parameters of a study, checked by name and type."""

import ast
import dataclasses
import difflib
import typing
from collections.abc import Sequence
from typing import Any


def overridden(parameters: Any, assignments: Sequence[str]) -> Any:
    """The parameters with each `path=value` put in place.

    Raises:
        ValueError: a text that is not `path=value`, a path that does not exist (the error lists what there is), or a value
            of another type or length than the one it replaces.

    Examples:
        >>> import dataclasses
        >>> from thalweg.lab.overrides import overridden
        >>> @dataclasses.dataclass(frozen=True)
        ... class Parameters:
        ...     rank: int = 5
        >>> overridden(Parameters(), ["rank=3"])
        Parameters(rank=3)
    """
    for assignment in assignments:
        path, separator, text = assignment.partition("=")
        if not separator or not path.strip():
            raise ValueError(f"--set takes path=value, got {assignment!r}")
        parameters = _put(parameters, path.strip().split("."), text.strip(), path.strip())
    return parameters


def _put(parameters: Any, names: list[str], text: str, path: str) -> Any:
    there = {field.name: getattr(parameters, field.name) for field in dataclasses.fields(parameters)}
    name = names[0]
    if name not in there:
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"there is no parameter {path!r}; there are {', '.join(there)}{hint}")
    if len(names) > 1:
        if not dataclasses.is_dataclass(there[name]):
            raise ValueError(f"{name} is a single value, {path!r} goes further than there is")
        return dataclasses.replace(parameters, **{name: _put(there[name], names[1:], text, path)})
    if dataclasses.is_dataclass(there[name]):
        inner = ", ".join(f"{path}.{field.name}" for field in dataclasses.fields(there[name]))
        raise ValueError(f"{path} is a group of parameters; set one of {inner}")
    value = _typed(text, there[name], path)
    _check_length(value, typing.get_type_hints(type(parameters)).get(name), path)
    return dataclasses.replace(parameters, **{name: value})


def _check_length(value: Any, hint: Any, path: str) -> None:
    if not isinstance(value, tuple):
        return
    if not value:
        raise ValueError(f"{path} takes at least one value, such as {path}=1,2")
    wanted = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and Ellipsis not in wanted and len(wanted) != len(value):
        raise ValueError(f"{path} takes {len(wanted)} values, got {len(value)}: {value}")


def _typed(text: str, like: Any, path: str) -> Any:
    if isinstance(like, str):
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(f"{path} takes {_kind(like)} such as {like!r}, got {text!r}") from None
    return _as(value, like, path, text)


def _as(value: Any, like: Any, path: str, text: str) -> Any:
    wrong = ValueError(f"{path} takes {_kind(like)} such as {like!r}, got {text!r}")
    if isinstance(like, tuple):
        items = value if isinstance(value, tuple | list) else (value,)
        return tuple(_as(item, like[0], path, text) for item in items) if like and items else tuple(items)
    if isinstance(like, bool) or isinstance(value, bool):
        if not (isinstance(like, bool) and isinstance(value, bool)):
            raise wrong
        return value
    if isinstance(like, float) and isinstance(value, int | float):
        return float(value)
    if isinstance(like, int) and isinstance(value, int):
        return value
    raise wrong


def _kind(like: Any) -> str:
    if isinstance(like, tuple):
        return "a list of numbers"
    return {bool: "True or False", int: "a whole number", float: "a number"}.get(type(like), "text")
