"""Which studies there are: those of the package by name, anyone's own by the path of its file."""

import functools
import importlib
import importlib.util
import sys
from pathlib import Path

from thalweg.studies.study import Study

MODULES: dict[str, str] = {
    "matrix-completion": "thalweg.studies.matrix_completion.study",
    "singular-values": "thalweg.studies.singular_values.study",
}


def study(name: str) -> Study:
    """The study of a name, or of a Python file that defines `STUDY`.

    Raises:
        LookupError: no study of the name; lists those there are.
        ValueError: a file that defines no `STUDY`.
    """
    if name in MODULES:
        return importlib.import_module(MODULES[name]).STUDY
    path = Path(name)
    if path.suffix == ".py":
        if not path.is_file():
            raise LookupError(f"there is no file {name!r} to read a study from")
        return _from_file(path.resolve())
    raise LookupError(f"there is no study {name!r}; there are {', '.join(MODULES)}, and files that define STUDY")


@functools.cache
def _from_file(path: Path) -> Study:
    spec = importlib.util.spec_from_file_location(f"thalweg_study_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = getattr(module, "STUDY", None)
    if not isinstance(found, Study):
        raise ValueError(f"{path} defines no STUDY; see the documentation on writing a study")
    return found
