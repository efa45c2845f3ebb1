"""Natural gradient descent against plain numpy; outside the domain it ends."""

from typing import Any

import numpy as np
import pytest

import thalweg as tw
from algorithms.rows import BEGIN, gradient, outside, path, rows

NOT_ONE: Any = 0.1


def test_with_the_entropy_gradients_are_weighed_by_the_coefficients():
    found, w = rows(path(tw.NaturalGradient(tw.potentials.Entropy(), 0.02), 6)), BEGIN
    for step in range(1, 7):
        w = w - 0.02 * w * gradient(w)
        np.testing.assert_allclose(found[step], w[0], rtol=1e-13)
    assert outside(np.log(found) - np.log(BEGIN)) > 1e-4  # unlike mirror descent


def test_with_a_p_norm_the_hessian_is_that_of_the_whole_vector():
    potential, p = tw.potentials.PNorm(1.5), 1.5
    first = rows(path(tw.NaturalGradient(potential, 0.02), 1))[1]
    w = BEGIN[0]
    size = np.sum(w**p) ** (1 / p)
    unit = (w / size) ** (p - 1)
    hessian = (2 - p) * np.outer(unit, unit) + (p - 1) * np.diag((w / size) ** (p - 2))
    np.testing.assert_allclose(first, w - 0.02 * np.linalg.solve(hessian, gradient(BEGIN)[0]), rtol=1e-12)


def test_for_small_rates_it_is_mirror_descent():
    apart = []
    for halvings in (0, 1, 2):
        rate, steps = 0.01 / 2**halvings, 20 * 2**halvings
        natural = rows(path(tw.NaturalGradient(tw.potentials.Entropy(), rate), steps))[-1]
        mirror = rows(path(tw.MirrorDescent(tw.potentials.Entropy(), rate), steps))[-1]
        apart.append(np.abs(natural - mirror).max())
    assert apart[1] / apart[0] == pytest.approx(0.5, abs=0.1)
    assert apart[2] / apart[1] == pytest.approx(0.5, abs=0.1)


def test_a_step_out_of_the_domain_ends_the_run():
    run = path(tw.NaturalGradient(tw.potentials.Entropy(), 3.0), 5)
    assert run.outcome.kind == "diverged"
    assert run.outcome.steps == 1


def test_a_start_without_a_metric_is_refused():
    with pytest.raises(ValueError, match=r"metric of PNorm has no finite inverse.*tw.MirrorDescent"):
        path(tw.NaturalGradient(tw.potentials.PNorm(1.5), 0.1), start=np.zeros((1, 5)))


def test_bad_settings_are_refused():
    with pytest.raises(TypeError, match="potential must be a potential"):
        tw.NaturalGradient(NOT_ONE, 0.1)
    with pytest.raises(ValueError, match="learning_rate must be greater than 0"):
        tw.NaturalGradient(tw.potentials.Entropy(), -0.1)
