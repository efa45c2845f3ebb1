"""The state of a run that is done far from its store: it travels with the run, or lies in a folder that both sides see."""

from pathlib import Path
from typing import Any

import numpy as np

from thalweg._storage.errors import CorruptSnapshot
from thalweg._storage.files import arrays_bytes, arrays_in, read_arrays, write_arrays
from thalweg.lab.perform import of_these_versions


class States:
    """Snapshots of one run.

    Arguments:
        content: the snapshot that came with the task, b"" for none.
        shared: where to keep them while the run is on its way, so that they outlive this machine; nowhere if None.
    """

    def __init__(self, content: bytes, shared: Path | None):
        self.content, self.shared = content, shared

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The last snapshot, or None; a damaged one, or one of other versions, is as good as none."""
        kept = None
        try:
            if self.shared is not None and self.shared.is_file():
                kept = read_arrays(self.shared)
            elif self.content:
                kept = arrays_in(self.content, "the snapshot that came with the task")
        except CorruptSnapshot:
            kept = None
        return kept if of_these_versions(kept) else None

    def save(self, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
        """Keeps a snapshot in place of the last one."""
        self.content = arrays_bytes(arrays, meta)
        if self.shared is not None:
            self.shared.parent.mkdir(exist_ok=True)
            write_arrays(self.shared, arrays, meta)

    def drop(self) -> None:
        """Removes what a finished run leaves."""
        if self.shared is not None:
            self.shared.unlink(missing_ok=True)
