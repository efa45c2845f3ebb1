"""Checks of whole numbers, in words that name the argument."""

import operator
from typing import Any


def whole(value: Any, name: str, *, least: int = 1) -> int:
    """`value` as an int of at least `least`, or a clear error: True and 2.0 are not whole numbers here."""
    try:
        if isinstance(value, bool):
            raise TypeError
        integer = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {value!r}") from None
    if integer < least:
        raise ValueError(f"{name} must be at least {least}, got {integer}")
    return integer
