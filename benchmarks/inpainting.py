"""Pictures with pixels missing at random, painted by matrix completions and, beside them, from neighbouring pixels.

    python benchmarks/inpainting.py [--quick] [--threads 2] [--json FILE] [--picture PNG]

The protocol, the same for every number: a random part of the pixels is seen (seed 0, 1, ...), and errors are over all others;
grey values are from 0 to 1, and predictions are clipped to that; settings are the defaults, and where something is chosen (a
penalty, a time to stop) a held-out tenth of the *seen* pixels chooses it. PSNR is -20 log10(RMSE), in decibels. The means
over the seeds are shown. `coins` is the matrix of its 303 by 384 grey values; `astronaut` is taken at a quarter of its size
(means of 4 by 4 pixels), red, green and blue side by side as a matrix of 128 by 384, each entry of which is seen or not by
itself. The flows are followed in float32, soft-impute to a gap of a thousandth.
`neighbours` uses what no matrix completion knows, where pixels lie: each unseen pixel is the mean of its up to four neighbours
(the discrete harmonic function). The least nuclear norm is found for one draw of the coins, to a
certified gap of a hundredth.
--quick: the coins with half of the pixels, one seed. --picture draws the coins with a fifth of their pixels.
"""

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import arguments, environment, pin, table, write

SEEDS = 2
SEEN = (0.2, 0.5)
DRAWN = "coins", 0.2, 0
"""Picture, part that is seen and seed that --picture shows."""
SHOWN = ("neighbours", "soft-impute", "depth 2", "depth 3")
Fill = Callable[[np.ndarray, int, int], tuple[np.ndarray, int | None]]


def picture(name: str) -> tuple[np.ndarray, int]:
    """A matrix of grey values, and how many pictures stand in it side by side."""
    from thalweg.data.images import load

    if name == "coins":
        return load("coins"), 1
    colours = load("astronaut").reshape(128, 4, 128, 4, 3).mean(axis=(1, 3))
    return np.hstack([colours[..., channel] for channel in range(3)]), 3


def completed(make: Callable[[int], Any]) -> Fill:
    """By an estimator, made from the seed; with the rank of what it learnt."""

    def fill(seen: np.ndarray, seed: int, parts: int) -> tuple[np.ndarray, int | None]:
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)  # what is shown has come to its end
            model = make(seed).fit(seen)
        return model.transform(seen), len(model.singular_values_)

    return fill


def of_centring(kind: str) -> Fill:
    """By means or offsets alone."""

    def fill(seen: np.ndarray, seed: int, parts: int) -> tuple[np.ndarray, int | None]:
        from thalweg.estimators import Centring, Entries

        centring = Centring.fit(Entries.of(seen), kind)
        return centring.mean + centring.row_offsets[:, None] + centring.column_offsets + np.zeros(seen.shape), 0

    return fill


def neighbours(seen: np.ndarray, seed: int, parts: int) -> tuple[np.ndarray, int | None]:
    """Each unseen pixel as the mean of its neighbours in its own picture, all at once."""
    return np.hstack([_harmonic(part) for part in np.hsplit(seen, parts)]), None


def _harmonic(seen: np.ndarray) -> np.ndarray:
    import scipy.sparse as sp
    from scipy.sparse.linalg import spsolve

    rows, columns = seen.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    pairs = np.concatenate(
        [np.stack([number[1:].ravel(), number[:-1].ravel()]), np.stack([number[:, 1:].ravel(), number[:, :-1].ravel()])], axis=1
    )
    both = np.concatenate([pairs, pairs[::-1]], axis=1)
    beside = sp.csr_array((np.ones(both.shape[1]), (both[0], both[1])), shape=(rows * columns, rows * columns))
    laplacian = sp.csr_array(sp.diags_array(beside.sum(axis=1)) - beside)
    flat = seen.ravel().copy()
    unknown = np.isnan(flat)
    pull = -laplacian[unknown][:, ~unknown] @ flat[~unknown]
    flat[unknown] = spsolve(sp.csc_array(laplacian[unknown][:, unknown]), pull)
    return flat.reshape(rows, columns)


def _deep(depth: int) -> Fill:
    def make(seed: int) -> Any:
        from thalweg.estimators import DeepMatrixCompletion

        return DeepMatrixCompletion(depth, dtype="float32", random_state=seed)

    return completed(make)


def _soft(seed: int) -> Any:
    from thalweg.estimators import SoftImpute

    return SoftImpute(gap=1e-3, random_state=seed)


def _nuclear(seed: int) -> Any:
    from thalweg.estimators import NuclearNormCompletion

    return NuclearNormCompletion(gap=1e-2)


METHODS: dict[str, Fill] = {
    "column means": of_centring("columns"),
    "offsets of rows and columns": of_centring("both"),
    "soft-impute": completed(_soft),
    "least nuclear norm": completed(_nuclear),
    "depth 2": _deep(2),
    "depth 3": _deep(3),
    "depth 4": _deep(4),
    "neighbours": neighbours,
}
COLUMNS = ("picture", "seen", "method", "seeds", "rmse", "psnr", "rank", "seconds")


def hidden(name: str, part: float, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The matrix, the matrix with NaN where it is not seen, and how many pictures stand in it."""
    full, parts = picture(name)
    return full, np.where(np.random.default_rng(seed).random(full.shape) < part, full, np.nan), parts


def measured(name: str, part: float, method: str, seeds: int) -> tuple[dict[str, Any], np.ndarray]:
    """One row, and what came of the first seed."""
    errors, ranks, seconds, images = [], [], [], []
    for seed in range(seeds):
        full, seen, parts = hidden(name, part, seed)
        began = time.perf_counter()
        filled, rank = METHODS[method](seen, seed, parts)
        seconds.append(time.perf_counter() - began)
        images.append(np.where(np.isnan(seen), np.clip(filled, 0.0, 1.0), full))
        errors.append(float(np.sqrt(np.mean((images[-1] - full)[np.isnan(seen)] ** 2))))
        ranks.append(rank)
    error = float(np.mean(errors))
    row = {
        "picture": name,
        "seen": part,
        "method": method,
        "seeds": seeds,
        "rmse": error,
        "psnr": float(np.mean([-20 * np.log10(one) for one in errors])),
        "rank": None if None in ranks else int(np.median(ranks)),
        "seconds": float(np.mean(seconds)),
        "spread": float(np.ptp(errors)),
    }
    return row, images[0]


def draw(place: Path, images: dict[str, np.ndarray], rows: dict[str, dict[str, Any]]) -> None:
    """What was seen, and what came of it, side by side, in 24 greys."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    name, part, seed = DRAWN
    full, seen, _ = hidden(name, part, seed)
    shown = [("the picture", full), (f"{part:.0%} of its pixels", np.nan_to_num(seen, nan=1.0))]
    shown += [(f"{method}, {rows[method]['psnr']:.1f} dB", images[method]) for method in SHOWN]
    figure = Figure(figsize=(9.0, 5.0), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    for (title, image), axes in zip(shown, figure.subplots(2, 3).flat, strict=True):
        axes.imshow(image, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")
        axes.set_title(title, fontsize=10)
        axes.set_axis_off()
    content = io.BytesIO()
    figure.savefig(content, format="png")
    Image.open(content).convert("L").quantize(24).save(place, format="PNG", optimize=True)
    print(f"drew {place}")


def main() -> int:
    parser = arguments(__doc__)
    parser.set_defaults(threads=2)
    parser.add_argument("--picture", type=Path, help="draw the coins into this PNG file")
    options = parser.parse_args()
    pin(options.threads)
    cases = [("coins", 0.5)] if options.quick else [(name, part) for name in ("coins", "astronaut") for part in SEEN]
    if options.quick and options.picture is not None:
        raise SystemExit("--picture draws the coins with a fifth of their pixels, which --quick leaves out")
    rows, images, drawn = [], {}, {}
    for name, part in cases:
        for method in METHODS:
            if method == "least nuclear norm" and name != "coins":
                continue
            few = options.quick or method == "least nuclear norm"
            row, image = measured(name, part, method, 1 if few else SEEDS)
            rows.append(row)
            if (name, part) == DRAWN[:2]:
                images[method], drawn[method] = image, row
            print(f"{name}, {part:.0%}, {method}: {row['psnr']:.2f} dB, {row['seconds']:.1f} s", flush=True)
        write(options.json, {"rows": rows, "environment": environment(options.threads)})
        if options.picture is not None and (name, part) == DRAWN[:2]:
            draw(options.picture, images, drawn)
    table(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
    return 0


if __name__ == "__main__":
    sys.exit(main())
