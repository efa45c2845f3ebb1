"""What a fit of the estimators costs: seconds and peak memory, each in a fresh process, and how good it is.

    python benchmarks/estimators.py [--quick] [--threads 2] [--splits u1 u2 ...] [--json FILE]

MovieLens 100K: the official split `u1` (the data are found as `thalweg.data.movielens` finds them) with the default
parameters and some others; `rmse` is that of the test part, predictions as they are, without clipping. Planted: 5000 by
2000, rank 5, 2 percent seen, noise of a tenth of the signal; `rmse` is over as many unseen entries, in units of the signal.
Peak memory is that of the whole process, some 0.15 GB of which are Python with NumPy, SciPy and scikit-learn.
Exit code 1 if the first row takes 120 seconds or more, or any row 2 GiB or more. --quick leaves the planted matrix out.
"""

import multiprocessing
import resource
import sys
import time
from typing import Any

import numpy as np
from common import arguments, environment, pin, table, write

COLUMNS = ("data", "model", "seconds", "peak GB", "gradients", "rank", "validation rmse", "rmse")
MODELS: dict[str, dict[str, Any]] = {
    "default": {},
    "depth 3": {"depth": 3},
    "rank 20": {"rank": 20},
    "float32": {"dtype": "float32"},
    "5 starts": {"n_starts": 5},
}
PLANTED: dict[str, dict[str, Any]] = {"default": {}, "depth 3": {"depth": 3}, "rank 20": {"rank": 20}}


def movielens(split: str) -> tuple[Any, tuple[np.ndarray, np.ndarray], np.ndarray, float]:
    """Training matrix (users, items), places and values of the test part, and the unit of errors."""
    import scipy.sparse as sp

    from thalweg.data.movielens import SHAPE, movielens_100k

    base, test = movielens_100k(split)
    matrix = sp.coo_array((base.ratings, (base.users, base.items)), shape=SHAPE[::-1])
    return matrix, (test.users, test.items), test.ratings, 1.0


def planted(m: int = 5000, n: int = 2000, rank: int = 5, seen: float = 0.02) -> tuple[Any, Any, np.ndarray, float]:
    """As `movielens`, of a Gaussian product of the rank with noise on what is seen."""
    import scipy.sparse as sp

    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((m, rank)), rng.standard_normal((n, rank))
    count = round(seen * m * n)
    rows, columns = np.unravel_index(rng.choice(m * n, 2 * count, replace=False), (m, n))
    values = np.einsum("ek,ek->e", left[rows], right[columns])
    noisy = values[:count] + 0.1 * np.sqrt(rank) * rng.standard_normal(count)
    matrix = sp.coo_array((noisy, (rows[:count], columns[:count])), shape=(m, n))
    return matrix, (rows[count:], columns[count:]), values[count:], float(np.sqrt(rank))


def measured(data: str, model: str) -> dict[str, Any]:
    """One fit, in this process."""
    from thalweg.estimators import DeepMatrixCompletion

    matrix, places, values, unit = planted() if data == "planted" else movielens(data)
    parameters = (PLANTED if data == "planted" else MODELS)[model]
    began = time.perf_counter()
    fitted = DeepMatrixCompletion(**parameters, random_state=0).fit(matrix)
    seconds = time.perf_counter() - began
    error = np.sqrt(np.mean((fitted.predict_entries(*places) - values) ** 2))
    per_kilobyte = 1 if sys.platform == "darwin" else 1024
    return {
        "data": data,
        "model": model,
        "seconds": seconds,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * per_kilobyte / 1e9,
        "gradients": fitted.n_gradients_,
        "rank": len(fitted.singular_values_),
        "validation rmse": float(fitted.validation_rmse_.mean() / unit),
        "rmse": float(error / unit),
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.set_defaults(threads=2)
    parser.add_argument("--splits", nargs="+", default=["u1"], help="official splits of MovieLens 100K")
    options = parser.parse_args()
    pin(options.threads)
    wanted = [(split, model) for split in options.splits for model in MODELS]
    wanted += [] if options.quick else [("planted", model) for model in PLANTED]
    rows = []
    for data, model in wanted:
        with multiprocessing.get_context("spawn").Pool(1) as pool:  # peak memory is that of a process's whole life
            rows.append(pool.apply(measured, (data, model)))
        print(f"{data}, {model}: {rows[-1]['seconds']:.1f} s", flush=True)
    table(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
    write(options.json, {"rows": rows, "environment": environment(options.threads)})
    return int(rows[0]["seconds"] >= 120 or max(row["peak GB"] for row in rows) >= 2 * 1024**3 / 1e9)


if __name__ == "__main__":
    sys.exit(main())
