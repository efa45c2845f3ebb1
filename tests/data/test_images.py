"""The loader of pictures: what is published, and files that are missing, damaged or of another kind."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imsave

from thalweg._references import reference
from thalweg.data import images, source
from thalweg.data.source import ChecksumMismatch, DataMissing


def picture() -> bytes:
    buffer = io.BytesIO()
    imsave(buffer, np.array([[[0, 51, 255], [255, 1, 102]]], dtype=np.uint8), format="png")
    return buffer.getvalue()


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No data anywhere, an empty cache (whose folder is returned), and a publisher who is not there."""
    monkeypatch.setattr(source, "_refused", {})
    monkeypatch.delenv("THALWEG_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(images, "ADDRESS", "http://127.0.0.1:9")
    md5 = hashlib.md5(picture()).hexdigest()
    monkeypatch.setattr(images, "FILES", {"coins": ("coins.png", md5, (1, 2, 3))})
    return tmp_path / "cache" / "thalweg"


@pytest.mark.parametrize("name", ["coins", "astronaut"])
def test_the_published_pictures(data_folder: Path, name: str):
    if not (data_folder / "images").is_dir():
        pytest.skip(f"{data_folder} holds no images")
    found = images.load(name, folder=data_folder / "images")
    assert found.shape == images.FILES[name][2]
    assert found.dtype == np.float64
    assert 0.0 <= found.min() < 0.05 < 0.9 < found.max() <= 1.0
    np.testing.assert_allclose(found * 255, np.rint(found * 255), atol=1e-12)


def test_a_folder_the_environment_and_the_cache_are_read(nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for folder in (tmp_path / "mine", tmp_path / "data" / "images", nowhere):
        folder.mkdir(parents=True)
        (folder / "coins.png").write_bytes(picture())
    expected = np.array([[[0, 51, 255], [255, 1, 102]]]) / 255
    assert np.array_equal(images.load(folder=tmp_path / "mine")[..., :3], expected)
    assert np.array_equal(images.load(download=False)[..., :3], expected)
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "data"))
    assert np.array_equal(images.load()[..., :3], expected)


def test_what_is_missing_or_not_what_was_published_is_said(nowhere: Path, tmp_path: Path):
    with pytest.raises(DataMissing, match=r"download is False.*THALWEG_DATA.*127.0.0.1:9/coins.png.*Brooklyn Museum"):
        images.load(download=False)
    with pytest.raises(DataMissing, match="cannot be downloaded"):
        images.load()
    with pytest.raises(DataMissing, match="absent is not a folder"):
        images.load(folder=tmp_path / "absent")
    (tmp_path / "mine").mkdir()
    with pytest.raises(DataMissing, match=r"holds neither coins.png nor coins.png.gz"):
        images.load(folder=tmp_path / "mine")
    (tmp_path / "mine" / "coins.png").write_bytes(picture()[:-1])
    with pytest.raises(ChecksumMismatch, match="not what was published"):
        images.load(folder=tmp_path / "mine")
    with pytest.raises(ValueError, match="name must be"):
        images.load("cat")


def test_the_reference_is_there():
    assert "scikit-image" in str(reference("vanderwalt2014scikit"))
