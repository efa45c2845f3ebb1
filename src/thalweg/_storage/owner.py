"""Who works on a run, and whether that process still lives."""

import hashlib
import os
import socket
import subprocess
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STALE = 120.0
"""Seconds without a heartbeat after which an owner that cannot be looked up (on another machine) is taken for dead."""


@dataclass(frozen=True)
class Owner:
    """One claim by one process.

    Arguments:
        host: the machine, with a tag of its boot and process namespace: process numbers mean something only within it.
        pid: the process number.
        started: when the process started, as the system tells it; "" where it cannot. Process numbers are used again.
        token: drawn anew for each claim, so that a worker that was taken over cannot finish what is no longer its own.
    """

    host: str
    pid: int
    started: str
    token: str

    @classmethod
    def here(cls) -> "Owner":
        """This process, with a new token."""
        pid = os.getpid()
        return cls(this_host(), pid, started(pid) or "", uuid.uuid4().hex)

    def gone(self, heartbeat: float, now: float) -> bool:
        """Whether the owner is dead: looked up on its own machine, by the age of its heartbeat from any other."""
        if self.host == this_host() and self.started:
            found = started(self.pid)
            if found != "":
                return found != self.started
        return now - heartbeat > STALE


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


@cache
def host_tag() -> str:
    """Eight digits for this boot of this machine and this process namespace (containers may share a host name)."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    seen = f"{socket.gethostname()} {_text('/proc/sys/kernel/random/boot_id')} {namespace}"
    return hashlib.sha256(seen.encode()).hexdigest()[:8]


def this_host() -> str:
    """The name of this machine and its tag."""
    return f"{socket.gethostname()}#{host_tag()}"


def started(pid: int) -> str | None:
    """When process `pid` started: None if it is gone or a zombie, "" where the system cannot tell.

    Examples:
        >>> import os
        >>> started(os.getpid()) == started(os.getpid())
        True
    """
    try:
        # the name in brackets may hold anything, so the fields are counted from its end: state first, start time 20th
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        return _started_elsewhere(pid)


def _started_elsewhere(pid: int) -> str | None:
    if os.name == "nt":
        return ""  # os.kill(pid, 0) ends a process there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        return ""
    try:
        told = subprocess.run(
            ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        ).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return ""
    if not told:
        return ""
    return None if told[0].startswith("Z") else hashlib.sha256(" ".join(told[1:]).encode()).hexdigest()[:12]
