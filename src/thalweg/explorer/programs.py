"""Compiled programs: one for every shape that readers ask for, forgotten before they fill the memory."""

import ctypes
import sys
import threading
from typing import Any

from thalweg.trajectory import loop

MOST = 40
"""Shapes whose programs are kept, of about ten megabytes each."""
_ONE = threading.Lock()
_COMPILED: tuple[Any, ...] = (loop.begin, loop.advance)


def tidy(most: int = MOST) -> bool:
    """Forgets all programs once there are more than `most`; whether it did.

    Runs that are going on get theirs again from the folder of compiled programs, with their next chunk.

    Examples:
        >>> tidy()
        False
    """
    with _ONE:
        if max(one._cache_size() for one in _COMPILED) <= most:
            return False
        for one in _COMPILED:
            one.clear_cache()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc, which keeps what is freed for itself otherwise
        if trim is not None:
            trim(0)
    return True
