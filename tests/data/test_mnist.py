"""The loader of MNIST against the published counts, and against files that are damaged, missing or of another kind."""

import gzip
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from thalweg._references import reference
from thalweg.data import mnist, source
from thalweg.data.mnist import NAMES, PACKED, PLAIN, parsed
from thalweg.data.source import ChecksumMismatch, DataMissing

IMAGES, LABELS = NAMES["test"]
FILES = {
    IMAGES: bytes.fromhex("00000803 00000002 0000001c 0000001c") + bytes([0, 255, 51, *[0] * 781]) + bytes([1] * 784),
    LABELS: bytes.fromhex("00000801 00000002 0709"),
}


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No data anywhere, an empty cache (whose folder is returned), and a publisher of two examples who is not there."""
    monkeypatch.setattr(source, "_refused", {})
    monkeypatch.setattr(source, "PAUSE", 0.0)
    monkeypatch.delenv("THALWEG_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(mnist, "ADDRESS", "http://127.0.0.1:9")
    plain = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}
    packed = {name: hashlib.md5(gzip.compress(content, mtime=0)).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(mnist, "PLAIN", PLAIN | plain)
    monkeypatch.setattr(mnist, "PACKED", PACKED | packed)
    return tmp_path / "cache" / "thalweg"


@pytest.fixture
def publisher(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A server on this machine that sends the two small files; the paths that it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            content = gzip.compress(FILES[self.path[1:].removesuffix(".gz")], mtime=0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    monkeypatch.setattr(mnist, "ADDRESS", f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield asked
    server.shutdown()
    server.server_close()
    thread.join()


def folder_of(path: Path, files: dict[str, bytes], pack: bool = False) -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / (f"{name}.gz" if pack else name)).write_bytes(gzip.compress(content) if pack else content)
    return path


# The real data, where they are at hand -------------------------------------------------------------------------------


def test_the_published_counts(data_folder: Path):
    if not (data_folder / "mnist").is_dir():
        pytest.skip(f"{data_folder} holds no mnist")
    test = mnist.load("test", folder=data_folder / "mnist")
    assert test.inputs.shape == (10_000, 784)
    assert test.inputs.dtype == np.float64
    assert (test.inputs.min(), test.inputs.max()) == (0.0, 1.0)
    assert test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # The mean grey value of the test images that everybody's normalization of MNIST knows: 0.1325.
    assert test.inputs.mean() == pytest.approx(0.1325, abs=5e-5)


@pytest.mark.slow
def test_the_published_counts_to_train_on(data_folder: Path):
    if not (data_folder / "mnist").is_dir():
        pytest.skip(f"{data_folder} holds no mnist")
    train = mnist.load(folder=data_folder / "mnist")
    assert train.inputs.shape == (60_000, 784)
    assert np.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert train.inputs.mean() == pytest.approx(0.1307, abs=5e-5)
    assert train.inputs.std() == pytest.approx(0.3081, abs=5e-5)


# Places --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [False, True])
def test_a_folder_is_read(nowhere: Path, tmp_path: Path, pack: bool):
    found = mnist.load("test", folder=folder_of(tmp_path / "mine", FILES, pack), download=False)
    assert found.labels.tolist() == [7, 9]
    assert found.inputs[0, :4].tolist() == [0.0, 1.0, 0.2, 0.0]
    assert np.array_equal(found.inputs[1], np.full(784, 1 / 255))


def test_the_environment_names_the_folder(nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder_of(tmp_path / "data" / "mnist", FILES, pack=True)
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "data"))
    assert len(mnist.load("test")) == 2
    with pytest.raises(DataMissing, match=r"holds neither train-images-idx3-ubyte nor train-images-idx3-ubyte\.gz"):
        mnist.load("train")


def test_missing_data_say_what_to_do(nowhere: Path, tmp_path: Path):
    with pytest.raises(DataMissing) as raised:
        mnist.load("test", download=False)
    for part in ("download is False", "set THALWEG_DATA", "http://127.0.0.1:9/t10k-images", str(nowhere), "LeCun"):
        assert part in str(raised.value)
    with pytest.raises(DataMissing, match="absent is not a folder"):
        mnist.load(folder=tmp_path / "absent")
    with pytest.raises(DataMissing, match="cannot be downloaded"):
        mnist.load("test")


def test_a_download_is_kept(publisher: list[str], nowhere: Path):
    assert mnist.load("test").labels.tolist() == mnist.load("test", download=False).labels.tolist() == [7, 9]
    assert publisher == [f"/{IMAGES}.gz", f"/{LABELS}.gz"]
    assert sorted(path.name for path in nowhere.iterdir()) == [f"{IMAGES}.gz", f"{LABELS}.gz"]


# What is not as published --------------------------------------------------------------------------------------------


def test_a_changed_byte_is_refused(nowhere: Path, tmp_path: Path):
    changed = FILES | {LABELS: FILES[LABELS][:-1] + b"\x08"}
    with pytest.raises(ChecksumMismatch, match=r"t10k-labels-idx1-ubyte is not what was published"):
        mnist.load("test", folder=folder_of(tmp_path / "f", changed))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not begin as an idx file of 1-dimensional"),
        (bytes.fromhex("00000803 00000000"), "does not begin as an idx file"),
        (bytes.fromhex("00000801 00000003 0504"), r"its sizes are \(3,\), and holds 2 values"),
        (bytes.fromhex("00000801 00000001 0504"), r"its sizes are \(1,\), and holds 2 values"),
    ],
)
def test_a_file_of_another_kind_is_refused(content: bytes, message: str):
    with pytest.raises(ChecksumMismatch, match=message):
        parsed(content, "train-labels-idx1-ubyte")


@pytest.mark.parametrize("part", ["valid", "", "Train", 1])
def test_an_unknown_part_is_refused(part):
    with pytest.raises(ValueError, match="part must be 'train' or 'test'"):
        mnist.load(part)


def test_the_terms_and_the_citation_are_there():
    assert reference(mnist._archive(IMAGES).reference).year == 1998
    for word in ("LeCun", "Cortes", "Burges", "NIST", "ShareAlike"):
        assert word in mnist.TERMS
