"""Waiting for what other threads do: until it is so, however long it takes; a hang fails."""

import time
from collections.abc import Callable

PATIENCE = 60.0


def until(so: Callable[[], bool]) -> None:
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.001)
