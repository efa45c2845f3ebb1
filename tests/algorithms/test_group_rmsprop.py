"""GroupRMSprop against a loop of plain numpy."""

import numpy as np
import pytest

import thalweg as tw
from trajectory.cases import NETWORK, PROBLEM, START, distance, gradients, path


def by_numpy(rate: float, decay: float, epsilon: float, steps: int, *, corrected: bool = True, grouped: bool = True):
    factors = START.sample(NETWORK, key=1)
    means = [0.0] * len(factors)
    time = 0.0
    for step in range(1, steps + 1):
        slopes = gradients(PROBLEM, factors)
        squares = [float(np.sum(slope**2)) for slope in slopes]
        squares = [sum(squares)] * len(squares) if grouped else squares
        means = [decay * mean + (1 - decay) * square for mean, square in zip(means, squares, strict=True)]
        shares = [mean / (1 - decay**step) if corrected else mean for mean in means]
        rates = [rate / (np.sqrt(share) + epsilon) for share in shares]
        factors = [w - r * g for w, r, g in zip(factors, rates, slopes, strict=True)]
        time += rates[0]
    return factors, time


@pytest.mark.parametrize(("rate", "decay", "epsilon"), [(1e-2, 0.99, 1e-4), (3e-3, 0.9, 1e-2)])
def test_fifty_steps_are_those_of_the_published_rule(rate: float, decay: float, epsilon: float):
    run = path(tw.GroupRMSprop(rate, decay=decay, epsilon=epsilon), tw.Steps(50))
    factors, time = by_numpy(rate, decay, epsilon, 50)
    assert distance(run.params, factors) < 1e-13
    assert run.outcome.time == pytest.approx(time, rel=1e-13)
    assert run.outcome.gradients == 51
    uncorrected, _ = by_numpy(rate, decay, epsilon, 50, corrected=False)
    assert distance(run.params, uncorrected) > 1e-3
    apart, _ = by_numpy(rate, decay, epsilon, 50, grouped=False)
    assert distance(run.params, apart) > 1e-3


def test_the_defaults_are_the_published_ones():
    algorithm = tw.GroupRMSprop(1e-3)
    assert (float(algorithm.decay), float(algorithm.epsilon)) == (0.99, 1e-4)
    run = path(algorithm, tw.Steps(20))
    assert distance(run.params, by_numpy(1e-3, 0.99, 1e-4, 20)[0]) < 1e-14
    # The first step has length eta, but for epsilon beside the norm of the gradient.
    first = path(algorithm, tw.Steps(1))
    assert distance(first.params, first.start) == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"learning_rate": -1e-3}, ValueError, r"learning_rate must be greater than 0, got -0\.001"),
        ({"decay": 1.0}, ValueError, "decay must be less than 1, got 1"),
        ({"decay": 0.0}, ValueError, "decay must be greater than 0, got 0"),
        ({"epsilon": 0.0}, ValueError, "epsilon must be greater than 0, got 0"),
        ({"epsilon": None}, ValueError, "epsilon must be finite, got None"),
    ],
)
def test_bad_settings_are_refused(arguments: dict[str, object], error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        tw.GroupRMSprop(**({"learning_rate": 1e-3} | arguments))
