"""What the study computes: margins along gradient descent, how fast the loss falls, what stationary does and does not mean."""

from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import minimize

from thalweg._seeds import stream
from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.exact import hard_margin, margin_kkt
from thalweg.initializations.given import Given
from thalweg.observables.kkt import KKTComplementarity, KKTStationarity
from thalweg.observables.margins import NormalizedMargin, SmoothedMargin
from thalweg.parametrizations.homogeneity import homogeneity
from thalweg.parametrizations.two_layer_relu import TwoLayerReLU
from thalweg.problems.classification import Classification
from thalweg.studies.homogeneous_margin.networks import Path, Samples, Weights, descended, seen, slopes_of, stationarity
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import EverySteps
from thalweg.trajectory.stop import Steps

MANY, WIDTH, SCALE = 12, 20, 0.3
"""Samples of an instance, hidden units, and the deviation of weights at the start."""
SLOW, STEADY, LARGE, CONSTANT = 0.01, 0.5, 5.0, 0.5
"""Rates: for monotone margins, for stationarity, for margins that are not monotone, and of the loss itself."""

Finals = tuple[xr.Dataset, dict[str, Any]]


def quadrants(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points of the unit circle away from the axes, labelled by the sign of the product of their coordinates."""
    angles = np.empty(0)
    while len(angles) < MANY or len(set(np.sign(np.sin(2 * angles)))) < 2:
        drawn = rng.uniform(0, 2 * np.pi, size=4 * MANY)
        angles = drawn[np.abs(np.sin(2 * drawn)) > 0.3][:MANY]
    return np.stack([np.cos(angles), np.sin(angles)], axis=1), np.sign(np.sin(2 * angles))


def drawn(key: Any, how_many: int, starts: int) -> tuple[Samples, Weights]:
    """Instances, each from several starts: networks of one instance lie beside each other."""
    rng, start = stream(key, "data"), stream(key, "start")
    pairs = [quadrants(rng) for _ in range(how_many)]
    inputs, labels = (np.repeat(np.stack(part), starts, axis=0) for part in zip(*pairs, strict=True))
    count = how_many * starts
    first, second = start.normal(size=(count, WIDTH, 2)), start.normal(size=(count, WIDTH))
    return Samples(inputs, labels), Weights(SCALE * first, SCALE * second)


def margins(report: Any, *, key: Any, how_many: int, starts: int, steps: int) -> Finals:
    """Networks descended by small steps, by steady ones, by the adaptive loss-based rate, and by a constant rate."""
    samples, start = drawn(key, how_many, starts)
    steady = descended(samples, start, steps, STEADY, "steady")
    paths = {
        "slow": descended(samples, at_fit(steady), steps, SLOW, "steady"),
        "steady": steady,
        "large": descended(samples, at_fit(steady), steps, LARGE, "steady"),
        "adaptive": descended(samples, start, steps, 1.0, "adaptive"),
        "constant": descended(samples, start, steps, CONSTANT, "constant"),
    }
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {"step": ("record", paths["slow"].steps)}
    everyone = np.arange(how_many * starts)
    for name, path in paths.items():
        fitted = path.log[-1] < 0
        finals[f"drop_{name}"] = float(path.drop.max())
        finals[f"falls_{name}"], finals[f"falls_wrong_{name}"] = float(path.falls.max()), float(path.falls_wrong.max())
        finals[f"log_{name}"] = float(np.median(path.log[-1]))
        finals[f"fitted_{name}"] = float(fitted.mean())
        began = path.normalized[path.fitted, everyone]
        finals[f"growth_{name}"] = float(np.median(path.normalized[-1][fitted] / began[fitted]))
        if name == "steady":
            shrunk = began / path.square[path.fitted, everyone], path.normalized[-1] / path.square[-1]
            finals["growth_wrong"] = float(np.median(shrunk[1][fitted] / shrunk[0][fitted]))
        for observed in ("log", "normalized"):
            variables[f"{observed}_{name}"] = (("record", "network"), getattr(path, observed))
        variables[f"smoothed_{name}"] = (("record", "network"), -path.log / path.square)
    fitted = np.flatnonzero(steady.log[-1] < 0)
    first, last = residuals(samples, steady, fitted, "first"), residuals(samples, steady, fitted, "last")
    finals |= {"kkt_first": float(np.median(first)), "kkt_last": float(np.median(last))}
    finals |= {"kkt_ratio": float(np.median(last / first)), "kkt_still": float(np.median(first / first))}
    turned = [wrongly_turned(samples, steady.weights[-1], int(which)) for which in fitted]
    finals["kkt_wrong"] = float(np.median(np.array(turned) / first))
    variables |= _residual_path(samples, steady, int(fitted[0]))
    return xr.Dataset(variables), finals


def at_fit(path: Path) -> Weights:
    """Every network where all its samples were first fitted."""
    chosen = path.weights[0]
    for at, weights in enumerate(path.weights):
        chosen = weights.chosen(path.fitted == at, chosen)
    return chosen


def residuals(samples: Samples, path: Path, networks: np.ndarray, when: str) -> np.ndarray:
    """Residuals of stationarity when samples were first fitted, or at the end."""
    at = path.fitted if when == "first" else np.full(len(path.fitted), len(path.log) - 1)
    return np.array([stationarity(samples, path.weights[at[which]], int(which)).residual for which in networks])


def wrongly_turned(samples: Samples, weights: Weights, which: int) -> float:
    """The residual with slopes whose signs are those of labels taken the wrong way round."""
    theta, values, rows = slopes_of(samples, weights, which)
    return margin_kkt(theta, values, -rows).residual


def _residual_path(samples: Samples, path: Path, which: int) -> dict[str, Any]:
    found = np.full((len(path.steps), 2), np.nan)
    for at, weights in enumerate(path.weights):
        if path.margins[at, which] > 0:
            made = stationarity(samples, weights, which)
            found[at] = made.stationarity, made.complementarity
    return {"residual": (("record", "part"), found)}


def ends(report: Any, *, key: Any, how_many: int, steps: int) -> Finals:
    r"""Two samples at an obtuse angle: units that see both end at the bisector, units that see one each at the samples.

    Both ends are stationary, with normalized margins $\frac12\cos(\varphi/2)$ and $\frac14$.
    """
    rng = stream(key, "data")
    angles = rng.uniform(np.radians(130), np.radians(165), size=how_many)
    inputs = np.zeros((how_many, 2, 2))
    inputs[:, 0, 0] = 1.0
    inputs[:, 1] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    samples = Samples(inputs, np.ones((how_many, 2)))
    bisector = np.stack([np.cos(angles / 2), np.sin(angles / 2)], axis=1)
    # around the bisector as far as both samples see it, and around each sample as far as the other does not
    room = 0.5 * (np.pi - angles)
    turns = {
        "both": np.arctan2(bisector[:, 1], bisector[:, 0])[:, None] + rng.uniform(-0.9, 0.9, size=(how_many, 2)) * room[:, None],
        "each": np.stack([0 * angles, angles], axis=1) + rng.uniform(-0.3, 0.3, size=(how_many, 2)),
    }
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    laws = {"both": np.cos(angles / 2) / 2, "each": np.full(how_many, 0.25)}
    for name, turn in turns.items():
        lengths = rng.uniform(0.5, 1.0, size=(how_many, 2))
        first = lengths[:, :, None] * np.stack([np.cos(turn), np.sin(turn)], axis=2)
        path = descended(samples, Weights(first, rng.uniform(0.5, 1.0, size=(how_many, 2))), steps, STEADY, "steady")
        found = [stationarity(samples, path.weights[-1], which).residual for which in range(how_many)]
        finals[f"kkt_{name}"] = float(max(found))
        finals[f"off_{name}"] = float(np.abs(path.normalized[-1] / laws[name] - 1).max())
        finals[f"off_start_{name}"] = float(np.abs(path.normalized[0] / laws[name] - 1).max())
        variables[f"normalized_{name}"] = (("record", "network"), path.normalized)
        variables["step"] = ("record", path.steps)
        variables[f"law_{name}"] = ("network", laws[name])
        finals[f"least_{name}"] = float((0.25 / path.normalized[-1]).min())
    finals["off_exchanged"] = float(np.abs(laws["each"] / laws["both"] - 1).min())
    return xr.Dataset(variables), finals


def biases(report: Any, *, steps: int) -> Finals:
    """One start with its constant in an output bias, and in a unit with a bias of the first layer; and Euler's identity."""
    positive, negative, constant = np.linspace(-1.0, -0.5, 5), 10.0, 10.0
    points = np.append(positive, negative)
    labels = np.append(np.ones(5), -1.0)[None]
    inputs = np.stack([points, np.ones(6)], axis=1)[None]
    samples = Samples(inputs, labels)
    fall = Weights(np.array([[[np.sqrt(3.0), 0.0]]]), np.array([[-np.sqrt(3.0)]]), np.array([constant]))
    unit = np.array([[np.sqrt(3.0), 0.0], [0.0, np.sqrt(constant)]])
    hidden = Weights(unit[None], np.array([[-np.sqrt(3.0), np.sqrt(constant)]]))
    paths = {
        "output": descended(samples, fall, steps, 5 * SLOW, "steady"),
        "hidden": descended(samples, hidden, steps, 5 * SLOW, "steady"),
    }
    finals: dict[str, Any] = {f"falls_{name}": float(path.falls.max()) for name, path in paths.items()}
    finals["falls_wrong"] = float(paths["hidden"].falls_wrong.max())
    smoothed = {name: -path.log[:, 0] / path.square[:, 0] for name, path in paths.items()}
    finals["apart"] = float(np.abs(seen(samples, fall).margins - seen(samples, hidden).margins).max())
    params = {"W1": unit, "b1": np.array([0.3, -0.1]), "W2": np.array([[1.0, -2.0]]), "b2": np.array([0.5])}
    without = {name: leaf for name, leaf in params.items() if name != "b2"}
    with_bias = homogeneity(TwoLayerReLU(inputs[0].T, 2), params)
    found = homogeneity(TwoLayerReLU(inputs[0].T, 2, output_bias=False), without)
    finals |= {"degree": found.degree, "euler": found.deviation, "euler_output": with_bias.deviation}
    finals["euler_named"] = float(with_bias.breaks == ("['b2']",))
    data = {f"smoothed_{name}": ("record", values) for name, values in smoothed.items()}
    return xr.Dataset(data | {"step": ("record", paths["output"].steps)}), finals


def representation(report: Any, *, key: Any, depths: Any, how_many: int) -> Finals:
    r"""The least norm of parameters of a diagonal network with a given predictor, found by descent, beside its formula."""
    rng = stream(key, "data")
    finals: dict[str, Any] = {}
    worst: dict[str, float] = dict.fromkeys(("formula", "one_less", "no_factor", "any"), 0.0)
    slopes: list[float] = []
    for depth in depths:
        for _ in range(how_many):
            beta = rng.normal(size=4)
            found = _least_size(beta, depth, rng)
            sizes = {
                "formula": least_size(beta, depth),
                "one_less": np.sqrt(depth) * (np.abs(beta) ** (2 / (depth + 1))).sum() ** 0.5,
                "no_factor": least_size(beta, depth) / np.sqrt(depth),
                "any": float(np.sqrt((beta**2).sum() + (depth - 1) * len(beta))),
            }
            for name, size in sizes.items():
                worst[name] = max(worst[name], abs(found / size - 1))
            slopes.append(depth * float(np.log(_least_size(8 * beta, depth, rng) / found) / np.log(8)))
    finals |= {f"apart_{name}": value for name, value in worst.items()}
    finals |= {"slope": max(slopes, key=lambda slope: abs(slope - 1)), "slope_printed": float(max(depths))}
    return xr.Dataset({"slope": ("record", np.array(slopes))}), finals | _stationary_in_parameters(rng)


def least_size(beta: np.ndarray, depth: int) -> float:
    r"""$R_F(\beta) = \sqrt D\,\|\beta\|_{2/D}^{1/D}$, the least $\|w\|_2$ with $w_1 \odot\cdots\odot w_D = \beta$."""
    return float(np.sqrt(depth * (np.abs(beta) ** (2 / depth)).sum()))


def _least_size(beta: np.ndarray, depth: int, rng: np.random.Generator) -> float:
    """The same by descent over all layers but the last, which is what is left of the predictor."""

    def size(logs: np.ndarray) -> tuple[float, np.ndarray]:
        layers = np.exp(logs.reshape(depth - 1, -1))
        last = np.abs(beta) / layers.prod(axis=0)
        return float((layers**2).sum() + (last**2).sum()), (2 * layers**2 - 2 * last**2).ravel()

    best = minimize(size, 0.3 * rng.normal(size=(depth - 1) * len(beta)), jac=True, method="BFGS", options={"gtol": 1e-10})
    return float(np.sqrt(best.fun))


def _stationary_in_parameters(rng: np.random.Generator) -> dict[str, float]:
    """A point that is stationary for the norm of parameters, and far from stationary for the norm that it induces."""
    # w_+^2 - w_-^2 = beta: with a coordinate at zero in both halves its slopes vanish, whatever the sample asks of it
    sample = np.array([1.0, 2.0 + rng.uniform()])
    problem = Classification(sample[:, None], [1])
    least = 1 / hard_margin(problem, 1).value
    kept = np.array([1.0, 0.0, 0.0, 0.0])
    slope = 2 * kept * np.concatenate([sample, -sample])
    away = np.array([1.0, 0.3, 0.0, 0.0])
    tilted = 2 * away * np.concatenate([sample, -sample])
    best = np.array([0.0, np.sqrt(1 / sample[1]), 0.0, 0.0])
    slope_best = 2 * best * np.concatenate([sample, -sample])
    margin_away = float(away[:2] ** 2 @ sample)
    return {
        "kkt_kept": margin_kkt(kept, [1.0], slope[None]).residual,
        "size_kept": 1.0 / least,
        "kkt_away": margin_kkt(away, [margin_away], tilted[None]).residual,
        "size_away": float((away**2).sum()) / margin_away / least,
        "kkt_best": margin_kkt(best, [1.0], slope_best[None]).residual,
        "size_best": float((best**2).sum()) / least,
    }


def package(report: Any, *, key: Any, steps: int, rate: float) -> Finals:
    """The package's own descent of log L, its observables beside what the steps here come to."""
    samples, start = drawn(key, 1, 1)
    inputs, labels = samples.inputs[0], samples.labels[0]
    network = TwoLayerReLU(inputs.T, WIDTH, bias=False, output_bias=False)
    problem = Classification.of_outputs(labels)
    record = [SmoothedMargin(2), NormalizedMargin(degree=2), KKTStationarity(), KKTComplementarity()]
    params = {"W1": start.first[0], "W2": start.second}
    finals: dict[str, Any] = {}
    ends: dict[str, float] = {}
    data = xr.Dataset()
    for name, loss, pace in (("", problem.log, rate), ("_constant", problem, CONSTANT)):
        run = follow(
            loss,
            network,
            Given(params),
            GradientDescent(pace),
            until=Steps(steps),
            record=record,
            at=EverySteps(50),
            key=key,
            report=report,
        )
        ends[name] = float(run.data["smoothed_margin"].values[-1])
        finals[f"margin{name}"] = float(run.data["normalized_margin_of_parameters"].values[-1])
        if not name:
            data = run.data[["smoothed_margin", "kkt_stationarity", "kkt_complementarity"]]
    weights = start
    for _ in range(steps):
        now = seen(samples, weights)
        pull = now.shares * samples.labels
        up_first = weights.second[:, :, None] * ((now.active * pull[:, :, None]).swapaxes(1, 2) @ samples.inputs)
        up_second = (now.hidden.swapaxes(1, 2) @ pull[:, :, None])[..., 0]
        weights = Weights(weights.first + rate * up_first, weights.second + rate * up_second)
    now = seen(samples, weights)
    ours = float(-now.log[0] / weights.square[0])
    theta, values, rows = slopes_of(samples, weights, 0)
    up = now.shares[0] @ rows
    apart = float(np.linalg.norm(theta / np.linalg.norm(theta) - up / np.linalg.norm(up)))
    slack = float(now.shares[0] @ (values - values.min()) / np.linalg.norm(theta) / np.linalg.norm(up))
    finals["apart"] = max(
        abs(ends[""] - ours),
        abs(float(data["kkt_stationarity"].values[-1]) - apart),
        abs(float(data["kkt_complementarity"].values[-1]) - slack),
    )
    finals["apart_constant"] = abs(ends["_constant"] - ours)
    finals["apart_start"] = abs(float(data["smoothed_margin"].values[0]) - ours)
    return data, finals


def digits(report: Any, *, inputs: Any, labels: Any, key: Any, width: int, steps: int) -> Finals:
    """Two digits told apart by a wider network, at the adaptive loss-based rate and at a constant one."""
    rng = stream(key, "start")
    centred = np.asarray(inputs) - np.mean(inputs, axis=0)
    centred = centred / np.sqrt((centred**2).sum(axis=1).mean())
    samples = Samples(centred[None], np.asarray(labels)[None])
    size = centred.shape[1]
    first, second = rng.normal(size=(1, width, size)) / np.sqrt(size), rng.normal(size=(1, width))
    start = Weights(SCALE * first, SCALE * second)
    finals: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    for name, rate, rule in (("adaptive", 1.0, "adaptive"), ("constant", CONSTANT, "constant"), ("slow", SLOW, "steady")):
        path = descended(samples, start, steps, rate, rule)
        finals[f"log_{name}"] = float(path.log[-1, 0])
        finals[f"normalized_{name}"] = float(path.normalized[-1, 0])
        variables |= {f"{part}_{name}": ("record", getattr(path, part)[:, 0]) for part in ("log", "normalized")}
        variables["step"] = ("record", path.steps)
    return xr.Dataset(variables), finals
