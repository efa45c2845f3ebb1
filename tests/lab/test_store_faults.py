"""The store in foul weather: killed writers, rivals, flipped bits, full and read-only disks. Nothing done is lost.

Workers that are to be killed are forked from a small process that has imported what they need: a kill every few dozen
milliseconds, and no fork in the process of the tests, where JAX has threads.
"""

import errno
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from thalweg._storage.owner import host_tag, started
from thalweg.lab.store import (
    CorruptRun,
    CorruptSnapshot,
    Lease,
    RunRecord,
    Store,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreWarning,
    key,
    read_arrays,
    read_dataset,
    write_arrays,
    write_dataset,
)
from thalweg.lab.store import index as index_module

KEY = key("one")

HELPERS = """if True:
    import json, os, random, signal, sys, time
    import h5netcdf, h5py, numpy as np, xarray as xr
    from thalweg._storage import atomic
    from thalweg.lab.store import Store, key

    def dataset(seed, size=200):
        rng = np.random.default_rng(seed)
        return xr.Dataset({f"x{i}": ("record", rng.normal(size=size)) for i in range(3)})

    def work(path, order):
        with Store(path) as store:
            for number in order:
                claim = store.claim(key(number), "study", {"number": number})
                if claim is None:
                    continue
                store.snapshot(claim, {"W_1": np.full(2000, float(number))}, {"number": number})
                store.finish(claim, dataset(number), {"number": number}, 0.0)
                os.write(1, f"{number}\\n".encode())  # at once, where print might mix with that of another process

    def fork(function, *given):
        child = os.fork()
        if child == 0:
            try:
                function(*given)
                os._exit(0)
            except BaseException:
                import traceback
                traceback.print_exc()
                os._exit(1)
        return child
"""


def dataset(seed: int, size: int = 200) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    return xr.Dataset({f"x{i}": ("record", rng.normal(size=size)) for i in range(3)})


def same_bits(one: xr.Dataset, other: xr.Dataset) -> bool:
    return one.identical(other) and all(one[name].values.tobytes() == other[name].values.tobytes() for name in one)


def python(script: str, *values: Any, check: bool = True) -> str:
    command = [sys.executable, "-c", HELPERS + script, *map(str, values)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert not check or (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def do(store: Store, number: int, size: int = 200) -> RunRecord:
    claim = store.claim(key(number), "study", {"number": number})
    assert claim is not None
    return store.finish(claim, dataset(number, size), {"number": number}, 0.0)


def check_whole(store: Store, size: int = 200) -> set[int]:
    """Each run that is listed as done reads back to the bit; the numbers of them."""
    numbers = set()
    for listed in store.query(state="done"):
        record = store.get(listed.key)
        assert record is not None
        assert record == listed
        number = record.case["number"]
        assert record.key == key(number)
        assert record.finals == {"number": number}
        assert same_bits(record.dataset(), dataset(number, size))
        numbers.add(number)
    if store.mode == "w":
        db = sqlite3.connect(store.path / "index.sqlite")
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
    return numbers


def temporaries(folder: Path) -> list[Path]:
    return list(folder.rglob(".*.tmp"))


# killed writers


def test_writers_killed_at_any_moment_leave_only_whole_runs(tmp_path: Path):
    kills, runs = 40, 400
    script = """
    path, kills, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    draw, amid = random.Random(7), 0
    sys.stdout.flush()
    began = time.monotonic()
    quiet = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    work(path, [runs, runs + 1, runs + 2])
    os.dup2(quiet, 1)
    one = (time.monotonic() - began) / 3  # so a slow machine is given the time that it takes
    for _ in range(kills):
        order = list(range(runs))
        draw.shuffle(order)
        ready, begun = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.write(begun, b"x")
            work(path, order)
            os._exit(0)
        os.read(ready, 1)
        os.close(ready), os.close(begun)
        time.sleep(draw.uniform(0.05, 2.5) * one)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with Store(path, "r") as store:
            amid += child in [record.owner.pid for record in store.query(state="running")]
    print(json.dumps(amid))
    """
    with Store(tmp_path):
        amid = json.loads(python(script, tmp_path, kills, runs))
    with Store(tmp_path) as store:
        assert temporaries(tmp_path) == []
        numbers = check_whole(store)
        left = store.query(state="running")
        # the kills came in the middle of runs, not between them, and work went on between the kills
        print(f"{kills} kills, {amid} amid a run: {len(numbers)} done, {len(left)} left half done")
        assert amid > kills / 3
        assert len(numbers) > 5
        assert {record.state for record in store.query()} <= {"done", "running"}
        for record in left:
            snapshot = store.load_snapshot(record.key)
            assert snapshot is None or set(snapshot[0]["W_1"]) == {float(record.case["number"])}
            claim = store.claim(record.key, "study", record.case)
            assert claim is not None
            assert claim.attempts == record.attempts + 1
            store.finish(claim, dataset(record.case["number"]), {"number": record.case["number"]}, 0.0)
        assert check_whole(store) == numbers | {record.case["number"] for record in left}


@pytest.mark.parametrize(
    ("moment", "temporary", "file"),
    [
        ("written but not synced", True, False),
        ("synced but not renamed", True, False),
        ("renamed but not in the index", False, True),
        ("in the index but not committed", False, True),
    ],
)
def test_a_writer_that_dies_between_two_steps_leaves_its_run_to_be_done(tmp_path: Path, moment: str, temporary: bool, file: bool):
    script = """
    path, moment = sys.argv[1:]

    def die(*_):
        os._exit(9)

    store = Store(path)
    done = store.claim(key(0), "study", {"number": 0})
    store.finish(done, dataset(0), {"number": 0}, 0.0)
    claim = store.claim(key(1), "study", {"number": 1})
    if moment == "written but not synced":
        os.fsync = lambda descriptor: die() if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".tmp") else None
    elif moment == "synced but not renamed":
        os.replace = die
    elif moment == "renamed but not in the index":
        atomic.sync_folder = lambda folder: die() if list(folder.glob("*.nc")) else None
    else:
        store._index._connection.set_trace_callback(lambda sql: die() if sql == "COMMIT" else None)
    store.finish(claim, dataset(1), {"number": 1}, 0.0)
    """
    python(script, tmp_path, moment, check=False)
    place = tmp_path / "runs" / key(1)[:2] / f"{key(1)}.nc"
    assert (len(temporaries(tmp_path)) == 1) == temporary
    assert place.exists() == file
    with Store(tmp_path) as store:
        assert temporaries(tmp_path) == []
        assert check_whole(store) == {0}
        assert store.get(key(1)) is None
        assert [record.case["number"] for record in store.query(state="running")] == [1]
        assert do(store, 1).attempts == 2
        assert check_whole(store) == {0, 1}


def test_a_temporary_file_goes_with_its_writer(tmp_path: Path):
    folder = tmp_path / "runs" / "ab"
    folder.mkdir(parents=True)
    here, pid, start = host_tag(), os.getpid(), started(os.getpid())
    kept = [f".{here}-{pid}-{start}-00000000.tmp", ".00000000-1-1-00000000.tmp", ".other.tmp", "data.tmp"]
    gone = [f".{here}-{pid}-1-00000000.tmp", f".{here}-{2**22 + 1}-1-00000000.tmp", ".00000000-1-1-00000001.tmp"]
    for name in (*kept, *gone):
        (folder / name).write_bytes(b"half")
    os.utime(folder / gone[-1], (time.time() - 7200, time.time() - 7200))
    with Store(tmp_path):
        assert sorted(file.name for file in folder.iterdir()) == sorted(kept)


# rivals


def test_of_many_processes_one_gets_each_run(tmp_path: Path):
    script = """
    path, runs, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    start = time.time() + 0.3

    def worker(seed):
        order = list(range(runs))
        random.Random(seed).shuffle(order)
        while time.time() < start:
            pass
        work(path, order)

    codes = [os.waitpid(child, 0)[1] for child in [fork(worker, seed) for seed in range(workers)]]
    assert codes == [0] * workers, codes
    """
    runs = 40
    done = [int(line) for line in python(script, tmp_path / "new", runs, 4).split()]
    assert sorted(done) == list(range(runs))
    with Store(tmp_path / "new") as store:
        assert check_whole(store) == set(range(runs))
        assert {record.attempts for record in store.query()} == {1}


def test_a_store_that_another_process_is_making_is_not_taken_for_a_strange_file(tmp_path: Path):
    path = tmp_path / "index.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = wal")

    def make_the_store(statement: str) -> None:
        if statement.startswith("SELECT count"):
            connection.set_trace_callback(None)
            Store(tmp_path).close()

    connection.set_trace_callback(make_the_store)
    assert index_module._check(connection, path) == 0
    assert index_module._check(connection, path) == 1
    connection.close()


def test_a_killed_owner_is_taken_over_and_a_living_one_is_not(tmp_path: Path):
    script = "\n    s = Store(sys.argv[1]); s.claim(sys.argv[2], 'study', {}); print('claimed', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", HELPERS + script, str(tmp_path), KEY]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"claimed\n"
        with Store(tmp_path) as store:
            assert store.claim(KEY, "study", {}) is None
            worker.send_signal(signal.SIGSTOP)  # a worker that is only stopped still owns its run
            assert store.claim(KEY, "study", {}) is None
            worker.kill()
            deadline = time.monotonic() + 10
            claim = None
            while claim is None and time.monotonic() < deadline:  # nobody has waited for it: it is a zombie now
                claim = store.claim(KEY, "study", {})
            assert claim is not None
            assert claim.attempts == 2
    finally:
        worker.kill()
        worker.communicate()


def test_a_store_is_not_used_across_a_fork(tmp_path: Path):
    script = """
    store = Store(sys.argv[1])

    def use():
        try:
            store.query()
        except Exception as error:
            print(type(error).__name__, error)

    os.waitpid(fork(use), 0)
    """
    assert "StoreError a store that was opened before a fork" in python(script, tmp_path)


# damaged files


def damaged(content: bytes, way: str, draw: random.Random) -> bytes:
    if way == "bit":
        place = draw.randrange(len(content))
        return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]
    if way == "cut":
        return content[: draw.randrange(len(content))]
    return {"empty": b"", "longer": content + b"\0", "text": b"This is not a NetCDF file.\n" * 40}[way]


@pytest.mark.parametrize("way", ["bit", "cut", "empty", "longer", "text", "missing"])
def test_a_damaged_run_is_set_aside_and_done_again(tmp_path: Path, way: str):
    draw = random.Random(3)
    with Store(tmp_path) as store:
        do(store, 0)
        for turn in range(6 if way in ("bit", "cut") else 1):
            record = do(store, 1) if turn == 0 else store.get(key(1))
            assert record is not None
            assert record.file is not None
            whole = record.file.read_bytes()
            broken = b"" if way == "missing" else damaged(whole, way, draw)
            if way == "missing":
                record.file.unlink()
            else:
                record.file.write_bytes(broken)
            with Store(tmp_path, "r") as looker, pytest.raises(CorruptRun, match="Run the study again"):
                looker.get(key(1))
            with pytest.warns(StoreWarning, match="is missing" if way == "missing" else "moved to .*corrupt"):
                assert store.get(key(1)) is None
            assert store.get(key(1)) is None
            (row,) = store.query(state="interrupted")
            assert (row.finals, row.file) == ({}, None)
            assert str(record.file) in row.message
            assert not record.file.exists()
            aside = list((tmp_path / "corrupt").glob(f"{key(1)}-*.nc"))
            assert len(aside) == (0 if way == "missing" else turn + 1)
            assert way == "missing" or broken in [file.read_bytes() for file in aside]
            assert do(store, 1).attempts == turn + 2
        assert check_whole(store) == {0, 1}


def test_a_run_that_was_done_anew_meanwhile_is_not_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Store(tmp_path) as store, Store(tmp_path) as other:
        record = do(store, 1)
        assert record.file is not None
        record.file.write_bytes(b"half")
        looked = store._trouble

        def look_and_let_the_other_repair(record: RunRecord) -> str:
            found = looked(record)
            monkeypatch.undo()
            with pytest.warns(StoreWarning):
                assert other.get(key(1)) is None
            do(other, 1)
            return found

        monkeypatch.setattr(store, "_trouble", look_and_let_the_other_repair)
        again = store.get(key(1))
        assert again is not None
        assert again.attempts == 2
        assert check_whole(store) == {1}


@pytest.mark.parametrize("content", [b"", b"This is not a NetCDF file.\n" * 40, b"\x89HDF\r\n\x1a\n", b"CDF\x01" + bytes(90)])
def test_a_file_that_is_no_netcdf_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "a.nc").write_bytes(content)
    with pytest.raises(CorruptRun, match=r"a\.nc cannot be read as NetCDF-4"):
        read_dataset(tmp_path / "a.nc")
    with pytest.raises(CorruptRun, match=r"a\.nc is not what was written"):
        read_dataset(tmp_path / "a.nc", "0" * 64)


def test_no_torn_or_tampered_snapshot_is_taken_for_whole(tmp_path: Path):
    arrays = {"W_1": np.arange(12.0).reshape(3, 4), "key": np.arange(2, dtype=np.uint32), "step": np.asarray(7)}
    path = tmp_path / "a.npz"
    write_arrays(path, arrays, {"time": 0.5})
    whole = path.read_bytes()
    draw, caught = random.Random(5), 0
    spoiled = [whole[:length] for length in range(0, len(whole), 7)] + [damaged(whole, "bit", draw) for _ in range(400)]
    for content in spoiled:
        path.write_bytes(content)
        try:
            read, meta = read_arrays(path)
        except CorruptSnapshot:
            caught += 1
            continue
        # a date or a flag in the zip's own headers: what was kept is what was given
        assert meta == {"time": 0.5}
        assert list(read) == list(arrays)
        assert all(read[name].tobytes() == array.tobytes() for name, array in arrays.items())
        assert all(read[name].dtype == array.dtype for name, array in arrays.items())
    assert caught > len(spoiled) / 2


def test_a_snapshot_whose_sums_were_made_to_fit_is_detected_too(tmp_path: Path):
    write_arrays(tmp_path / "a.npz", {"W_1": np.arange(4.0)}, {"time": 0.5})
    write_arrays(tmp_path / "b.npz", {"W_1": np.arange(4.0) + 1}, {"time": 0.5})
    with (
        zipfile.ZipFile(tmp_path / "a.npz") as one,
        zipfile.ZipFile(tmp_path / "b.npz") as other,
        zipfile.ZipFile(tmp_path / "c.npz", "w") as mixed,
    ):
        mixed.writestr("about.json", one.read("about.json"))
        mixed.writestr("W_1.npy", other.read("W_1.npy"))
    with pytest.raises(CorruptSnapshot, match="have changed"):
        read_arrays(tmp_path / "c.npz")


def test_a_pickle_in_a_snapshot_is_never_opened(tmp_path: Path):
    np.savez(tmp_path / "a.npz", W_1=np.array([{"a": 1}], dtype=object))
    with pytest.raises(CorruptSnapshot, match="cannot be read as a snapshot"):
        read_arrays(tmp_path / "a.npz")


def test_a_torn_snapshot_of_a_run_is_set_aside(tmp_path: Path):
    with Store(tmp_path) as store:
        claim = store.claim(KEY, "study", {})
        assert claim is not None
        store.snapshot(claim, {"W_1": np.eye(3)})
        file = tmp_path / "snapshots" / f"{KEY}.npz"
        torn = file.read_bytes()[:-30]
        file.write_bytes(torn)
        with Store(tmp_path, "r") as looker, pytest.raises(CorruptSnapshot):
            looker.load_snapshot(KEY)
        with pytest.raises(CorruptSnapshot, match=r"already moved it, to .*corrupt"):
            store.load_snapshot(KEY)
        assert store.load_snapshot(KEY) is None
        assert [aside.read_bytes() for aside in (tmp_path / "corrupt").iterdir()] == [torn]
        store.snapshot(claim, {"W_1": np.eye(3)})
        assert store.load_snapshot(KEY) is not None


# disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    if not sys.platform.startswith("linux") or shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("a small disk can be mounted by root on Linux only")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path, leave: int = 0) -> Path:
    """A file that leaves `leave` bytes of the disk free."""
    ballast = place / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(place).free - leave))
    assert shutil.disk_usage(place).free <= leave
    return ballast


def test_a_full_disk_loses_nothing(small_disk: Path):
    place = small_disk / "store"
    (small_disk / "spare").write_bytes(bytes(200_000))
    with Store(place) as store:
        claims: list[Lease] = []

        def run(number: int) -> None:
            if len(claims) == number:
                claim = store.claim(key(number), "study", {"number": number})
                assert claim is not None
                claims.append(claim)
            store.snapshot(claims[number], {"W_1": np.zeros(10)})
            store.finish(claims[number], dataset(number, 1000), {"number": number}, 0.0)

        def run_all() -> None:
            for number in range(1000):
                run(number)

        with pytest.raises(StoreFull, match=r"no space is left at .* free\).*before is intact.*THALWEG_STORE"):
            run_all()
        assert temporaries(place) == []
        done = check_whole(store, 1000)
        assert done == set(range(len(done)))
        assert len(done) > 3
        (small_disk / "spare").unlink()
        run(len(done))  # with the claim that it had before, if it had come that far
        assert check_whole(store, 1000) == set(range(len(done) + 1))
    with Store(place) as store:
        assert check_whole(store, 1000) == set(range(len(done) + 1))


@pytest.mark.parametrize("leave", [0, 4096, 20_000, 60_000])
def test_a_disk_that_fills_up_at_any_point_is_survived(small_disk: Path, leave: int):
    place = small_disk / "store"
    with Store(place) as store:
        do(store, 0)
        held = store.claim(KEY, "study", {"number": 1})
        assert held is not None
        store.snapshot(held, {"W_1": np.arange(3.0)})
        ballast = fill(small_disk, leave)
        acts: list[Callable[[], Any]] = [
            lambda: store.snapshot(held, {"W_1": np.zeros(20_000)}),
            lambda: [store.claim(key([number]), "study", {"text": "x" * 3000}) for number in range(200)],
            lambda: [store.heartbeat(held) for _ in range(200)],
            lambda: store.save_verdicts("study", [{"claim": "a", "text": "x" * 500_000}]),
            lambda: store.finish(held, dataset(1, 20_000), {"number": 1}, 0.0),
        ]
        full = 0
        for act in acts:
            try:
                act()
            except StoreFull:
                full += 1
        assert full >= 3
        assert temporaries(place) == []
        snapshot = store.load_snapshot(KEY)
        assert snapshot is not None
        np.testing.assert_array_equal(snapshot[0]["W_1"], np.arange(3.0))
        assert check_whole(store) == {0}
        with Store(place, "r") as looker:  # looking needs no space
            assert check_whole(looker) == {0}
        ballast.unlink()
        store.finish(held, dataset(1), {"number": 1}, 0.0)
        assert [record.case.get("number") for record in store.query(state="done")] == [0, 1]


def test_a_full_disk_can_be_looked_at_and_says_so_to_writers(small_disk: Path):
    place = small_disk / "store"
    with Store(place) as store:
        for number in range(3):
            do(store, number)
    ballast = fill(small_disk)
    with Store(place, "r") as store:
        assert check_whole(store) == {0, 1, 2}
    with pytest.raises(StoreFull, match="no space is left"), Store(place) as store:
        store.claim(key(3), "study", {"number": 3})
    with pytest.raises(StoreFull, match="no space is left"):
        Store(small_disk / "new")
    ballast.unlink()
    with Store(place) as store:
        do(store, 3)
        assert check_whole(store) == {0, 1, 2, 3}
    with Store(small_disk / "new") as store:
        do(store, 0)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_at_the_sync_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    with Store(tmp_path) as store:
        do(store, 0)
        claim = store.claim(key(1), "study", {"number": 1})
        assert claim is not None

        def refuse(*_: Any) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", refuse)
            with pytest.raises(StoreFull, match="quota is used up" if number == errno.EDQUOT else "no space is left"):
                store.finish(claim, dataset(1), {"number": 1}, 0.0)
        assert temporaries(tmp_path) == []
        assert check_whole(store) == {0}
        store.finish(claim, dataset(1), {"number": 1}, 0.0)
        assert check_whole(store) == {0, 1}


@pytest.mark.parametrize("left", ["closed", "killed"])
def test_a_read_only_disk_can_be_looked_at(small_disk: Path, left: str):
    place = small_disk / "store"
    if left == "closed":
        with Store(place) as store:
            for number in range(3):
                do(store, number)
    else:  # a writer that was killed leaves its log, where the latest runs are
        python("\n    Store.close = lambda self: os._exit(0)\n    work(sys.argv[1], range(3))", place)
        assert (place / "index.sqlite-wal").stat().st_size > 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with Store(place, "r") as store:
        assert [record.case["number"] for record in store.query(state="done")] == [0, 1, 2]
        for record in store.query():
            found = store.get(record.key)
            assert found is not None
            assert same_bits(found.dataset(), dataset(record.case["number"]))
        with pytest.raises(StoreReadOnly):
            store.claim(KEY, "study", {})
    for wanted in (place, small_disk / "new"):
        with pytest.raises(StoreReadOnly, match=r"does not take writes.*mode='r'"):
            Store(wanted)
    for write in (
        lambda: write_dataset(place / "a.nc", dataset(0)),
        lambda: write_arrays(place / "a.npz", {"a": np.zeros(2)}),
        lambda: write_dataset(small_disk / "new" / "a.nc", dataset(0)),
    ):
        with pytest.raises(StoreReadOnly, match="does not take writes"):
            write()
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with Store(place) as store:
        do(store, 3)
        assert check_whole(store) == {0, 1, 2, 3}


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_turns_read_only_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    with Store(tmp_path) as store:
        do(store, 0)
        claim = store.claim(key(1), "study", {"number": 1})
        assert claim is not None

        def refuse(*_: Any) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", refuse)
            with pytest.raises(StoreError if number == errno.EIO else StoreReadOnly, match=os.strerror(number)):
                store.finish(claim, dataset(1), {"number": 1}, 0.0)
        assert check_whole(store) == {0}
        store.finish(claim, dataset(1), {"number": 1}, 0.0)
        assert check_whole(store) == {0, 1}


def test_a_file_that_cannot_be_read_now_is_not_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Store(tmp_path) as store:
        do(store, 0)

        def refuse(*_: Any) -> bytes:
            raise OSError(errno.EACCES, "Permission denied")

        with monkeypatch.context() as patched:
            patched.setattr(Path, "read_bytes", refuse)
            with pytest.raises(StoreError, match="Permission denied"):
                store.get(key(0))
        assert check_whole(store) == {0}
