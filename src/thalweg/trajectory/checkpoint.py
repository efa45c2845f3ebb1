"""Snapshots of a run in progress: all that its remainder depends on, bit for bit."""

import json
from pathlib import Path
from typing import Any, Protocol

import jax
import numpy as np

from thalweg._storage.files import read_arrays, write_arrays
from thalweg.trajectory.loop import Carry


class Snapshots(Protocol):
    """Where snapshots go: a file, or a store."""

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The last snapshot, or None."""
        ...

    def save(self, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
        """Keeps a snapshot in place of the last one."""
        ...


class SnapshotFile:
    """Snapshots in one file, written beside it and renamed, so that a half-written one is never read.

    Examples:
        >>> import tempfile, pathlib
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=12, key=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder) / "run.npz"
        ...     run = tw.follow(problem, tw.DeepLinear(depth=2, shape=(4, 4)), tw.Gaussian(0.1),
        ...                     tw.GradientDescent(0.1), until=tw.Steps(3), key=0, snapshots=path)
        ...     path.exists()  # a finished run leaves none behind
        False
    """

    def __init__(self, path: Any):
        self.path = Path(path)

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        return read_arrays(self.path) if self.path.exists() else None

    def save(self, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
        write_arrays(self.path, arrays, meta)

    def drop(self) -> None:
        """Removes the file of a finished run."""
        self.path.unlink(missing_ok=True)


def packed(carry: Carry, records: dict[str, list[np.ndarray]]) -> dict[str, np.ndarray]:
    """The carry and the records so far as named arrays."""
    arrays = {f"carry/{index}": np.asarray(leaf) for index, leaf in enumerate(jax.tree.leaves(carry))}
    return arrays | {f"record/{name}": np.stack(parts) for name, parts in records.items()}


def unpacked(arrays: dict[str, np.ndarray], like: Carry) -> tuple[Carry, dict[str, list[np.ndarray]]]:
    """The inverse of `packed`; `like` lends the structure.

    Raises:
        ValueError: the snapshot was made by a run of another structure.
    """
    leaves, structure = jax.tree.flatten(like)
    kept = [arrays.get(f"carry/{index}") for index in range(len(leaves))]
    for have, want in zip(kept, leaves, strict=True):
        if have is None or have.shape != want.shape or have.dtype != want.dtype:
            raise ValueError("the snapshot is of another run: its arrays have other shapes; choose another file")
    carry = jax.tree.unflatten(structure, [jax.numpy.asarray(leaf) for leaf in kept])
    records = {name[7:]: list(array) for name, array in arrays.items() if name.startswith("record/")}
    return carry, records


def same(meta: dict[str, Any], identity: dict[str, Any]) -> bool:
    """Whether a snapshot belongs to a run with this identity."""
    return json.dumps(meta.get("identity"), sort_keys=True) == json.dumps(identity, sort_keys=True)
