"""The store of runs: keys of specifications, files that are whole or absent, and an index that many processes share.

`Store` is what there is to use; the rest is what it is made of. Nothing here imports JAX.
"""

from thalweg._storage.errors import (
    CorruptRun,
    CorruptSnapshot,
    LeaseLost,
    StoreError,
    StoreFull,
    StoreMissing,
    StoreNewer,
    StoreReadOnly,
    StoreWarning,
)
from thalweg._storage.files import read_arrays, read_dataset, write_arrays, write_dataset
from thalweg.lab.store.key import canonical, key
from thalweg.lab.store.records import Lease, RunRecord, VerdictRecord
from thalweg.lab.store.store import Store, default_store

__all__ = [
    "CorruptRun",
    "CorruptSnapshot",
    "Lease",
    "LeaseLost",
    "RunRecord",
    "Store",
    "StoreError",
    "StoreFull",
    "StoreMissing",
    "StoreNewer",
    "StoreReadOnly",
    "StoreWarning",
    "VerdictRecord",
    "canonical",
    "default_store",
    "key",
    "read_arrays",
    "read_dataset",
    "write_arrays",
    "write_dataset",
]
