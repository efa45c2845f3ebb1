"""Thalweg: a laboratory for the paths that gradient descent takes.

State a problem, a parametrization, a start and an algorithm; `thalweg.follow` follows the path, measures it on the way
and returns what it recorded. Nothing here imports JAX until a name that needs it is first used.
"""

import importlib
import pkgutil
from typing import Any

from thalweg._names import PUBLIC, SUBPACKAGES

__version__ = "0.1.0"
__all__ = [*PUBLIC, "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in PUBLIC:
        value = getattr(importlib.import_module(PUBLIC[name]), name)
        globals()[name] = value
        return value
    if name in _rooms():
        return importlib.import_module(f"thalweg.{name}")
    raise AttributeError(f"module 'thalweg' has no attribute {name!r}")


def _rooms() -> set[str]:
    return {room.name for room in pkgutil.iter_modules(__path__) if room.name in SUBPACKAGES}


def __dir__() -> list[str]:
    return sorted({*globals(), *PUBLIC, *_rooms()})
