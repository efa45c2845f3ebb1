"""Ratings of MovieLens 100K: the errors that are kept, a small fit of u1 again, and the default one with its memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from thalweg.estimators import Centring, DeepMatrixCompletion, Entries

KEPT = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "ratings.json"
SPLITS = ["u1", "u2", "u3", "u4", "u5", "ua", "ub"]
PEAK = """
import json, resource, sys
import numpy as np
import scipy.sparse as sp
from thalweg.data.movielens import SHAPE, movielens_100k
from thalweg.estimators import DeepMatrixCompletion
base, test = movielens_100k("u1", folder=sys.argv[1])
matrix = sp.coo_array((base.ratings, (base.users, base.items)), shape=SHAPE[::-1])
predicted = DeepMatrixCompletion(random_state=0).fit(matrix).predict_entries(test.users, test.items)
per_kilobyte = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * per_kilobyte
print(json.dumps([float(np.sqrt(np.mean((predicted - test.ratings) ** 2))), peak]))
"""


def first_split(folder: Path) -> tuple[Any, Any]:
    from thalweg.data.movielens import SHAPE, movielens_100k

    base, test = movielens_100k("u1", folder=folder / "ml-100k")
    return sp.coo_array((base.ratings, (base.users, base.items)), shape=SHAPE[::-1]), test


def test_a_small_factorization_predicts_better_than_offsets(data_folder: Path):
    matrix, test = first_split(data_folder)

    def error(predicted: np.ndarray) -> float:
        return float(np.sqrt(np.mean((np.clip(predicted, 1.0, 5.0) - test.ratings) ** 2)))

    offsets = error(Centring.fit(Entries.of(matrix), "both").at(test.users, test.items))
    model = DeepMatrixCompletion(rank=20, rtol=1e-2, dtype="float32", random_state=0).fit(matrix)
    found = error(model.predict_entries(test.users, test.items))
    assert 0.95 < offsets < 0.97
    assert found < offsets - 0.02


@pytest.mark.slow
def test_the_defaults_predict_the_first_split_in_less_than_two_gibibytes(data_folder: Path):
    command = [sys.executable, "-c", PEAK, str(data_folder / "ml-100k")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    error, peak = json.loads(printed)
    assert error <= 0.935
    assert peak < 2 * 1024**3


def test_the_kept_errors_are_as_the_page_says_on_every_split():
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["rows"]
    assert all(row["chosen by"] for row in kept)
    rows = {(row["method"], row["split"]): row["rmse"] for row in kept}
    for split in SPLITS:
        default, deeper = (rows[f"DeepMatrixCompletion, depth {depth}", split] for depth in (2, 3))
        penalised, narrow = rows["DeepMatrixCompletion, depth 2, penalised", split], rows["offsets and rank 20, penalised", split]
        offsets, other = rows["offsets of users and items", split], rows["SVD++ of scikit-surprise", split]
        assert default < other < rows["SVD of scikit-surprise", split] < offsets < rows["one mean", split]
        assert default + 0.005 < deeper
        assert penalised < narrow < default + 0.001
        assert abs(rows["SoftImpute, gap 1e-3", split] - default) < 0.002
