"""Where packages of others may be imported, so that each can be replaced in one place, or be absent."""

import ast
from pathlib import Path

import pytest

from gates.source import PACKAGE, Report, modules, plant

# A package: the path, or paths, below the package folder, that alone may import it.
HOMES: dict[str, tuple[str, ...]] = {
    "equinox": ("_module.py",),
    "diffrax": ("algorithms/",),
    "dask": ("lab/cluster/",),
    "distributed": ("lab/cluster/",),
    "sklearn": ("estimators/", "data/digits.py"),
    "tensorboard": ("trajectory/tensorboard.py",),
    "torch": ("torch/",),
    "starlette": ("explorer/",),
    "uvicorn": ("explorer/",),
}
# At the top of a file only in a room of their own.
OPTIONAL = {"cvxpy", "dask", "distributed", "torch", "sklearn", "starlette", "tensorboard", "uvicorn"}
NEVER = {"jax._src", "jax.core", "jax.interpreters", "pickle", "cloudpickle", "dill"}


def misplaced_imports(tree: Path) -> Report:
    """Imports of a package outside its home, of an optional one at the top of a file, and of what none may import."""
    report = Report()
    for module in modules(tree):
        top = set(module.syntax.body)
        for node in ast.walk(module.syntax):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            report.visited += len(names)
            for name in names:
                package = name.split(".")[0]
                homes, path = HOMES.get(package, ("",)), module.path.as_posix()
                rooms = tuple(home for home in homes if home.endswith("/"))
                if not path.startswith(homes):
                    report.violations.append(f"{module.at(node)}: {package} may be imported only in {' or '.join(homes)}")
                elif package in OPTIONAL and not path.startswith(rooms) and node in top:
                    report.violations.append(f"{module.at(node)}: {package} may be absent; import it where it is used")
                if any(f"{name}.".startswith(f"{banned}.") for banned in NEVER):
                    report.violations.append(f"{module.at(node)}: {name} is never imported")
                if name == "__future__.annotations":
                    report.violations.append(f"{module.at(node)}: annotations must stay values, for shapes in them")
    return report


def test_foreign_packages_are_imported_at_home():
    misplaced_imports(PACKAGE).check(least=400, things="imported names")


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("problems/a.py", "import diffrax", "only in algorithms/"),
        ("problems/a.py", "def f():\n    from equinox import Module", "only in _module.py"),
        ("exact/a.py", "import cvxpy as cp", "may be absent"),
        ("data/a.py", "def f():\n    import sklearn", "only in estimators/ or data/digits.py"),
        ("data/digits.py", "import sklearn.datasets", "may be absent"),
        ("lab/a.py", "def f():\n    import distributed", "only in lab/cluster/"),
        ("lab/a.py", "import pickle", "never imported"),
        ("lab/a.py", "from jax import core", "jax.core is never imported"),
        ("lab/a.py", "import jax._src.util", "never imported"),
        ("lab/a.py", "from __future__ import annotations", "must stay values"),
    ],
)
def test_a_misplaced_import_is_found(tmp_path: Path, name: str, text: str, complaint: str):
    report = misplaced_imports(plant(tmp_path / "p", {name: text}))
    assert report.visited == 1
    assert len(report.violations) == 1
    assert complaint in report.violations[0]


def test_imports_at_home_are_left_alone(tmp_path: Path):
    files = {
        "_module.py": "import equinox as eqx",
        "algorithms/solvers/rkc2.py": "import diffrax",
        "exact/a.py": "def f():\n    import cvxpy",
        "torch/a.py": "import torch",
        "lab/cluster/a.py": "import distributed",
        "data/digits.py": "def f():\n    from sklearn.datasets import load_digits",
    }
    report = misplaced_imports(plant(tmp_path / "p", files))
    assert report.visited == 6
    assert report.violations == []
