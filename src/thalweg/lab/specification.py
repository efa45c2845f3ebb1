"""The key of a case: everything that its numbers depend on, and nothing else."""

import functools
import hashlib
import types
from pathlib import Path
from typing import Any

from thalweg import __version__
from thalweg.lab.store import key
from thalweg.studies.study import Setup, Solve, Work

ROOMS = ("problems", "parametrizations", "initializations", "algorithms", "observables", "trajectory", "exact", "theory")


def case_key(build: Any, setup: Setup | Solve | Work, device: str | None = None) -> str:
    """The key of a case: its built parts, the code that they run, the precision and the kind of device.

    Workers compute in float64, whatever the process that asks. The study's own functions count by the source of their
    module, so that an edited measure is measured anew; the measure of the case by its name there and what is bound to it.

    Arguments:
        build: the study's function, whose module stands for the study's code.
        setup: what it built.
        device: the kind of device of the workers, where that is not the kind in this process.

    Raises:
        TypeError: `build` is not a function, or built something else; a part whose content cannot be told.
    """
    import jax

    if not isinstance(build, types.FunctionType):
        raise TypeError(f"build must be a function, whose file stands for the code of the study, got {build!r:.80}")
    if not isinstance(setup, Setup | Solve | Work):
        raise TypeError(f"build must give a Setup, a Solve or a Work, it gave {setup!r:.80}")

    if isinstance(setup, Work) and not isinstance(setup.function, types.FunctionType):
        raise TypeError(f"a Work needs a plain function, whose file stands for its code, got {setup.function!r:.80}")
    doing = "function" if isinstance(setup, Work) else "measure"
    fields = {name: getattr(setup, name) for name in type(setup).__dataclass_fields__ if name != doing}
    files = [build.__code__.co_filename, *([setup.function.__code__.co_filename] if isinstance(setup, Work) else [])]
    return key(
        {
            "kind": type(setup).__name__,
            "parts": fields,
            "measure": _measure(getattr(setup, doing)),
            "code": [__version__, _rooms(), *map(_module, dict.fromkeys(files))],
            "precision": "float64",
            "device": jax.devices()[0].device_kind if device is None else device,
        }
    )


def _measure(measure: Any) -> Any:
    if isinstance(measure, functools.partial):
        return {"function": _measure(measure.func), "arguments": measure.args, "names": measure.keywords}
    code = getattr(measure, "__code__", None)  # the line tells functions without a name apart
    return [measure.__qualname__, code.co_firstlineno] if code is not None else measure


@functools.cache
def _rooms() -> str:
    root = Path(__file__).parent.parent
    made = [path for room in ROOMS for path in (root / room).rglob("*") if path.suffix in (".py", ".npz")]
    files = sorted([*made, root / "_seeds.py"])
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _module(filename: str) -> str:
    return hashlib.sha256(Path(filename).read_bytes()).hexdigest()
