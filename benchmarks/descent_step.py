"""What a step of gradient descent costs beside its bare products of matrices, in the same library on the same threads.

    python benchmarks/descent_step.py [--quick] [--threads 1] [--repeats 7] [--most 1.3] [--json FILE]

A step at depth N holds 3N - 3 products: the partial products of the factors, the predictor, and the gradients
backwards. The bare loop carries out just these, in the same order and orientation, compiled by the same compiler; its N
results are the factors of the next turn, so that none can be left out or moved out of the loop. (They are zeros, which
no product makes larger; dense products take as long over zeros as over anything else.) The step is the one that
`follow` takes: the compiled loop of Thalweg with its clock, its stopping rule and its test for a finite loss, with the
update of all factors, recording nothing. Both loops are called in turn and the least time of each is taken. The same
products by NumPy stand beside them, to show what else this machine could make of them.

Shapes: 100 by 100 with 2000 entries, and 943 by 1682 with 10,000 entries (the size of MovieLens 100K), at depth 3.
Exit code 1 if a ratio is above --most. --quick leaves the larger shape out.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import common
import jax
import jax.numpy as jnp
import numpy as np

import thalweg as tw
from thalweg.trajectory import loop

Products = list[Any]


def products(factors: Sequence[Any]) -> Products:
    """The 3N - 3 products of a step with the predictor in the place of its gradient; the last N are the results."""
    depth = len(factors)
    split = depth - 1 if factors[0].shape[1] <= factors[-1].shape[0] else 1  # from the narrower end, as DeepLinear
    rights, lefts = [factors[0]], [factors[-1]]
    for factor in factors[1:split]:
        rights.append(factor @ rights[-1])
    for factor in reversed(factors[split:-1]):
        lefts.append(lefts[-1] @ factor)
    predictor = lefts[-1] @ rights[-1]
    below, above = lefts[-1].T @ predictor, predictor @ rights[-1].T
    results: Products = [None] * depth
    for index in range(split - 1, 0, -1):
        results[index] = below @ rights[index - 1].T
        below = factors[index].T @ below
    results[0] = below
    for index in range(split, depth - 1):
        results[index] = lefts[depth - 2 - index].T @ above
        above = above @ factors[index].T
    results[-1] = above
    return results


@jax.jit
def bare(factors: list[jax.Array], turns: jax.Array) -> list[jax.Array]:
    """The products and nothing else, so many times, each time of the results."""
    return jax.lax.fori_loop(0, turns, lambda _, results: products(results), factors)


def descent(problem: Any, factors: list[Any], rate: float) -> tuple[Callable[[int], Any], Callable[[], Any]]:
    """The compiled loop of `follow` over so many steps from the factors, and the factors after a single step."""
    objective = tw.Objective(problem, tw.DeepLinear(depth=len(factors), shape=problem.shape))
    experiment = loop.Experiment(objective, tw.GradientDescent(rate), [], tw.Steps(2**30), "steps")
    never = jnp.full(1, np.inf)

    def steps(count: int) -> Any:
        carry, _ = loop.begin(experiment, factors)
        jax.block_until_ready(carry)
        return lambda: jax.block_until_ready(loop.advance(experiment, carry, never, jnp.int32(count)).carry)

    return steps, lambda: steps(1)().motion


def measure(shape: tuple[int, int], entries: int, depth: int, turns: int, repeats: int, seed: int) -> dict[str, Any]:
    """Seconds a step and seconds of its products, each at its best."""
    problem = tw.MatrixCompletion.random(shape=shape, rank=5, observed=entries, key=seed)
    network = tw.DeepLinear(depth=depth, shape=shape)
    factors = [jnp.asarray(factor) for factor in tw.Orthogonal(1e-3).sample(network, key=seed)]
    steps, once = descent(problem, factors, 0.1)
    _check_products(network, factors)
    moved = once()
    if not (int(moved.steps) == 1 and all(bool(jnp.any(a != b)) for a, b in zip(moved.params, factors))):
        raise SystemExit("the loop did not take the step that it was asked for")
    zeros = [jnp.zeros_like(factor) for factor in factors]
    bare(zeros, jnp.int32(1))
    times: list[tuple[float, float]] = []
    for _ in range(repeats):
        run = steps(turns)  # the carry of a chunk is given away, so each call needs its own
        times.append((common.wall(run), common.wall(lambda: jax.block_until_ready(bare(zeros, jnp.int32(turns))))))
    step, alone = (min(column) / turns for column in zip(*times))
    arrays = [np.asarray(factor) for factor in factors]
    numpy = min(common.wall(lambda: products(arrays)) for _ in range(max(repeats, min(turns, 200))))
    return {
        "shape": f"{shape[0]}x{shape[1]}",
        "depth": depth,
        "products": 3 * depth - 3,
        "step, ms": 1e3 * step,
        "bare, ms": 1e3 * alone,
        "ratio": step / alone,
        "NumPy, ms": 1e3 * numpy,
    }


def _check_products(network: Any, factors: Sequence[Any]) -> None:
    """That the bare products are those of the step: for the loss of half the squares to zero they are its gradient."""
    arrays = [np.asarray(factor) for factor in factors]
    target = tw.MatrixCompletion(np.zeros(network.shape), loss="half sum of squares")
    gradient = tw.Objective(target, network).loss_and_gradient(factors)[1]
    for ours, theirs in zip(products(arrays), gradient, strict=True):
        if np.abs(ours - theirs).max() > 1e-12 * np.abs(theirs).max():
            raise SystemExit("the bare products are not those of a step")


def main() -> None:
    parser = common.arguments(__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--most", type=float, default=1.3, help="the ratio above which to exit with 1")
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--turns", type=int, nargs=2, default=[2000, 10], help="steps a call, for the two shapes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    common.pin(options.threads)
    jax.config.update("jax_enable_x64", True)
    cases = [((100, 100), 2000, options.turns[0]), ((943, 1682), 10_000, options.turns[1])]
    rows = []
    for shape, entries, turns in cases[: 1 if options.quick else 2]:
        rows.append(measure(shape, entries, options.depth, turns, options.repeats, options.seed))
    common.table(list(rows[0]), [list(row.values()) for row in rows])
    chosen = {name: str(value) if name == "json" else value for name, value in vars(options).items()}
    common.write(options.json, {"options": chosen, "environment": common.environment(options.threads), "rows": rows})
    sys.exit(int(any(row["ratio"] > options.most for row in rows)))


if __name__ == "__main__":
    main()
