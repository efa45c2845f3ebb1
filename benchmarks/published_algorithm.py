"""Following the flow beside the published optimizer, to the same train error from the same start.

    python benchmarks/published_algorithm.py [--quick] [--threads 1] [--depths 2 3 4] [--rtol 3e-5] [--seeds 1 2 3] [--json FILE]

The published experiment is completion of a 100 by 100 matrix of rank 5 from 2000 entries by a product of 2, 3 or 4
square factors, trained by GroupRMSprop at rate 1e-3 until the mean squared train error is 1e-6. Here it stands in
PyTorch twice: with automatic differentiation, as published, and with the analytic gradient in preallocated buffers, the
fastest form of it that we could write; each in float32, as published, and in float64. Thalweg follows the gradient flow
in float64 from the same factors. Both stop at the same train error and are judged by what they found.

Seconds: for Thalweg the whole call of `follow` once compiled, the best of five; compilation (what the first call took
longer) stands apart. For PyTorch the whole run, and the same at its best pace (its fastest 500 iterations, times their
number), from which the ratios are.

The path error of the flow is the largest distance of its predictor, over 40 equally spaced times, to that of a reference at
rtol 1e-10, in units of the norm of the reference at the end.

--quick does not run PyTorch to the end. It takes the pace from 2000 iterations and the number of iterations, and where
they end, from Thalweg's own GroupRMSprop, which is the same algorithm in float64 (the script checks this on 50 steps).
"""

import argparse
import itertools
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import common
import jax
import numpy as np
import torch

import thalweg as tw

DECAY, EPSILON = 0.99, 1e-4
CHUNK = 500
Step = Callable[[], float]


class Instance(NamedTuple):
    """The problem as plain arrays: entries seen, the target, and the factors to start from, $W_1$ first."""

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    target: np.ndarray
    start: list[np.ndarray]


class Run(NamedTuple):
    """A run of an optimizer: iterations, seconds in all, seconds at its best pace, the last loss, the end."""

    iterations: int
    seconds: float
    at_best_pace: float
    loss: float
    predictor: np.ndarray


def automatic(instance: Instance, kind: torch.dtype, rate: float) -> tuple[Step, Callable[[], np.ndarray]]:
    """One step by automatic differentiation: the product, the entries that were seen, their mean square."""
    factors = [torch.tensor(factor, dtype=kind, requires_grad=True) for factor in instance.start]
    rows, columns = torch.tensor(instance.rows).long(), torch.tensor(instance.columns).long()
    values = torch.tensor(instance.values, dtype=kind)
    mean, count = 0.0, 0

    def product() -> torch.Tensor:
        predictor = factors[0]
        for factor in factors[1:]:
            predictor = factor @ predictor
        return predictor

    def step() -> float:
        nonlocal mean, count
        loss = torch.mean((product()[rows, columns] - values) ** 2)
        gradients = torch.autograd.grad(loss, factors)
        count += 1
        mean, length = _rate(mean, count, sum(float(torch.sum(g * g)) for g in gradients), rate)
        with torch.no_grad():
            for factor, gradient in zip(factors, gradients, strict=True):
                factor.sub_(gradient, alpha=length)
        return float(loss.detach())

    return step, lambda: product().detach().numpy()


def analytic(instance: Instance, kind: torch.dtype, rate: float) -> tuple[Step, Callable[[], np.ndarray]]:
    """One step by the analytic gradient: 3N - 3 products into buffers made once, all factors updated in one pass."""
    shapes = [factor.shape for factor in instance.start]
    flat = torch.cat([torch.tensor(factor, dtype=kind).ravel() for factor in instance.start])
    flat_gradient = torch.empty_like(flat)
    sizes = [rows * columns for rows, columns in shapes]
    factors = [part.view(shape) for part, shape in zip(flat.split(sizes), shapes, strict=True)]
    gradients = [part.view(shape) for part, shape in zip(flat_gradient.split(sizes), shapes, strict=True)]
    seen, filled = torch.zeros(instance.target.shape, dtype=kind), torch.zeros(instance.target.shape, dtype=kind)
    seen[instance.rows, instance.columns] = 1
    filled[instance.rows, instance.columns] = torch.tensor(instance.values, dtype=kind)
    products = [factors[0], *(torch.empty(shape[0], shapes[0][1], dtype=kind) for shape in shapes[1:])]
    backs = [gradients[0], *(torch.empty(shape[0], shapes[0][1], dtype=kind) for shape in shapes[:-1])]
    transposed = [factor.t() for factor in factors]
    rights = [product.t() for product in products]
    entries, residual, last = len(instance.values), products[-1], len(factors) - 1
    mean, count = 0.0, 0

    def forward() -> None:
        for index in range(1, last + 1):
            torch.mm(factors[index], products[index - 1], out=products[index])

    def step() -> float:
        nonlocal mean, count
        with torch.inference_mode():
            forward()
            residual.mul_(seen).sub_(filled)  # the gradient of the loss but for the factor 2 / entries
            vector = residual.view(-1)
            loss = float(torch.dot(vector, vector)) / entries
            back = residual
            for index in range(last, 0, -1):
                torch.mm(back, rights[index - 1], out=gradients[index])
                back = torch.mm(transposed[index], back, out=backs[0] if index == 1 else backs[index])
            count += 1
            square = float(torch.dot(flat_gradient, flat_gradient)) * (2 / entries) ** 2
            mean, length = _rate(mean, count, square, rate)
            flat.sub_(flat_gradient, alpha=length * 2 / entries)
        return loss

    def predictor() -> np.ndarray:
        forward()
        return residual.numpy().copy()

    return step, predictor


def _rate(mean: float, count: int, square: float, rate: float) -> tuple[float, float]:
    """The running mean of the squared norm of the gradient, and the rate of this step: one for all parameters."""
    mean = DECAY * mean + (1 - DECAY) * square
    return mean, rate / ((mean / (1 - DECAY**count)) ** 0.5 + EPSILON)


FORMS = {"automatic": automatic, "analytic": analytic}
KINDS = {"float32": torch.float32, "float64": torch.float64}


def trained(make: tuple[Step, Callable[[], np.ndarray]], until: float, most: int) -> Run:
    """Step until the loss is small enough; the loss is looked at after every step, as published."""
    step, predictor = make
    count, loss, paces = 0, np.inf, []
    began = chunk = time.perf_counter()
    while count < most and loss > until:
        loss = step()
        count += 1
        if count % CHUNK == 0:
            now = time.perf_counter()
            paces.append(now - chunk)
            chunk = now
    seconds = time.perf_counter() - began
    pace = min(paces, default=seconds * CHUNK / count) / CHUNK
    return Run(count, seconds, pace * count, loss, predictor())


def agreement(problem: Any, instance: Instance, rate: float, steps: int = 50) -> float:
    """How far the two forms in PyTorch and ours are apart after some steps in float64, relative to the predictor."""
    ends = []
    for form in FORMS.values():
        step, predictor = form(instance, torch.float64, rate)
        for _ in range(steps):
            step()
        ends.append(predictor())
    network = tw.DeepLinear(depth=len(instance.start), shape=problem.shape)
    run = tw.follow(problem, network, tw.Given(instance.start), tw.GroupRMSprop(rate), until=tw.Steps(steps), key=0)
    return max(float(np.linalg.norm(end - run.predictor) / np.linalg.norm(run.predictor)) for end in ends)


def path_error(problem: Any, network: Any, start: Any, algorithm: Any, end: float) -> float:
    """How far the path is from a reference at rtol 1e-10, over 40 times, relative to the end of the reference."""

    def at_times(algorithm: Any) -> np.ndarray:
        times = tw.AtTimes(list(np.linspace(0, end, 41)[1:]))
        run = tw.follow(
            problem, network, tw.Given(start), algorithm, record=[tw.Predictor()], until=tw.Time(end), at=times, key=0
        )
        return run.data.predictor.values

    return common.distance(at_times(algorithm), at_times(tw.GradientFlow(rtol=1e-10)))


def compare(depth: int, seed: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The rows of one depth and instance: the flow first, then the published optimizer in its forms."""
    size = options.size
    problem = tw.MatrixCompletion.random(shape=(size, size), rank=options.rank, observed=options.entries, key=seed)
    network = tw.DeepLinear(depth=depth, shape=problem.shape)

    def flow() -> Any:
        return tw.follow(
            problem,
            network,
            tw.Gaussian(options.scale),
            tw.GradientFlow(rtol=options.rtol, solver=options.solver),
            record=[tw.Loss()],
            until=tw.LossBelow(options.until),
            key=seed,
        )

    cold = common.wall(flow)
    warm, run = min(common.wall(flow) for _ in range(5)), flow()
    target = np.asarray(problem.target)
    instance = Instance(problem.rows, problem.columns, problem.values, target, run.start)
    apart = agreement(problem, instance, options.rate)
    if apart > 1e-9:
        raise SystemExit(f"the forms of GroupRMSprop differ by {apart:.1e} after 50 steps: nothing can be compared")
    judged = (target, problem.rows, problem.columns)
    rows: list[dict[str, Any]] = [
        {
            "seed": seed,
            "depth": depth,
            "run": f"Thalweg flow, rtol {options.rtol:g}",
            "gradients": run.outcome.gradients,
            "seconds": warm,
            "compilation": cold - warm,
            "ratio": 1.0,
            "loss": run.outcome.loss,
            "outcome": str(run.outcome),
            "path error": path_error(problem, network, run.start, run.algorithm, run.outcome.time),
            **common.qualities(run.predictor, *judged),
        }
    ]
    measured = None
    if options.quick:
        measured = tw.follow(
            problem,
            network,
            tw.Given(instance.start),
            tw.GroupRMSprop(options.rate),
            record=[tw.Loss()],
            until=tw.LossBelow(options.until) | tw.Steps(options.most),
            at=tw.EverySteps(options.most),
            key=seed,
        )
    for form in options.forms:
        for kind in options.kinds:
            most = min(options.most, 4 * CHUNK) if measured is not None else options.most
            done = trained(FORMS[form](instance, KINDS[kind], options.rate), options.until, most)
            count, end, loss = done.iterations, done.predictor, done.loss
            if measured is not None:
                count, end, loss = measured.outcome.steps + 1, measured.predictor, measured.outcome.loss
            best = done.at_best_pace / done.iterations * count
            rows.append(
                {
                    "seed": seed,
                    "depth": depth,
                    "run": f"PyTorch {form} {kind}",
                    "gradients": count,
                    "seconds": None if measured is not None else done.seconds,
                    "at best pace": best,
                    "milliseconds an iteration": 1e3 * best / count,
                    "ratio": best / warm,
                    "loss": loss,
                    "extrapolated": measured is not None,
                    **common.qualities(end, *judged),
                }
            )
    return rows


def main() -> None:
    parser = common.arguments(__doc__)
    parser.add_argument("--depths", type=int, nargs="+", default=[2, 3, 4])
    parser.add_argument("--rtol", type=float, default=3e-5)
    parser.add_argument("--solver", default="auto")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--until", type=float, default=1e-6)
    parser.add_argument("--most", type=int, default=1_000_000, help="iterations allowed, as published")
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--rank", type=int, default=5)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--scale", type=float, default=1e-3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--forms", nargs="+", choices=list(FORMS), default=list(FORMS))
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    options = parser.parse_args()
    common.pin(options.threads)
    jax.config.update("jax_enable_x64", True)
    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)
    jax.numpy.zeros(1).block_until_ready()  # the backend starts before any clock does
    header = ["seed", "depth", "run", "gradients", "path error", "seconds", "at best pace", "ratio", "compilation"]
    header += ["error", "nuclear norm", "effective rank"]
    rows = []
    for seed, depth in itertools.product(options.seeds, options.depths):
        found = compare(depth, seed, options)
        rows += found
        common.table(header, [[row.get(name) for name in header] for row in found])
        print(flush=True)
    if options.quick:
        print("PyTorch: pace of 2000 iterations; their number and their end from Thalweg's GroupRMSprop in float64")
    chosen = {name: str(value) if name == "json" else value for name, value in vars(options).items()}
    environment = common.environment(options.threads)
    common.write(options.json, {"options": chosen, "environment": environment, "rows": rows})


if __name__ == "__main__":
    main()
