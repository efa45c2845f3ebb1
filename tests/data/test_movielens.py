"""The loader against the official counts, and against every way in which files and servers go wrong."""

import dataclasses
import gzip
import hashlib
import http.server
import io
import logging
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from thalweg._references import reference
from thalweg.data import movielens, source
from thalweg.data.movielens import ARCHIVE, SHAPE, SPLITS, Ratings, movielens_100k, parsed
from thalweg.data.source import ChecksumMismatch, DataMissing, data_folder

TABLE = b"196\t242\t3\t881250949\n186\t302\t3\t891717742\n22\t377\t1\t878887116\n244\t51\t2\t880606923\n"
FILES = {"u.data": TABLE, "u1.base": b"".join(sorted(TABLE.splitlines(True)[:3])), "u1.test": TABLE.splitlines(True)[3]}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"ml-100k/{name}", content)
    return buffer.getvalue()


ZIP = zipped(FILES)
TAMPERED = zipped(FILES | {"u.data": TABLE.replace(b"\t3\t", b"\t5\t")})


@dataclasses.dataclass
class Publisher:
    """A server on this machine that sends what `answer` says."""

    url: str
    requests: list[str]
    answer: Callable[[http.server.BaseHTTPRequestHandler], None]


def send(content: bytes, announced: int | None = None) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) if announced is None else announced))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No data anywhere, an empty cache (whose folder is returned), and a publisher who is four ratings large."""
    monkeypatch.setattr(source, "_refused", {})
    monkeypatch.delenv("THALWEG_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(movielens, "TABLE_MD5", hashlib.md5(TABLE).hexdigest())
    small = dataclasses.replace(ARCHIVE, url="http://127.0.0.1:9/ml-100k.zip", md5=hashlib.md5(ZIP).hexdigest())
    monkeypatch.setattr(movielens, "ARCHIVE", small)
    return tmp_path / "cache" / "thalweg"


@pytest.fixture
def publisher(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            published.requests.append(self.path)
            published.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    published = Publisher(f"http://127.0.0.1:{server.server_port}/ml-100k.zip", [], send(ZIP))
    monkeypatch.setattr(movielens, "ARCHIVE", dataclasses.replace(movielens.ARCHIVE, url=published.url))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield published
    server.shutdown()
    server.server_close()
    thread.join()


def folder_of(path: Path, files: dict[str, bytes], pack: bool = False) -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / (f"{name}.gz" if pack else name)).write_bytes(gzip.compress(content) if pack else content)
    return path


def kept(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


# The real data, where they are at hand -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(data_folder: Path) -> Path:
    if not (data_folder / "ml-100k").is_dir():
        pytest.skip(f"{data_folder} holds no ml-100k")
    return data_folder / "ml-100k"


@pytest.fixture(scope="module")
def table(real: Path) -> Ratings:
    return movielens_100k(folder=real)


def test_official_counts(table: Ratings):
    assert len(table) == 100_000
    assert table.shape == SHAPE == (1682, 943)
    assert np.array_equal(np.unique(table.users), np.arange(943))
    assert np.array_equal(np.unique(table.items), np.arange(1682))
    assert np.bincount(table.users).min() == 20  # the publisher: each user has rated at least 20 movies
    assert np.bincount(table.ratings.astype(int)).tolist() == [0, 6110, 11370, 27145, 34174, 21201]
    assert (table.users[0], table.items[0], table.ratings[0], table.timestamps[0]) == (195, 241, 3.0, 881250949)
    assert table.ratings.dtype == np.float64
    assert table.users.dtype.kind == table.items.dtype.kind == table.timestamps.dtype.kind == "i"
    times = table.timestamps.astype("datetime64[s]")
    assert times.min() >= np.datetime64("1997-09-19")  # the publisher: September 19th, 1997 through April 22nd, 1998
    assert times.max() <= np.datetime64("1998-04-23")


def test_the_matrix_holds_every_rating_once(table: Ratings):
    matrix = table.matrix()
    assert matrix.shape == SHAPE
    assert np.count_nonzero(~np.isnan(matrix)) == 100_000
    assert np.nansum(matrix) == table.ratings.sum()
    assert matrix[241, 195] == 3.0


def test_every_split_tiles_the_table(real: Path, table: Ratings):
    code = table.items * SHAPE[1] + table.users
    tests = {}
    for split in SPLITS:
        base, test = movielens_100k(split, folder=real)
        both = np.concatenate([part.items * SHAPE[1] + part.users for part in (base, test)])
        order, orders = np.argsort(code), np.argsort(both)
        assert np.array_equal(code[order], both[orders])
        assert np.array_equal(table.ratings[order], np.concatenate([base.ratings, test.ratings])[orders])
        tests[split] = test
    assert [len(tests[f"u{fold}"]) for fold in range(1, 6)] == [20_000] * 5
    five = np.concatenate([tests[f"u{fold}"].items * SHAPE[1] + tests[f"u{fold}"].users for fold in range(1, 6)])
    assert np.array_equal(np.sort(five), np.sort(code))  # the five test sets are disjoint, and all there is
    assert np.bincount(tests["ua"].users).tolist() == np.bincount(tests["ub"].users).tolist() == [10] * 943


def test_parts_take_the_table_apart(table: Ratings):
    first, rest = table.part(10_000)
    assert (len(first), len(rest)) == (10_000, 90_000)
    assert np.array_equal(np.concatenate([first.items, rest.items]), table.items)
    # The sums of squares of parts add up: what a predictor of zeros is charged for.
    assert np.sum(first.ratings**2) + np.sum(rest.ratings**2) == np.sum(table.ratings**2) == 1_372_704


def test_a_changed_byte_of_the_real_table_is_refused(real: Path, tmp_path: Path):
    content = bytearray(source.read(real, "u.data", ARCHIVE))
    content[content.index(b"\t3\t") + 1] = ord("4")
    with pytest.raises(ChecksumMismatch, match=r"u\.data is not what was published.*6e47046882bad158b0efbb84cd5cb987"):
        movielens_100k(folder=folder_of(tmp_path / "f", {"u.data": bytes(content)}))


def test_a_rating_moved_into_both_parts_is_refused(real: Path, tmp_path: Path):
    files = {name: source.read(real, name, ARCHIVE) for name in ("u.data", "u1.base", "u1.test")}
    files["u1.test"] += files["u1.base"].splitlines(True)[0]
    with pytest.raises(ChecksumMismatch, match=r"u1\.base and u1\.test together are not .*80000 and 20001 of 100000"):
        movielens_100k("u1", folder=folder_of(tmp_path / "f", files))


# Places --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [False, True])
def test_a_folder_is_read(nowhere: Path, tmp_path: Path, pack: bool):
    folder = folder_of(tmp_path / "mine", FILES, pack)
    everything = movielens_100k(folder=folder, download=False)
    assert everything.items.tolist() == [241, 301, 376, 50]
    base, test = movielens_100k("u1", folder=str(folder), download=False)
    assert (len(base), len(test)) == (3, 1)
    assert (test.users[0], test.items[0], test.ratings[0], test.timestamps[0]) == (243, 50, 2.0, 880606923)
    assert kept(nowhere) == []


def test_the_environment_names_the_folder(nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder_of(tmp_path / "data" / "ml-100k", FILES, pack=True)
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "data"))
    assert data_folder() == tmp_path / "data"
    assert len(movielens_100k(download=False)) == 4
    with pytest.raises(DataMissing, match=r"holds neither ua\.base nor ua\.base\.gz; http"):
        movielens_100k("ua", download=False)


def test_a_wrong_environment_is_not_passed_over(nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "absent"))
    with pytest.raises(DataMissing, match=r"THALWEG_DATA names .*absent, which is not a folder"):
        movielens_100k()


def test_missing_data_say_what_to_do(nowhere: Path, tmp_path: Path):
    with pytest.raises(DataMissing) as raised:
        movielens_100k(download=False)
    for part in (
        "download is False",
        "set THALWEG_DATA",
        "http://127.0.0.1:9/ml-100k.zip",
        str(nowhere),
        "redistribute",
    ):
        assert part in str(raised.value)
    with pytest.raises(DataMissing, match=r"absent is not a folder; name the one that holds u.data"):
        movielens_100k(folder=tmp_path / "absent")
    assert kept(nowhere) == []


def test_the_cache_is_read_and_checked(nowhere: Path):
    nowhere.mkdir(parents=True)
    (nowhere / "ml-100k.zip").write_bytes(ZIP)
    assert len(movielens_100k(download=False)) == 4
    (nowhere / "ml-100k.zip").write_bytes(zipped(FILES | {"README": b"changed"}))
    with pytest.raises(ChecksumMismatch, match=r"ml-100k\.zip is not what was published.*remove it"):
        movielens_100k()


# The publisher -------------------------------------------------------------------------------------------------------


def test_a_download_is_kept_and_its_terms_are_said_once(publisher: Publisher, nowhere: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, logger="thalweg.data"):
        base, test = movielens_100k("u1")
        again = movielens_100k()
    assert (len(base), len(test), len(again)) == (3, 1, 4)
    assert publisher.requests == ["/ml-100k.zip"]
    assert [record.getMessage().count("do not redistribute") for record in caplog.records] == [1]
    assert kept(nowhere) == ["ml-100k.zip"]
    assert (nowhere / "ml-100k.zip").read_bytes() == ZIP


def cut_off(handler: http.server.BaseHTTPRequestHandler) -> None:
    send(ZIP[:100], announced=len(ZIP))(handler)


def refused(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_error(503, "out of order")


def nonsense(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"no HTTP at all\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (cut_off, DataMissing, "cut short after 100 of"),
        (send(ZIP[:100]), ChecksumMismatch, r"what http.* sent is not what was published.*\(100 bytes read\)"),
        (send(TAMPERED), ChecksumMismatch, "is not what was published"),
        (send(b""), ChecksumMismatch, r"\(0 bytes read\)"),
        (refused, DataMissing, "cannot be downloaded: .*; set THALWEG_DATA"),
        (nonsense, DataMissing, "cannot be downloaded"),
    ],
    ids=["cut off", "truncated", "tampered", "empty", "refused", "nonsense"],
)  # fmt: skip
def test_a_bad_download_leaves_nothing(
    publisher: Publisher,
    nowhere: Path,
    answer: Callable,
    error: type[Exception],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(source, "PAUSE", 0.0)
    publisher.answer = answer
    with pytest.raises(error, match=message):
        movielens_100k()
    assert publisher.requests == ["/ml-100k.zip"]
    assert kept(nowhere) == []
    publisher.answer = send(ZIP)
    assert len(movielens_100k()) == 4


def test_a_failed_download_is_not_tried_again_at_once(publisher: Publisher, nowhere: Path, monkeypatch: pytest.MonkeyPatch):
    """A study asks for its data once a case; each would wait for the same refusal."""
    publisher.answer = refused
    for _ in range(3):
        with pytest.raises(DataMissing, match="cannot be downloaded"):
            movielens_100k()
    assert publisher.requests == ["/ml-100k.zip"]
    monkeypatch.setattr(source, "PAUSE", 0.0)
    publisher.answer = send(ZIP)
    assert len(movielens_100k()) == 4


def test_a_publisher_who_falls_silent_is_given_up(publisher: Publisher, nowhere: Path, monkeypatch: pytest.MonkeyPatch):
    done = threading.Event()

    def silent(handler: http.server.BaseHTTPRequestHandler) -> None:
        cut_off(handler)
        done.wait(5)

    publisher.answer = silent
    monkeypatch.setattr(source, "STALL", 0.1)
    with pytest.raises(DataMissing, match=r"cannot be downloaded: .*timed out"):
        movielens_100k()
    done.set()
    assert kept(nowhere) == []


@pytest.mark.parametrize(("limit", "value", "message"), [("LARGEST", 10, "more than 10"), ("PATIENCE", -1.0, "bytes in")])
def test_a_download_has_limits(
    publisher: Publisher, nowhere: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: float, message: str
):
    monkeypatch.setattr(source, limit, value)
    with pytest.raises(DataMissing, match=message):
        movielens_100k()
    assert kept(nowhere) == []


def test_a_cache_that_cannot_be_written(publisher: Publisher, nowhere: Path):
    nowhere.parent.mkdir(parents=True)
    nowhere.write_text("a file where the folder should be")
    with pytest.raises(DataMissing, match=r"cannot be kept at .*name another cache by XDG_CACHE_HOME"):
        movielens_100k()


def test_a_write_that_fails_leaves_nothing(publisher: Publisher, nowhere: Path, monkeypatch: pytest.MonkeyPatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataMissing, match="No space left on device"):
        movielens_100k()
    assert kept(nowhere) == []


def test_nobody_listens(nowhere: Path):
    with pytest.raises(DataMissing, match=r"cannot be downloaded: .*; set THALWEG_DATA"):
        movielens_100k()


def test_importing_opens_no_connection():
    code = (
        "import socket, sys\n"
        "def refuse(*args, **kwargs): raise SystemExit('a connection')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "import thalweg.data.movielens\n"
        "print('jax' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


# Malformed files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"1\t2\t3", "line 2: .*four whole numbers"),
        (b"1\t2\t3\t4\t5", "line 2: .*four whole numbers"),
        (b"1\t2\t3.5\t4", "line 2: .*four whole numbers"),
        (b"1 2 3 4", "line 2: .*four whole numbers"),
        (b"", "line 2: '' is not four whole numbers"),
        (b"0\t2\t3\t4", r"line 2: .*a user in 1\.\.943"),
        (b"944\t2\t3\t4", r"a user in 1\.\.943"),
        (b"1\t1683\t3\t4", r"an item in 1\.\.1682"),
        (b"1\t2\t6\t4", r"a rating in 1\.\.5"),
        (b"1\t2\t3\t-4", "and a time"),
    ],
)
def test_a_malformed_row_is_named(nowhere: Path, tmp_path: Path, line: bytes, message: str):
    bad = b"1\t2\t3\t4\n" + line + b"\n"
    with pytest.raises(ValueError, match=f"u1.base, {message}|u1.base.*{message}"):
        movielens_100k("u1", folder=folder_of(tmp_path / "f", FILES | {"u1.base": bad}))


def test_a_damaged_gzip_is_named(nowhere: Path, tmp_path: Path):
    folder = folder_of(tmp_path / "f", FILES, pack=True)
    whole = (folder / "u.data.gz").read_bytes()
    for damaged in (whole[:-12], b"not gzip at all", whole[:20] + b"\xff\xff" + whole[22:]):
        (folder / "u.data.gz").write_bytes(damaged)
        with pytest.raises(ChecksumMismatch, match=r"u\.data\.gz is damaged or cut short"):
            movielens_100k(folder=folder)


def test_an_empty_file_holds_no_ratings():
    with pytest.raises(ValueError, match=r"ua\.test holds no ratings"):
        parsed(b"", "ua.test")


@pytest.mark.parametrize("split", ["u6", "u", "", "U1", 1])
def test_an_unknown_split_is_refused_before_anything_is_read(nowhere: Path, split):
    with pytest.raises(ValueError, match=r"split must be None or one of 'u1', 'u2', .*'ub'; got"):
        movielens_100k(split)


@pytest.mark.parametrize(("first", "error"), [(4, ValueError), (0, ValueError), (2.0, TypeError)])
def test_a_part_must_leave_something_on_both_sides(first, error: type[Exception]):
    with pytest.raises(error, match="first must be"):
        parsed(TABLE, "u.data").part(first)


def test_the_terms_and_the_citation_are_there():
    assert reference(ARCHIVE.reference).year == 2015
    for word in ("research", "endorsement", "redistribute", "commercial", "Acknowledge"):
        assert word in ARCHIVE.terms
    assert ARCHIVE.url.startswith("https://files.grouplens.org/")
