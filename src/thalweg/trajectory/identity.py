"""What makes two runs the same run: a digest of everything their numbers depend on."""

import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from thalweg import __version__


def identity_of(*parts: Any) -> dict[str, Any]:
    """A digest over structure and numbers of the parts, with the versions and the device kind that made them."""
    digest = hashlib.sha256()
    for part in parts:
        leaves, structure = jax.tree.flatten(part)
        digest.update(str(structure).encode())
        for leaf in leaves:
            try:
                array = np.asarray(leaf)
                digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
            except TypeError:
                digest.update(repr(leaf).encode())
    return {
        "digest": digest.hexdigest(),
        "thalweg": __version__,
        "jax": jax.__version__,
        "device": jax.devices()[0].device_kind,
        "float": jnp.dtype(jnp.result_type(float)).name,
    }
