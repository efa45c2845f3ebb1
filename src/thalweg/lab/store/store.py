"""The store of runs: who does which run, and what came out, through killed workers, full disks and damaged files."""

import json
import math
import os
import re
import sqlite3
import threading
import time
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from thalweg._storage.atomic import clean_temporaries, read_bytes, sha256, staged, sync_folder
from thalweg._storage.errors import (
    CorruptRun,
    CorruptSnapshot,
    LeaseLost,
    StoreError,
    StoreReadOnly,
    StoreWarning,
    explained,
)
from thalweg._storage.files import arrays_bytes, dataset_bytes, read_arrays
from thalweg._storage.owner import Owner
from thalweg.lab.store.index import Index, to_json
from thalweg.lab.store.records import STATES, Lease, RunRecord, State, VerdictRecord

if TYPE_CHECKING:
    import xarray as xr

_KEY = re.compile(r"[0-9a-f]{8,64}")


def default_store() -> Path:
    """Where runs are kept unless told otherwise: the environment variable THALWEG_STORE, else `thalweg-store` here."""
    return Path(os.environ.get("THALWEG_STORE") or "thalweg-store")


class Store:
    """A folder of runs: `runs/ab/KEY.nc`, `snapshots/KEY.npz`, `corrupt/` for what was damaged, and `index.sqlite`.

    Any number of processes may work on one store. A run is done only when its file is whole on disk, and of several
    workers one gets it. Threads of a process may share a store; a new process opens its own.

    Arguments:
        path: the folder; made if missing.
        mode: "w" to do runs; "r" to look only, which writes nothing and works on a disk that takes no writes.

    Raises:
        StoreMissing: if there is no store to read.
        StoreNewer: if a newer version of Thalweg made it.
        StoreReadOnly: if it was to be written and cannot be.
        StoreFull: if no space is left to make it.
        StoreError: if `path` is a file or the index is damaged.

    Examples:
        >>> import tempfile, xarray
        >>> from thalweg.lab.store import Store, key
        >>> folder = tempfile.TemporaryDirectory()
        >>> run = key({"depth": 3, "seed": 0})
        >>> with Store(folder.name) as store:
        ...     claim = store.claim(run, "matrix-completion", {"depth": 3, "seed": 0})
        ...     records = xarray.Dataset({"loss": ("record", [1.0, 0.25])})
        ...     _ = store.finish(claim, records, {"loss": 0.25}, seconds=1.5)
        ...     store.claim(run, "matrix-completion", {}) is None, store.get(run).finals
        (True, {'loss': 0.25})
        >>> with Store(folder.name, mode="r") as store:
        ...     [(record.case["depth"], record.dataset().sizes["record"]) for record in store.query(state="done")]
        [(3, 2)]
        >>> folder.cleanup()
    """

    def __init__(self, path: str | Path | None = None, mode: Literal["w", "r"] = "w"):
        if mode not in ("w", "r"):
            raise ValueError(f"mode must be 'w' (do runs) or 'r' (look only), got {mode!r}")
        self.path = (Path(path) if path is not None else default_store()).absolute()
        self.mode = mode
        for place in (self.path, *self.path.parents):
            if place.exists() and not place.is_dir():
                raise StoreError(f"{place} is a file, and a store is a folder: name another place with THALWEG_STORE")
        if mode == "w":
            with explained(self.path, "making the store"):
                for name in ("runs", "snapshots"):
                    (self.path / name).mkdir(parents=True, exist_ok=True)
        self._index = Index(self.path / "index.sqlite", mode)
        self._open_claims: dict[str, Lease] = {}
        self._claims_lock = threading.Lock()
        if mode == "w":
            for name in ("runs", "snapshots"):
                clean_temporaries(self.path / name)

    @classmethod
    def open(cls, path: str | Path | None = None, mode: Literal["w", "r"] = "w") -> "Store":
        """The same as `Store(path, mode)`."""
        return cls(path, mode)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Mark the runs that were claimed here and not brought to an end as interrupted, and let the index go."""
        for claim in list(self._open_claims.values()):
            try:
                self.interrupt(claim, "the store was closed before the run ended")
            except LeaseLost:
                continue
            except StoreError as error:
                warnings.warn(f"the run {claim.key} is still listed as running: {error}", StoreWarning, stacklevel=2)
        self._open_claims.clear()
        self._index.close()

    def get(self, key: str) -> RunRecord | None:
        """The record of a run that is done and whose file is whole, else None.

        A run whose file is missing or damaged is no longer done: the file is moved to `corrupt`, a `StoreWarning` says
        so, and the run can be claimed again.

        Raises:
            CorruptRun: instead of the above when the store is open to look only.
        """
        record = self._record(key)
        if record is None or record.state != "done":
            return None
        trouble = self._trouble(record)
        if trouble and self.mode == "r":
            raise CorruptRun(f"{trouble}. Run the study again with the store open for writing: this run is done anew.")
        if trouble:
            return self._demoted(key)
        return record

    def claim(self, key: str, study: str, case: Mapping[str, Any]) -> Lease | None:
        """The right to do the run `key`, or None if it is done or a live process is at it.

        One of several askers gets it. A run whose owner died is given anew: at once if that process can be looked up on
        this machine, else when its heartbeat is two minutes old. Call `get` first: it takes "done" back where the file
        is damaged.

        Arguments:
            key: from `key`.
            study: the study that wants it.
            case: the coordinates of the run in the study, JSON values.
        """
        self._check_writable()
        _check_key(key)
        if not isinstance(study, str) or not study:
            raise ValueError(f"study must be a name, got {study!r}")
        text, owner, now = to_json(dict(case), "case"), Owner.here(), time.time()
        with self._index.transaction(f"claiming the run {key}") as db:
            row = db.execute("SELECT * FROM runs WHERE key = ?", (key,)).fetchone()
            if row is not None and row["state"] == "done":
                return None
            if row is not None and row["state"] == "running":
                holder = Owner(row["host"], row["pid"], row["started"], row["token"])
                if not holder.gone(row["heartbeat"], now):
                    return None
            attempts = row["attempts"] + 1 if row is not None else 1
            db.execute(
                """INSERT INTO runs
                (key, study, "case", state, attempts, host, pid, started, token, heartbeat, created, updated)
                VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (key) DO UPDATE SET study = excluded.study, "case" = excluded."case", state = 'running',
                attempts = excluded.attempts, host = excluded.host, pid = excluded.pid, started = excluded.started,
                token = excluded.token, heartbeat = excluded.heartbeat, updated = excluded.updated, message = '' """,
                (key, study, text, attempts, owner.host, owner.pid, owner.started, owner.token, now, now, now),
            )
        claim = Lease(key, study, json.loads(text), attempts, owner.token)
        with self._claims_lock:
            self._open_claims[claim.token] = claim
        return claim

    def heartbeat(self, claim: Lease) -> None:
        """Say that the owner of `claim` lives; every half minute is often enough.

        Raises:
            LeaseLost: if the run is no longer this worker's, who should stop.
        """
        self._check_writable()
        with self._index.transaction(f"the heartbeat of the run {claim.key}") as db:
            self._check_held(db, claim)
            db.execute("UPDATE runs SET heartbeat = ? WHERE key = ?", (time.time(), claim.key))

    def heartbeats(self, claims: Iterable[Lease]) -> None:
        """As `heartbeat`, for many claims in one go; those that were lost are passed over."""
        self._check_writable()
        now = time.time()
        with self._index.transaction("heartbeats") as db:
            db.executemany(
                "UPDATE runs SET heartbeat = ? WHERE key = ? AND token = ? AND state = 'running'",
                [(now, claim.key, claim.token) for claim in claims],
            )

    def finish(self, claim: Lease, dataset: "xr.Dataset", finals: Mapping[str, Any], seconds: float) -> RunRecord:
        """Keep the records of a run and call it done; the file is whole on disk before the index says so.

        Arguments:
            claim: from `claim`.
            dataset: over the dimension "record".
            finals: the final numbers by name, JSON values or NumPy numbers.
            seconds: how long the run took.

        Raises:
            LeaseLost: if another worker took the run over; nothing is written.
            StoreFull: if no space is left; the claim is still held, and `finish` can be called again.
            TypeError: if the dataset or `finals` hold what cannot be kept.
        """
        self._check_writable()
        if "record" not in dataset.dims:
            raise ValueError(f"the records of a run need the dimension 'record', got {list(map(str, dataset.dims))}")
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"seconds must be a finite number, at least 0, got {seconds!r}")
        return self._keep(claim, dataset_bytes(dataset), to_json(dict(finals), "finals"), seconds)

    def finish_made(self, claim: Lease, content: bytes, digest: str, finals: Mapping[str, Any], seconds: float) -> RunRecord:
        """As `finish`, for records whose file was made on another machine.

        Arguments:
            claim, finals, seconds: as for `finish`.
            content: the file as `write_dataset` makes it.
            digest: its SHA-256, made where it was made.

        Raises:
            CorruptRun: if the bytes have not the digest; nothing is written.
            LeaseLost, StoreFull: as for `finish`.
        """
        self._check_writable()
        if sha256(content) != digest:
            raise CorruptRun(f"the file of the run {claim.key} was changed on its way here; it is to be done again")
        return self._keep(claim, content, to_json(dict(finals), "finals"), seconds)

    def _keep(self, claim: Lease, content: bytes, text: str, seconds: float) -> RunRecord:
        file, now = f"runs/{claim.key[:2]}/{claim.key}.nc", time.time()
        with (
            staged(self.path / file, content) as place,
            self._index.transaction(f"keeping the run {claim.key}") as db,
        ):
            # renamed while no other process can take the run over, so that a late worker never replaces a finished file
            self._check_held(db, claim)
            place()
            db.execute(
                """UPDATE runs SET state = 'done', file = ?, digest = ?, finals = ?, seconds = ?, updated = ?,
                message = '', token = NULL WHERE key = ?""",
                (file, sha256(content), text, float(seconds), now, claim.key),
            )
            row = db.execute("SELECT * FROM runs WHERE key = ?", (claim.key,)).fetchone()
        self._let_go(claim)
        return RunRecord.from_row(row, self.path)

    def fail(self, claim: Lease, message: str) -> None:
        """Say that the run ended in an error that `message` tells; it can be claimed again.

        Raises:
            LeaseLost: if another worker took the run over.
        """
        self._end(claim, "failed", message)

    def interrupt(self, claim: Lease, message: str = "") -> None:
        """Say that the run was stopped from outside, Ctrl-C say; it can be claimed again and go on from its snapshot.

        Raises:
            LeaseLost: if another worker took the run over.
        """
        self._end(claim, "interrupted", message)

    def snapshot(self, claim: Lease, arrays: Mapping[str, Any], meta: Mapping[str, Any] | None = None) -> None:
        """Keep the parameters of a run on its way, in place of any earlier ones; this is a heartbeat too.

        Arguments:
            claim: from `claim`.
            arrays: by name, bit for bit.
            meta: what else is needed to go on, JSON values.

        Raises:
            LeaseLost: if another worker took the run over; nothing is written.
            StoreFull: if no space is left; the earlier snapshot stays.
        """
        self._check_writable()
        with (
            staged(self._snapshot_file(claim.key), arrays_bytes(arrays, meta)) as place,
            self._index.transaction(f"keeping a snapshot of the run {claim.key}") as db,
        ):
            self._check_held(db, claim)
            place()
            db.execute("UPDATE runs SET heartbeat = ? WHERE key = ?", (time.time(), claim.key))

    def load_snapshot(self, key: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The arrays and `meta` of the last snapshot of a run, or None if there is none.

        Raises:
            CorruptSnapshot: if it is torn or was changed; it is moved to `corrupt`, and the next call returns None.
        """
        file = self._snapshot_file(key)
        try:
            return read_arrays(file)
        except FileNotFoundError:
            return None
        except CorruptSnapshot as error:
            if self.mode == "r":
                raise
            aside = self._move_aside(file)
            raise CorruptSnapshot(f"{error} The store has already moved it, to {aside}.") from error

    def drop_snapshot(self, key: str) -> None:
        """Delete the snapshot of a run, if there is one."""
        self._check_writable()
        file = self._snapshot_file(key)
        with explained(file.parent, f"deleting the snapshot {file.name}"):
            file.unlink(missing_ok=True)

    def query(self, study: str | None = None, state: State | None = None) -> list[RunRecord]:
        """The records of all runs, or of those of one study or in one state, oldest first; no file is opened."""
        if state is not None and state not in STATES:
            raise ValueError(f"state must be one of {', '.join(STATES)}, got {state!r}")
        rows = self._index.rows(
            "SELECT * FROM runs WHERE (?1 IS NULL OR study = ?1) AND (?2 IS NULL OR state = ?2) ORDER BY created, key",
            (study, state),
        )
        return [RunRecord.from_row(row, self.path) for row in rows]

    def save_verdicts(self, study: str, verdicts: Iterable[Mapping[str, Any]], mode: str = "full") -> None:
        """Keep the verdicts of a study in place of its earlier ones of the same mode.

        Arguments:
            study: whose.
            verdicts: JSON values, each with its "claim".
            mode: "full" or "quick", or another word for how they were reached.
        """
        self._check_writable()
        given = [dict(verdict) for verdict in verdicts]
        claims = [verdict.get("claim") for verdict in given]
        if not all(isinstance(claim, str) and claim for claim in claims) or len(set(claims)) < len(claims):
            raise ValueError(f"each verdict needs the name of its claim under 'claim', each once, got {claims}")
        now = time.time()
        values = [(study, verdict["claim"], mode, to_json(verdict, "a verdict"), now) for verdict in given]
        with self._index.transaction(f"keeping the verdicts of {study}") as db:
            db.execute("DELETE FROM verdicts WHERE study = ? AND mode = ?", (study, mode))
            db.executemany("INSERT INTO verdicts (study, claim, mode, verdict, created) VALUES (?, ?, ?, ?, ?)", values)

    def verdicts(self, study: str | None = None, mode: str | None = None) -> list[VerdictRecord]:
        """The verdicts that were kept, all or of one study or mode, in the order in which they were given."""
        rows = self._index.rows(
            "SELECT * FROM verdicts WHERE (?1 IS NULL OR study = ?1) AND (?2 IS NULL OR mode = ?2) ORDER BY number",
            (study, mode),
        )
        return [
            VerdictRecord(row["study"], row["claim"], row["mode"], json.loads(row["verdict"]), row["created"]) for row in rows
        ]

    def _record(self, key: str) -> RunRecord | None:
        _check_key(key)
        rows = self._index.rows("SELECT * FROM runs WHERE key = ?", (key,))
        return RunRecord.from_row(rows[0], self.path) if rows else None

    def _trouble(self, record: RunRecord) -> str:
        """What is wrong with the file of a run that is done; "" if nothing is."""
        assert record.file is not None
        try:
            content = read_bytes(record.file)
        except FileNotFoundError:
            return f"{record.file} is missing"
        if sha256(content) != record.digest:
            return f"{record.file} was cut off or changed since it was written"
        return ""

    def _demoted(self, key: str) -> RunRecord | None:
        with self._index.transaction(f"setting the run {key} aside") as db:
            # looked at again, alone: meanwhile another process may have set it aside, or even done it anew
            row = db.execute("SELECT * FROM runs WHERE key = ?", (key,)).fetchone()
            record = RunRecord.from_row(row, self.path)
            if record.state != "done" or record.file is None:
                return None
            trouble = self._trouble(record)
            if not trouble:
                return record
            said = f"{trouble}: it was moved to {self._move_aside(record.file)}" if record.file.exists() else trouble
            db.execute(
                """UPDATE runs SET state = 'interrupted', file = NULL, digest = NULL, finals = NULL, seconds = NULL,
                updated = ?, message = ? WHERE key = ?""",
                (time.time(), said, key),
            )
        warnings.warn(f"{said}; the run is to be done again", StoreWarning, stacklevel=3)
        return None

    def _move_aside(self, file: Path) -> Path:
        aside = self.path / "corrupt" / f"{file.stem}-{time.time_ns()}{file.suffix}"
        with explained(self.path, f"moving {file.name} aside"):
            aside.parent.mkdir(exist_ok=True)
            os.replace(file, aside)
            sync_folder(aside.parent)
        return aside

    def _end(self, claim: Lease, state: State, message: str) -> None:
        self._check_writable()
        with self._index.transaction(f"marking the run {claim.key} as {state}") as db:
            self._check_held(db, claim)
            db.execute(
                "UPDATE runs SET state = ?, message = ?, updated = ?, token = NULL WHERE key = ?",
                (state, str(message), time.time(), claim.key),
            )
        self._let_go(claim)

    def _check_held(self, db: sqlite3.Connection, claim: Lease) -> None:
        row = db.execute("SELECT state, token, host, pid FROM runs WHERE key = ?", (claim.key,)).fetchone()
        if row is None or row["state"] != "running" or row["token"] != claim.token:
            self._let_go(claim)
            now = "gone" if row is None else f"{row['state']} (process {row['pid']} on {row['host']})"
            raise LeaseLost(
                f"the run {claim.key} is no longer held by this claim (attempt {claim.attempts}): it is {now}. Drop this result"
            )

    def _let_go(self, claim: Lease) -> None:
        with self._claims_lock:
            self._open_claims.pop(claim.token, None)

    def _snapshot_file(self, key: str) -> Path:
        _check_key(key)
        return self.path / "snapshots" / f"{key}.npz"

    def _check_writable(self) -> None:
        if self.mode == "r":
            raise StoreReadOnly(f"the store {self.path} is open to look only: open it with mode='w'")


def _check_key(key: str) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"a key is 8 to 64 hexadecimal digits as made by thalweg.lab.store.key, got {key!r}")
