"""What the store hands out: the record of a run, the claim to do one, a kept verdict."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from thalweg._storage.files import read_dataset
from thalweg._storage.owner import Owner

if TYPE_CHECKING:
    import xarray as xr

State = Literal["running", "done", "failed", "interrupted"]
STATES: tuple[str, ...] = get_args(State)


@dataclass(frozen=True)
class RunRecord:
    """What the index knows of a run.

    Arguments:
        key: of its specification, from `key`.
        study: the study for which it was last claimed.
        case: its coordinates within the study, such as `{"depth": 3, "seed": 0}`.
        state: "running", "done", "failed" or "interrupted".
        attempts: how often it was begun.
        owner: who is at it, while it is running.
        heartbeat: when the owner last gave a sign, seconds since 1970.
        file: where its records are, once done.
        digest: the SHA-256 of that file.
        finals: its final numbers by name, empty until done.
        seconds: how long the run took.
        created, updated: when it was first claimed and when its row last changed, seconds since 1970.
        message: why it failed or must be done again; "" otherwise.
    """

    key: str
    study: str
    case: dict[str, Any]
    state: State
    attempts: int
    owner: Owner | None
    heartbeat: float | None
    file: Path | None
    digest: str | None
    finals: dict[str, Any]
    seconds: float | None
    created: float
    updated: float
    message: str

    def dataset(self) -> "xr.Dataset":
        """The records of a run that is done, checked against the digest and wholly in memory.

        Raises:
            ValueError: if the run is not done.
            CorruptRun: if its file was changed.
            FileNotFoundError: if its file is gone.
        """
        if self.state != "done" or self.file is None:
            raise ValueError(f"the run {self.key} is {self.state}: only a run that is done has records")
        return read_dataset(self.file, self.digest)

    @classmethod
    def from_row(cls, row: sqlite3.Row, folder: Path) -> "RunRecord":
        """The record in a row of the index of the store in `folder`."""
        running = row["state"] == "running"
        return cls(
            key=row["key"],
            study=row["study"],
            case=json.loads(row["case"]),
            state=row["state"],
            attempts=row["attempts"],
            owner=Owner(row["host"], row["pid"], row["started"], row["token"]) if running else None,
            heartbeat=row["heartbeat"],
            file=folder / row["file"] if row["file"] else None,
            digest=row["digest"],
            finals=json.loads(row["finals"]) if row["finals"] else {},
            seconds=row["seconds"],
            created=row["created"],
            updated=row["updated"],
            message=row["message"],
        )


@dataclass(frozen=True)
class Lease:
    """The right to do one run, given to one worker at a time; any process that holds it may bring the run to its end.

    Arguments:
        key, study, case: of the run.
        attempts: how often it was begun, this time included.
        token: by which the store knows the claim.
    """

    key: str
    study: str
    case: dict[str, Any]
    attempts: int
    token: str


@dataclass(frozen=True)
class VerdictRecord:
    """A verdict as it was kept.

    Arguments:
        study, claim: what was checked.
        mode: how, "full" or "quick".
        verdict: all of it, as it was given.
        created: when it was kept, seconds since 1970.
    """

    study: str
    claim: str
    mode: str
    verdict: dict[str, Any]
    created: float
