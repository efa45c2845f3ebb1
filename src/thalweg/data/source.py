"""Where real data come from: a folder of yours, the cache, the publisher; none is used before its checksum agrees."""

import contextlib
import gzip
import hashlib
import http.client
import logging
import os
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from thalweg import __version__

LOGGER = logging.getLogger("thalweg.data")
PAUSE = 5.0
"""Seconds for which a failed download is not tried again: a study asks for its data once a case."""
STALL = 30.0
"""Seconds without an answer, or without a single byte, after which a download is given up."""
PATIENCE = 600.0
"""Seconds that a download may take in all."""
LARGEST = 2**28
"""Bytes beyond which a download cannot be what was asked for."""


class DataMissing(Exception):
    """Real data that are needed are not at hand; the message says what to set, or where and on which terms to get them.

    Examples:
        >>> str(DataMissing("set THALWEG_DATA"))
        'set THALWEG_DATA'
    """


class ChecksumMismatch(ValueError):
    """A file that is not what its publisher published: damaged, cut short, or another version.

    Examples:
        >>> issubclass(ChecksumMismatch, ValueError)
        True
    """


@dataclass(frozen=True)
class Archive:
    """What a publisher offers for download.

    Arguments:
        name: of the data set, which is also the name of its folder under THALWEG_DATA.
        url: of the publisher's archive.
        md5: the checksum of the archive.
        terms: the publisher's terms, in full sentences.
        reference: the key in `references.bib` of what to cite.

    Examples:
        >>> Archive("toy", "http://127.0.0.1/toy.zip", "0" * 32, "Free to use.", "harper2015movielens").file
        'toy.zip'
    """

    name: str
    url: str
    md5: str
    terms: str
    reference: str

    @property
    def file(self) -> str:
        """The name of the archive in the cache."""
        return self.url.rpartition("/")[2]

    @property
    def ways(self) -> str:
        """What a user can do to have the data, in a sentence for an error."""
        return (
            f"set THALWEG_DATA to a folder that holds {self.name}/, or put the publisher's archive {self.url} at "
            f"{cache_folder() / self.file}; terms: {self.terms}"
        )


_refused: dict[str, tuple[float, str]] = {}
"""When and why the last download of an address failed."""


def data_folder() -> Path | None:
    """The folder that THALWEG_DATA names, None where it is not set; a DataMissing where it names no folder."""
    name = os.environ.get("THALWEG_DATA")
    if not name:
        return None
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise DataMissing(f"THALWEG_DATA names {name}, which is not a folder; name the folder of data sets, or unset it")
    return folder


def cache_folder() -> Path:
    """Where downloads are kept: `thalweg` in XDG_CACHE_HOME, which is `~/.cache` unless set."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return base / "thalweg"


def named_folder(archive: Archive, folder: Any, file: str) -> Path | None:
    """The folder to read from: the one that is given, else that of the archive below THALWEG_DATA; None where there is neither.

    Raises:
        DataMissing: what is given is no folder; says which file it must hold.
    """
    if folder is None and (root := data_folder()) is not None and (root / archive.name).is_dir():
        folder = root / archive.name
    if folder is None:
        return None
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise DataMissing(f"{place} is not a folder; name the one that holds {file}, or {archive.ways}")
    return place


def kept_download(archive: Archive, download: bool, what: str) -> Path:
    """The archive among the downloads, fetched where it is not there yet and may be.

    Raises:
        DataMissing: it is not there, and nobody may be asked; says how to come by it.
    """
    place = cache_folder() / archive.file
    if place.is_file():
        return place
    if not download:
        raise DataMissing(f"{what} is not at hand, and download is False: {archive.ways}")
    return fetch(archive)


def read(folder: Path, name: str, archive: Archive) -> bytes:
    """The bytes of a file of the archive from a folder of its files, unpacked where only `name.gz` is there.

    Raises:
        DataMissing: there is neither.
        ChecksumMismatch: the packed file is damaged.
    """
    plain, packed = folder / name, folder / f"{name}.gz"
    if plain.is_file():
        return plain.read_bytes()
    if not packed.is_file():
        raise DataMissing(f"{folder} holds neither {name} nor {name}.gz; {archive.url} has it")
    try:
        return gzip.decompress(packed.read_bytes())
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ChecksumMismatch(f"{packed} is damaged or cut short ({error}); get it from the publisher again") from error


def verify(content: bytes, md5: str, what: str) -> None:
    """Refuse, by a ChecksumMismatch, content whose MD5 is not the published one."""
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise ChecksumMismatch(
            f"{what} is not what was published: its MD5 is {found}, published {md5} ({len(content)} bytes read); "
            f"remove it and get it from the publisher again"
        )


def fetch(archive: Archive) -> Path:
    """The archive in the cache, downloaded from its publisher; the cache holds it whole and verified, or not at all.

    Raises:
        DataMissing: the publisher cannot be reached, the answer was cut short, or the cache cannot be written.
        ChecksumMismatch: what came is not what was published.
    """
    refused = _refused.get(archive.url)
    if refused is not None and time.monotonic() - refused[0] < PAUSE:
        raise DataMissing(refused[1])
    LOGGER.warning("downloading %s from %s. Terms: %s", archive.name, archive.url, archive.terms)
    try:
        content = _download(archive)
    except DataMissing as error:
        _refused[archive.url] = (time.monotonic(), str(error))
        raise
    verify(content, archive.md5, f"what {archive.url} sent")
    place = cache_folder() / archive.file
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{archive.file}-", delete=False) as file:
            _write(file, content, place)
    except OSError as error:
        raise DataMissing(
            f"{archive.name} came from {archive.url}, but cannot be kept at {place}: {error.strerror or error}; name "
            f"another cache by XDG_CACHE_HOME, or {archive.ways}"
        ) from error
    return place


def _write(file: IO[bytes], content: bytes, place: Path) -> None:
    """Written beside its place, synced and renamed; whatever stops it, nothing partial stays."""
    try:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(file.name, place)
    finally:
        with contextlib.suppress(FileNotFoundError):  # after the rename there is none
            os.unlink(file.name)


def _download(archive: Archive) -> bytes:
    """The bytes that the publisher sends, no more than `LARGEST`, in no more than `PATIENCE` seconds."""
    request = urllib.request.Request(archive.url, headers={"User-Agent": f"thalweg/{__version__}"})
    content, deadline = bytearray(), time.monotonic() + PATIENCE
    try:
        with urllib.request.urlopen(request, timeout=STALL) as answer:
            while piece := answer.read1(2**16):
                content += piece
                if len(content) > LARGEST:
                    raise DataMissing(f"{archive.url} sends more than {LARGEST} bytes, which is not {archive.name}")
                if time.monotonic() > deadline:
                    raise DataMissing(f"{archive.url} sent {len(content)} bytes in {PATIENCE:g} s; {archive.ways}")
            announced = answer.headers.get("Content-Length")
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise DataMissing(f"{archive.url} cannot be downloaded: {reason}; {archive.ways}") from error
    if announced is not None and announced != str(len(content)):
        raise DataMissing(f"{archive.url} was cut short after {len(content)} of {announced} bytes; {archive.ways}")
    return bytes(content)
