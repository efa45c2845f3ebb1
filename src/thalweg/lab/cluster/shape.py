"""Which runs are alike but for their numbers: once one of them is compiled, a process has nothing to compile for the others."""

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from thalweg.studies.study import Setup, Solve, Work


def shape(setup: Setup | Solve | Work) -> str:
    """A digest of the classes of a run's parts, of whole numbers and words in them, and of the shapes of their arrays.

    It decides which runs go to a worker together, never what comes out: two runs that are compiled apart may share it.

    Examples:
        >>> from thalweg.lab.cluster.shape import shape
        >>> from thalweg.studies.registry import study
        >>> found = study("matrix-completion")
        >>> cases = found.cases(found.quick, [0, 1])
        >>> shapes = {str(case): shape(found.build(found.quick, case, 0)) for case in cases}
        >>> len(set(shapes.values())) < len(shapes)
        True
    """
    if isinstance(setup, Work):
        # whole numbers among its arguments are seeds and counts alike
        arguments = {name: _shape(value, whole=False) for name, value in setup.arguments.items()}
        parts: Any = [setup.function.__module__, setup.function.__qualname__, arguments]
    elif isinstance(setup, Solve):
        parts = [setup.solver, _shape(setup.problem), _shape(setup.options)]
    else:
        fields = ("problem", "parametrization", "start", "algorithm", "until", "record", "at")
        parts = [_shape(getattr(setup, name)) for name in fields]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _shape(value: Any, whole: bool = True) -> Any:
    import jax

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [(field.name, _shape(getattr(value, field.name), whole)) for field in dataclasses.fields(value)]
        return type(value).__module__, type(value).__qualname__, fields
    if isinstance(value, Mapping):
        return [(str(name), _shape(item, whole)) for name, item in value.items()]
    if isinstance(value, list | tuple):
        return [_shape(item, whole) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | np.integer):
        return int(value) if whole else "number"
    if isinstance(value, np.ndarray | np.generic | jax.Array):
        return str(value.dtype), tuple(value.shape)
    return type(value).__qualname__
