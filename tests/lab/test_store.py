"""The store in fair weather: what goes in comes out, to the bit, and a run is one worker's at a time."""

import gc
import json
import math
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from thalweg.lab.store import (
    CorruptRun,
    LeaseLost,
    Store,
    StoreError,
    StoreMissing,
    StoreNewer,
    StoreReadOnly,
    default_store,
    key,
    read_arrays,
    read_dataset,
    write_arrays,
    write_dataset,
)
from thalweg.lab.store import index as index_module

KEY = key({"depth": 3})
ODD_NAN = np.frombuffer(np.uint64(0xFFF8_0000_0000_0123).tobytes())[0]


def records(seed: int = 0, size: int = 5) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    return xr.Dataset(
        {
            "time": ("record", np.sort(rng.random(size)), {"units": "seconds since 1970-01-01"}),
            "loss": ("record", np.array([1.0, ODD_NAN, -0.0, np.inf, 5e-324])[:size]),
            "singular_values": (("record", "index"), rng.normal(size=(size, 3))),
            "gradients": ("record", np.arange(size)),
            "accepted": ("record", rng.random(size) < 0.5),
            "small": ("record", rng.normal(size=size).astype(np.float32)),
            "phase": ("record", np.exp(1j * rng.random(size))),
            "seed": ((), np.uint32(7)),
            "none": (("record", "nothing"), np.zeros((size, 0))),
        },
        coords={"index": np.arange(1, 4), "layer": ("layer", ["W_1", "läst"])},
        attrs={"provenance": json.dumps({"thalweg": "0.1.0", "x64": True}), "steps": 3},
    )


def same_bits(one: xr.Dataset, other: xr.Dataset) -> bool:
    return (
        one.identical(other)
        and list(one.variables) == list(other.variables)
        and all(
            one[name].dtype == other[name].dtype and one[name].values.tobytes() == other[name].values.tobytes()
            for name in one.variables
        )
    )


def do(store: Store, spec: Any, seed: int = 0, study: str = "study") -> str:
    run = key(spec)
    claim = store.claim(run, study, {"spec": spec})
    assert claim is not None
    store.finish(claim, records(seed), {"loss": float(seed)}, 0.5)
    return run


def change(store: Store, sql: str, *values: Any) -> None:
    """As another process would."""
    db = sqlite3.connect(store.path / "index.sqlite", isolation_level=None)
    db.execute(sql, values)
    db.close()


# files


def test_records_come_back_to_the_bit(tmp_path: Path):
    digest = write_dataset(tmp_path / "a.nc", records())
    read = read_dataset(tmp_path / "a.nc", digest)
    assert same_bits(read, records())
    assert not any(variable.encoding for variable in read.variables.values())
    # what was read can be written again, and other programs read it too
    write_dataset(tmp_path / "b.nc", read)
    with xr.open_dataset(tmp_path / "b.nc", engine="h5netcdf", decode_times=False) as other:
        np.testing.assert_array_equal(other["singular_values"], records()["singular_values"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.nc", "b.nc"]


def test_no_handle_stays_open(tmp_path: Path):
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("open files can be listed in /proc/self/fd only")
    write_dataset(tmp_path / "a.nc", records())
    read = read_dataset(tmp_path / "a.nc")
    gc.collect()
    held = [os.readlink(link) for link in folder.iterdir() if link.is_symlink() and link.exists()]
    assert read.sizes["record"] == 5
    assert not [name for name in held if str(tmp_path) in name]


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (xr.Dataset({"x": ("record", np.array([None, 1], dtype=object))}), "'x' has dtype object"),
        (xr.Dataset({"x": ("record", np.zeros(2, "m8[ns]"))}), "'x' has dtype timedelta64"),
        (xr.Dataset(attrs={"done": True}), "'done' of the dataset is True"),
        (xr.Dataset(attrs={"case": {"a": 1}}), "'case' of the dataset"),
        (xr.Dataset(attrs={"case": None}), "give nested or other values as JSON text"),
        (xr.Dataset({"x": ("record", [1.0], {"unit": b"s"})}), "'unit' of 'x'"),
    ],
)
def test_what_netcdf_cannot_hold_is_refused(tmp_path: Path, dataset: xr.Dataset, said: str):
    with pytest.raises(TypeError, match=said):
        write_dataset(tmp_path / "a.nc", dataset)
    assert list(tmp_path.iterdir()) == []


ANY_ARRAY = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.uint32, np.bool_, np.complex128, np.dtype(">f8"), "U3"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)


@settings(max_examples=40)
@given(st.dictionaries(st.text("Wfile_/.é 01", min_size=1, max_size=6), ANY_ARRAY, max_size=4), st.integers())
def test_snapshots_come_back_to_the_bit(tmp_path_factory: pytest.TempPathFactory, arrays: dict, number: int):
    path = tmp_path_factory.getbasetemp() / "any.npz"
    write_arrays(path, arrays, {"number": number, "nan": math.nan})
    read, meta = read_arrays(path)
    assert list(read) == list(arrays)
    assert meta["number"] == number
    for name, array in arrays.items():
        assert (read[name].dtype, read[name].shape) == (array.dtype, array.shape)
        assert read[name].tobytes() == array.tobytes()


def test_snapshots_keep_payloads_keys_and_what_jax_hands_over(tmp_path: Path):
    given = {
        "W_1": jnp.asarray([[1.0, ODD_NAN]]),
        "file": np.float64(ODD_NAN),
        "key": jax.random.key_data(jax.random.key(3)),
        "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    }
    write_arrays(tmp_path / "a.npz", given, {"steps": {3: "three", 12: (1, 2)}})
    read, meta = read_arrays(tmp_path / "a.npz")
    assert read["W_1"].tobytes() == np.array([1.0, ODD_NAN]).tobytes()
    assert read["file"].shape == ()
    assert read["file"].tobytes() == np.float64(ODD_NAN).tobytes()
    assert read["key"].dtype == np.uint32
    np.testing.assert_array_equal(read["turned"], given["turned"])
    assert meta == {"steps": {"3": "three", "12": [1, 2]}}
    with np.load(tmp_path / "a.npz", allow_pickle=False) as plain:
        np.testing.assert_array_equal(plain["turned"], given["turned"])


@pytest.mark.parametrize(
    ("arrays", "meta", "error", "said"),
    [
        ({"a": np.array([None])}, {}, TypeError, "'a' has dtype object"),
        ({"a": jnp.zeros(2, jnp.bfloat16)}, {}, TypeError, "convert to float32"),
        ({"a": np.zeros(2, [("x", float)])}, {}, TypeError, "'a' has dtype"),
        ({"a": jax.random.key(0)}, {}, TypeError, "key_data"),
        ({"": np.zeros(2)}, {}, ValueError, "no name for an array"),
        ({"a\0b": np.zeros(2)}, {}, ValueError, "no name for an array"),
        ({}, {"f": object()}, TypeError, "meta must hold JSON values"),
    ],
)
def test_what_a_snapshot_cannot_hold_is_refused(tmp_path: Path, arrays: dict, meta: dict, error: type, said: str):
    with pytest.raises(error, match=said):
        write_arrays(tmp_path / "a.npz", arrays, meta)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path):
    for read in (read_dataset, read_arrays):
        with pytest.raises(FileNotFoundError, match="there is no file"):
            read(tmp_path / "nowhere" / "a")


# runs


@pytest.mark.parametrize("name", ["plain", "läufe & wege", "50% #1?.d/täl 'x'"])
def test_a_run_goes_in_and_comes_out(tmp_path: Path, name: str):
    place = tmp_path / name
    with Store.open(place) as store:
        assert store.get(KEY) is None
        claim = store.claim(KEY, "completion", {"depth": 3, "scale": np.float64(1e-3), "seeds": np.arange(2)})
        assert claim is not None
        assert claim.attempts == 1
        assert store.get(KEY) is None
        (running,) = store.query(state="running")
        assert running.owner is not None
        assert (running.owner.pid, running.owner.host.split("#")[0]) == (os.getpid(), socket.gethostname())
        finals = {"loss": np.float32(0.1), "nan": math.nan, "inf": -math.inf, "exact": 0.1 + 0.2, "rank": np.int64(5)}
        finished = store.finish(claim, records(), finals, 1.5)
    for mode in ("r", "w"):
        with Store(place, mode) as store:
            record = store.get(KEY)
            assert record == store.query("completion", "done")[0]
            assert record is not None
            assert str(record) == str(finished)
            assert same_bits(record.dataset(), records())
            assert record.case == {"depth": 3, "scale": 1e-3, "seeds": [0, 1]}
            assert record.finals["loss"] == float(np.float32(0.1))
            assert record.finals["exact"] == 0.1 + 0.2
            assert math.isnan(record.finals["nan"])
            assert (record.finals["inf"], record.finals["rank"], record.seconds) == (-math.inf, 5, 1.5)
            assert record.file == place / "runs" / KEY[:2] / f"{KEY}.nc"
            assert record.owner is None


def test_a_run_is_given_once(tmp_path: Path):
    with Store(tmp_path) as store, Store(tmp_path) as other:
        claim = store.claim(KEY, "study", {})
        assert claim is not None
        assert store.claim(KEY, "study", {}) is None
        assert other.claim(KEY, "study", {}) is None
        store.finish(claim, records(), {}, 0.0)
        assert other.claim(KEY, "study", {}) is None
        assert other.get(KEY) is not None


def test_threads_of_one_process_share_a_store(tmp_path: Path):
    won: list[str] = []
    with Store(tmp_path) as store:

        def work() -> None:
            for number in range(12):
                claim = store.claim(key(number), "study", {"number": number})
                if claim is not None:
                    store.heartbeat(claim)
                    store.snapshot(claim, {"W_1": np.eye(2)})
                    store.finish(claim, records(number), {}, 0.0)
                    won.append(claim.key)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == sorted(key(number) for number in range(12))
        assert len(store.query(state="done")) == 12


def test_failed_and_interrupted_runs_are_given_again(tmp_path: Path):
    with Store(tmp_path) as store:
        first = store.claim(KEY, "study", {})
        assert first is not None
        store.fail(first, "diverged at step 12")
        (record,) = store.query(state="failed")
        assert (record.message, record.owner, store.get(KEY)) == ("diverged at step 12", None, None)
        second = store.claim(KEY, "other", {"a": 1})
        assert second is not None
        assert second.attempts == 2
        store.interrupt(second)
        (record,) = store.query("other", "interrupted")
        third = store.claim(KEY, "study", {})
        assert third is not None
        store.finish(third, records(), {}, 0.0)
        (record,) = store.query()
        assert (record.state, record.attempts, record.message) == ("done", 3, "")


def test_closing_a_store_interrupts_what_was_not_ended(tmp_path: Path):
    def stopped() -> None:
        with Store(tmp_path) as store:
            assert store.claim(KEY, "study", {}) is not None
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    with Store(tmp_path) as store:
        (record,) = store.query()
        assert (record.state, record.message) == ("interrupted", "the store was closed before the run ended")
        assert store.claim(KEY, "study", {}) is not None


def test_a_claim_that_was_lost_changes_nothing(tmp_path: Path):
    with Store(tmp_path) as store, Store(tmp_path) as other:
        late = store.claim(KEY, "study", {})
        assert late is not None
        store.snapshot(late, {"W_1": np.zeros(2)})
        change(store, "UPDATE runs SET host = 'elsewhere#00000000', heartbeat = ?", time.time() - 121)
        claim = other.claim(KEY, "study", {})
        assert claim is not None
        assert claim.attempts == 2
        before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
        for act in (
            lambda: store.heartbeat(late),
            lambda: store.finish(late, records(1), {}, 0.0),
            lambda: store.snapshot(late, {"W_1": np.ones(2)}),
            lambda: store.fail(late, "no"),
            lambda: store.interrupt(late),
        ):
            with pytest.raises(LeaseLost, match="no longer held by this claim"):
                act()
        assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before
        other.finish(claim, records(2), {}, 0.0)
        with pytest.raises(LeaseLost, match="it is done"):
            store.finish(late, records(1), {}, 0.0)
        record = store.get(KEY)
        assert record is not None
        assert same_bits(record.dataset(), records(2))
        snapshot = store.load_snapshot(KEY)
        assert snapshot is not None
        np.testing.assert_array_equal(snapshot[0]["W_1"], np.zeros(2))


@pytest.mark.parametrize(
    ("host", "pid", "started", "age", "given"),
    [
        ("elsewhere#00000000", 1, "1", 119.0, False),
        ("elsewhere#00000000", 1, "1", 121.0, True),
        ("here", os.getpid(), "1", 0.0, True),  # the number was used again by a younger process
        ("here", 2**22 + 1, "1", 0.0, True),
        ("here", os.getpid(), "", 119.0, False),  # a system that cannot tell when a process started
        ("here", os.getpid(), "", 121.0, True),
        ("here", os.getpid(), "own", 1e6, False),  # alive, however long since it spoke
    ],
    ids=["elsewhere, fresh", "elsewhere, silent", "number reused", "gone", "unknown, fresh", "unknown, silent", "alive"],
)
def test_a_run_is_taken_over_from_the_dead_only(tmp_path: Path, host: str, pid: int, started: str, age: float, given: bool):
    with Store(tmp_path) as store:
        claim = store.claim(KEY, "study", {})
        assert claim is not None
        (own,) = store.query()
        assert own.owner is not None
        change(
            store,
            "UPDATE runs SET host = ?, pid = ?, started = ?, heartbeat = ?",
            own.owner.host if host == "here" else host,
            pid,
            own.owner.started if started == "own" else started,
            time.time() - age,
        )
        again = store.claim(KEY, "study", {})
        assert (again is not None) == given
        if given:
            assert again is not None
            assert again.attempts == 2


def test_a_heartbeat_keeps_a_run(tmp_path: Path):
    with Store(tmp_path) as store:
        claim = store.claim(KEY, "study", {})
        assert claim is not None
        for sign in (lambda: store.heartbeat(claim), lambda: store.snapshot(claim, {})):
            change(store, "UPDATE runs SET host = 'elsewhere#00000000', heartbeat = ?", time.time() - 121)
            sign()
            assert store.claim(KEY, "study", {}) is None


def test_snapshots_belong_to_runs(tmp_path: Path):
    with Store(tmp_path) as store:
        assert store.load_snapshot(KEY) is None
        claim = store.claim(KEY, "study", {})
        assert claim is not None
        for step in range(3):
            store.snapshot(claim, {"W_1": np.full(2, step), "key": np.arange(2, dtype=np.uint32)}, {"step": step})
        store.interrupt(claim)
        snapshot = store.load_snapshot(KEY)
        assert snapshot is not None
        arrays, meta = snapshot
        assert meta == {"step": 2}
        np.testing.assert_array_equal(arrays["W_1"], [2, 2])
        store.drop_snapshot(KEY)
        store.drop_snapshot(KEY)
        assert store.load_snapshot(KEY) is None


def test_queries_choose_by_study_and_state_oldest_first(tmp_path: Path):
    with Store(tmp_path) as store:
        runs = [do(store, number, number, study="even" if number % 2 == 0 else "odd") for number in range(6)]
        claim = store.claim(key("open"), "even", {})
        assert claim is not None
        assert [record.key for record in store.query()] == [*runs, claim.key]
        assert [record.key for record in store.query("even", "done")] == runs[::2]
        assert [record.key for record in store.query("even", "running")] == [claim.key]
        assert [record.finals["loss"] for record in store.query("odd")] == [1.0, 3.0, 5.0]
        assert store.query("none") == []
        with pytest.raises(ValueError, match="is running: only a run that is done"):
            store.query("even", "running")[0].dataset()
        with pytest.raises(ValueError, match="running, done, failed, interrupted"):
            store.query(state="finished")  # pyright: ignore[reportArgumentType]


def test_verdicts_are_kept_by_study_and_mode(tmp_path: Path):
    first = [{"claim": "b", "verdict": "pass", "measured": np.float64(0.5)}, {"claim": "a", "verdict": "fail"}]
    with Store(tmp_path) as store:
        store.save_verdicts("completion", first)
        store.save_verdicts("completion", [{"claim": "b", "verdict": "pass"}], mode="quick")
        store.save_verdicts("noise", [{"claim": "b", "verdict": "not run", "reason": "no data"}])
        kept = store.verdicts("completion", "full")
        assert [(record.claim, record.verdict["verdict"]) for record in kept] == [("b", "pass"), ("a", "fail")]
        assert kept[0].verdict["measured"] == 0.5
        assert len(store.verdicts()) == 4
        assert len(store.verdicts(mode="quick")) == 1
        store.save_verdicts("completion", [{"claim": "c", "verdict": "pass"}])
        assert [record.claim for record in store.verdicts("completion", "full")] == ["c"]
        for bad in ([{"verdict": "pass"}], [{"claim": "a"}, {"claim": "a"}], [{"claim": ""}]):
            with pytest.raises(ValueError, match="name of its claim"):
                store.save_verdicts("completion", bad)
        with pytest.raises(TypeError, match="a verdict must hold"):
            store.save_verdicts("completion", [{"claim": "a", "measured": object()}])
        assert [record.claim for record in store.verdicts("completion", "full")] == ["c"]


def test_bad_input_is_refused_and_leaves_nothing(tmp_path: Path):
    with Store(tmp_path) as store:
        for bad in ("../../etc", "", "KEY", KEY.upper() + "G", 5):
            for act in (store.get, store.load_snapshot, lambda name: store.claim(name, "study", {})):
                with pytest.raises(ValueError, match="a key is 8 to 64 hexadecimal digits"):
                    act(bad)  # pyright: ignore[reportArgumentType]
        with pytest.raises(ValueError, match="study must be a name"):
            store.claim(KEY, "", {})
        with pytest.raises(TypeError, match="case must hold"):
            store.claim(KEY, "study", {"f": object()})
        assert store.query() == []
        claim = store.claim(KEY, "study", {})
        assert claim is not None
        with pytest.raises(ValueError, match=r"dimension 'record', got \['step'\]"):
            store.finish(claim, xr.Dataset({"loss": ("step", [1.0])}), {}, 0.0)
        for seconds in (-1.0, math.nan):
            with pytest.raises(ValueError, match="seconds must be"):
                store.finish(claim, records(), {}, seconds)
        with pytest.raises(TypeError, match="finals must hold"):
            store.finish(claim, records(), {"loss": object()}, 0.0)
        assert [record.state for record in store.query()] == ["running"]
        assert not list((tmp_path / "runs").rglob("*"))
    with pytest.raises(ValueError, match="mode must be 'w'"):
        Store(tmp_path, "a")  # pyright: ignore[reportArgumentType]


# opening


def test_where_the_store_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("THALWEG_STORE", raising=False)
    assert default_store() == Path("thalweg-store")
    with Store() as store:
        assert store.path == tmp_path / "thalweg-store"
    monkeypatch.setenv("THALWEG_STORE", str(tmp_path / "else"))
    with Store() as store:
        assert store.path == tmp_path / "else"


def test_looking_changes_nothing(tmp_path: Path):
    with pytest.raises(StoreMissing, match="there is no store at"):
        Store(tmp_path / "none", "r")
    assert list(tmp_path.iterdir()) == []
    with Store(tmp_path) as store:
        do(store, 1)
    content = (tmp_path / "index.sqlite").read_bytes()
    with Store(tmp_path, "r") as store:
        assert len(store.query()) == 1
        for act in (
            lambda: store.claim(KEY, "study", {}),
            lambda: store.drop_snapshot(KEY),
            lambda: store.save_verdicts("study", []),
        ):
            with pytest.raises(StoreReadOnly, match="open to look only"):
                act()
    assert (tmp_path / "index.sqlite").read_bytes() == content


def test_a_looker_sees_what_a_worker_does(tmp_path: Path):
    with Store(tmp_path) as store, Store(tmp_path, "r") as looker:
        assert looker.query() == []
        do(store, 1)
        assert [record.state for record in looker.query()] == ["done"]
        assert looker.get(key(1)) is not None


def test_a_store_made_by_a_newer_version_is_refused(tmp_path: Path):
    with Store(tmp_path) as store:
        do(store, 1)
    db = sqlite3.connect(tmp_path / "index.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    content = (tmp_path / "index.sqlite").read_bytes()
    for mode in ("w", "r"):
        with pytest.raises(StoreNewer, match=r"store version 99; this one knows 1.*Update Thalweg"):
            Store(tmp_path, mode)
    assert (tmp_path / "index.sqlite").read_bytes() == content


def test_an_older_store_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Store(tmp_path) as store:
        run = do(store, 1)
    later = (*index_module.MIGRATIONS, ("ALTER TABLE runs ADD COLUMN machine TEXT", "UPDATE runs SET machine = 'one'"))
    monkeypatch.setattr(index_module, "MIGRATIONS", later)
    before = (tmp_path / "index.sqlite").read_bytes()
    with Store(tmp_path, "r") as store:
        assert store.get(run) is not None
    assert (tmp_path / "index.sqlite").read_bytes() == before
    with Store(tmp_path) as store:
        record = store.get(run)
        assert record is not None
        assert same_bits(record.dataset(), records())
    db = sqlite3.connect(tmp_path / "index.sqlite")
    assert db.execute("SELECT machine FROM runs").fetchall() == [("one",)]
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    db.close()
    monkeypatch.setattr(index_module, "MIGRATIONS", (*later, ("ALTER TABLE runs ADD COLUMN x TEXT", "NONSENSE")))
    with pytest.raises(StoreError, match="syntax error"):
        Store(tmp_path)
    monkeypatch.setattr(index_module, "MIGRATIONS", later)
    with Store(tmp_path) as store:  # the step that failed was undone whole
        assert store.get(run) is not None


def test_what_is_no_store_is_refused(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("mine")
    for place in (file, file / "below"):
        for mode in ("w", "r"):
            with pytest.raises(StoreError, match="is a file, and a store is a folder"):
                Store(place, mode)
    assert file.read_text() == "mine"

    garbage = tmp_path / "garbage"
    garbage.mkdir()
    (garbage / "index.sqlite").write_bytes(b"not a database at all" * 400)
    for mode in ("w", "r"):
        with pytest.raises(StoreError, match=r"damaged or is not a store's.*Move the folder"):
            Store(garbage, mode)
    assert (garbage / "index.sqlite").read_bytes() == b"not a database at all" * 400

    other = tmp_path / "other"
    other.mkdir()
    db = sqlite3.connect(other / "index.sqlite")
    db.execute("CREATE TABLE runs (mine TEXT)")
    db.close()
    for mode in ("w", "r"):
        with pytest.raises(StoreError, match="some other program"):
            Store(other, mode)


def test_on_a_network_file_system_the_older_journal_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Store(tmp_path / "local") as store:
        do(store, 1)
    assert sorted(file.name for file in (tmp_path / "local").iterdir()) == ["index.sqlite", "runs", "snapshots"]
    monkeypatch.setattr(index_module, "file_system", lambda folder: "nfs4")
    monkeypatch.setattr(index_module, "_PATIENCE", 0.2)
    for name in ("new", "local"):  # a store that was moved there changes over
        with Store(tmp_path / name) as store:
            do(store, 2)
            assert not (tmp_path / name / "index.sqlite-wal").exists()
            assert len(store.query()) == (2 if name == "local" else 1)
    monkeypatch.undo()
    with Store(tmp_path / "local") as store:
        do(store, 3)
        assert (tmp_path / "local" / "index.sqlite-wal").exists()
        monkeypatch.setattr(index_module, "file_system", lambda folder: "nfs4")
        monkeypatch.setattr(index_module, "_PATIENCE", 0.2)
        with pytest.raises(StoreError, match="locked for too long"):
            Store(tmp_path / "local")
        assert len(store.query()) == 3


def test_the_file_system_is_told():
    assert index_module.file_system(Path("/")) == "" or index_module.file_system(Path("/")).isprintable()
    if Path("/proc/mounts").exists():
        assert index_module.file_system(Path("/proc")) == "proc"


def test_a_hanging_writer_is_waited_for_and_then_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(index_module, "_PATIENCE", 0.2)
    with Store(tmp_path) as store:
        holder = sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreError, match=r"claiming the run .*locked for too long"):
            store.claim(KEY, "study", {})
        assert time.monotonic() - began > 0.15
        assert store.query() == []
        holder.execute("ROLLBACK")
        holder.close()
        assert store.claim(KEY, "study", {}) is not None


def test_the_store_needs_neither_jax_nor_xarray_to_be_listed(tmp_path: Path):
    with Store(tmp_path) as store:
        do(store, 1)
    script = (
        "import sys; from thalweg.lab.store import Store\n"
        "with Store(sys.argv[1], 'r') as store: print(len(store.query()))\n"
        "print([name for name in ('jax', 'xarray', 'h5py', 'equinox') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert said.stdout.split("\n")[:2] == ["1", "[]"]


def test_a_corrupt_run_is_said_so_by_its_record(tmp_path: Path):
    with Store(tmp_path) as store:
        do(store, 1)
        (record,) = store.query()
        assert record.file is not None
        record.file.write_bytes(record.file.read_bytes()[:-1])
        with pytest.raises(CorruptRun, match=r"\.nc is not what was written.*Run the study again"):
            record.dataset()
