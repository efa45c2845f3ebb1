"""Arrays of real numbers from what a caller hands in."""

from typing import Any

import numpy as np


def reals(value: Any, name: str) -> np.ndarray:
    """`value` as a float64 array, or a TypeError that names the argument: no text, no ragged lists, nothing complex.

    Examples:
        >>> reals([[1, 2]], "observed")
        array([[1., 2.]])
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind in "cSUmM":
            raise TypeError
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise TypeError(f"{name} must be an array of real numbers, got a {kind} that is none: {value!r:.80}") from None
