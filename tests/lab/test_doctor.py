"""What the doctor finds: versions, precision, data, and a store in any state."""

import sqlite3
from pathlib import Path

import jax
import pytest

from thalweg.lab.doctor import Finding, examine
from thalweg.lab.store import Store
from thalweg.lab.workers import cores


def findings(store: Path, **variables: str) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(store, variables)}


def test_versions_precision_and_cores_are_told(tmp_path: Path):
    found = findings(tmp_path / "none")
    assert found["jax version"].found == jax.__version__
    assert found["precision of commands"].found == "rounding 2.2e-16"
    assert found["cores for workers"].found == str(cores())
    assert found["device"].found.startswith("cpu")
    assert all(finding.well for finding in found.values())
    assert not (tmp_path / "none").exists()


def test_single_precision_needs_attention():
    from thalweg.lab.doctor import _precision

    assert not _precision(1.2e-7).well
    assert _precision(2.2e-16).well


def test_data_are_listed_where_a_folder_holds_some(tmp_path: Path):
    (tmp_path / "data" / "ml-100k").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    assert findings(tmp_path / "none")["data"].found.startswith("THALWEG_DATA is not set")
    held = findings(tmp_path / "none", THALWEG_DATA=str(tmp_path / "data"))["data"]
    assert (held.found, held.well) == (f"{tmp_path / 'data'}: ml-100k", True)
    for name in ("empty", "absent"):
        bad = findings(tmp_path / "none", THALWEG_DATA=str(tmp_path / name))["data"]
        assert not bad.well
        assert bad.found.endswith("not a folder, or empty")


def test_a_store_is_told_by_the_states_of_its_runs(tmp_path: Path):
    place = tmp_path / "store"
    with Store(place) as store:
        assert findings(place)["store"].found == f"{place}: empty"
        for key, end in (("a" * 8, store.fail), ("b" * 8, store.fail), ("c" * 8, store.interrupt)):
            claim = store.claim(key, "tiny", {})
            assert claim is not None
            end(claim, "told")
        assert findings(place)["store"].found == f"{place}: 2 failed, 1 interrupted"


@pytest.mark.parametrize("harm", ["file", "garbage", "newer", "foreign"])
def test_a_store_that_cannot_be_read_needs_attention(tmp_path: Path, harm: str):
    place = tmp_path / "store"
    if harm == "file":
        place.write_text("no store")
    else:
        Store(place).close()
        index = place / "index.sqlite"
        if harm == "garbage":
            index.write_bytes(b"no database" * 1000)
        else:
            index.unlink()
            connection = sqlite3.connect(index)
            connection.execute("PRAGMA user_version = 99")
            connection.execute(f"PRAGMA application_id = {0x7468616C if harm == 'newer' else 7}")
            connection.execute("CREATE TABLE runs (key TEXT)")
            connection.close()
    found = findings(place)["store"]
    assert not found.well
    assert str(place) in found.found
