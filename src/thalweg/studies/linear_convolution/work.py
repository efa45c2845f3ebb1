"""What the study computes: directions of flows beside certified optima, and what is stationary about them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from thalweg._seeds import stream
from thalweg.algorithms.log_time_flow import LogTimeFlow
from thalweg.exact import hard_margin, least_dft_l1
from thalweg.initializations.given import Given
from thalweg.observables.predictor import Predictor
from thalweg.parametrizations.linear_convolutional import LinearConvolutional
from thalweg.problems.classification import Classification
from thalweg.studies.linear_convolution.flows import convolutional, diagonal, followed, fully_connected
from thalweg.trajectory.follow import follow
from thalweg.trajectory.schedule import EveryTime
from thalweg.trajectory.stop import Time

SIZE, MANY = 8, 6
SMALL, LARGE = 0.1, 1.0
"""Deviations of the parameters at the start."""
FAR, LATE = 1e8, 1e6
"""Margins at which directions of two layers are judged, and from which on rates are measured."""
SEEN = (10.0, 1e2, 1e3, 1e4, 1e5)
FULL = 1e4
"""The margin at which fully connected networks are judged."""
OFF = 1e-2
"""Frequencies below this share of the largest count as not used."""

POWERS = {"": 2 / 3, "fewer": 1.0, "square": 2.0}
"""Powers for three layers: two over the depth, over one layer less, and the Euclidean one."""
SETTLED = 1e-3
"""Frequencies whose modulus changes by less than this share between the margins `LATE` and `FAR` have settled."""

Finals = tuple[xr.Dataset, dict[str, Any]]


def unitary(predictor: np.ndarray) -> np.ndarray:
    """All frequencies of a predictor."""
    return np.fft.fft(predictor, norm="ortho")


def total(predictor: np.ndarray, power: float = 1.0) -> float:
    r"""$\sum_k |\hat\beta_k|^p$ over all frequencies."""
    return float((np.abs(unitary(predictor)) ** power).sum())


def drawn(rng: np.random.Generator) -> Classification:
    """Gaussian samples, labelled by a Gaussian teacher."""
    inputs = rng.normal(size=(SIZE, MANY))
    return Classification(inputs, np.where(rng.normal(size=SIZE) @ inputs > 0, 1, -1))


def strict(used: np.ndarray, slopes: np.ndarray, margins: np.ndarray, weights: np.ndarray) -> bool:
    """Whether every coordinate of an optimum and every sample is either clearly used or clearly not.

    Arguments:
        used: moduli of the coordinates; slopes: those of the dual, at most 1; margins, weights: of the samples.
    """
    off = used < 1e-4 * used.max()
    return bool(
        off.any()
        and slopes[off].max() <= 0.6
        and used[~off].min() >= 0.05 * used.max()
        and ((weights > 0.02 * weights.sum()) | (margins > 1.05)).all()
    )


def strict_in_frequencies(rng: np.random.Generator) -> Iterator[tuple[Classification, Any, np.ndarray, np.ndarray]]:
    """Instances with strict optima: problem, solution, moduli of the dual in all frequencies, and which are not used."""
    while True:
        problem = drawn(rng)
        solution = least_dft_l1(problem, gap=1e-10)
        used, slopes = np.abs(unitary(solution.predictor[0])), np.abs(unitary(problem.signed @ solution.dual))
        if strict(used, slopes, np.asarray(problem.margins(solution.predictor)), solution.dual):
            yield problem, solution, slopes, used < 1e-4 * used.max()


def strict_in_coordinates(rng: np.random.Generator) -> Iterator[tuple[Classification, float]]:
    """The same in the coordinates themselves: problem, and the least l1 norm."""
    while True:
        problem = drawn(rng)
        solution = hard_margin(problem, 1)
        predictor = solution.predictor[0] / solution.value
        slopes = np.abs(problem.signed @ solution.dual) / solution.dual_value
        if strict(np.abs(predictor), slopes, predictor @ problem.signed, solution.dual):
            yield problem, 1 / solution.value


def stationarity(signed: np.ndarray, predictor: np.ndarray, margins: np.ndarray, power: float) -> float:
    r"""How far a predictor is from a first-order stationary point of $\min\sum_k|\hat\beta_k|^p$ with margins at least 1.

    Where $\hat\beta_k \ne 0$ stationary means $|\hat\beta_k|^{p-2}\hat\beta_k = (\mathcal F X\lambda)_k$, $\lambda \ge 0$. The
    multipliers are not fitted but for their size: they are the weights of the samples in the loss. Rows are weighed by
    $|\hat\beta_k|$, which makes both sides $|\hat\beta_k|^p$ in size; frequencies below a hundredth of the largest count as
    zero.

    Arguments:
        predictor: scaled to a least margin of 1; margins: as they are on the path, which the weights depend on.
    """
    spectrum = unitary(predictor)
    moduli = np.abs(spectrum)
    support = moduli > OFF * moduli.max()
    moduli, phases = moduli[support], spectrum[support] / moduli[support]
    left = moduli**power * phases
    right = moduli * unitary(signed @ np.exp(margins.min() - margins))[support]
    size = max(float((np.conj(right) @ left).real), 0.0) / float((np.abs(right) ** 2).sum())
    return float(np.linalg.norm(left - size * right) / np.linalg.norm(left))


def example(report: Any) -> Finals:
    """One known instance at depths 2 and 3 from two starts, and the identities that define the network."""
    rng = np.random.default_rng(3)
    teacher = np.cos(2 * np.pi * np.arange(SIZE) / SIZE) + 0.3 * rng.standard_normal(SIZE)
    inputs = rng.standard_normal((MANY, SIZE)).T
    problem = Classification(inputs, np.sign(teacher @ inputs))
    solution = least_dft_l1(problem, gap=1e-10)
    finals: dict[str, Any] = {"least": solution.value, "gap": solution.gap}
    margins = np.geomspace(1.0, 1e5, 101)
    variables: dict[str, Any] = {"margin": ("record", margins)}
    for depth in (2, 3):
        network = convolutional(SIZE, depth)
        for name, scale in (("small", SMALL), ("large", LARGE)):
            start = scale * np.random.default_rng(0).standard_normal(network.count)
            path = followed(problem.signed, network, start, margins[-1])
            directions = np.stack([path.direction(margin) for margin in margins])
            variables[f"moduli_{depth}_{name}"] = (("record", "frequency"), np.abs(np.fft.rfft(directions, norm="ortho")))
            variables[f"total_{depth}_{name}"] = ("record", np.array([total(row) for row in directions]))
            variables[f"quasi_{depth}_{name}"] = ("record", np.array([total(row, 2 / depth) for row in directions]))
            for margin in SEEN:
                finals[f"total_{depth}_{name}_{margin:g}"] = total(path.direction(margin))
            finals[f"quasi_{depth}_{name}"] = total(directions[-1], 2 / depth)
            finals[f"gradients_{depth}_{name}"] = path.gradients
    variables["moduli_least"] = ("frequency", np.abs(np.fft.rfft(solution.predictor[0], norm="ortho")))
    finals["least_quasi"] = total(solution.predictor[0], 2 / 3)
    return xr.Dataset(variables), finals | _identities(np.random.default_rng(1))


def _identities(rng: np.random.Generator) -> dict[str, float]:
    r"""How far $\hat\beta$ is from the product of the $\hat w_l$ where $\beta$ is read off the network layer by layer."""
    layers = [rng.normal(size=SIZE) for _ in range(3)]

    def read(root: float) -> np.ndarray:
        hidden = np.eye(SIZE)  # a row for every unit vector at the input
        for w in layers[:-1]:
            hidden = np.stack([sum(w[k] * hidden[:, (i + k) % SIZE] for k in range(SIZE)) for i in range(SIZE)], axis=1) / root
        return hidden @ layers[-1]

    root = np.sqrt(SIZE)
    made = np.prod([unitary(w) for w in layers], axis=0)
    plain = np.prod([np.fft.fft(w) for w in layers], axis=0)
    scale = float(np.abs(made).max())
    return {
        "product": float(np.abs(unitary(read(root)) - made).max() / scale),
        "product_plain": float(np.abs(np.fft.fft(read(root)) - plain).max() / np.abs(plain).max()),
        "product_unscaled": float(np.abs(unitary(read(1.0)) - made).max() / scale),
        "product_package": float(
            np.abs(np.asarray(LinearConvolutional(size=SIZE, depth=3).predictor(layers))[0] - read(root)).max()
        ),
    }


def two_layers(report: Any, *, key: Any, how_many: int) -> Finals:
    """Instances with strict optima, each from a small and a large start; what a run comes to is an array over runs."""
    rng, start = stream(key, "data"), stream(key, "start")
    network = convolutional(SIZE, 2)
    names = ("excess", "early", "half", "euclidean", "fall", "law", "rate", "rate_one", "rate_still", "rate_half")
    found: dict[str, list[float]] = {name: [] for name in names}
    instances = strict_in_frequencies(rng)
    for _ in range(how_many):
        problem, solution, slopes, off = next(instances)
        flat = hard_margin(problem)
        for scale in (SMALL, LARGE):
            path = followed(problem.signed, network, scale * start.normal(size=network.count), FAR)
            end, late = path.direction(FAR), path.direction(LATE)
            decades = np.log10(path.margins[path.at(FAR)] / path.margins[path.at(LATE)])
            falls = -np.log10(np.abs(unitary(end))[off] / np.abs(unitary(late))[off]) / decades
            law = 1 - slopes[off]
            found["excess"].append(total(end) / solution.value - 1)
            found["early"].append(total(path.direction(10.0)) / solution.value - 1)
            found["half"].append(float(np.abs(np.fft.rfft(end, norm="ortho")).sum()) / solution.value - 1)
            found["euclidean"].append(total(flat.predictor[0] / flat.value) / solution.value - 1)
            slowest = int(np.argmin(law))
            fall = float(falls[slowest])
            found["fall"].append(fall)
            found["law"].append(float(law[slowest]))
            found["rate"].append(abs(fall - law[slowest]))
            found["rate_one"].append(abs(fall - 1))
            found["rate_still"].append(abs(fall))
            found["rate_half"].append(abs(fall - law[slowest] / 2))
    arrays = {name: np.array(values) for name, values in found.items()}
    finals = {f"median_{name}": float(np.median(values)) for name, values in arrays.items()}
    finals |= {"least_excess": float(arrays["excess"].min()), "least_half": float(arrays["half"].min())}
    finals |= {"worst_excess": float(arrays["excess"].max()), "worst_early": float(arrays["early"].max())}
    return xr.Dataset({name: ("record", values) for name, values in arrays.items()}), finals


def three_layers(report: Any, *, key: Any, how_many: int, starts: int) -> Finals:
    """Instances from several starts, small and large in turn: where each ends, and whether it is stationary there."""
    rng, start = stream(key, "data"), stream(key, "start")
    network, full = convolutional(SIZE, 3), fully_connected(SIZE, 2)
    rows: dict[str, list[float]] = {
        name: [] for name in ("quasi", "used", "moved", *(f"residual_{name}" for name in POWERS), "residual_flat")
    }
    spreads: dict[str, list[float]] = {name: [] for name in ("", "_again", "_full")}
    for _ in range(how_many):
        problem = drawn(rng)
        flat = hard_margin(problem)
        ends: list[float] = []
        begun = np.zeros(network.count)
        for number in range(starts):
            begun = (SMALL if number % 2 == 0 else LARGE) * start.normal(size=network.count)
            path = followed(problem.signed, network, begun, FAR)
            end = path.direction(FAR)
            margins = path.predictors[path.at(FAR)] @ problem.signed
            ends.append(total(end, 2 / 3))
            rows["quasi"].append(ends[-1])
            moduli, before = (np.abs(np.fft.rfft(found)) for found in (end, path.direction(LATE)))
            support = moduli > OFF * moduli.max()
            rows["used"].append(float(support.sum()))
            rows["moved"].append(float(np.abs(moduli[support] / before[support] - 1).max()))
            for name, power in POWERS.items():
                rows[f"residual_{name}"].append(stationarity(problem.signed, end, margins, power))
            least = flat.predictor[0] / flat.value
            rows["residual_flat"].append(stationarity(problem.signed, least, FAR * (least @ problem.signed), 2 / 3))
        again = total(followed(problem.signed, network, begun, FAR, rtol=1e-8).direction(FAR), 2 / 3)
        dense = [
            total(followed(problem.signed, full, SMALL * start.normal(size=full.count), LATE).direction(LATE), 2 / 3)
            for _ in range(2)
        ]
        for name, values in (("", ends), ("_again", [ends[-1], again]), ("_full", dense)):
            spreads[name].append(max(values) / min(values) - 1)
    arrays = {name: np.array(values) for name, values in rows.items()}
    # a single frequency is stationary for every power alike, and one that still fades has no residual yet
    chosen = (arrays["used"] > 1) & (arrays["moved"] < SETTLED)
    finals: dict[str, Any] = {
        f"upper_{name}": float(np.quantile(values[chosen], 0.75)) if chosen.any() else np.nan
        for name, values in arrays.items()
        if name.startswith("residual")
    }
    finals |= {f"spread{name}": max(values) for name, values in spreads.items()} | {"chosen": int(chosen.sum())}
    data = {name: (("instance", "record"), values.reshape(how_many, starts)) for name, values in arrays.items()}
    return xr.Dataset(data), finals


def others(report: Any, *, key: Any, how_many: int) -> Finals:
    """Fully connected networks beside the largest Euclidean margin, diagonal ones beside the largest l1 margin."""
    rng, start = stream(key, "data"), stream(key, "start")
    rows: dict[str, list[float]] = {name: [] for name in ("full_2", "full_3", "frequencies", "l1", "early", "diagonal")}
    rows |= {"diagonal_euclidean": [], "diagonal_early": []}
    for _ in range(how_many):
        problem = drawn(rng)
        flat = hard_margin(problem)
        sparse, spectral = hard_margin(problem, 1), least_dft_l1(problem)
        for depth, scale in ((2, SMALL), (3, 0.3)):
            network = fully_connected(SIZE, depth)
            path = followed(problem.signed, network, scale * start.normal(size=network.count), FULL)
            rows[f"full_{depth}"].append(float(np.linalg.norm(path.direction(FULL))) * flat.value - 1)
        rows["early"].append(float(np.linalg.norm(path.direction(10.0))) * flat.value - 1)
        rows["l1"].append(float(np.linalg.norm(sparse.predictor)) / sparse.value * flat.value - 1)
        rows["frequencies"].append(float(np.linalg.norm(spectral.predictor)) * flat.value - 1)
    instances = strict_in_coordinates(rng)
    network = diagonal(SIZE, 2)
    for _ in range(2 * how_many + 9):
        problem, least = next(instances)
        path = followed(problem.signed, network, SMALL * start.normal(size=network.count), FAR)
        rows["diagonal"].append(float(np.abs(path.direction(FAR)).sum()) / least - 1)
        rows["diagonal_early"].append(float(np.abs(path.direction(10.0)).sum()) / least - 1)
        flat = hard_margin(problem)
        rows["diagonal_euclidean"].append(float(np.abs(flat.predictor).sum()) / flat.value / least - 1)
    finals = {f"worst_{name}": max(rows[name]) for name in ("full_2", "full_3", "frequencies", "l1", "early")}
    finals |= {f"least_{name}": min(rows[name]) for name in ("full_2", "full_3", "diagonal")}
    finals |= {f"median_{name}": float(np.median(values)) for name, values in rows.items()}
    return xr.Dataset({"full": (("depth", "record"), np.array([rows["full_2"], rows["full_3"]]))}), finals


def package(report: Any, *, key: Any, rtol: float, end: float) -> Finals:
    """The package's own flow in logarithmic time, its predictors beside those of the path here at equal margins."""
    rng, start = stream(key, "data"), stream(key, "start")
    problem = drawn(rng)
    layers = SMALL * start.normal(size=(2, SIZE))
    run = follow(
        problem.log,
        LinearConvolutional(size=SIZE, depth=2),
        Given(list(layers)),
        LogTimeFlow(rtol),
        until=Time(end),
        record=[Predictor()],
        at=EveryTime(end / 40),
        key=key,
        report=report,
    )
    theirs = run.data["predictor"].values[:, 0]
    margins = (theirs @ problem.signed).min(axis=1)
    kept = margins > 1.0
    theirs, margins = theirs[kept] / margins[kept, None], margins[kept]
    # this path recorded where the margins are the same: logarithms of margins interpolate linearly between close steps
    finals: dict[str, Any] = {"margin": float(margins[-1]), "gradients": int(run.data["gradients"].values[-1])}
    ours = {"": convolutional(SIZE, 2), "_diagonal": diagonal(SIZE, 2)}
    for name, network in ours.items():
        path = followed(problem.signed, network, layers.ravel(), 1.01 * float(margins[-1]), rtol=1e-9)
        rows = np.stack([_between(path.predictors, path.margins, margin) for margin in margins])
        apart = np.linalg.norm(rows - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
        finals[f"apart{name}"] = float(apart.max())
    finals["apart_start"] = float(np.linalg.norm(theirs[:1] - theirs, axis=1).max() / np.linalg.norm(theirs[-1]))
    return xr.Dataset({"margin": ("record", margins), "predictor": (("record", "index"), theirs)}), finals


def _between(predictors: np.ndarray, margins: np.ndarray, margin: float) -> np.ndarray:
    """The direction at a margin, between the two steps around its last crossing."""
    after = int(np.flatnonzero(margins < margin)[-1]) + 1
    share = (margin - margins[after - 1]) / (margins[after] - margins[after - 1])
    predictor = (1 - share) * predictors[after - 1] + share * predictors[after]
    return predictor / margin
