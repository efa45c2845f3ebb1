"""What the study computes: two-layer ReLU networks of every width trained until they fit, their errors and their norms."""

import functools
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from thalweg._seeds import stream
from thalweg.data import digits, mnist
from thalweg.data.labelled import Labelled
from thalweg.initializations.he import He
from thalweg.parametrizations.two_layer_relu import TwoLayerReLU
from thalweg.trajectory.follow import Progress

Finals = tuple[xr.Dataset, dict[str, Any]]
Weights = dict[str, np.ndarray]
KEPT = 12_000
"""Of the images of MNIST to train on, those that subsets are drawn from: all 60,000 would be 376 MB in float64."""
CLASSES = 10
EXTREMES = {"least": min, "most": max}


@functools.lru_cache(maxsize=2)
def pool(data: str) -> tuple[Labelled, Labelled | None]:
    """Examples to draw from, and those to test on where the publisher says which.

    Raises:
        DataMissing: the data are not at hand.
        ValueError: data that are neither of the two.
    """
    if data == "digits":
        return digits.load(), None
    if data == "mnist":
        return mnist.load("train").part(KEPT)[0], mnist.load("test")
    raise ValueError(f"data must be 'digits' or 'mnist', got {data!r}")


def drawn(data: str, rng: np.random.Generator, count: int) -> tuple[Labelled, Labelled]:
    """Examples to train on, drawn without replacement, and to test on: those not drawn, or the publisher's own."""
    every, test = pool(data)
    order = rng.permutation(len(every))
    return every.at(order[:count]), every.at(order[count:]) if test is None else test


def scores(weights: Weights, inputs: np.ndarray) -> np.ndarray:
    """The outputs for samples as rows, `(n, classes)`."""
    return np.maximum(inputs @ weights["W1"].T + weights["b1"], 0.0) @ weights["W2"].T + weights["b2"]


def loss_and_slopes(weights: Weights, inputs: np.ndarray, onehot: np.ndarray) -> tuple[float, Weights]:
    """The mean cross-entropy of samples as rows, and its gradient."""
    hidden = np.maximum(inputs @ weights["W1"].T + weights["b1"], 0.0)
    found = hidden @ weights["W2"].T + weights["b2"]
    found -= found.max(axis=1, keepdims=True)
    powers = np.exp(found)
    total = powers.sum(axis=1, keepdims=True)
    loss = float(np.mean(np.log(total[:, 0]) - np.sum(found * onehot, axis=1)))
    outer = (powers / total - onehot) / len(inputs)
    inner = (outer @ weights["W2"]) * (hidden > 0)
    return loss, {"W1": inner.T @ inputs, "b1": inner.sum(axis=0), "W2": outer.T @ hidden, "b2": outer.sum(axis=0)}


def trained(
    report: Any,
    train: Labelled,
    *,
    key: Any,
    width: int,
    scale: float,
    rate: float,
    momentum: float,
    batch: int,
    target: float,
    epochs: int,
) -> tuple[Weights, float, int]:
    """A network by stochastic gradient descent with momentum.

    It ends after an epoch over which the mean loss was below the target, if no error is left on the samples. It starts
    with weights of variance 2/d and 1/width, times the square of the scale, and with biases of zero. Float64, in numpy:
    nothing is compiled.

    Returns:
        The weights, the loss over the last epoch, and how many epochs it took.
    """
    network = TwoLayerReLU(train.inputs[:1].T, width=width, count=CLASSES)
    weights = He(scale).sample(network, key=key)
    weights["W2"] = weights["W2"] / np.sqrt(2.0)  # no ReLU follows on the outputs
    onehot, rng = np.eye(CLASSES)[train.labels], stream(key, "noise")
    speed = {name: np.zeros_like(value) for name, value in weights.items()}
    loss, started = np.inf, time.perf_counter()
    for epoch in range(1, epochs + 1):
        order, total = rng.permutation(len(train)), 0.0
        for first in range(0, len(train), batch):
            chosen = order[first : first + batch]
            found, slopes = loss_and_slopes(weights, train.inputs[chosen], onehot[chosen])
            total += found * len(chosen)
            for name, value in weights.items():
                speed[name] *= momentum
                speed[name] += slopes[name]
                value -= rate * speed[name]
        loss = total / len(train)
        if epoch % 20 == 0:
            motion = SimpleNamespace(steps=epoch, time=float(epoch), gradients=epoch, loss=loss)
            report(Progress(motion, time.perf_counter() - started, 0))
        if loss < target and wrong(weights, train) == 0:
            return weights, loss, epoch
    return weights, loss, epochs


def norms(weights: Weights, train: Labelled) -> dict[str, float]:
    """What the size of the weights can mean, biases among the weights; and each per margin where it is homogeneous in it.

    `l2` is the norm of all weights, `layers` the product of the Frobenius norms of the layers, `path` the root of the sum
    over paths from input to output of the product of squared weights. `margin` is the least margin over training samples of
    the label's score over the best other; `layers_margin` and `path_margin` are the norms over it.
    """
    inner = np.sum(weights["W1"] ** 2, axis=1) + weights["b1"] ** 2
    outer = np.sum(weights["W2"] ** 2, axis=0)
    last = float(np.sum(weights["b2"] ** 2))
    path = float(np.sqrt(inner @ outer + last))
    layers = float(np.sqrt(inner.sum() * (outer.sum() + last)))
    margin = float(margins(weights, train).min())
    return {
        "l2": float(np.sqrt(inner.sum() + outer.sum() + last)),
        "layers": layers,
        "path": path,
        "margin": margin,
        "layers_margin": layers / margin,
        "path_margin": path / margin,
    }


def margins(weights: Weights, train: Labelled) -> np.ndarray:
    """The label's score over the best other, of every sample."""
    found, rows = scores(weights, train.inputs), np.arange(len(train))
    own = found[rows, train.labels]
    found[rows, train.labels] = -np.inf
    return own - found.max(axis=1)


def wrong(weights: Weights, some: Labelled) -> float:
    """The share of samples that are classified wrongly."""
    return float(np.mean(scores(weights, some.inputs).argmax(axis=1) != some.labels))


def fitted(
    report: Any,
    *,
    key: Any,
    data: str,
    width: int,
    count: int,
    draws: int,
    scale: float,
    random: bool,
    rate: float,
    momentum: float,
    batch: int,
    target: float,
    epochs: int,
) -> Finals:
    """Networks of one width on several draws of training samples, of which all widths meet the same.

    The final numbers are those of the networks that fit their sample without an error, or of all where none does: means of
    test errors, medians of all else. Training errors are of all networks.

    Arguments:
        random: whether the labels of the training samples are drawn anew, uniformly.
        scale: of the start; the rate is divided by it.
    """
    found: dict[str, list[float]] = {}
    tests = 1
    for draw in range(draws):
        rng = stream((*key, draw), "data")
        train, test = drawn(data, rng, count)
        tests = len(test)
        if random:
            train = Labelled(train.inputs, rng.integers(0, CLASSES, len(train)))
        with threadpool_limits(1, user_api="blas"):  # more threads wait for each other longer than these products take
            weights, loss, spent = trained(
                report,
                train,
                key=(*key, draw),
                width=width,
                scale=scale,
                rate=rate / scale,
                momentum=momentum,
                batch=batch,
                target=target,
                epochs=epochs,
            )
        values = {"train": wrong(weights, train), "test": wrong(weights, test), "loss": loss, "epochs": float(spent)}
        for name, value in (values | norms(weights, train)).items():
            found.setdefault(name, []).append(value)
    fits = np.array(found["train"]) == 0
    kept = fits if fits.any() else ~fits
    finals: dict[str, Any] = {name: float(np.median(np.array(values)[kept])) for name, values in found.items()}
    finals |= {"train": float(np.median(found["train"])), "fits": float(fits.mean())}
    finals |= {f"{name}_{word}": float(pick(found[name])) for name in ("train", "test") for word, pick in EXTREMES.items()}
    errors = np.array(found["test"])[kept]
    finals["test_mean"] = float(errors.mean())
    # how the draws differ, and that there are only so many examples to test on, the same for all draws
    share = finals["test_mean"] * (1 - finals["test_mean"]) / tests
    finals["test_error"] = float(np.sqrt((np.var(errors, ddof=1) / len(errors) if len(errors) > 1 else 0.0) + share))
    finals["parameters"] = float(width * (pool(data)[0].inputs.shape[1] + 1 + CLASSES) + CLASSES)
    return xr.Dataset({name: (("record",), np.array(values)) for name, values in found.items()}), finals
