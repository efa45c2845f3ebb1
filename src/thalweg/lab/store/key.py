"""The key of a run: a digest of everything that specifies it, the same in every process and on every machine."""

import dataclasses
import enum
import hashlib
import json
import math
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

_VERSION = "thalweg run 1"


def canonical(spec: Any) -> Any:
    """The description of `spec` from which its key is made: plain JSON values that depend on no order and no process.

    Every JSON object in it is tagged, so that no two different specifications share a description:

    - frozen dataclasses and modules become their qualified class name and their fields;
    - mappings and sets are sorted; lists and tuples are alike;
    - real numbers are compared by value: `1`, `1.0`, `np.float32(1)` and arrays of no axes with the value 1 are one
      number, `True` is not; NaN equals itself;
    - arrays become dtype, shape and SHA-256 of their bytes (every NaN alike, any byte order alike);
    - enumerations become class and name.

    Arguments:
        spec: the specification, nested as it likes.

    Raises:
        TypeError: on functions, classes, paths and anything else whose content cannot be told, naming its place.
        ValueError: if `spec` contains itself.

    Examples:
        >>> canonical({"rank": 5, "scale": 1e-3})
        {'mapping': [['rank', 5.0], ['scale', 0.001]]}
        >>> canonical((1, True, None, float("nan")))
        [1.0, True, None, {'number': 'nan'}]
    """
    return _canonical(spec, "spec", ())


def key(spec: Any) -> str:
    """The key of the run that `spec` specifies: 32 hexadecimal digits.

    Raises:
        TypeError: as `canonical` does.

    Examples:
        >>> key({"depth": 3, "seed": 0}) == key({"seed": 0, "depth": 3.0})
        True
        >>> key({"depth": 3, "seed": 0}) == key({"depth": 3, "seed": 1})
        False
    """
    return hashlib.sha256(f"{_VERSION}\n{_text(canonical(spec))}".encode()).hexdigest()[:32]


def _text(described: Any) -> str:
    return json.dumps(described, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _canonical(value: Any, place: str, around: tuple[int, ...]) -> Any:
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    if isinstance(value, enum.Enum):
        return {"enum": [_name(type(value)), value.name]}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, int | float | complex):
        return _number(value)
    if isinstance(value, np.dtype):
        return {"dtype": value.name}
    if id(value) in around:
        raise ValueError(f"{place} contains itself: a run is specified by a tree of values")
    around = (*around, id(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: _canonical(getattr(value, field.name), f"{place}.{field.name}", around)
            for field in dataclasses.fields(value)
        }
        return {"class": _name(type(value)), "fields": fields}
    if isinstance(value, Mapping):
        pairs = [
            [_canonical(name, f"{place} (a key)", around), _canonical(item, f"{place}[{name!r}]", around)]
            for name, item in value.items()
        ]
        return {"mapping": sorted(pairs, key=lambda pair: _text(pair[0]))}
    if isinstance(value, list | tuple):
        return [_canonical(item, f"{place}[{position}]", around) for position, item in enumerate(value)]
    if isinstance(value, Set):
        return {"set": sorted((_canonical(item, f"{place} (an element)", around) for item in value), key=_text)}
    if not isinstance(value, type) and hasattr(value, "__array__"):
        return _array(value, place)
    raise _refused(value, place)


def _number(value: complex) -> Any:
    if isinstance(value, complex):
        return {"complex": [_number(value.real), _number(value.imag)]}
    if isinstance(value, int):
        try:
            nearest = float(value)
        except OverflowError:
            return int(value)
        return nearest if int(nearest) == value else int(value)
    # adding 0 makes -0.0 the 0.0 that it equals
    return float(value) + 0.0 if math.isfinite(value) else {"number": repr(float(value))}


def _array(value: Any, place: str) -> Any:
    try:
        array = np.asarray(value)
    except TypeError as error:
        raise TypeError(
            f"{place} is a {type(value).__name__} that cannot be read as numbers ({error}); "
            "for a random key give the whole number it was made from"
        ) from error
    if array.dtype.kind == "O" or array.dtype.fields is not None:
        raise TypeError(f"{place} is an array of dtype {array.dtype}: only arrays of numbers or text have a key")
    if array.shape == () and array.dtype.kind not in "mM":
        item = array.item()
        if isinstance(item, bool | int | float | complex | str | bytes):
            return _canonical(item, place, ())
    if array.dtype.kind in "fc":
        # 0/0 and np.nan differ in their sign bit and mean the same
        array = np.where(np.isnan(array), np.array(np.nan, dtype=array.dtype), array)
    array = np.asarray(array, dtype=array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    return {"array": {"dtype": array.dtype.name, "shape": list(array.shape), "sha256": digest}}


def _refused(value: Any, place: str) -> TypeError:
    if callable(value):
        said = getattr(value, "__qualname__", type(value).__qualname__)
        return TypeError(
            f"{place} is {said}, a function or class: what it does cannot be told from its name, so a run with it has "
            "no key. Use a frozen dataclass with __call__ whose fields say what it does, or name it by a string"
        )
    return TypeError(
        f"{place} is {value!r} of type {_name(type(value))}, which has no key: allowed are numbers, text, None, "
        "arrays, enumerations, frozen dataclasses, and lists, tuples, sets and mappings of these"
    )
