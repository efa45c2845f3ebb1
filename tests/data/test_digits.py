"""The digits against the published counts, and their absence."""

import sys

import numpy as np
import pytest

from thalweg._references import reference
from thalweg.data import digits
from thalweg.data.labelled import Labelled
from thalweg.data.source import DataMissing


def test_the_published_counts():
    pytest.importorskip("sklearn", reason="the extra sklearn is not installed")
    found = digits.load()
    assert found.inputs.shape == (1797, 64)
    assert found.inputs.dtype == np.float64
    assert found.labels.dtype == np.int64
    # Counts of the classes as UCI gives them for the test part (optdigits.names).
    assert np.bincount(found.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (found.inputs.min(), found.inputs.max()) == (0.0, 1.0)
    assert np.array_equal(found.inputs * 16, np.round(found.inputs * 16))
    assert found.labels[:10].tolist() == list(range(10))
    assert found.inputs[0, :8].tolist() == [0.0, 0.0, 5 / 16, 13 / 16, 9 / 16, 1 / 16, 0.0, 0.0]


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataMissing, match=r"scikit-learn, which is not installed.*thalweg\[sklearn\]"):
        digits.load()


def test_examples_can_be_taken_apart_and_put_in_order():
    some = Labelled(np.arange(8.0).reshape(4, 2), np.array([0, 2, 1, 2]))
    first, rest = some.part(3)
    assert (len(first), len(rest), some.classes) == (3, 1, 3)
    assert np.array_equal(np.concatenate([first.inputs, rest.inputs]), some.inputs)
    assert some.at(np.array([3, 0])).inputs.tolist() == [[6.0, 7.0], [0.0, 1.0]]
    assert np.array_equal(some.onehot().argmax(axis=1), some.labels)
    assert np.array_equal(some.onehot().sum(axis=1), np.ones(4))


@pytest.mark.parametrize(("first", "error"), [(4, ValueError), (0, ValueError), (2.0, TypeError)])
def test_a_part_must_leave_something_on_both_sides(first, error: type[Exception]):
    with pytest.raises(error, match="first must be"):
        Labelled(np.eye(4), np.arange(4)).part(first)


@pytest.mark.parametrize(("inputs", "labels"), [(np.eye(3), np.arange(2)), (np.zeros(3), np.arange(3)), (np.eye(2), np.eye(2))])
def test_what_does_not_belong_together_is_refused(inputs: np.ndarray, labels: np.ndarray):
    with pytest.raises(ValueError, match=r"inputs must be \(n, d\) and labels \(n,\)"):
        Labelled(inputs, labels)


def test_the_citation_is_there():
    assert reference("pedregosa2011scikit").year == 2011
