"""A server in a process of its own and a real browser in front of it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SMALL = "depth=2&rows=12&columns=10&rank=2&share=0.7"
"""A run of a second."""
WAIT = 180_000
"""Milliseconds after which something that must come has not come, however busy the machine is."""


def browser_path() -> str | None:
    """Where a browser is that Playwright can drive."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


class Served:
    """`thalweg explore` on a port of this machine."""

    def __init__(self, folder: Path, port: int = 0):
        variables = {"THALWEG_STORE": str(folder / "store"), "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONUNBUFFERED": "1"}
        self.folder = folder
        self.log = (folder / "log").open("ab")
        words = [sys.executable, "-m", "thalweg", "explore", "--no-browser", "--port", str(port)]
        self.process = subprocess.Popen(
            words, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=self.log, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("explorer: http://127.0.0.1:"), line + (folder / "log").read_text()
        self.address = line.split()[1]
        self.port = int(self.address.rstrip("/").rpartition(":")[2])

    def end(self, how: int = signal.SIGINT) -> int:
        """Ends it; its exit code."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        try:
            return self.process.wait(20)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.log.close()
            if self.process.stdout is not None:
                self.process.stdout.close()


@contextlib.contextmanager
def served(folder: Path, port: int = 0) -> Iterator[Served]:
    """A server for as long as it is needed."""
    one = Served(folder, port)
    try:
        yield one
    finally:
        one.end()


def until(page: Any, what: str, within: float = WAIT) -> None:
    """Waits until an expression of the page is true; asked from here, as the page's own policy forbids to evaluate text."""
    last = time.monotonic() + within / 1000
    while not page.evaluate(what):
        assert time.monotonic() < last, f"never became true: {what}; the page says {page.inner_text('body')[:600]!r}"
        page.wait_for_timeout(30)


def done(page: Any) -> None:
    until(page, "document.body.dataset.state === 'done'")
