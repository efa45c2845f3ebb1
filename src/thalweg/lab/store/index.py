"""The index of a store: one SQLite file that says which runs there are, how far they are and who works on them."""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from thalweg._storage.errors import (
    StoreError,
    StoreMissing,
    StoreNewer,
    StoreReadOnly,
    explained,
    explanation,
    primary,
)

_APPLICATION = 0x7468616C  # "thal", in the header of the file
_PATIENCE = 30.0  # seconds to wait for another process's transaction
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "fuse.sshfs"}
_CHECKPOINT = 100  # pages: the log stays below half a megabyte

# What SQLite says where it cannot make the shared memory of its log.
_NO_ROOM_FOR_LOG = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)

# What brings a store from version i to i + 1. Never change one that was published: append.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE runs (
            key TEXT PRIMARY KEY, study TEXT NOT NULL, "case" TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
            attempts INTEGER NOT NULL, host TEXT, pid INTEGER, started TEXT, token TEXT, heartbeat REAL,
            file TEXT, digest TEXT, finals TEXT, seconds REAL,
            created REAL NOT NULL, updated REAL NOT NULL, message TEXT NOT NULL DEFAULT ''
        ) WITHOUT ROWID""",
        "CREATE INDEX runs_by_study ON runs (study, state)",
        """CREATE TABLE verdicts (
            number INTEGER PRIMARY KEY, study TEXT NOT NULL, claim TEXT NOT NULL, mode TEXT NOT NULL,
            verdict TEXT NOT NULL, created REAL NOT NULL, UNIQUE (study, claim, mode)
        )""",
    ),
)


class Index:
    """A connection to the index, to be used by one process and any of its threads.

    Arguments:
        path: the SQLite file.
        mode: "w" makes it, or brings an older one up to date; "r" never writes, and reads from a disk that takes none.

    Raises:
        StoreMissing: if there is nothing to read.
        StoreNewer: if a newer version made it.
        StoreReadOnly: if it cannot be written.
        StoreError: if it is damaged, locked for too long, or some other program's.
    """

    def __init__(self, path: Path, mode: str = "w"):
        self.path = path
        self._lock = threading.RLock()
        self._process = os.getpid()
        if mode == "r" and not path.is_file():
            raise StoreMissing(f"there is no store at {path.parent}: run a study first, or name its place with THALWEG_STORE")
        with explained(path, "opening the store"):
            self._connection = _open_to_read(path) if mode == "r" else _open_to_write(path)
        self._connection.row_factory = sqlite3.Row

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a SELECT finds."""
        found: list[sqlite3.Row] = []
        with self._mine(), explained(self.path, "reading the store"):
            found = self._connection.execute(sql, values).fetchall()
        return found

    @contextlib.contextmanager
    def transaction(self, doing: str) -> Iterator[sqlite3.Connection]:
        """One change that happens wholly or not at all; no other process writes within it."""
        with self._mine(), explained(self.path, doing), _whole(self._connection):
            yield self._connection

    @contextlib.contextmanager
    def _mine(self) -> Iterator[None]:
        if os.getpid() != self._process:
            raise StoreError("a store that was opened before a fork is used after it: open it again in the new process")
        with self._lock:
            yield

    def close(self) -> None:
        """Give the connection up; whatever was committed stays."""
        with self._mine():
            self._connection.close()


def to_json(value: Any, name: str) -> str:
    """`value` as JSON text; NumPy's numbers and arrays become numbers and lists.

    Raises:
        TypeError: naming `name`, if something in it is no JSON value.
    """

    def plain(item: Any) -> Any:
        if isinstance(item, np.generic) or hasattr(item, "__array__"):
            return np.asarray(item).tolist()
        raise TypeError(f"a {type(item).__name__}, {item!r}, is no JSON value")

    try:
        return json.dumps(value, default=plain)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold text, numbers, truth values, lists and mappings: {error}") from error


@contextlib.contextmanager
def _whole(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _open_to_write(path: Path) -> sqlite3.Connection:
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise StoreReadOnly(
            f"{path.parent} does not take writes. To read what is there, open the store with mode='r'; to write, name "
            "another place with THALWEG_STORE or change the permissions."
        )
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {int(1000 * _PATIENCE)}")
        _check(connection, path)
        _set_journal(connection, path)
        connection.execute("PRAGMA synchronous = FULL")
        _bring_up_to_date(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_to_read(path: Path) -> sqlite3.Connection:
    place = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(place, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        if _check(connection, path) == len(MIGRATIONS):
            return connection
    except sqlite3.OperationalError as error:
        if primary(error) not in _NO_ROOM_FOR_LOG:
            connection.close()
            raise
    except BaseException:
        connection.close()
        raise
    connection.close()
    return _copied(path)


def _copied(path: Path) -> sqlite3.Connection:
    """The index as it is now, in memory: it is an older one, or SQLite cannot read its log where it cannot write."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with tempfile.TemporaryDirectory(prefix="thalweg-") as folder:
        copy = Path(folder) / path.name
        for suffix in ("-wal", ""):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        with contextlib.closing(sqlite3.connect(copy)) as source:
            source.backup(memory)
    _check(memory, path)
    _bring_up_to_date(memory, path)
    memory.execute("PRAGMA query_only = ON")
    return memory


def _check(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the store, 0 for an empty file."""
    # one moment for all three: another process may be making the store
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if alone:
        connection.execute("COMMIT")
    if application != _APPLICATION and (tables or version):
        raise StoreError(f"{path} is a database of some other program: name another place for the store with THALWEG_STORE")
    if version > len(MIGRATIONS):
        raise StoreNewer(
            f"{path.parent} was made by a newer Thalweg (store version {version}; this one knows {len(MIGRATIONS)}). "
            "Nothing was changed. Update Thalweg, or name another place with THALWEG_STORE."
        )
    return version


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    if _check(connection, path) == len(MIGRATIONS):
        return
    with _whole(connection):
        # seen again inside: another process may have been first
        for number in range(_check(connection, path), len(MIGRATIONS)):
            for statement in MIGRATIONS[number]:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _set_journal(connection: sqlite3.Connection, path: Path) -> None:
    """Write-ahead log where its shared memory works; the older journal on network file systems or if it is refused."""
    asked = "delete" if file_system(path.parent) in _NETWORK else "wal"
    got = _journal(connection, asked, path)
    if got == "wal":
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
    elif got != "delete":
        got = _journal(connection, "delete", path)
    if asked == "delete" and got == "wal":
        raise StoreError(
            f"{path.parent} is on a network file system, where the index cannot be used by several machines while it "
            "keeps a write-ahead log. End the other processes on this store and open it again, or name a local place "
            "with THALWEG_STORE."
        )


def _journal(connection: sqlite3.Connection, asked: str, path: Path) -> str:
    # the change needs the file alone, and SQLite does not always wait for that by itself
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return str(connection.execute(f"PRAGMA journal_mode = {asked}").fetchone()[0])
        except sqlite3.OperationalError as error:
            if primary(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or time.monotonic() > end:
                raise explanation(error, path, "opening the store") from error
            time.sleep(0.01)


def file_system(folder: Path) -> str:
    """The kind of file system that `folder` is on, as the mount table names it; "" where it cannot be told."""
    try:
        lines = Path("/proc/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    place = folder.resolve()
    found: list[tuple[int, int, str]] = []
    for number, line in enumerate(lines):
        point, kind = line.split(" ")[1:3]
        point = point.replace("\\040", " ")  # so a space is written there
        if place.is_relative_to(point):
            found.append((len(point), number, kind))
    return max(found)[2] if found else ""
