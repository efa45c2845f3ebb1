"""What the benchmarks share: threads, clocks, tables, one JSON file a run."""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PINNED = "THALWEG_BENCHMARK_THREADS"
LIBRARIES = ("thalweg", "jax", "jaxlib", "numpy", "torch")


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with what every benchmark takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="processors for everything that is timed (default 1)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    parser.add_argument("--quick", action="store_true", help="a shorter form; what it changes is said above")
    return parser


def pin(threads: int) -> None:
    """Keep this process, from its first import on, to so many processors: libraries size their pools as they load.

    The script is started again in place with the affinity and the environment set, once.
    """
    if os.environ.get(PINNED) == str(threads):
        return
    if hasattr(os, "sched_getaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        if not 1 <= threads <= len(allowed):
            raise SystemExit(f"--threads must be in 1..{len(allowed)}, the processors of this process; got {threads}")
        os.sched_setaffinity(0, allowed[-threads:])
    pools = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = os.environ | dict.fromkeys((*pools, PINNED), str(threads))
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)  # a first call must compile
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def wall(function: Callable[[], Any]) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def best_in_turn(functions: Sequence[Callable[[], Any]], repeats: int) -> list[float]:
    """The least seconds of each function, called in turn so that a disturbance meets all of them."""
    rounds = [[wall(function) for function in functions] for _ in range(repeats)]
    return [min(column) for column in zip(*rounds, strict=True)]


def distance(path: np.ndarray, reference: np.ndarray) -> float:
    """The largest distance over the times, in units of the norm of the reference at the end."""
    return float(np.linalg.norm(path - reference, axis=(1, 2)).max() / np.linalg.norm(reference[-1]))


def environment(threads: int) -> dict[str, Any]:
    """Where the numbers were measured."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    if load is not None and load > threads + 0.5:
        print(f"the machine was busy with something else (load {load:.1f}): take these seconds as a rough indication")
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "threads": threads,
        "pinned": hasattr(os, "sched_setaffinity"),
        "load when finished": load,
        "versions": versions,
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under their header, columns aligned."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for row in cells:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def write(path: Path | None, content: dict[str, Any]) -> None:
    """Write the numbers as JSON, beside their place and then renamed."""
    if path is None:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, indent=1, default=float) + "\n")
    os.replace(temporary, path)
    print(f"written to {path}")


def qualities(predictor: np.ndarray, target: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> dict[str, float]:
    """Where a run ended: errors over all and over unseen entries, nuclear norm, effective rank."""
    squares = (np.asarray(predictor, dtype=np.float64) - target) ** 2
    unseen = np.ones(target.shape, dtype=bool)
    unseen[rows, columns] = False
    values = np.linalg.svd(predictor.astype(np.float64), compute_uv=False)
    shares = values[values > 0] / values.sum()
    return {
        "error": float(squares.mean()),
        "unseen error": float(squares[unseen].mean()),
        "nuclear norm": float(values.sum()),
        "effective rank": float(np.exp(-(shares * np.log(shares)).sum())),
    }
