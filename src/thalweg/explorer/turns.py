"""Turns at the processor: those who ask are served in order, and who goes on for long goes to the end of the line."""

import collections
import threading
from collections.abc import Callable


class Turns:
    """So many may work at once; the others wait in line.

    Arguments:
        places: how many at once.

    Examples:
        >>> turns = Turns(1)
        >>> turns.take(lambda: False)
        True
        >>> turns.waiting
        0
        >>> turns.leave()
    """

    def __init__(self, places: int):
        self._changed = threading.Condition()
        self._free = places
        self._line: collections.deque[object] = collections.deque()

    @property
    def waiting(self) -> int:
        """How many are in line."""
        with self._changed:
            return len(self._line)

    def take(self, given_up: Callable[[], bool]) -> bool:
        """Waits for a turn; False where `given_up` says so before it comes."""
        with self._changed:
            return self._wait(given_up)

    def leave(self) -> None:
        """Gives the turn back."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def let_others(self, given_up: Callable[[], bool]) -> bool:
        """Where others wait, gives the turn back and waits for the next; False where `given_up` meanwhile, without a turn."""
        with self._changed:
            if not self._line:
                return True
            self._free += 1  # in line before anyone is told of it, so that nobody comes by twice
            return self._wait(given_up)

    def _wait(self, given_up: Callable[[], bool]) -> bool:
        me = object()
        self._line.append(me)
        self._changed.notify_all()
        try:
            while not (self._free and self._line[0] is me):
                if given_up():
                    return False
                self._changed.wait(0.05)
            self._free -= 1
            return True
        finally:
            self._line.remove(me)
            self._changed.notify_all()
