"""Streams of random numbers by role, all folded from one root seed.

Data, start and noise draw from separate streams: adding a method never changes another's data. The streams are numpy's,
in float64 whatever the precision of the run, so that an instance is the same on every device.
"""

import hashlib
from typing import Any

import numpy as np

from thalweg._whole import whole


def entropy(key: Any) -> list[int]:
    """The whole numbers that a key stands for: an int, a sequence of ints, or a JAX random key."""
    if hasattr(key, "dtype") and not isinstance(key, np.generic):
        import jax

        data = jax.random.key_data(key) if jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key) else key
        return [int(word) for word in np.asarray(data).ravel()]
    if isinstance(key, tuple | list):
        return [whole(part, "key", least=0) for part in key]
    return [whole(key, "key", least=0)]


def stream(key: Any, role: str) -> np.random.Generator:
    """The stream of a role (`data`, `start`, `noise`, ...) under a root key.

    Examples:
        >>> float(stream(0, "data").random()) == float(stream(0, "start").random())
        False
    """
    digest = int.from_bytes(hashlib.sha256(role.encode()).digest()[:8], "big")
    return np.random.default_rng(np.random.SeedSequence([*entropy(key), digest]))
