"""Which studies there are: those of the package by name, anyone's own by the path of its file."""

import difflib
import functools
import hashlib
import importlib
import importlib.util
import sys
import traceback
from pathlib import Path

from thalweg.studies.study import Study

MODULES: dict[str, str] = {
    "matrix-completion": "thalweg.studies.matrix_completion.study",
    "singular-values": "thalweg.studies.singular_values.study",
    "balancedness": "thalweg.studies.balancedness.study",
    "end-to-end": "thalweg.studies.end_to_end.study",
    "mode-times": "thalweg.studies.mode_times.study",
    "sequential-learning": "thalweg.studies.sequential_learning.study",
    "commuting-sensing": "thalweg.studies.commuting_sensing.study",
    "schatten": "thalweg.studies.schatten.study",
    "one-measurement": "thalweg.studies.one_measurement.study",
    "nuclear-norm-conjecture": "thalweg.studies.nuclear_norm_conjecture.study",
    "norms-diverge": "thalweg.studies.norms_diverge.study",
    "not-a-regularizer": "thalweg.studies.not_a_regularizer.study",
    "student-teacher": "thalweg.studies.student_teacher.study",
    "saddle-at-zero": "thalweg.studies.saddle_at_zero.study",
    "convergence": "thalweg.studies.convergence.study",
    "initialization-scale": "thalweg.studies.initialization_scale.study",
    "min-norm": "thalweg.studies.min_norm.study",
    "boosting-margin": "thalweg.studies.boosting_margin.study",
    "explicit-or-implicit": "thalweg.studies.explicit_or_implicit.study",
    "depth-and-loss": "thalweg.studies.depth_and_loss.study",
    "relu-one-dimension": "thalweg.studies.relu_one_dimension.study",
    "lazy-limit": "thalweg.studies.lazy_limit.study",
    "sparse-regression": "thalweg.studies.sparse_regression.study",
    "completion-regimes": "thalweg.studies.completion_regimes.study",
    "max-margin": "thalweg.studies.max_margin.study",
    "linear-convolution": "thalweg.studies.linear_convolution.study",
    "size-or-norm": "thalweg.studies.size_or_norm.study",
    "homogeneous-margin": "thalweg.studies.homogeneous_margin.study",
}


def study(name: str) -> Study:
    """The study of a name, or of a Python file that defines `STUDY`.

    Raises:
        LookupError: no study of the name; lists those there are.
        ValueError: a file that defines no `STUDY`, or that Python cannot run.
    """
    if name in MODULES:
        return importlib.import_module(MODULES[name]).STUDY
    path = Path(name)
    if path.suffix == ".py":
        if not path.is_file():
            raise LookupError(f"there is no file {name!r} to read a study from")
        return _from_file(path.resolve())
    near = difflib.get_close_matches(name, MODULES, n=1)
    hint = f"did you mean {near[0]!r}? There" if near else "there"
    raise LookupError(f"there is no study {name!r}; {hint} are {', '.join(MODULES)}, and files that define STUDY")


def module_name(path: Path) -> str:
    """The name of the module that a file becomes: by it worker processes find the classes of the file again."""
    place = hashlib.sha256(str(path).encode()).hexdigest()[:8]  # two files may be called the same
    return f"thalweg_study_{path.stem}_{place}"


def study_of_copy(path: Path, name: str) -> Study:
    """The study of a copy of a file, whose module gets the name that it has where the file comes from.

    Raises:
        ValueError: a file that defines no `STUDY`, or that Python cannot run.
    """
    return _from_file(path, name)


@functools.cache
def _from_file(path: Path, name: str | None = None) -> Study:
    spec = importlib.util.spec_from_file_location(name or module_name(path), path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[spec.name]
        raise ValueError(f"{path} cannot be run{_line(error, path)}: {type(error).__name__}: {error}") from error
    found = getattr(module, "STUDY", None)
    if not isinstance(found, Study):
        raise ValueError(f"{path} defines no STUDY; see the documentation on writing a study")
    return found


def _line(error: Exception, path: Path) -> str:
    """Where in the file it went wrong, for an error in one line."""
    if isinstance(error, SyntaxError):
        return ""  # says so itself
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""
