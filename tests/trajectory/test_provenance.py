"""Provenance: complete, and JSON that any reader takes."""

import importlib.metadata
import json
from typing import Any

import jax
import numpy as np
import optax
import pytest

import thalweg as tw
from thalweg.trajectory.provenance import PACKAGES, describe, environment
from trajectory.cases import path


def strict(text: str) -> dict[str, Any]:
    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_run_carries_all_that_its_numbers_need_to_be_believed():
    run = path(tw.GroupRMSprop(1e-3), tw.Steps(5) | tw.LossBelow(1e-9), at=tw.AtTimes([0.01]))
    told = strict(run.data.attrs["provenance"])
    assert set(told) == {
        "problem", "parametrization", "start", "algorithm", "until", "at", "record", "key", "precision", "outcome",
        "versions", "python", "processor", "device", "threads",
    }  # fmt: skip
    assert told["parametrization"] == {"class": "DeepLinear", "widths": [6, 4, 4, 4]}
    assert told["start"] == {"class": "Gaussian", "scale": 0.3}
    assert told["algorithm"] == {"class": "GroupRMSprop", "learning_rate": 1e-3, "decay": 0.99, "epsilon": 1e-4}
    assert told["until"]["rules"] == [{"class": "Steps", "count": 5}, {"class": "LossBelow", "threshold": 1e-9}]
    assert told["record"]["singular_values"]["class"] == "SingularValues"
    assert told["at"] == {"class": "AtTimes", "times": [0.01]}
    assert (told["key"], told["precision"]) == (1, "float64")
    assert told["outcome"] == {"kind": run.outcome.kind, "sentence": run.outcome.sentence}
    assert told["problem"]["class"] == "MatrixCompletion"
    assert told["problem"]["convention"] == "mean of squares"
    assert told["versions"] == {"thalweg": tw.__version__} | {name: importlib.metadata.version(name) for name in PACKAGES}
    assert told["threads"] >= 1
    assert told["device"].startswith(jax.default_backend())
    assert told["processor"]


def test_large_arrays_are_told_by_shape_and_functions_by_name():
    assert describe(np.zeros((5, 7))) == "array (5, 7)"
    assert describe(np.arange(3)) == [0, 1, 2]
    assert describe(np.float32(0.5)) == 0.5
    assert describe(None) is None
    told = describe(tw.Optax(optax.adam, learning_rate=1e-3, nesterov=True))
    assert told["optimizer"] == "adam"
    assert (told["numbers"], told["options"]) == ({"learning_rate": 1e-3}, [["nesterov", True]])
    first, second = environment(), environment()
    assert first == second


@pytest.mark.parametrize(
    ("key", "told"), [(3, 3), (np.int64(3), 3), ((1, 2), [1, 2]), (jax.random.key(3), [0, 3]), (jax.random.PRNGKey(3), [0, 3])]
)
def test_the_key_is_told_as_whole_numbers(key: Any, told: Any):
    run = path(tw.GradientDescent(0.1), tw.Steps(2), key=key)
    assert strict(run.data.attrs["provenance"])["key"] == told


def test_numbers_that_are_infinite_are_words():
    assert strict(json.dumps(describe(tw.SchattenNorm(1.0)))) == {"class": "SchattenNorm", "p": 1.0}
    assert describe([np.inf, np.array([np.nan, 1.0]), np.float64(-np.inf)]) == ["inf", ["nan", 1.0], "-inf"]
