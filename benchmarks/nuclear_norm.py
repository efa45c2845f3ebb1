"""How long the least nuclear norm takes, beside SCS on the same instances, in one process and on the same threads.

    python benchmarks/nuclear_norm.py [--seeds 10] [--entries 2000] [--size 100] [--gap 1e-6] [--slack 0.001]

Each row is one instance: a matrix of rank 5 with Gaussian factors, mean square 1, seen at entries drawn without
replacement. SCS is called through cvxpy with the tolerances it comes with; its time is given from the call of
`problem.solve()` and, in brackets, for its own iterations alone. Its solution is made feasible (the data are put back)
and judged with the dual it returns by the same certificate as ours, so that both errors mean the same.
Set OPENBLAS_NUM_THREADS=1 to compare on one thread: SCS links the same kind of library.
"""

import argparse
import os
import time

import numpy as np

from thalweg.exact import certify, least_nuclear_norm


def instance(seed: int, size: int, rank: int, entries: int) -> tuple[np.ndarray, np.ndarray]:
    """A target of Frobenius norm `size`, and the target with NaN where it is not seen."""
    random = np.random.default_rng(seed)
    target = random.normal(size=(size, rank)) @ random.normal(size=(rank, size))
    target *= size / np.linalg.norm(target)
    observed = np.full(size * size, np.nan)
    chosen = random.choice(size * size, entries, replace=False)
    observed[chosen] = target.ravel()[chosen]
    return target, observed.reshape(size, size)


def scs(observed: np.ndarray, slack: float) -> tuple[float, float, float]:
    """Seconds in all, seconds of its iterations, and the certified relative gap of its solution made feasible."""
    import cvxpy

    seen = ~np.isnan(observed)
    started = time.perf_counter()
    matrix = cvxpy.Variable(observed.shape)
    difference = matrix[np.nonzero(seen)] - observed[seen]
    agree: list[cvxpy.Constraint] = [difference <= slack, difference >= -slack] if slack else [difference == 0]
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.normNuc(matrix)), agree)
    problem.solve(solver=cvxpy.SCS)
    seconds = time.perf_counter() - started
    solved = np.asarray(matrix.value)
    found = np.where(seen, np.clip(solved, observed - slack, observed + slack), solved)
    dual = np.zeros(observed.shape)
    multipliers = [np.asarray(constraint.dual_value) for constraint in agree]
    dual[seen] = multipliers[1] - multipliers[0] if slack else -multipliers[0]
    if np.sum(dual[seen] * observed[seen]) < 0:
        dual = -dual
    dual /= max(np.linalg.norm(dual, 2), 1e-300)  # the longest allowed proves the most
    proved = certify(observed, found, dual, slack=slack)
    return seconds, float(problem.solver_stats.solve_time or np.nan), proved.gap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--rank", type=int, default=5)
    parser.add_argument("--gap", type=float, default=1e-6)
    parser.add_argument("--slack", type=float, default=0.0)
    parser.add_argument("--alone", action="store_true", help="leave SCS out")
    chosen = parser.parse_args()
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "as many as there are")
    print(f"{chosen.size}x{chosen.size}, rank {chosen.rank}, {chosen.entries} entries, slack {chosen.slack:g}")
    print(f"{os.cpu_count()} cores, BLAS threads: {threads}; load {os.getloadavg()[0]:.1f} at the start")
    warm = instance(10**6, 20, 2, 200)[1]
    least_nuclear_norm(warm)
    if not chosen.alone:
        scs(warm, chosen.slack)
    print("seed     value   error    ours s  its  gap       SCS s (iterations)  gap       ratio")
    ours, ratios = [], []
    for seed in range(chosen.seeds):
        target, observed = instance(seed, chosen.size, chosen.rank, chosen.entries)
        mine = least_nuclear_norm(observed, gap=chosen.gap, slack=chosen.slack)
        ours.append(mine.seconds)
        error = float(np.mean((mine.predictor - target) ** 2))
        row = f"{seed:4d} {mine.value:9.4f}  {error:.1e}  {mine.seconds:6.3f} {mine.iterations:4d}  {mine.gap:.1e}"
        if not chosen.alone:
            seconds, inner, gap = scs(observed, chosen.slack)
            ratios.append(seconds / mine.seconds)
            row += f"   {seconds:6.3f} ({inner:6.3f})     {gap:.1e}  {ratios[-1]:6.1f}"
        print(row, flush=True)
    print(f"median {np.median(ours):.3f} s, longest {max(ours):.3f} s", end="")
    print(f"; SCS takes {np.median(ratios):.1f} times as long (from {min(ratios):.1f})" if ratios else "")


if __name__ == "__main__":
    main()
