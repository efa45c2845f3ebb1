"""How many threads the decompositions of a matrix of some size should use."""

import functools
from contextlib import AbstractContextManager, nullcontext
from typing import Any


def threads_for(shape: tuple[int, ...], small: float = 256) -> AbstractContextManager[Any]:
    """One thread for the decompositions of small matrices, where threadpoolctl is installed; else as many as there are.

    At 100x100 a second thread gains nothing, and where other programs want the cores it waits: 10 to 50 times as long.

    Arguments:
        shape: of the matrix.
        small: the smaller side from which on all threads are used.

    Examples:
        >>> with threads_for((100, 100)):
        ...     pass
    """
    controller = _controller() if min(shape) < small else None
    return nullcontext() if controller is None else controller.limit(limits=1, user_api="blas")


@functools.cache
def _controller() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
