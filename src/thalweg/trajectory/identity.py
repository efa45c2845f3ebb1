"""What makes two runs the same run: a digest of everything their numbers depend on."""

import dataclasses
import hashlib
import json
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from thalweg import __version__


def identity_of(*parts: Any) -> dict[str, Any]:
    """A digest of the parts, the same in every process, with the versions and the device kind that made them.

    Raises:
        ValueError: a part holds a function that no module has under a name, so that another process could not tell
            whether it is the same.
    """
    text = json.dumps([_told(part) for part in parts], sort_keys=True)
    return {
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "thalweg": __version__,
        "jax": jax.__version__,
        "device": jax.devices()[0].device_kind,
        "float": jnp.dtype(jnp.result_type(float)).name,
    }


def _told(value: Any) -> Any:
    """A part in JSON: what there is of it, in order, nothing of where it lies in memory."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.dtype):
        return value.name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _told(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return [_name(type(value)), fields]
    if isinstance(value, dict):
        return {str(name): _told(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_told(part) for part in value]
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        array = np.asarray(value)
        return [array.dtype.name, list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]
    found = sys.modules.get(getattr(value, "__module__", None) or "")
    for part in getattr(value, "__qualname__", "?").split("."):
        found = getattr(found, part, None)
    if found is not value:
        raise ValueError(
            f"a snapshot could not know {value!r:.80} again; pass a function that its module has under a name, as in "
            "tw.Optax(optax.adam, learning_rate=1e-3), or follow without snapshots"
        )
    return _name(value)


def _name(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"
