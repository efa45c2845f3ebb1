"""How well ratings are predicted: MovieLens 100K on its official splits, beside the factorizations of scikit-surprise.

    python benchmarks/ratings.py [--splits u1 u2 ...] [--methods SoftImpute SVD ...] [--quick] [--threads 2] [--json FILE]

The protocol, the same for every number: fitted to the base part of the split; RMSE and MAE over its test part, at which
nothing was chosen; predictions clipped to 1..5, as scikit-surprise clips its own ("unclipped" is the RMSE without). What
chose the settings is said in each row: nothing but defaults, or a random tenth of the *base* part that was held out from
the fit. Methods that draw random numbers are run with several seeds, whose mean is shown with the largest deviation.

Rows of scikit-surprise need that package (`pip install scikit-surprise`, measured with 1.1.5); where it is missing, rows
that are in FILE from a run before are kept and marked as such. So are the rows of splits and methods that are not measured
again: a run may be made in parts (methods by a part of their names). --quick: u1 and one seed alone, without the slow SVD++.
"""

import importlib.metadata
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import arguments, environment, pin, table, write

SPLITS = ("u1", "u2", "u3", "u4", "u5", "ua", "ub")
LEAST, MOST = 1.0, 5.0
"""What a rating may be."""
CANDIDATES = [(penalty, weighting) for weighting in (0.0, 0.25) for penalty in (4.0, 8.0, 12.0)]
"""Penalty and weighting among which a held-out tenth of the base part chooses; a range around what held-out tenths of the base
parts of u1, u3 and ua asked for."""
Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Method:
    """One row of the table: what it is called, what chose its settings, its seeds, and a fit.

    `fit(matrix, seed)` gives predictions at places (users, items) and the settings in words.
    """

    title: str
    chosen: str
    seeds: int
    fit: Callable[[Any, int], tuple[Predict, str]]
    surprise: bool = False


def plain(kind: str) -> Callable[[Any, int], tuple[Predict, str]]:
    """The mean, or the offsets of a completion without any factor."""

    def fit(matrix: Any, seed: int) -> tuple[Predict, str]:
        from thalweg.estimators import Centring, Entries

        return Centring.fit(Entries.of(matrix), kind).at, ""

    return fit


def soft_impute(matrix: Any, seed: int) -> tuple[Predict, str]:
    """The penalty is chosen by a held-out tenth inside the fit; a gap of a thousandth is a small part of the noise."""
    from thalweg.estimators import SoftImpute

    fitted = SoftImpute(gap=1e-3, random_state=seed).fit(matrix)
    return fitted.predict_entries, f"penalty {fitted.penalty_:.1f}, rank {len(fitted.singular_values_)}"


def deep(**parameters: Any) -> Callable[[Any, int], tuple[Predict, str]]:
    """A deep factorization; the time to stop is found by a held-out tenth inside the fit."""

    def fit(matrix: Any, seed: int) -> tuple[Predict, str]:
        from thalweg.estimators import DeepMatrixCompletion

        return DeepMatrixCompletion(**parameters, random_state=seed).fit(matrix).predict_entries, ""

    return fit


def penalized(rank: int | None) -> Callable[[Any, int], tuple[Predict, str]]:
    """Depth 2 with a penalty; a held-out tenth chooses it, its weighting by counts, and the time to stop."""

    def fit(matrix: Any, seed: int) -> tuple[Predict, str]:
        from thalweg.estimators import DeepMatrixCompletion

        found = []
        for penalty, weighting in CANDIDATES:
            model = DeepMatrixCompletion(rank=rank, penalty=penalty, weighting=weighting, refit=False, random_state=seed)
            found.append((float(model.fit(matrix).validation_rmse_[0]), penalty, weighting))
        _, penalty, weighting = min(found)
        model = DeepMatrixCompletion(rank=rank, penalty=penalty, weighting=weighting, random_state=seed).fit(matrix)
        return model.predict_entries, f"penalty {penalty:g}, weighting {weighting:g}"

    return fit


def of_surprise(name: str) -> Callable[[Any, int], tuple[Predict, str]]:
    """A factorization of scikit-surprise with its defaults."""

    def fit(matrix: Any, seed: int) -> tuple[Predict, str]:
        import pandas as pd
        import surprise

        listed = matrix.tocoo()
        frame = pd.DataFrame({"user": listed.row, "item": listed.col, "rating": listed.data})
        data = surprise.Dataset.load_from_df(frame, surprise.Reader(rating_scale=(LEAST, MOST)))
        model = getattr(surprise, name)(random_state=seed).fit(data.build_full_trainset())

        def predict(users: np.ndarray, items: np.ndarray) -> np.ndarray:
            return np.array([model.predict(u, i, clip=False).est for u, i in zip(users.tolist(), items.tolist())])

        return predict, f"scikit-surprise {importlib.metadata.version('scikit-surprise')}"

    return fit


TENTH = "a held-out tenth of the base part"
METHODS = [
    Method("one mean", "nothing to choose", 1, plain("global")),
    Method("offsets of users and items", "defaults", 1, plain("both")),
    Method("SoftImpute, gap 1e-3", f"penalty: {TENTH}", 1, soft_impute),
    Method("DeepMatrixCompletion, depth 2", f"defaults; time: {TENTH}", 3, deep()),
    Method("DeepMatrixCompletion, depth 3", f"defaults; time: {TENTH}", 1, deep(depth=3)),
    Method("offsets and rank 20, penalised", f"penalty, weighting, time: {TENTH}", 1, penalized(20)),
    Method("DeepMatrixCompletion, depth 2, penalised", f"penalty, weighting, time: {TENTH}", 1, penalized(None)),
    Method("SVD of scikit-surprise", "its defaults", 3, of_surprise("SVD"), surprise=True),
    Method("SVD++ of scikit-surprise", "its defaults", 1, of_surprise("SVDpp"), surprise=True),
]
COLUMNS = ("split", "method", "settings", "seeds", "rmse", "+-", "mae", "unclipped", "seconds")


def measured(split: str, method: Method, seeds: int) -> dict[str, Any]:
    """One row: the errors of a method on a split, over its seeds."""
    import scipy.sparse as sp

    from thalweg.data.movielens import SHAPE, movielens_100k

    base, test = movielens_100k(split)
    matrix = sp.coo_array((base.ratings, (base.users, base.items)), shape=SHAPE[::-1])
    squares, absolutes, raw, seconds, settings = [], [], [], [], []
    for seed in range(seeds):
        began = time.perf_counter()
        predict, words = method.fit(matrix, seed)
        seconds.append(time.perf_counter() - began)
        predicted = predict(test.users, test.items)
        error = np.clip(predicted, LEAST, MOST) - test.ratings
        squares.append(float(np.sqrt(np.mean(error**2))))
        absolutes.append(float(np.mean(np.abs(error))))
        raw.append(float(np.sqrt(np.mean((predicted - test.ratings) ** 2))))
        settings.append(words)
    return {
        "split": split,
        "method": method.title,
        "chosen by": method.chosen,
        "settings": "; ".join(dict.fromkeys(settings)),
        "seeds": seeds,
        "rmse": float(np.mean(squares)),
        "+-": max(abs(one - float(np.mean(squares))) for one in squares) if seeds > 1 else None,
        "mae": float(np.mean(absolutes)),
        "unclipped": float(np.mean(raw)),
        "seconds": float(np.mean(seconds)),
        "kept": False,
    }


def rows(splits: list[str], parts: list[str], quick: bool, before: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """All rows after each split: measured ones in the place of those from before."""
    kept = {(row["split"], row["method"]): row for row in before}
    present = importlib.util.find_spec("surprise") is not None
    for split in splits:
        for method in METHODS:
            key = split, method.title
            if not any(part in method.title for part in parts):
                continue
            if method.surprise and not present:
                if key in kept:
                    kept[key] |= {"kept": True}
                continue
            if quick and method.title.startswith("SVD++"):
                continue
            kept[key] = measured(split, method, 1 if quick else method.seeds)
            print(f"{split}, {method.title}: {kept[key]['rmse']:.4f}, {kept[key]['seconds']:.1f} s a fit", flush=True)
        order = [(split, method.title) for split in SPLITS for method in METHODS]
        yield [kept[one] for one in order if one in kept]


def main() -> int:
    parser = arguments(__doc__)
    parser.set_defaults(threads=2)
    parser.add_argument("--splits", nargs="+", choices=SPLITS, help="official splits; all seven unless said")
    parser.add_argument("--methods", nargs="+", default=[""], help="parts of names of methods; all of them unless said")
    options = parser.parse_args()
    pin(options.threads)
    splits = options.splits or (["u1"] if options.quick else list(SPLITS))
    place: Path | None = options.json
    before = json.loads(place.read_text())["rows"] if place is not None and place.is_file() else []
    found: list[dict[str, Any]] = before
    for found in rows(splits, options.methods, options.quick, before):
        write(place, {"rows": found, "environment": environment(options.threads)})
    table(COLUMNS, [[row[name] for name in COLUMNS] for row in found])
    if any(row["kept"] for row in found):
        print("rows of scikit-surprise are kept from an earlier run: the package is not installed here")
    return 0


if __name__ == "__main__":
    sys.exit(main())
