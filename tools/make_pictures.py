"""Draw the pictures of docs/linear_networks.md and docs/geometry_of_bias.md: formulas beside runs, a few seconds each.

    python tools/make_pictures.py           draw all of them into docs/pictures
    python tools/make_pictures.py modes     draw some

To add one, write a function that returns a plot, and name it in PICTURES.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np

import thalweg as tw
from thalweg.drawing.matplotlib_figures import svg
from thalweg.drawing.plot import Line, Panel, Plot, Rule

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"


def modes() -> Plot:
    """Three modes at three depths: the closed form, and a run beside it."""
    targets, start, panels = (3.0, 2.0, 1.0), 1e-2, []
    problem = tw.LinearRegression.whitened(np.diag(targets))
    for depth, end in ((1, 6.0), (2, 4.0), (3, 6.0)):
        time = np.linspace(0, end, 121)
        network = tw.DeepLinear(depth=depth, shape=(3, 3))
        begin = tw.Balanced(matrix=start * np.eye(3))
        at, until = tw.EveryTime(end / 48), tw.Time(end)
        run = tw.follow(problem, network, begin, tw.GradientFlow(1e-7), record=[tw.SingularValues()], at=at, until=until, key=0)
        lines = []
        for index, target in enumerate(targets):
            path = target + (start - target) * np.exp(-time) if depth == 1 else tw.theory.mode_path(time, start, target, depth)
            found = run.data.singular_values.values[:, index]
            lines.append(Line(time, path, f"mode of strength {target:g}", index))
            lines.append(Line(run.data.time.values, found, "runs" if index == 0 else None, index, style="dot"))
        panels.append(Panel(f"depth {depth}", "time", "singular value", lines))
    return Plot("modes", "Modes in time", "", panels)


def completion() -> Plot:
    """What a single matrix and a product of three do with the entries that are seen."""
    seen, panels = tw.MatrixCompletion.random(shape=(20, 20), rank=2, observed=200, key=0), []
    assert seen.target is not None
    truth = np.linalg.svd(seen.target, compute_uv=False)[:2]
    for depth in (1, 3):
        network, until = tw.DeepLinear(depth=depth, shape=(20, 20)), tw.LossBelow(1e-6)
        record = [tw.SingularValues(6)]
        run = tw.follow(seen, network, tw.Gaussian(1e-3), tw.GradientFlow(1e-5), record=record, until=until, key=1)
        shown = run.data.time.values <= (run.data.time.values[-1] if depth == 1 else 400.0)
        time, values = run.data.time.values[shown], run.data.singular_values.values[shown]
        names = {0: "first two", 2: "the next four"}
        lines = [Line(time, values[:, r], names.get(r), int(r > 1)) for r in range(6)]
        rules = [Rule(float(value), "target" if r == 0 else "") for r, value in enumerate(truth)]
        panels.append(Panel(f"depth {depth}", "time", "singular value", lines, rules))
    return Plot("completion", "Completion", "", panels)


def excess() -> Plot:
    """How far the nuclear norm of the limit is above the least one, by the scale of the start."""
    spectra, values = [[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]], [2.0, 1.0]
    least = tw.theory.least_trace(spectra, values).value
    scales, lines = np.geomspace(1e-3, 0.3, 16), []
    for index, depth in enumerate((2, 3, 4)):
        found = [tw.theory.sensing_limit(spectra, values, float(scale), depth).eigenvalues.sum() - least for scale in scales]
        kept = np.array(found) > 1e-13
        lines.append(Line(scales[kept], np.array(found)[kept], f"depth {depth}", index))
    panel = Panel("above the least nuclear norm", "scale of each factor", "excess", lines, x_scale="log", y_scale="log")
    return Plot("excess", "Excess", "", [panel])


def generalisation() -> Plot:
    """The error on new samples in time, at three ratios of samples to parameters, and one student at each."""
    time, lines, rng = np.geomspace(0.1, 1000, 80), [], np.random.default_rng(0)
    length, snr = 600, 5.0
    for index, ratio in enumerate((0.5, 1.0, 2.0)):
        limit = tw.theory.InputModes.marchenko_pastur(ratio)
        inputs = rng.normal(size=(length, round(ratio * length))) / np.sqrt(length)
        drawn = tw.theory.InputModes.of(inputs)
        name = f"{ratio:g} samples a parameter"
        lines.append(Line(time, tw.theory.generalisation_error(time, limit, snr=snr), name, index))
        some = tw.theory.generalisation_error(time[::8], drawn, snr=snr)
        lines.append(Line(time[::8], some, f"{length} parameters" if index == 0 else None, index, style="dot", markers=True))
    panel = Panel("error on new samples", "time", "error", lines, x_scale="log", y_scale="log")
    return Plot("generalisation", "Generalisation in time", "", [panel])


def scales() -> Plot:
    """How far above their least the two norms are where a diagonal network ends, by the scale of its start."""
    rng = np.random.default_rng(0)
    samples, truth = rng.normal(size=(40, 15)), np.zeros((1, 40))
    truth[0, :2] = 1.0, -2.0
    problem = tw.LinearRegression(samples, truth @ samples)
    least = {"l1": tw.exact.least_l1(problem).value, "l2": tw.exact.least_l2(problem).value}

    def above(predictor: np.ndarray) -> list[float]:
        return [float(np.abs(predictor).sum()) / least["l1"] - 1, float(np.linalg.norm(predictor)) / least["l2"] - 1]

    alphas, panels = np.geomspace(1e-5, 10.0, 49), []
    for depth in (2, 3):
        potentials = [tw.potentials.DiagonalBias(depth, alpha) for alpha in alphas]
        ends = np.array([above(tw.exact.least_potential(problem, potential).predictor) for potential in potentials])
        some, flow = alphas[8::4], tw.GradientFlow(1e-8)
        network, until = tw.Diagonal(size=40, depth=depth), tw.LossBelow(1e-20)
        runs = np.array([above(tw.follow(problem, network, tw.Constant(a), flow, until=until, key=0).predictor) for a in some])
        lines = []
        for index, name in enumerate(("l1 norm", "l2 norm")):
            lines.append(Line(alphas, np.where(ends[:, index] > 1e-5, ends[:, index], np.nan), name, index))
            shown = np.where(runs[:, index] > 1e-5, runs[:, index], np.nan)
            lines.append(Line(some, shown, "runs" if index == 0 else None, index, style="dot", markers=True))
        panels.append(Panel(f"depth {depth}", "scale of the start", "above the least", lines, x_scale="log", y_scale="log"))
    return Plot("scales", "From the l1 norm to the l2 norm", "", panels)


def unseen() -> Plot:
    """How far entries that are not seen move, by the scale of three starts."""
    problem = tw.MatrixCompletion.random(shape=(10, 10), rank=1, observed=60, key=0)
    assert problem.target is not None
    hidden, alphas, lines = problem.seen == 0, np.geomspace(1e-3, 10.0, 25), []
    starts = {
        "orthogonal, product zero": (20, tw.UnbiasedOrthogonal),
        "halves of width 160": (160, tw.Unbiased),
        "independent entries, width 160": (160, tw.Entrywise),
    }
    for index, (name, (width, start)) in enumerate(starts.items()):
        network, moved = tw.DeepLinear(depth=2, shape=(10, 10), hidden=width), []
        scales = alphas if width == 20 else alphas / width**0.5
        for alpha in scales:
            begun = start(float(alpha)).sample(network, key=1)
            until, flow = tw.LossBelow(1e-12), tw.GradientFlow(1e-6)
            run = tw.follow(problem, network, tw.Given(begun), flow, until=until, key=0)
            away = run.predictor - begun[1] @ begun[0]
            moved.append(np.linalg.norm(away[hidden]) / np.linalg.norm(problem.target[hidden]))
        lines.append(Line(alphas**2, np.array(moved), name, index))
    rules = [Rule(1.0, "target")]
    panel = Panel("entries not seen", "alpha^2 k", "movement / target", lines, rules, "log", "log", y_range=(1e-4, 30.0))
    return Plot("unseen", "Entries that are not seen", "", [panel])


def margins() -> Plot:
    """Gaps to the largest margin by steps, of descent, of normalized steps, and with momentum in the dual."""
    rng = np.random.default_rng(3)
    points = rng.normal(size=(5, 20))
    labels = np.sign(points[0] + 0.5 * points[1])
    points[0] += 0.3 * labels
    problem = tw.Classification(points / np.abs(points).max(), labels)
    largest, lines = tw.exact.hard_margin(problem).value, []
    algorithms = {
        "gradient descent": tw.GradientDescent(1.0),
        "normalized": tw.NormalizedGradientDescent(1.0),
        "momentum in the dual": tw.DualMomentum(1.0),
    }
    for index, (name, algorithm) in enumerate(algorithms.items()):
        network, start = tw.DeepLinear(depth=1, shape=(1, 5)), tw.Given([np.zeros((1, 5))])
        record, at, until = [tw.NormalizedMargin()], tw.LogSteps(20), tw.Steps(100_000)
        run = tw.follow(problem, network, start, algorithm, record=record, at=at, until=until, key=0)
        steps, gap = run.data.steps.values, 1 - run.data.normalized_margin.values / largest
        lines.append(Line(steps[steps > 0], gap[steps > 0], name, index))
    panel = Panel("gap to the largest margin", "steps", "share that is missing", lines, (), "log", "log", y_range=(1e-9, 2.0))
    return Plot("margins", "Margins", "", [panel])


PICTURES: dict[str, Callable[[], Plot]] = {
    "modes": modes,
    "completion": completion,
    "excess": excess,
    "generalisation": generalisation,
    "scales": scales,
    "unseen": unseen,
    "margins": margins,
}


def main(names: list[str]) -> None:
    jax.config.update("jax_enable_x64", True)
    for name in names or PICTURES:
        (FOLDER / f"{name}.svg").write_bytes(svg(PICTURES[name]()))
        print(f"drew docs/pictures/{name}.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
