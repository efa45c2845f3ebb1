"""What carries studies out: expansion, seeds, the store, workers and verdicts. It knows no particular paper."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thalweg.lab.carry_out import run

__all__ = ["run"]


def __getattr__(name: str) -> Any:
    # when it is asked for: worker processes import this package before they know how many threads they have
    if name in __all__:
        return getattr(importlib.import_module("thalweg.lab.carry_out"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
