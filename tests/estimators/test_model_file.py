"""Files that are no model of this version, and models that a file does not hold."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from thalweg._storage.files import read_arrays, write_arrays
from thalweg.estimators import DeepMatrixCompletion, ModelFileError, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    DeepMatrixCompletion(random_state=0).fit(np.random.default_rng(0).standard_normal((6, 4))).save(path)
    return path


def test_the_file_is_plain_npz(file: Path):
    assert load(file).left_.shape[0] == 6
    with np.load(file, allow_pickle=False) as arrays:
        assert {"left_", "singular_values_", "right_"} <= set(arrays.files)


def test_a_damaged_file(file: Path):
    content = file.read_bytes()
    for damaged in (content[: len(content) // 2], b"", content[:200] + b"\0\1\2" + content[203:]):
        file.write_bytes(damaged)
        with pytest.raises(ModelFileError, match="no model that Thalweg wrote, or it was damaged"):
            load(file)


def test_a_foreign_file(tmp_path: Path):
    path = tmp_path / "foreign"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ModelFileError, match="no model that Thalweg wrote"):
        load(path)
    np.savez(tmp_path / "foreign.npz", left_=np.ones(3))
    with pytest.raises(ModelFileError, match="no model that Thalweg wrote"):
        load(tmp_path / "foreign.npz")
    write_arrays(path, {"a": np.ones(3)}, {"time": 1.0})
    with pytest.raises(ModelFileError, match="another file of Thalweg"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.npz")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 2, "version": "9.0"}, "made by Thalweg 9.0, which is newer: upgrade"),
        ({"class": "ShallowCompletion"}, "holds a ShallowCompletion, which is none of .*DeepMatrixCompletion"),
        ({"parameters": {"colour": "red"}}, "does not fit a DeepMatrixCompletion of this version"),
        ({"fitted": {"centring_": {"centring": [0.0]}}}, "does not fit a DeepMatrixCompletion of this version"),
    ],
)
def test_a_file_of_another_version(file: Path, change: dict[str, object], says: str):
    arrays, about = read_arrays(file)
    write_arrays(file, arrays, about | change)
    with pytest.raises(ModelFileError, match=says):
        load(file)


def test_what_a_file_does_not_hold(tmp_path: Path):
    model = DeepMatrixCompletion(random_state=np.random.RandomState(0)).fit(np.eye(4))
    with pytest.raises(TypeError, match="random_state is a RandomState, which a model file does not hold"):
        model.save(tmp_path / "model.npz")
    assert list(tmp_path.iterdir()) == []
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        DeepMatrixCompletion().save(tmp_path / "model.npz")
