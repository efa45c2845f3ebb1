"""What a run rests on: the references of every part that its provenance names."""

import functools
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xarray as xr

from thalweg._names import PUBLIC, SUBPACKAGES
from thalweg._references import cite as bibtex
from thalweg._references import references
from thalweg.trajectory.picture import spelt_out
from thalweg.trajectory.trajectory import Trajectory

ALWAYS = ("jax2018github", "thalweg2026laboratory")
"""What every run rests on."""
_KEY = re.compile(r"\b[a-z]+\d{4}[a-z]+\b")
_HEADING = f"Reference{':'}"  # as it stands in docstrings, and not a reference itself
_NAMED = ("class", "function", "solver")
SOLVERS = {
    "auto": ("automatic.Automatic", "switching.Switching"),
    "explicit": ("switching.Switching", "rock4.Rock4"),
    "rock4": ("rock4.Rock4",),
    "rkc2": ("rkc2.Rkc2",),
    "exponential": ("exponential.Exponential",),
}
"""The solvers that `GradientFlow` takes by name, by where they are told of."""


def cite(*things: Any) -> str:
    """BibTeX for exactly what runs used: problem, parametrization, start, algorithm, solver, what was recorded; JAX, Thalweg.

    Each work stands once, however many of the things rest on it.

    Arguments:
        things: runs, their datasets, or the paths of files that `Trajectory.save` or the store wrote; studies and what
            `tw.lab.run` returned of them, which add the sources of their claims; laws that were laid over a run.

    Raises:
        ValueError: a dataset that holds no provenance.
        TypeError: something else, or nothing at all.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.MatrixCompletion.random(shape=(4, 4), rank=1, observed=12, key=0)
        >>> run = tw.follow(problem, tw.DeepLinear(depth=1, shape=(4, 4)), tw.Gaussian(0.1),
        ...                 tw.EndToEndFlow(depth=2), until=tw.Steps(3), key=0)
        >>> "@inproceedings{arora2018optimization," in tw.cite(run)
        True
    """
    if not things:
        raise TypeError("cite takes at least one run, file of a run, or study")
    return bibtex([*(key for thing in things for key in keys_in(thing)), *ALWAYS])


def keys_in(thing: Any) -> list[str]:
    """The keys of what one thing used that `cite` takes."""
    if isinstance(thing, Trajectory):
        return _keys(thing.data)
    if isinstance(thing, xr.Dataset):
        return _keys(thing)
    if isinstance(thing, str | Path):
        return file_keys(Path(thing))
    if isinstance(thing, list | tuple):
        return [key for one in thing for key in keys_in(one)]
    if hasattr(thing, "_cited") and not isinstance(thing, type):
        return thing._cited()
    raise TypeError(f"cite takes runs, files of runs, studies, and laws that were laid over a run; got {thing!r:.80}")


def file_keys(path: Path) -> list[str]:
    """The keys of what the run in a file used."""
    from thalweg._storage.files import read_dataset

    return _keys(read_dataset(path))


def _keys(data: xr.Dataset) -> list[str]:
    if "provenance" not in data.attrs:
        raise ValueError("the dataset holds no provenance: it is not of a run of Thalweg")
    told = json.loads(data.attrs["provenance"])
    return cited(told, [] if "record" in told else list(map(str, data.data_vars)))


def cited(described: Any, recorded: list[str] | None = None) -> list[str]:
    """The keys of the references of all parts that a description names, each once, in its order.

    Arguments:
        described: what `describe` made of the parts of a run, or a whole provenance.
        recorded: the names of what was recorded, whose observables are looked up where the description lacks them.

    Examples:
        >>> cited({"algorithm": {"class": "GradientFlow", "solver": "rkc2"}})
        ['kidger2021on', 'sommeijer1998rkc']
    """
    named = [*_names(described), *(_observables().get(name, "") for name in recorded or ())]
    return list(dict.fromkeys(key for name in named for key in keys_of(name)))


@functools.cache
def keys_of(name: str) -> tuple[str, ...]:
    """The keys that the docstring of a part, given by its name, refers to; none for what is not of this package."""
    made = _object(name)
    text = inspect.getdoc(made) or "" if made is not None else ""
    after = text.partition(_HEADING)[2]
    return tuple(key for key in _KEY.findall(after) if key in references())


def _object(name: str) -> Any:
    last = name.rsplit(".", 1)[-1]
    if name in PUBLIC:
        return getattr(importlib.import_module(PUBLIC[name]), name)
    if name.startswith("thalweg.") and "." in name:
        return getattr(importlib.import_module(name.rsplit(".", 1)[0]), last, None)
    for room in SUBPACKAGES:
        if room in ("potentials", "exact"):
            found = getattr(importlib.import_module(f"thalweg.{room}"), last, None)
            if found is not None:
                return found
    return None


@functools.cache
def _observables() -> dict[str, str]:
    """The classes of observables by the names of what they record, as far as a name is fixed."""
    found = {}
    for name, home in PUBLIC.items():
        if home.startswith("thalweg.observables"):
            found[spelt_out(name)] = name
    return found


def _names(described: Any) -> Iterator[str]:
    if isinstance(described, dict):
        if described.get("class") == "GradientFlow":
            solvers = SOLVERS.get(described.get("solver", "auto"), ())
            yield from ("GradientFlow", *(f"thalweg.algorithms.solvers.{name}" for name in solvers))
            return
        yield from (described[field] for field in _NAMED if isinstance(described.get(field), str))
        for part in described.values():
            yield from _names(part)
    elif isinstance(described, list):
        for part in described:
            yield from _names(part)
