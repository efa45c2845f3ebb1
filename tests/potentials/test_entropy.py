"""The entropy: positive coordinates alone."""

import numpy as np
import pytest

import thalweg as tw


def test_it_is_least_at_one():
    entropy = tw.potentials.Entropy()
    assert np.abs(entropy.gradient(np.ones(3))).max() == 0
    assert entropy.value(np.ones(3)) == -3.0
    assert entropy.value(np.array([1.1, 0.9, 1.0])) > -3.0


def test_the_divergence_is_that_of_kullback_and_leibler():
    one, other = np.array([0.2, 0.8]), np.array([0.5, 0.5])
    expected = float(np.sum(one * np.log(one / other)))  # of probabilities, whose sums cancel
    assert tw.potentials.Entropy().divergence(one, other) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("point", [[1.0, 0.0], [1.0, -2.0], [[1.0, np.nan]], [np.nan]])
def test_points_outside_the_domain_are_refused(point: list[float]):
    with pytest.raises(ValueError, match=r"positive coordinates only.*Hypentropy"):
        tw.potentials.Entropy().check(np.array(point))


def test_points_of_the_domain_pass():
    assert tw.potentials.Entropy().check(np.array([1e-300, 5.0])) is None
