"""What the store costs: claiming, writing, listing, checking and reading runs.

    python benchmarks/store.py [--quick] [--runs 300] [--records 200] [--arrays 10] [--folder FOLDER] [--json FILE]

Each run is a NetCDF-4 file with so many arrays over so many records, synced to disk and entered in the index, as a
worker does it: `claim`, then `finish`. "of it making the file" is the part of `finish` that xarray and h5netcdf take to
make the bytes; the rest is SHA-256, syncing, renaming and the index. `query` lists all runs, `get` checks the digest of
each file, `dataset` reads each file. --quick takes 60 runs. The store is made in --folder (a new one among the system's
temporary ones unless given) and removed at the end; what a sync costs depends on the disk under it.
"""

import tempfile
from pathlib import Path

import common
import numpy as np
import xarray as xr

from thalweg._storage.files import dataset_bytes
from thalweg.lab.store import Store, key


def typical(records: int, arrays: int, seed: int) -> xr.Dataset:
    """The records of a run: arrays of one number a record, the last of ten singular values."""
    rng = np.random.default_rng(seed)
    data = {f"observable {number}": ("record", rng.normal(size=records)) for number in range(arrays - 1)}
    values = ("record", "index"), rng.normal(size=(records, 10))
    return xr.Dataset({**data, "singular values": values}, attrs={"provenance": "{}"})


def measure(place: Path, datasets: list[xr.Dataset]) -> dict[str, float]:
    """Seconds for each part, over all runs."""

    def write() -> None:
        for seed, dataset in enumerate(datasets):
            claim = store.claim(key({"seed": seed}), "benchmark", {"seed": seed})
            if claim is None:
                raise SystemExit(f"{place} already holds the runs of this benchmark: name an empty folder")
            store.finish(claim, dataset, {"loss": 0.5}, 1.0)

    with Store(place) as store:
        seconds = {"claim and finish": common.wall(write)}
        seconds["of it making the file"] = common.wall(lambda: [dataset_bytes(dataset) for dataset in datasets])
        seconds["query"] = common.wall(lambda: store.query("benchmark", "done"))
        records = store.query("benchmark", "done")
        seconds["get"] = common.wall(lambda: [store.get(record.key) for record in records])
        seconds["dataset"] = common.wall(lambda: [record.dataset() for record in records])
        if not all(record.dataset().identical(dataset) for record, dataset in zip(records[:5], datasets)):
            raise SystemExit("what was read is not what was written")
    seconds["open"] = common.wall(lambda: Store(place).close())
    return seconds


def main() -> None:
    parser = common.arguments(__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--arrays", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where to make the store, to measure another disk")
    options = parser.parse_args()
    common.pin(options.threads)
    count = 60 if options.quick else options.runs
    datasets = [typical(options.records, options.arrays, seed) for seed in range(count)]
    dataset_bytes(datasets[0])  # imports
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        seconds = measure(Path(folder) / "store", datasets)
    size = len(dataset_bytes(datasets[0]))
    print(f"{count} runs of {options.records} records and {options.arrays} arrays, {size} bytes each")
    whole = ("query", "open")
    rows = [[name, value, None if name in whole else 1e3 * value / count] for name, value in seconds.items()]
    common.table(["part", "seconds", "ms a run"], rows)
    chosen = {name: str(value) if name in ("json", "folder") else value for name, value in vars(options).items()}
    where = common.environment(options.threads)
    common.write(options.json, {"options": chosen, "environment": where, "seconds": seconds})


if __name__ == "__main__":
    main()
