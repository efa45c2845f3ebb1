"""Half the weighted sum of squares."""

import numpy as np
import pytest

import thalweg as tw


def test_by_hand():
    potential = tw.potentials.Quadratic([1.0, 4.0])
    w = np.array([3.0, 0.5])
    assert potential.value(w) == 5.0
    assert potential.gradient(w).tolist() == [3.0, 2.0]
    assert potential.natural(w, np.array([1.0, 1.0])).tolist() == [1.0, 0.25]
    assert potential.divergence(w, np.zeros(2)) == 5.0


@pytest.mark.parametrize(
    ("weights", "error"), [(0.0, ValueError), ([1.0, -1.0], ValueError), (np.nan, ValueError), ("heavy", TypeError)]
)
def test_bad_weights_are_refused(weights: object, error: type[Exception]):
    with pytest.raises(error, match="weights"):
        tw.potentials.Quadratic(weights)
