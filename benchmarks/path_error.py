"""How many gradients the whole path costs at a given accuracy: the flow with error control, and gradient descent.

    python benchmarks/path_error.py [--quick] [--threads 1] [--solvers auto tsit5] [--rtols 1e-3 ...] [--json FILE]

The path is that of gradient flow from time 0 to 2000 on completion of a 100 by 100 matrix of rank 5 from 2000 entries
by a product of 3 square factors of end-to-end scale 1e-3; the loss is the mean of squares over the entries that were
seen. Its error is the largest distance, over 40 equally spaced times, between the predictor and that of a reference at
rtol 1e-10, in units of the norm of the reference at the end. The reference in turn is compared with SciPy's DOP853,
which shares nothing with it but the gradient. Gradients are those of the runs that were measured, whose steps land on
the 40 times; beside them stand those of the same run free of landings. A product of the Hessian with a vector counts as
two, a difference quotient of gradients as one.

Gradient descent at rate eta is a method of first order, with 2000/eta gradients. Its error at the smallest two rates
gives the slope, and the slope the number of gradients for an error that would take too long to reach. The flow's number
is of the cheapest run whose error is at most the one asked for, landings included, so the ratio errs against the flow.
Exit code 1 if the ratio at error 1e-5 is below --least.

--quick leaves out the smaller rates and every second tolerance.
"""

import sys
from typing import Any

import common
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy.integrate import solve_ivp

import thalweg as tw
from thalweg.observables.base import AbstractObservable

TIMES = 40


class Predictor(AbstractObservable):
    """The predictor itself."""

    @property
    def name(self) -> str:
        return "predictor"

    @property
    def dims(self) -> tuple[str, ...]:
        return ("row", "column")

    def __call__(self, objective: Any, params: Any) -> jax.Array:
        return jnp.asarray(objective.predictor(params))


class Path:
    """One problem and one start, followed to one time by different algorithms."""

    def __init__(self, *, size: int, rank: int, entries: int, depth: int, scale: float, seed: int, end: float):
        self.problem = tw.MatrixCompletion.random(shape=(size, size), rank=rank, observed=entries, key=seed)
        self.network = tw.DeepLinear(depth=depth, shape=self.problem.shape)
        self.start = tw.Given(tw.Gaussian(scale).sample(self.network, key=seed))
        self.end, self.times = end, np.linspace(0, end, TIMES + 1)[1:]

    def follow(self, algorithm: Any) -> tuple[np.ndarray, int]:
        """The predictor at the times, and the gradients that it took; complains of a run that did not get there."""
        run = self._run(algorithm, self.times)
        times = run.data.time.values[1:]
        if not run.outcome.reached or len(times) != TIMES or np.abs(times - self.times).max() > 1e-6:
            raise SystemExit(f"{algorithm}: no record at each of the {TIMES} times; {run.outcome}")
        return run.data.predictor.values[1:], run.outcome.gradients

    def free(self, algorithm: Any) -> int:
        """The gradients that it takes to the end with no other time to land on."""
        return self._run(algorithm, self.times[-1:]).outcome.gradients

    def _run(self, algorithm: Any, times: np.ndarray) -> Any:
        record, at, until = [Predictor()], tw.AtTimes(times.tolist()), tw.Time(self.end)
        return tw.follow(self.problem, self.network, self.start, algorithm, record=record, at=at, until=until, key=0)

    def by_scipy(self, rtol: float) -> tuple[np.ndarray, int]:
        """The same by SciPy's DOP853, of order 8."""
        objective = tw.Objective(self.problem, self.network)
        start, unravel = ravel_pytree([jnp.asarray(factor) for factor in self.start.sample(self.network, key=0)])
        downhill = jax.jit(lambda flat: -ravel_pytree(objective.loss_and_gradient(unravel(flat))[1])[0])
        solution = solve_ivp(
            lambda time, flat: np.asarray(downhill(flat)),
            (0.0, self.end),
            np.asarray(start),
            method="DOP853",
            rtol=rtol,
            atol=rtol * float(jnp.abs(start).max()),
            t_eval=self.times,
        )
        return np.stack([objective.predictor(unravel(column)) for column in solution.y.T]), solution.nfev


def descents(path: Path, reference: np.ndarray, rates: list[float]) -> list[dict[str, Any]]:
    """Gradient descent at each rate, largest first, with the slope between each rate and the one before."""
    rows: list[dict[str, Any]] = []
    for rate in sorted(rates, reverse=True):
        if abs(path.times[0] / rate - round(path.times[0] / rate)) > 1e-9:
            raise SystemExit(f"a rate must divide {path.times[0]:g}, the distance of the times; {rate:g} does not")
        found, gradients = path.follow(tw.GradientDescent(rate))
        row = {"run": f"descent, rate {rate:g}", "rate": rate, "gradients": gradients}
        row["error"] = common.distance(found, reference)
        if rows:
            before = rows[-1]
            row["slope"] = np.log(before["error"] / row["error"]) / np.log(before["rate"] / rate)
        rows.append(row)
    return rows


def main() -> None:
    parser = common.arguments(__doc__)
    parser.add_argument("--solvers", nargs="+", default=["auto"])
    parser.add_argument("--rtols", type=float, nargs="+", default=[1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 1e-7])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.4, 0.2, 0.1])
    parser.add_argument("--reference", default="auto", help="the solver of the reference (default auto)")
    parser.add_argument("--error", type=float, default=1e-5)
    parser.add_argument("--least", type=float, default=50.0, help="the ratio below which to exit with 1")
    parser.add_argument("--end", type=float, default=2000.0, help="the time to follow to (default 2000)")
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    common.pin(options.threads)
    jax.config.update("jax_enable_x64", True)
    rtols = options.rtols[::2] if options.quick else options.rtols
    rates = [rate for rate in options.rates if rate >= 0.2] if options.quick else options.rates
    if len(rates) < 2:
        parser.error("the slope of gradient descent needs at least two rates")
    path = Path(
        size=100, rank=5, entries=2000, depth=options.depth, scale=options.scale, seed=options.seed, end=options.end
    )  # fmt: skip
    reference, spent = path.follow(tw.GradientFlow(rtol=1e-10, solver=options.reference))
    second, needed = path.by_scipy(1e-10)
    own = common.distance(second, reference)
    print(f"reference: {options.reference} at rtol 1e-10, {spent} gradients; DOP853 at 1e-10, {needed}, is {own:.1e} away")
    rows: list[dict[str, Any]] = []
    for solver in options.solvers:
        for rtol in rtols:
            found, gradients = path.follow(tw.GradientFlow(rtol=rtol, solver=solver))
            error = common.distance(found, reference)
            free = path.free(tw.GradientFlow(rtol=rtol, solver=solver))
            run = f"flow, {solver}, rtol {rtol:g}"
            rows.append({"run": run, "gradients": gradients, "free": free, "error": error})
    good = [row for row in rows if row["error"] <= options.error]
    discrete = descents(path, reference, rates)
    rows += discrete
    header = ["run", "gradients", "free", "error", "slope"]
    common.table(header, [[row.get(name) for name in header] for row in rows])
    last = discrete[-1]
    needed = last["gradients"] * (last["error"] / options.error) ** (1 / last["slope"])
    print(f"\ngradient descent would need {needed:.3g} for an error of {options.error:g} (slope {last['slope']:.3f})")
    ratio = None
    if good:
        cheapest = min(good, key=lambda row: row["gradients"])
        ratio = needed / cheapest["gradients"]
        print(f"{cheapest['run']} takes {cheapest['gradients']} (error {cheapest['error']:.1e}): {ratio:.0f} times fewer")
    else:
        print(f"no flow here has an error of at most {options.error:g}; try smaller --rtols")
    content = {
        "options": {name: str(value) if name == "json" else value for name, value in vars(options).items()},
        "environment": common.environment(options.threads),
        "reference": {"gradients": spent, "distance of DOP853": own},
        "rows": rows,
        "gradients of descent": needed,
        "ratio": ratio,
    }
    common.write(options.json, content)
    sys.exit(int(ratio is None or ratio < options.least))


if __name__ == "__main__":
    main()
