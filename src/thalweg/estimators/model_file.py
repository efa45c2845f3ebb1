"""A fitted model as one file: npz without pickle, with a description in JSON; written whole or not at all."""

from pathlib import Path
from typing import Any

import numpy as np

from thalweg import __version__
from thalweg._storage.errors import CorruptSnapshot
from thalweg._storage.files import read_arrays, write_arrays
from thalweg.estimators.centring import Centring

KIND = "thalweg completion model"
FORMAT = 1
CENTRING = ("row_offsets", "column_offsets")


class ModelFileError(ValueError):
    """A file that is no model of this version: foreign, damaged, or made by a newer version.

    Examples:
        >>> from thalweg.estimators import ModelFileError
        >>> issubclass(ModelFileError, ValueError)
        True
    """


def save(model: Any, path: str | Path) -> None:
    """Write a fitted model to `path`; one that is there is replaced in one step.

    The file holds the class by name, the parameters and what was fitted. A callback is left out: a loaded model has None
    in its place. `numpy.load` reads the arrays too.

    Raises:
        TypeError: a parameter that JSON does not hold, such as a generator for `random_state`.
    """
    arrays: dict[str, np.ndarray] = {}
    numbers: dict[str, Any] = {}
    for name, value in sorted(vars(model).items()):
        if not name.endswith("_") or name.startswith("__"):
            continue
        if isinstance(value, Centring):
            arrays |= {f"{name}.{part}": getattr(value, part) for part in CENTRING}
            numbers[name] = {"centring": [value.mean, value.kind, *value.shrinkage]}
        elif isinstance(value, np.ndarray):
            arrays[name] = value.astype(str) if value.dtype == object else value
        else:
            numbers[name] = _plain(value, name)
    parameters = {name: None if callable(value) else _plain(value, name) for name, value in model.get_params(deep=False).items()}
    about = {"kind": KIND, "format": FORMAT, "version": __version__, "class": type(model).__name__}
    write_arrays(path, arrays, about | {"parameters": parameters, "fitted": numbers})


def load(path: str | Path) -> Any:
    """The model in a file that `save` of an estimator wrote; nothing in it is unpickled or run.

    Raises:
        ModelFileError: the file is no such model, was damaged, or was made by a newer version.
        FileNotFoundError: there is no such file.

    Examples:
        >>> import tempfile, numpy as np
        >>> from thalweg.estimators import DeepMatrixCompletion, load
        >>> X = np.outer([1.0, 2.0, 3.0], [1.0, -1.0])
        >>> X[2, 1] = np.nan
        >>> model = DeepMatrixCompletion(centring="none", validation_fraction=None, random_state=0).fit(X)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model.npz")
        ...     again = load(f"{folder}/model.npz")
        >>> bool((again.transform(X) == model.transform(X)).all())
        True
    """
    try:
        arrays, about = read_arrays(path)
    except CorruptSnapshot as error:
        raise ModelFileError(f"{path} is no model that Thalweg wrote, or it was damaged; fit and save it again") from error
    if not isinstance(about, dict) or about.get("kind") != KIND:
        raise ModelFileError(f"{path} holds no completion model; it is another file of Thalweg")
    if about["format"] > FORMAT:
        raise ModelFileError(f"{path} was made by Thalweg {about['version']}, which is newer: upgrade thalweg to read it")
    known = _models()
    if about["class"] not in known:
        raise ModelFileError(f"{path} holds a {about['class']}, which is none of {', '.join(sorted(known))}")
    try:
        model = known[about["class"]](**{name: _restored(value) for name, value in about["parameters"].items()})
        fitted = {name: _restored(value) for name, value in about["fitted"].items()}
        for name, value in fitted.items():
            if isinstance(value, dict) and "centring" in value:
                mean, kind, *shrinkage = value["centring"]
                parts = [arrays.pop(f"{name}.{part}") for part in CENTRING]
                fitted[name] = Centring(mean, *parts, kind=kind, shrinkage=tuple(shrinkage))
        fitted |= {name: value.astype(object) if value.dtype.kind == "U" else value for name, value in arrays.items()}
    except (TypeError, KeyError, ValueError) as error:
        raise ModelFileError(f"{path} does not fit a {about['class']} of this version ({error}); fit it again") from error
    for name, value in fitted.items():
        setattr(model, name, value)
    return model


def _models() -> dict[str, Any]:
    import thalweg.estimators as room
    from thalweg.estimators.completion import AbstractCompletion
    from thalweg.estimators.linear_regressor import AbstractLinearRegressor

    listed = [getattr(room, name) for name in room.__all__]
    kept = AbstractCompletion, AbstractLinearRegressor
    return {one.__name__: one for one in listed if isinstance(one, type) and issubclass(one, kept)}


def _plain(value: Any, name: str) -> Any:
    """`value` as JSON holds it; a tuple is marked as one."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, tuple):
        return {"tuple": [_plain(part, name) for part in value]}
    if isinstance(value, list):
        return [_plain(part, name) for part in value]
    if isinstance(value, type) and issubclass(value, np.generic):
        return np.dtype(value).name
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(
        f"{name} is a {type(value).__name__}, which a model file does not hold; give numbers, text or None "
        "(for random_state a whole number)"
    )


def _restored(value: Any) -> Any:
    if isinstance(value, dict) and "tuple" in value:
        return tuple(_restored(part) for part in value["tuple"])
    return [_restored(part) for part in value] if isinstance(value, list) else value
