"""Compiled programs: one for every shape that readers ask for, forgotten before they fill the memory."""

import ctypes
import sys
import threading

from thalweg.trajectory import loop

MOST = 40
"""Shapes whose programs are kept, of about ten megabytes each."""
_ONE = threading.Lock()


def tidy(most: int = MOST) -> bool:
    """Forgets all programs once there are more than `most`; whether it did.

    Runs that are going on get theirs again from the folder of compiled programs, with their next chunk.

    Examples:
        >>> tidy()
        False
    """
    with _ONE:
        if loop.advance._cache_size() <= most:
            return False
        loop.advance.clear_cache()
        loop.begin.clear_cache()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc, which keeps what is freed for itself otherwise
        if trim is not None:
            trim(0)
    return True
