"""Files that are whole or absent: written beside their place, synced, renamed; what dead writers left is cleaned up."""

import contextlib
import errno
import hashlib
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from thalweg._storage.errors import explained, explanation
from thalweg._storage.owner import host_tag, started

_TEMPORARY = re.compile(r"^\.([0-9a-f]{8})-(\d+)-(\w*)-[0-9a-f]{8}\.tmp$")
_FORGOTTEN = 3600.0  # seconds after which a temporary file of another machine is taken for one of a dead writer


def sha256(content: bytes) -> str:
    """The SHA-256 of `content` in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_bytes(path: Path) -> bytes:
    """All bytes of a file; FileNotFoundError if there is none, a StoreError for any other trouble."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"there is no file {path}") from error
    except OSError as error:
        raise explanation(error, path, f"reading {path.name}") from error


@contextlib.contextmanager
def staged(path: Path, content: bytes) -> Iterator[Callable[[], None]]:
    """`content` written and synced beside `path`; calling what is yielded puts it there, leaving without removes it."""
    doing = f"writing {path.name}"
    pid = os.getpid()
    temporary = path.parent / f".{host_tag()}-{pid}-{started(pid) or ''}-{uuid.uuid4().hex[:8]}.tmp"

    def place() -> None:
        with explained(path.parent, doing):
            os.replace(temporary, path)
            sync_folder(path.parent)

    try:
        with explained(path.parent, doing):
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                sync_folder(path.parent.parent)
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        yield place
    finally:
        with contextlib.suppress(OSError):  # after the rename there is none; else the store removes it when next opened
            temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlast a power cut, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(descriptor)


def clean_temporaries(folder: Path) -> int:
    """Remove what writers that died left in `folder` and below; how many files that were."""
    removed = 0
    for file in folder.rglob(".*.tmp"):
        match = _TEMPORARY.match(file.name)
        if match is None:
            continue
        tag, pid, start = match[1], int(match[2]), match[3]
        now = started(pid) if tag == host_tag() and start else ""
        with contextlib.suppress(OSError):  # another process may be cleaning up too
            old = time.time() - file.stat().st_mtime > _FORGOTTEN
            if old if now == "" else now != start:
                file.unlink()
                removed += 1
    return removed
