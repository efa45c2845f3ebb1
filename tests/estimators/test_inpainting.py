"""Painted pictures: the baseline from neighbouring pixels is what it says, and the kept errors are as the page says."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark, which is no package."""
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("inpainting", FOLDER / "inpainting.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_an_unseen_pixel_is_the_mean_of_its_neighbours(script: ModuleType):
    rng = np.random.default_rng(0)
    full = rng.random((9, 14))
    seen = np.where(rng.random(full.shape) < 0.4, full, np.nan)
    filled, rank = script.neighbours(seen, 0, 2)
    assert rank is None
    assert (filled[~np.isnan(seen)] == full[~np.isnan(seen)]).all()
    for part, gaps in zip(np.hsplit(filled, 2), np.hsplit(np.isnan(seen), 2), strict=True):  # pictures do not mix
        around = np.pad(part, 1, constant_values=np.nan)
        beside = np.stack([around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:]])
        np.testing.assert_allclose(part[gaps], np.nanmean(beside, axis=0)[gaps], atol=1e-12)


def test_the_kept_errors_are_as_the_page_says_on_every_picture(script: ModuleType):
    kept = json.loads((FOLDER / "results" / "inpainting.json").read_text(encoding="utf-8"))["rows"]
    rows = {(row["picture"], row["seen"], row["method"]): row for row in kept}
    assert all(row["psnr"] == pytest.approx(-20 * np.log10(row["rmse"]), abs=0.05) for row in kept)
    for name, part in ((name, part) for name in ("coins", "astronaut") for part in script.SEEN):
        best, deep, deepest = (rows[name, part, f"depth {depth}"]["psnr"] for depth in (2, 3, 4))
        assert best > deep + 0.3 > deepest + 0.6
        assert best - 0.7 < rows[name, part, "soft-impute"]["psnr"] < best
        assert rows[name, part, "neighbours"]["psnr"] > best + 1.4


def test_the_pictures_are_cut_into_what_is_seen_and_what_is_not(data_folder: Path, script: ModuleType):
    full, seen, parts = script.hidden("astronaut", 0.2, 0)
    assert (full.shape, parts) == ((128, 384), 3)
    assert np.isfinite(seen).mean() == pytest.approx(0.2, abs=0.01)
    assert (np.isnan(seen) | (seen == full)).all()
