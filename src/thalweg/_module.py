"""The one place that imports equinox: frozen dataclasses that are pytrees."""

from typing import Any

import equinox as eqx
import numpy as np

Module = eqx.Module


def static(**kwargs: Any) -> Any:
    """A field that is structure, not a number: part of what is compiled."""
    return eqx.field(static=True, **kwargs)


def number(value: Any, name: str, *, above: float | None = None, least: float | None = None) -> np.ndarray:
    """A number that a sweep may vary, as a float64 array of no axes, so that six values are one compilation."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {value!r}") from None
    if array.shape != ():
        raise TypeError(f"{name} must be a single number, got an array of shape {array.shape}")
    if not np.isfinite(array):
        raise ValueError(f"{name} must be finite, got {value!r}")
    if above is not None and not array > above:
        raise ValueError(f"{name} must be greater than {above:g}, got {float(array):g}")
    if least is not None and not array >= least:
        raise ValueError(f"{name} must be at least {least:g}, got {float(array):g}")
    return array
