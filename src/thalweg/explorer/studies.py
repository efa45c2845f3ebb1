"""The studies on the page: what they claim, what the store knows of them, and a run of one in a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from thalweg._storage.errors import StoreMissing
from thalweg.drawing.markup import as_html
from thalweg.drawing.numbers import powers
from thalweg.explorer.jobs import Full
from thalweg.lab.recall import recall
from thalweg.lab.store import Store
from thalweg.report.chapter import Chapter, chapters, citation
from thalweg.studies.registry import MODULES, study
from thalweg.studies.verdicts import short_source

MODES = ("quick", "full")
PROGRAM = (sys.executable, "-m", "thalweg.explorer.study_process")


class Studies:
    """What the page tells of studies.

    Arguments:
        store: the folder of runs.
    """

    def __init__(self, store: Path | None = None):
        self.store = store
        self._lock, self._drawing = threading.Lock(), threading.Lock()
        self._drawn: dict[tuple[str, str, str], Chapter] = {}
        self._going: Going | None = None

    def listed(self) -> list[dict[str, Any]]:
        """All studies: what they ask, and how many claims of each mode passed when last run."""
        known = self._verdicts()
        found = []
        for name in MODULES:
            one = study(name)
            counts = {}
            for mode in MODES:
                verdicts = known.get((name, mode), {})
                if verdicts:
                    counts[mode] = {"of": len(verdicts), "pass": sum(v["verdict"] == "pass" for v in verdicts.values())}
            found.append({"name": name, "title": one.title, "question": one.question, "cost": one.cost, "known": counts})
        return found

    def told(self, name: str, mode: str) -> dict[str, Any]:
        """One study: its sources, its claims with their verdicts, its pictures where it was run; sentences of claims as HTML.

        Raises:
            LookupError: no such study or mode.
        """
        if name not in MODULES or mode not in MODES:
            raise LookupError("there is no such study or form of it")
        one = study(name)
        parameters = one.quick if mode == "quick" else one.parameters
        verdicts = self._verdicts().get((name, mode), {})
        claims = []
        for claim in one.claims(parameters):
            verdict = verdicts.get(claim.name, {})
            claims.append(
                {
                    "sentence": as_html(powers(claim.sentence)),
                    "source": short_source(str(claim.source)),
                    "grade": claim.grade,
                    "published": as_html(powers(claim.published or "")),
                    "allowed": as_html(powers(str(claim.allowed))),
                    "wrong": [as_html(powers(one.what)) for one in (claim.null, *claim.mutants)],
                    "verdict": verdict.get("verdict", "not run yet"),
                    "measured": verdict.get("measured"),
                    "reason": verdict.get("reason") or "",
                }
            )
        chapter = self._chapter(name, mode) if verdicts else None
        drawn = {} if chapter is None else {slug: plot for slug, plot in chapter.plots.items() if plot.panels}
        plots = [{"slug": slug, "title": plot.title, "caption": as_html(powers(plot.caption))} for slug, plot in drawn.items()]
        sources = [{"text": found.text, "locator": found.locator, "link": found.link} for found in map(citation, one.sources)]
        return {
            "name": name,
            "mode": mode,
            "title": one.title,
            "question": one.question,
            "cost": one.cost,
            "sources": sources,
            "claims": claims,
            "plots": plots,
        }

    def picture(self, name: str, mode: str, slug: str) -> bytes:
        """A picture of a study that was run, as SVG.

        Raises:
            LookupError: there is none of that name.
        """
        from thalweg.drawing.matplotlib_figures import svg

        chapter = self._chapter(name, mode)
        if chapter is None or slug not in chapter.plots:
            raise LookupError("there is no such picture; run the study first")
        with self._drawing:  # matplotlib draws for one at a time
            return svg(chapter.plots[slug])

    def run(self, name: str, mode: str, wake: Callable[[], None]) -> "Going":
        """Begins to carry a study out.

        Raises:
            LookupError: no such study or mode. Full: another one is being carried out.
        """
        if name not in MODULES or mode not in MODES:
            raise LookupError("there is no such study or form of it")
        with self._lock:
            if self._going is not None and (still := self._going.still()):
                raise Full(still)
            self._going = Going(name, mode, self.store, wake)
            return self._going

    def leave(self) -> None:
        """Ends what is being carried out, as the server goes; what is done stays in the store."""
        if self._going is not None:
            self._going.leaving = True
            self._going.stop()

    def _verdicts(self) -> dict[tuple[str, str], dict[str, Mapping[str, Any]]]:
        found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
        try:
            with Store(self.store, "r") as opened:
                for record in opened.verdicts():
                    found.setdefault((record.study, record.mode), {})[record.claim] = record.verdict
        except StoreMissing:
            return {}
        return found

    def _chapter(self, name: str, mode: str) -> Chapter | None:
        memory = self._verdicts().get((name, mode))
        if memory is None:
            return None
        key = (name, mode, json.dumps(memory, sort_keys=True, default=str))
        with self._drawing:  # a page asks for all its pictures at once, and the first makes the chapter for all
            if key not in self._drawn:
                runs = [run for run in recall(self.store, [name]) if run.mode == mode]
                self._drawn = {other: chapter for other, chapter in self._drawn.items() if other[:2] != (name, mode)}
                if not runs:
                    return None
                self._drawn[key] = chapters(runs)[0]
            return self._drawn[key]


class Going:
    """A study that is being carried out by a process of its own, which can be ended at any time.

    Messages are taken as from a `Job`: `begun`, `case`, `done` with the counts, `failed` with a sentence.

    Arguments:
        name, mode, store: of the study. wake: called from another thread when there is a message to take. program: what
            carries it out, before these words.
    """

    def __init__(self, name: str, mode: str, store: Path | None, wake: Callable[[], None], program: Sequence[str] = PROGRAM):
        self.study, self._wake = name, wake
        self.leaving = self._stopped = self._over = False
        self._mail: list[tuple[str, Mapping[str, Any]]] = []
        self._lock = threading.Lock()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe that nobody reads would hold the process once full
        words = [*program, name, mode, *([str(store)] if store else [])]
        self._process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True
        )
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._clear_away, daemon=True).start()

    def still(self) -> str:
        """A sentence about why no other study can be carried out yet; empty where one can."""
        if self._over or self._process.poll() is not None:
            return ""
        if self._stopped:
            return f"the study {self.study} is just being ended; try again in a moment"
        return f"the study {self.study} is being carried out for a reader; one at a time"

    def take(self) -> tuple[str, Mapping[str, Any]] | None:
        """The next message; None where there is none now."""
        with self._lock:
            return self._mail.pop(0) if self._mail else None

    def stop(self) -> None:
        """Interrupts it, as Ctrl-C would; what is done is kept."""
        if not self._over and not self._stopped and self._process.poll() is None:
            self._stopped = True
            self._signal(signal.SIGINT)
            threading.Thread(target=self._make_sure, daemon=True).start()

    def _make_sure(self) -> None:
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)

    def _clear_away(self) -> None:
        """Ends workers that outlive it, which would keep its output open."""
        self._process.wait()
        self._signal(signal.SIGKILL)

    def _signal(self, what: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has just ended
            os.killpg(self._process.pid, what)

    def _read(self) -> None:
        assert self._process.stdout is not None
        last = ""
        for line in self._process.stdout:
            try:
                last, what = json.loads(line)
            except ValueError:  # a library has printed something
                sys.stderr.write(line.decode(errors="replace"))
                continue
            self._tell(last, what)
        self._process.stdout.close()
        if last != "done" and not self._stopped:
            self._errors.seek(0)
            sys.stderr.write(self._errors.read().decode(errors="replace"))
        if last not in ("done", "failed"):
            self._tell("failed", {"sentence": "it was ended before it was done; what is done is kept in the store"})
        self._errors.close()

    def _tell(self, kind: str, what: Mapping[str, Any]) -> None:
        with self._lock:
            self._mail.append((kind, what))
            self._over = self._over or kind in ("done", "failed")
        self._wake()
