"""Turns at the processor: those who ask are served in order, and who goes on for long goes to the end of the line."""

import itertools
import threading
import weakref
from collections.abc import Callable


class Turns:
    """So many may work at once; the others wait in line.

    Several may ask for the same one, as the lanes of a run do. The next turn is for the one who has waited longest since
    any of its own had a turn, so that a run of six lanes has no more of the processor than a run of one.

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
        self._line: list[tuple[object, object]] = []
        self._clock = itertools.count()
        self._since: weakref.WeakKeyDictionary[object, int] = weakref.WeakKeyDictionary()

    @property
    def waiting(self) -> int:
        """How many are in line."""
        with self._changed:
            return len(self._line)

    def take(self, given_up: Callable[[], bool], who: object | None = None) -> bool:
        """Waits for a turn; False where `given_up` says so before it comes. `who` it is for; one of its own unless given."""
        with self._changed:
            return self._wait(given_up, who)

    def leave(self) -> None:
        """Gives the turn back."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def let_others(self, given_up: Callable[[], bool], who: object | None = None) -> bool:
        """Where others wait, gives the turn back and waits for the next; False where `given_up` meanwhile, without a turn."""
        with self._changed:
            if not self._line:
                return True
            self._free += 1  # in line before anyone is told of it, so that nobody comes by twice
            return self._wait(given_up, who)

    def _wait(self, given_up: Callable[[], bool], who: object | None) -> bool:
        me = _Place()
        who = me if who is None else who
        self._since.setdefault(who, next(self._clock))
        self._line.append((me, who))
        self._changed.notify_all()
        try:
            while not (self._free and self._next() is me):
                if given_up():
                    return False
                self._changed.wait(0.05)
            self._free -= 1
            self._since[who] = next(self._clock)
            return True
        finally:
            self._line.remove((me, who))
            self._changed.notify_all()

    def _next(self) -> object:
        """The first in line of those who have waited longest."""
        return min(self._line, key=lambda one: self._since[one[1]])[0]


class _Place:
    """A place in line."""
