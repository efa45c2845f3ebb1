"""What can go wrong with a store, in words that say where, what is allowed and what to try."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_HARDLY_ANY = 100_000  # bytes: an input/output error of SQLite with less free than this is a full disk
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class StoreError(Exception):
    """A store that cannot be opened, read or written; the message says where, why and what to try."""


class StoreMissing(StoreError):
    """There is no store at the path that was to be read."""


class StoreFull(StoreError):
    """No space is left where the store is; everything that was stored before is intact."""


class StoreReadOnly(StoreError):
    """The store, or the place where it should be made, does not take writes."""


class StoreNewer(StoreError):
    """The store was made by a newer version of Thalweg than this one."""


class LeaseLost(StoreError):
    """The run is no longer this worker's: another took it over, or it was already brought to an end."""


class CorruptRun(StoreError):
    """The file of a run is missing, half-written or changed since it was written."""


class CorruptSnapshot(StoreError):
    """A snapshot of parameters is torn or was changed since it was written."""


class StoreWarning(UserWarning):
    """The store met something damaged and went on; nothing was deleted."""


def free_space(place: Path) -> int:
    """Bytes free on the file system of `place`, or of its nearest parent that exists."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free


def _readable(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _full(place: Path, doing: str, quota: bool) -> StoreFull:
    why = "the disk quota is used up" if quota else "no space is left"
    return StoreFull(
        f"{doing}: {why} at {place} ({_readable(free_space(place))} free). Everything stored before is intact. "
        "Free some space and start again, or name a roomier place with THALWEG_STORE."
    )


def _read_only(place: Path, doing: str, why: str) -> StoreReadOnly:
    return StoreReadOnly(
        f"{doing}: {place} does not take writes ({why}). To read what is there, open it with mode='r'; "
        "to write, name another place with THALWEG_STORE or change the permissions."
    )


def explanation(error: OSError | sqlite3.Error, place: Path, doing: str) -> StoreError:
    """The store's own error for one of the file system or of SQLite; `doing` says what was being done at `place`."""
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return _full(place, doing, error.errno == errno.EDQUOT)
        if error.errno in _READ_ONLY:
            return _read_only(place, doing, error.strerror or str(error))
        return StoreError(f"{doing}: {error}")
    code = primary(error)
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free_space(place) < _HARDLY_ANY):
        return _full(place, doing, quota=False)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return _read_only(place, doing, str(error))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"{doing}: another process has kept the index {place} locked for too long. If it is stopped or "
            "hangs, end it; on a network file system without locks, name a local place with THALWEG_STORE."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(
            f"{doing}: the index {place} is damaged or is not a store's ({error}). Move the folder {place.parent} "
            "aside and run again; the files of the runs in it stay readable with thalweg.lab.store.read_dataset."
        )
    return StoreError(f"{doing}: {error} (index {place})")


def primary(error: sqlite3.Error) -> int:
    """SQLite's primary result code, 0 where the error did not come from SQLite itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def explained(place: Path, doing: str) -> Iterator[None]:
    """Turn errors of the file system and of SQLite into those of the store."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise explanation(error, place, doing) from error
