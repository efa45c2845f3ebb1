"""What a number needs beside it to be believed later: parameters, versions, precision, hardware."""

import functools
import importlib.metadata
import math
import os
import platform
from typing import Any

import numpy as np

from thalweg import __version__

PACKAGES = ("jax", "jaxlib", "equinox", "diffrax", "optax", "numpy", "scipy", "xarray")


@functools.cache
def environment() -> dict[str, Any]:
    """Versions and hardware of this process.

    Examples:
        >>> from thalweg.trajectory.provenance import environment
        >>> sorted(environment())
        ['device', 'processor', 'python', 'threads', 'versions']
    """
    import jax

    device = jax.devices()[0]
    return {
        "versions": {"thalweg": __version__, **{name: importlib.metadata.version(name) for name in PACKAGES}},
        "python": platform.python_version(),
        "processor": _processor(),
        "device": f"{device.platform}: {device.device_kind}",
        "threads": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def describe(value: Any) -> Any:
    """A short, JSON-able description of a part of a run: class and numbers; large arrays by shape alone."""
    import dataclasses

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: describe(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"class": type(value).__name__, **{name: part for name, part in fields.items() if part is not None}}
    if isinstance(value, dict):
        return {str(name): describe(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [describe(part) for part in value]
    if hasattr(value, "shape"):
        array = np.asarray(value)
        return describe(array.tolist()) if array.size <= 16 else f"array {array.shape}"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no infinity
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return getattr(value, "__qualname__", type(value).__name__)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        return platform.processor() or platform.machine()
    return platform.processor() or platform.machine()
