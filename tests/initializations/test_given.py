"""Parameters that the caller brings."""

import numpy as np
import pytest

import thalweg as tw

NETWORK = tw.DeepLinear(depth=2, shape=(2, 3))
FACTORS = [np.arange(6.0).reshape(2, 3), np.eye(2)]


def test_the_factors_are_taken_as_they_are_and_copied():
    mine = [factor.copy() for factor in FACTORS]
    start = tw.Given(mine)
    mine[0][:] = -1
    for one, other in zip(start.sample(NETWORK, key=0), FACTORS, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == np.float64


def test_lists_of_lists_and_whole_numbers_are_numbers():
    drawn = tw.Given([[[1, 2, 3], [4, 5, 6]], [[1, 0], [0, 1]]]).sample(NETWORK, key=0)
    assert [factor.dtype for factor in drawn] == [np.float64, np.float64]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (FACTORS[:1], r"the factors have shapes \[\(2, 3\)\], the network has \[\(2, 3\), \(2, 2\)\]"),
        (FACTORS[::-1], "the factors have shapes"),
        ([FACTORS[0], np.full((2, 2), np.nan)], "the parameters to start from must be finite"),
        ([FACTORS[0], np.full((2, 2), np.inf)], "must be finite"),
    ],
)
def test_factors_that_do_not_fit_are_refused(params: list[np.ndarray], message: str):
    with pytest.raises(ValueError, match=message):
        tw.Given(params).sample(NETWORK, key=0)


@pytest.mark.parametrize("params", ["factors", ["a", "b"], [[[1.0], [1.0, 2.0]]], [np.ones((2, 2), complex)]])
def test_what_is_no_array_of_numbers_is_refused(params: object):
    with pytest.raises(TypeError, match=r"params(\[0\])? must be an array of real numbers, got a"):
        tw.Given(params)
