"""The one place that imports equinox: frozen dataclasses that are pytrees."""

from typing import Any

import equinox as eqx
import jax
import numpy as np

from thalweg._shown import card, line


class AbstractModule(eqx.Module):
    """A frozen dataclass that is a pytree, and shows itself in one line, or as a small table in a notebook."""

    def __repr__(self) -> str:
        return line(self)

    def _repr_html_(self) -> str:
        return card(self)


Module = AbstractModule
AnyModule = eqx.Module
"""Of ours and of others."""


class Rest(eqx.Module):
    """What is left of an equinox module without its parameters; with them it is whole again.

    Parameters are arrays of real numbers. Other arrays (counters, indices) are kept beside them; what is no array
    (activations, sizes) is structure.
    """

    buffers: Any
    others: tuple[Any, ...] = eqx.field(static=True)
    structure: Any = eqx.field(static=True)

    def whole(self, params: Any) -> Any:
        """The module with these parameters."""
        return eqx.combine(params, self.buffers, jax.tree.unflatten(self.structure, self.others))

    def __call__(self, params: Any, inputs: Any) -> Any:
        return self.whole(params)(inputs)


def parted(module: Any) -> tuple[Any, Rest]:
    """The parameters of an equinox module, a pytree like it, and what is left."""
    params, rest = eqx.partition(module, eqx.is_inexact_array)
    buffers, others = eqx.partition(rest, eqx.is_array)
    leaves, structure = jax.tree.flatten(others)
    return params, Rest(buffers, tuple(leaves), structure)


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
