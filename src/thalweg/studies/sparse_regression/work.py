"""Runs of the study of sparse regression: solutions along the scale, samples and sparsity, training, and the laws."""

from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.exact import least_l1, least_l2, least_potential, least_potentials
from thalweg.exact.solution import relative_gap
from thalweg.initializations.constant import Constant
from thalweg.parametrizations.diagonal import Diagonal
from thalweg.potentials import DistanceBias, Hypentropy
from thalweg.problems.linear_regression import LinearRegression
from thalweg.studies.diagonal_training import trained
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import EverySteps
from thalweg.trajectory.stop import LossBelow

Finals = tuple[xr.Dataset, dict[str, Any]]

NEVER = -20.0
"""Stands for the logarithm of a scale where none down to the least one looked at is small enough."""


def instance(key: Any, *, size: int, samples: int, nonzeros: int, deviation: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Inputs (d, m), outputs (m,), and $\beta^*$ of norm 1, whose first k coordinates are $1/\sqrt{k}$.

    More samples of one key are the same ones and others; another sparsity has the same inputs and noise.
    """
    inputs = stream(key, "data").standard_normal((samples, size)).T
    truth = np.zeros(size)
    truth[:nonzeros] = nonzeros**-0.5
    return inputs, truth @ inputs + deviation * stream(key, "noise").standard_normal(samples), truth


def crossing(exponents: np.ndarray, errors: np.ndarray, level: float) -> float:
    """The largest exponent at which the error is down to a level, between two of the grid on a line of its logarithm."""
    below = np.flatnonzero(errors <= level)
    if not len(below):
        return NEVER
    at = int(below[0])
    if at == 0:
        return float(exponents[0])
    high, low = np.log(errors[at - 1]), np.log(errors[at])
    share = (high - np.log(level)) / (high - low)
    return float(exponents[at - 1] + share * (exponents[at] - exponents[at - 1]))


def along(report: Any, *, key: Any, instances: int, shape: dict[str, Any], exponents: Any, level: float, shown: Any) -> Finals:
    """Instances at all scales: errors and norms of the least potential, beside the l1 and the l2 solution.

    The final numbers are medians over the instances, certificates and steps the wrong way the worst; what belongs to the
    explicit regularizer is of the first instance.
    """
    made = [instance((*key, at), **shape) for at in range(instances)]
    inputs, outputs, truth = np.stack([x for x, _, _ in made]), np.stack([y for _, y, _ in made]), made[0][2]
    grid, noise = np.asarray(exponents, dtype=float), shape["deviation"] ** 2
    l1 = [least_l1((x.T, y)) for x, y, _ in made]
    l2 = [least_l2((x.T, y)) for x, y, _ in made]
    found = least_potentials(inputs, outputs, [Hypentropy(10.0**a) for a in grid])
    explicit = least_potentials(inputs[:1], outputs[:1], [DistanceBias(10.0**a) for a in grid])
    variables: dict[str, Any] = {"exponent": ("record", grid)}
    many: list[dict[str, float]] = []
    for name, points in (("", found.predictor), ("_distance", explicit.predictor)):
        errors = np.sum((points - truth) ** 2, axis=-1)
        lanes = range(points.shape[1])
        more_l1 = np.stack([np.abs(points[:, at]).sum(-1) - l1[at].value for at in lanes], axis=1)
        more_l2 = np.stack([np.linalg.norm(points[:, at], axis=-1) - l2[at].value for at in lanes], axis=1)
        for at in lanes:
            middle = sum(float(np.sum((s[at].predictor - truth) ** 2)) for s in (l1, l2)) / 2
            of_lane = {
                f"half{name}": crossing(grid, errors[:, at], middle),
                f"below{name}": crossing(grid, errors[:, at], level),
                f"below_noisy{name}": crossing(grid, errors[:, at], level - noise),
                f"large{name}": float(np.linalg.norm(points[0, at] - l2[at].predictor[0]) / l2[at].value),
            }
            for exponent in shown:
                row = int(np.argmin(np.abs(grid - exponent)))
                of_lane |= {f"l1{name}_{exponent:g}": more_l1[row, at], f"l2{name}_{exponent:g}": more_l2[row, at]}
                of_lane[f"error{name}_{exponent:g}"] = errors[row, at]
            many.append(of_lane)
        several = ("record", "instance") if not name else ("record", "first")
        variables |= {f"error{name}": (several, errors), f"l1{name}": (several, more_l1), f"l2{name}": (several, more_l2)}
    for one, two in zip(l1, l2, strict=True):
        of_lane = {f"error_{n}": float(np.sum((s.predictor - truth) ** 2)) for n, s in (("l1", one), ("l2", two))}
        of_lane["l1_of_l2"] = float(np.abs(two.predictor).sum() - one.value)
        of_lane["apart"] = float(np.linalg.norm(one.predictor - two.predictor) / two.value)
        many.append(of_lane)
    names = sorted({name for of_lane in many for name in of_lane})
    finals: dict[str, Any] = {name: float(np.median([part[name] for part in many if name in part])) for name in names}
    # a potential of alpha, or of its fourth power, where its square should be: those of its root and of its square
    finals |= {f"{end}_first": 2 * finals[end] for end in ("half", "below")}
    finals |= {f"{end}_fourth": finals[end] / 2 for end in ("half", "below")}
    points = found.predictor
    for norm, values in (("l1", np.abs(points).sum(-1)), ("l2", np.linalg.norm(points, axis=-1))):
        steps = np.diff(values, axis=0) / values[:-1]
        finals |= {f"rise_{norm}": float(steps.max()), f"fall_{norm}": float(-steps.min())}
    finals["gap"] = float(max(found.gap.max(), *(solution.gap for solution in (*l1, *l2))))
    potential, first = Hypentropy(1e-3), (inputs[0].T, outputs[0])
    proved = least_potential(first, potential)
    wrong = {"l2": l2[0].predictor, "l1": l1[0].predictor, "distance": least_potential(first, DistanceBias(1e-3)).predictor}
    for name, point in wrong.items():
        finals[f"gap_of_{name}"] = relative_gap(float(potential.value(point[0])), proved.dual_value)
    return xr.Dataset(variables), finals


def needed(report: Any, *, key: Any, samples: Any, nonzeros: Any, fixed: dict[str, Any], exponents: Any, level: float) -> Finals:
    """The largest scale at which the error is down to a level, against the number of samples and against the sparsity.

    `fixed` has the samples and nonzeros of the other sweep, the size, and the deviation of the noise.
    """
    grid = np.asarray(exponents, dtype=float)
    noise = fixed["deviation"] ** 2
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    for name, values in (("samples", samples), ("nonzeros", nonzeros)):
        rows = []
        for value in values:
            inputs, outputs, truth = instance(key, **(fixed | {name: value}))
            errors = _scanned(inputs, outputs, truth, grid, level - noise)
            l1, l2 = (np.sum((least((inputs.T, outputs)).predictor - truth) ** 2) for least in (least_l1, least_l2))
            levels = (level, level - noise, level + noise)
            rows.append((*(crossing(grid, errors, one) for one in levels), l1, l2))
            finals |= dict(zip((f"{name}_{value}{end}" for end in ("", "_noisy", "_plus")), rows[-1], strict=False))
        reached, noisy, _, l1s, l2s = np.array(rows).T
        variables |= {name: (name, np.asarray(values, dtype=float))}
        variables |= {f"{name}_scale": (name, reached), f"{name}_noisy": (name, noisy), f"{name}_l1": (name, l1s)}
        for end, errors in (("l1", l1s), ("l2", l2s)):
            finals[f"first_{end}_{name}"] = float(
                next((v for v, e in zip(values, errors, strict=True) if e <= level), fixed["size"])
            )
    return xr.Dataset(variables | {"exponent": ("record", grid)}), finals


def _scanned(inputs: np.ndarray, outputs: np.ndarray, truth: np.ndarray, grid: np.ndarray, level: float) -> np.ndarray:
    """Errors down the grid, as far as it takes to get to a level; not a number beyond."""
    errors = np.full(len(grid), np.nan)
    for at in range(0, len(grid), 6):
        part = grid[at : at + 6]
        found = least_potentials(inputs[None], outputs[None], [Hypentropy(10.0**a) for a in part])
        errors[at : at + len(part)] = np.sum((found.predictor[:, 0] - truth) ** 2, axis=-1)
        if np.nanmin(errors) <= level:
            break
    return errors


def training(
    report: Any, *, key: Any, shape: dict[str, Any], scales: Any, rtol: float, solver: str, rates: Any, loss: float
) -> Finals:
    """A diagonal network trained as it is, by gradient flow and by descent at some rates, beside the convex solution."""
    inputs, outputs, _ = instance(key, **shape)
    problem, network = LinearRegression(inputs, outputs[None]), Diagonal(size=shape["size"])
    steepest = float(np.linalg.eigvalsh(problem.input_moment)[-1])
    finals: dict[str, Any] = {}
    rows = []
    for scale in scales:
        known = least_potential(problem, Hypentropy(scale), gap=1e-12)
        others = {
            "doubled": least_potential(problem, Hypentropy(2 * scale)).predictor,
            "explicit": least_potential(problem, DistanceBias(scale)).predictor,
            "l2": least_l2(problem).predictor,
        }
        start, until = Constant(scale), LossBelow(loss)
        flow = follow(
            problem, network, start, GradientFlow(rtol, solver=solver), until=until, at=EverySteps(10**6), key=0, report=report
        )
        ends = []
        for rate in rates:
            algorithm = GradientDescent(rate / steepest)
            run = follow(problem, network, start, algorithm, until=until, at=EverySteps(10**6), key=0, report=report)
            ends.append(run.predictor)
        apart = [float(np.abs(end - known.predictor).max()) for end in ends]
        name = f"{scale:g}"
        finals |= {f"flow_{name}": float(np.abs(flow.predictor - known.predictor).max())}
        finals |= {f"flow_{name}_{other}": float(np.abs(flow.predictor - point).max()) for other, point in others.items()}
        rows.append([finals[f"flow_{name}"], *apart])
        if not rates:
            continue
        # the distance of descent from the flow is a power series in the rate: what three rates have in common at zero
        weights = [np.prod([other / (other - rate) for other in rates if other != rate]) for rate in rates]
        straight = sum(weight * end for weight, end in zip(weights, ends, strict=True))
        finals |= {f"descent_{name}": float(np.abs(straight - known.predictor).max()), f"descent_{name}_one": apart[-1]}
        finals |= {f"descent_{name}_{other}": float(np.abs(straight - point).max()) for other, point in others.items()}
        finals[f"order_{name}"] = float(np.polyfit(np.log(rates), np.log(apart), 1)[0])
    table = np.array(rows)
    data = {"scale": ("record", np.asarray(scales)), "flow": ("record", table[:, 0])}
    return xr.Dataset(
        data | {"apart": (("record", "rate"), table[:, 1:]), "rate": ("rate", np.asarray(rates, dtype=float))}
    ), finals


def laws(report: Any, *, key: Any, size: int, samples: int, how_many: int, norms: Any, shares: Any) -> Finals:
    """Theorem 2 on small instances, and what was printed of the potential, the kernel and the flow beside what holds."""
    finals = _theorem(key, size, samples, how_many, norms, shares) | _printed(key, size, samples)
    return xr.Dataset({"norm": ("record", np.asarray(norms))}), finals


def _theorem(key: Any, size: int, samples: int, how_many: int, norms: Any, shares: Any) -> dict[str, float]:
    """How much of the excess that theorem 2 allows there is at its scales, at most over the instances, and at others'."""
    rng = stream(key, "data")
    cases = []
    for _ in range(how_many):
        matrix, levels = rng.standard_normal((samples, size)), rng.standard_normal(samples)
        l1, l2 = least_l1((matrix, levels)).value, least_l2((matrix, levels)).value
        pairs = [(norm, share) for norm in norms for share in shares if small_scale(norm, share, size) >= SMALLEST]
        for norm, share in pairs:
            small, large = small_scale(norm, share, size), large_scale(norm, share)
            sign = min((2 * (1 + share) * norm) ** ((2 + share) / (2 * share)), LARGEST)
            tried = {"l1": small, "l1_sign": sign, "l1_l2": large}
            cases += [(name, matrix, norm / l1 * levels, scale, norm, share) for name, scale in tried.items()]
            tried = {"l2": large, "l2_inverse": 1 / large, "l2_l1": small}
            cases += [(name, matrix, norm / l2 * levels, scale, norm, share) for name, scale in tried.items()]
    names, matrices, levels, scales, sizes, allowed = (list(column) for column in zip(*cases, strict=True))
    found = least_potentials(np.stack(matrices).mT, np.stack(levels), [Hypentropy(np.array(scales)[:, None])])
    points, of_l1 = found.predictor[0], np.char.startswith(names, "l1")
    ratio = np.where(of_l1, np.abs(points).sum(-1) / np.array(sizes), np.sum(points**2, axis=-1) / np.square(sizes))
    used = (ratio - 1) / np.array(allowed)
    finals = {f"theorem_{name}": float(used[np.array(names) == name].max()) for name in dict.fromkeys(names)}
    return finals | {"theorem_cases": float(names.count("l1")), "theorem_gap": float(found.gap.max())}


SMALLEST, LARGEST = 1e-120, 1e6
"""The scales between which theorem 2 is tried."""


def small_scale(norm: float, share: float, size: int) -> float:
    r"""Theorem 2: at most this, and $\|\beta_\alpha\|_1 \le (1 + \epsilon)\|\beta_{\ell_1}\|_1$."""
    first = -(2 + share) / (2 * share) * np.log(2 * (1 + share) * norm)
    return float(np.exp(min(first, -size / (share * norm))))


def large_scale(norm: float, share: float) -> float:
    r"""Theorem 2: at least this, and $\|\beta_\alpha\|_2^2 \le (1 + \epsilon)\|\beta_{\ell_2}\|_2^2$."""
    return float(np.sqrt(2 * (1 + share) * (1 + 2 / share) * norm))


def _printed(key: Any, size: int, samples: int) -> dict[str, float]:
    rng = stream(key, "noise")
    inputs, outputs = rng.standard_normal((size, samples)), rng.standard_normal(samples)
    finals: dict[str, float] = {}
    # the potential: where the flow ends its gradient is a combination of the samples
    scale = 1.0
    outputs *= 1.2 * scale**2 / np.abs(trained(inputs, outputs, 2, np.full(size, scale), rtol=1e-10)).max()
    ended = trained(inputs, outputs, 2, np.full(size, scale), rtol=1e-11)
    z = ended / scale**2
    slopes = {
        "plus": np.arcsinh(z / 2),
        "minus": z / np.sqrt(4 - z**2) + np.arcsinh(z / 2) + z / np.sqrt(4 + z**2),
        "square": z / 2,
    }
    basis = np.linalg.qr(inputs)[0]
    for name, slope in slopes.items():
        finals[f"slope_{name}"] = float(np.linalg.norm(slope - basis @ (basis.T @ slope)) / np.linalg.norm(slope))
    # the kernel at the start, by differences, which are exact for squares
    network, steps = Diagonal(size=size), np.eye(2 * size)
    start = 0.7
    weights = np.full(2 * size, start)

    def outputs_at(w: np.ndarray) -> np.ndarray:
        return np.asarray(network.predictor([w[:size], w[size:]]))[0] @ inputs

    features = np.stack([(outputs_at(weights + step) - outputs_at(weights - step)) / 2 for step in steps])
    gram, found = inputs.T @ inputs, features.T @ features
    for factor in (8, 4, 2):
        finals[f"kernel_{factor}"] = float(np.abs(found / (factor * start**2 * gram) - 1).max())
    # the velocity on the way, from a point that the flow passes: weights with the product that it keeps
    plus = scale * np.exp(0.3 * rng.standard_normal(size))
    minus = scale**2 / plus
    beta = plus**2 - minus**2
    slope = 2 * inputs @ (beta @ inputs - outputs)
    velocity = 2 * plus * (-2 * plus * slope) - 2 * minus * (2 * minus * slope)
    for factor in (4, 2, 1):
        law = -factor * np.sqrt(beta**2 + 4 * scale**4) * slope
        finals[f"velocity_{factor}"] = float(np.linalg.norm(velocity - law) / np.linalg.norm(velocity))
    # the predictor, coordinate by coordinate
    other = rng.standard_normal(size)
    linear = _output(network, plus, minus, other)
    finals["index_own"] = abs(float(np.sum((plus**2 - minus**2) * other)) / linear - 1)
    finals["index_first"] = abs(float(np.sum((plus**2 - minus**2) * other[0])) / linear - 1)
    finals["index_last"] = abs(float(np.sum((plus**2 - minus**2) * other[-1])) / linear - 1)
    return finals


def _output(network: Diagonal, plus: np.ndarray, minus: np.ndarray, inputs: np.ndarray) -> float:
    """The network's output at one sample."""
    return float(np.asarray(network.predictor([plus, minus]))[0] @ inputs)
