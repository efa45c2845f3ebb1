"""MovieLens-100K at depths 1, 2, 3 as published: time, gradients and memory on this machine.

    python benchmarks/movielens.py [--depths 3]

Runs the cases of the study `singular-values` in this process, with every core, outside any store; needs the ratings
(`THALWEG_DATA`, or a download). Prints what the published figure shows beside what came out.
"""

import argparse
import resource
import time

import jax

from thalweg import follow
from thalweg.studies.singular_values.pictures import PRINTED_FILMS
from thalweg.studies.singular_values.study import STUDY
from thalweg.studies.study import Case, Setup


def main() -> None:
    """Measures and prints."""
    jax.config.update("jax_enable_x64", True)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 2, 3], help="which depths")
    for depth in parser.parse_args().depths:
        setup = STUDY.build(STUDY.parameters, Case({"family": "movielens", "depth": depth}, 0), 0)
        assert isinstance(setup, Setup)
        began = time.perf_counter()
        run = follow(
            setup.problem,
            setup.parametrization,
            setup.start,
            setup.algorithm,
            until=setup.until,
            key=setup.key,
            record=setup.record,
            at=setup.at,
        )
        seconds = time.perf_counter() - began
        values = run.data.singular_values.values[-1]
        printed = PRINTED_FILMS[depth]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"depth {depth}: {seconds:.0f} s with compilation, {run.outcome.gradients} gradients, {memory:.1f} GB at most; "
            f"largest singular value {values[0]:.4g} (published {printed[0]}), second {values[1]:.3g} ({printed[1]}), "
            f"held-out error {float(run.data.held_out_error[-1]):.4f} ({printed[2]})",
            flush=True,
        )


if __name__ == "__main__":
    main()
