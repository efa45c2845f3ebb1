"""What must be alike on two machines for their numbers to be the same, and for them to understand each other."""

import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path

from thalweg import __version__

PACKAGES = ("jax", "jaxlib", "equinox", "diffrax", "optax", "numpy", "scipy", "xarray")


@functools.cache
def facts() -> dict[str, str]:
    """Versions and a digest of the source of Thalweg, as this process has them; without JAX.

    Examples:
        >>> from thalweg.lab.cluster.facts import facts
        >>> list(facts())[:3]
        ['thalweg', 'source of thalweg', 'python']
    """
    return {
        "thalweg": __version__,
        "source of thalweg": _source(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: _version(name) for name in PACKAGES},
    }


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """What is not alike, in words; "" where all is.

    Examples:
        >>> from thalweg.lab.cluster.facts import differences
        >>> differences({"jax": "0.10.2", "python": "3.11"}, {"jax": "0.9.0", "python": "3.11"})
        'it has jax 0.9.0 (here 0.10.2): the numbers could differ; install the same there, and start the worker again'
    """
    found = [f"{name} {there.get(name, 'none')} (here {here[name]})" for name in here if there.get(name) != here[name]]
    again = "install the same there, and start the worker again"
    return f"it has {', '.join(found)}: the numbers could differ; {again}" if found else ""


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _source() -> str:
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in (".py", ".npz")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
