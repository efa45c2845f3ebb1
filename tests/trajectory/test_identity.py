"""What makes two runs the same run."""

import functools

import numpy as np
import optax
import pytest

import thalweg as tw
from thalweg.trajectory.identity import identity_of


def test_equal_parts_are_one_run_wherever_they_lie_in_memory():
    one, other = (identity_of(tw.Optax(optax.adam, learning_rate=1e-3), [np.arange(3.0)], {"a": None}) for _ in range(2))
    assert one == other
    assert set(one) == {"digest", "thalweg", "jax", "device", "float"}
    assert len(one["digest"]) == 64


PARTS = [
    tw.GradientFlow(1e-6),
    tw.GradientFlow(1e-7),
    tw.GradientFlow(1e-6, solver="rkc2"),
    tw.ReconstructionError("all"),
    tw.ReconstructionError("unobserved"),
    tw.DeepLinear(depth=2, shape=(2, 3)),
    tw.DeepLinear(depth=2, shape=(3, 2)),
    tw.Optax(optax.adam, learning_rate=1e-3),
    tw.Optax(optax.sgd, learning_rate=1e-3),
    tw.Optax(optax.sgd, learning_rate=1e-3, nesterov=True),
    np.zeros((2, 3)),
    np.zeros((3, 2)),
    np.zeros((2, 3), dtype=np.float32),
    -np.zeros((2, 3)),
    [np.zeros(2), np.zeros(1)],
    np.dtype(np.float32),
]


def test_different_parts_are_different_runs():
    assert len({identity_of(part)["digest"] for part in PARTS}) == len(PARTS)


@pytest.mark.parametrize("part", [lambda x: x, functools.partial(max, 1), object()], ids=["lambda", "partial", "object"])
def test_what_has_no_name_cannot_be_known_again(part: object):
    with pytest.raises(ValueError, match="a snapshot could not know .* again; pass a function that its module has under a"):
        identity_of([part])
