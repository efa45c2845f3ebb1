"""Keys of runs: the same for what is the same, different for what differs, in every process."""

import dataclasses
import enum
import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg._module import Module, number, static
from thalweg.lab.store import canonical, key


@dataclasses.dataclass(frozen=True)
class Start:
    scale: Any
    name: str = "gaussian"


@dataclasses.dataclass(frozen=True)
class End:
    scale: Any
    name: str = "gaussian"


class Rate(Module):
    rate: np.ndarray
    depth: int = static(default=2)


class Kind(enum.Enum):
    FLOW = 1
    DESCENT = 2


class Kin(enum.IntEnum):
    FLOW = 1


SAME = [
    (1, 1.0),
    (1, np.float64(1.0)),
    (0.5, np.float32(0.5)),
    (3, np.asarray(3, dtype=np.uint8)),
    (0.1, jnp.asarray(0.1)),
    (0.0, -0.0),
    (float("nan"), np.float64("nan")),
    (float("nan"), -float("nan")),
    (2**53, float(2**53)),
    (True, np.bool_(True)),
    ("a", np.str_("a")),
    ([1, 2], (1.0, 2)),
    ({"a": 1, "b": 2}, OrderedDict(b=2, a=1)),
    ({"a": 1}, MappingProxyType({"a": 1.0})),
    ({3, 1, 2}, frozenset((2, 1, 3))),
    (np.arange(3.0), jnp.arange(3.0)),
    (np.arange(3.0), np.arange(3.0).astype(">f8")),
    (np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3))),
    (np.array([np.nan, 1.0]), np.array([-np.nan, 1.0])),
    (Start(1e-3), Start(np.asarray(1e-3))),
    (Rate(number(0.1, "rate")), Rate(number(0.1, "rate"))),
]

DIFFERENT = [
    1, True, "1", None, "None", [1], [[1]], {"a": 1}, {1: "a"}, {"a": {"b": 1}}, {"a": 1, "b": 1}, [], {}, set(), [[]],
    [1, 2], [2, 1], [[1], 2], [[1, 2]], {1, 2}, 0.1, float(np.float32(0.1)), np.nextafter(0.1, 1), 2**53 + 1,
    10**400, 1j, [0, 1], float("nan"), "nan", {"number": "nan"}, float("inf"), -float("inf"), b"1", {"bytes": "31"},
    Start(1e-3), Start(1e-3, "other"), End(1e-3), {"scale": 1e-3, "name": "gaussian"}, Start(Start(1e-3)),
    Kind.FLOW, Kind.DESCENT, Kin.FLOW, np.dtype("float32"), np.dtype("float64"), "float64",
    np.zeros(2), np.zeros(3), np.zeros((1, 2)), np.zeros(2, np.float32), np.zeros(2, np.int64), np.zeros(2, bool),
    np.array([0.0, np.nan]), np.array(["a", "b"]), np.array([1.0, 2.0]), np.array([2.0, 1.0]),
    Rate(number(0.1, "rate")), Rate(number(0.2, "rate")), Rate(number(0.1, "rate"), 3), jnp.zeros(2, jnp.bfloat16),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME, ids=repr)
def test_the_same_specification_has_one_key(one: Any, other: Any):
    assert canonical(one) == canonical(other)
    assert key({"x": one}) == key({"x": other})


def test_different_specifications_have_different_keys():
    keys = [key(spec) for spec in DIFFERENT]
    assert len(set(keys)) == len(keys)
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in keys)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=4)
SPECS = st.recursive(LEAVES, lambda s: st.lists(s, max_size=4) | st.dictionaries(st.text(), s, max_size=4), max_leaves=12)


@given(SPECS, st.randoms(use_true_random=False))
def test_no_order_of_a_mapping_shows(spec: Any, random: Any):
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = [(name, shuffled(item)) for name, item in value.items()]
            random.shuffle(items)
            return dict(items)
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    assert key(shuffled(spec)) == key(spec)


def test_keys_are_the_same_in_every_process():
    script = """if True:
        import dataclasses, enum, sys
        import numpy as np
        from thalweg.lab.store import key

        class Kind(enum.Enum):
            FLOW = 1

        @dataclasses.dataclass(frozen=True)
        class Spec:
            names: frozenset
            case: dict
            kind: Kind
            data: np.ndarray

        names = frozenset({"loss", "rank", "margin", "imbalance", "time"})
        case = {name: len(name) / 3 for name in names}
        print(key(Spec(names, case, Kind.FLOW, np.arange(12.0).reshape(3, 4))), "jax" in sys.modules)
    """
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(said) == 1
    assert said.pop().split()[1] == "False"


def test_keys_do_not_change_between_versions():
    # a store made yesterday must be found today: a change here makes every run be done again
    spec = {"depth": 3, "scale": 1e-3, "seed": 0, "names": ("loss", "rank"), "data": np.arange(4.0)}
    assert key(spec) == "380414e5b002f7a9b82070890c982a91"


def nothing(x: float) -> float:
    return x


@pytest.mark.parametrize(
    ("spec", "place", "said"),
    [
        ({"loss": nothing}, "spec['loss']", "nothing, a function or class"),
        (Start(lambda x: x), "spec.scale", "function"),
        ([1, {"a": Start(np.sin)}], "spec[1]['a'].scale", "function"),
        ({"kind": Start}, "spec['kind']", "Start, a function or class"),
        ({"where": PurePath("a")}, "spec['where']", "has no key"),
        ({"data": np.array([None, 1])}, "spec['data']", "dtype object"),
        ({"data": np.zeros(2, [("a", float)])}, "spec['data']", "only arrays of numbers"),
        ({"key": jax.random.key(0)}, "spec['key']", "whole number it was made from"),
        ({"any": object()}, "spec['any']", "has no key"),
    ],
)
def test_what_has_no_content_is_refused_by_its_place(spec: Any, place: str, said: str):
    with pytest.raises(TypeError) as caught:
        key(spec)
    assert str(caught.value).startswith(place)
    assert said in str(caught.value)


def test_a_specification_that_contains_itself_is_refused():
    spec: dict[str, Any] = {"a": [1]}
    spec["a"].append(spec)
    with pytest.raises(ValueError, match=r"spec\['a'\]\[1\] contains itself"):
        key(spec)


def test_a_value_may_occur_twice():
    shared = [1, 2]
    assert key({"a": shared, "b": shared}) == key({"a": [1, 2], "b": [1, 2]})
