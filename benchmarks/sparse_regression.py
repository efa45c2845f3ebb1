"""How long the end of a diagonal network takes: by Newton's method on the dual, by gradient flow, by gradient descent.

    python benchmarks/sparse_regression.py [--quick] [--threads 1] [--scales 0.1 0.01] [--accuracy 1e-5] [--least 50]

The instance is the published one, 1000 coefficients of which 5 are not zero and 100 noisy samples. A diagonal network
that starts at the scale alpha and is trained to zero loss ends where the hyperbolic entropy of that scale is least among
the solutions. All three find that end:

- Newton's method on the dual to a certified relative gap of 1e-9, which is some 1e-10 in the coefficients;
- gradient flow, at the loosest tolerance of a few with which the largest difference of a coefficient from the reference
  is at most the accuracy asked for;
- gradient descent, whose end is off in proportion to its rate: two quick runs give the rate at which it is off by the
  accuracy asked for, and the run at that rate is timed.

The reference is gradient flow at a tolerance of 1e-10, which shares nothing with Newton's method; `off` is the distance
from it. Training stops at a loss of a hundredth of the accuracy squared. Compilation is not counted, nor is making the
problem. Exit code 1 if training by descent takes less than --least times as long as Newton's method.

The last line but one is the whole of figure 1a: 31 scales of 20 instances. --quick takes 300 coefficients, 60 samples,
3 instances and ten times the accuracy. Smaller scales and accuracies take descent minutes to hours.
"""

import sys
from typing import Any

import numpy as np
from common import arguments, best_in_turn, environment, pin, table, wall, write

TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
"""Of the flow, the loosest first."""
RATES = (0.4, 0.2)
"""Of the quick runs of descent, as shares of one over the largest curvature of the loss of the coefficients."""


def problem_of(size: int, samples: int, nonzeros: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (d, m) and outputs (m,)."""
    from thalweg.studies.sparse_regression.work import instance

    return instance((0, seed), size=size, samples=samples, nonzeros=nonzeros, deviation=0.1)[:2]


def measured(problem: Any, size: int, scale: float, accuracy: float) -> dict[str, Any]:
    """Seconds and distances at one scale."""
    import thalweg as tw

    network, start = tw.Diagonal(size=size), tw.Constant(scale)
    steepest = float(np.linalg.eigvalsh(problem.input_moment)[-1])
    potential = tw.potentials.Hypentropy(scale)

    def trained(algorithm: Any, loss: float) -> Any:
        return tw.follow(problem, network, start, algorithm, until=tw.LossBelow(loss), at=tw.EverySteps(10**7), key=0)

    def newton() -> Any:
        return tw.exact.least_potential(problem, potential)

    reference = trained(tw.GradientFlow(1e-10), 1e-20).predictor

    def off(predictor: np.ndarray) -> float:
        return float(np.abs(predictor - reference).max())

    solution, loss = newton(), accuracy**2 / 100
    found: dict[str, Any] = {"scale": scale, "newton steps": solution.iterations, "gap": solution.gap}
    found["newton off"] = off(solution.predictor)
    for rtol in TOLERANCES:
        run = trained(tw.GradientFlow(rtol), loss)
        if off(run.predictor) <= accuracy:
            break
    else:
        raise SystemExit(f"gradient flow does not get within {accuracy:g} at a tolerance of {TOLERANCES[-1]:g}")
    found |= {"flow rtol": rtol, "flow gradients": run.outcome.gradients, "flow off": off(run.predictor)}
    found["newton seconds"], found["flow seconds"] = best_in_turn([newton, lambda: trained(tw.GradientFlow(rtol), loss)], 5)
    apart = [off(trained(tw.GradientDescent(rate / steepest), loss).predictor) for rate in RATES]
    slope = float(np.log(apart[0] / apart[1]) / np.log(RATES[0] / RATES[1]))
    rate = RATES[1] * min(1.0, 0.98 * accuracy / apart[1]) ** (1 / slope)
    run = trained(tw.GradientDescent(rate / steepest), loss)
    if off(run.predictor) > accuracy:
        raise SystemExit(f"descent at the rate {rate:g} is off by {off(run.predictor):g}, more than {accuracy:g}")
    found |= {"descent rate": rate, "descent slope": slope, "descent steps": run.outcome.steps, "descent off": off(run.predictor)}
    found["descent seconds"] = run.seconds
    for kind in ("flow", "descent"):
        found[f"{kind} over newton"] = found[f"{kind} seconds"] / found["newton seconds"]
    return found


def grid(shape: tuple[int, int, int], seeds: int) -> float:
    """Seconds for figure 1a: 31 scales of some instances."""
    import thalweg as tw

    made = [problem_of(*shape, seed) for seed in range(seeds)]
    inputs, outputs = np.stack([x for x, _ in made]), np.stack([y for _, y in made])
    potentials = [tw.potentials.Hypentropy(10 ** (1.5 - at / 4)) for at in range(31)]
    return wall(lambda: tw.exact.least_potentials(inputs, outputs, potentials))


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--scales", type=float, nargs="+", default=[1e-1, 1e-2])
    parser.add_argument("--accuracy", type=float, default=1e-5, help="largest difference of a coefficient (default 1e-5)")
    parser.add_argument("--least", type=float, default=50.0, help="the ratio to reach (default 50)")
    chosen = parser.parse_args()
    pin(chosen.threads)
    import jax

    jax.config.update("jax_enable_x64", True)
    import thalweg as tw

    accuracy = chosen.accuracy * (10 if chosen.quick else 1)
    shape, seeds = ((300, 60, 3), 3) if chosen.quick else ((1000, 100, 5), 20)
    inputs, outputs = problem_of(*shape, 0)
    problem = tw.LinearRegression(inputs, outputs[None])
    rows = [measured(problem, shape[0], scale, accuracy) for scale in chosen.scales]
    print(f"{shape[0]} coefficients, {shape[1]} samples; accuracy {accuracy:g}")
    names = [name for name in rows[0] if name != "scale"]
    table(["", *(f"alpha {row['scale']:g}" for row in rows)], [[name, *(row[name] for row in rows)] for name in names])
    seconds = grid(shape, seeds)
    print(f"\n31 scales of {seeds} instances, each certified: {seconds:.2f} s")
    descent, flow = (min(row[f"{kind} over newton"] for row in rows) for kind in ("descent", "flow"))
    print(f"at this accuracy descent takes at least {descent:.0f} times as long as Newton's method, the flow {flow:.1f} times")
    where = environment(chosen.threads)
    write(chosen.json, {"rows": rows, "grid": {"seconds": seconds, "instances": seeds}, "where": where})
    return 0 if descent >= chosen.least else 1


if __name__ == "__main__":
    sys.exit(main())
