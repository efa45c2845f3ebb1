"""Imports point downward: a room may use the rooms before it, itself, and the private modules at the root."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.source import PACKAGE, Module, Report, modules, plant
from thalweg._names import SUBPACKAGES

ROOT = "the root's private modules"
ROOMS = (ROOT, *SUBPACKAGES)


def wrong_imports(tree: Path) -> Report:
    """Imports, anywhere in a file, of a room that stands later in the order than the file's own."""
    report = Report()
    package = tree.name
    public = _table_of_names(tree)
    for module in modules(tree):
        report.visited += 1
        own = _room(module.name, package)
        if own not in ROOMS:
            report.violations.append(f"{module.path.as_posix()}: {own!r} has no place in SUBPACKAGES of _names.py")
            continue
        for node, target in _imports(module, package, public):
            if target == package:
                report.violations.append(f"{module.at(node)}: imports {package} whole; name the room instead")
                continue
            room = _room(target, package)
            if room not in ROOMS:
                report.violations.append(f"{module.at(node)}: imports {target}, which is in no room")
            elif ROOMS.index(room) > ROOMS.index(own):
                report.violations.append(f"{module.at(node)}: {own} imports {target}, but {room} stands after {own}")
    return report


def _room(name: str, package: str) -> str:
    parts = name.split(".")
    if name == package or parts[1].startswith("_"):
        return "cli" if parts[-1] == "__main__" else ROOT
    return parts[1]


def _imports(module: Module, package: str, public: dict[str, str]) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = module.absolute(node)
            targets = [source]
            if source == package:
                targets = [public.get(alias.name, f"{package}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Call) and _is_import_module(node.func) and node.args:
            value = node.args[0]
            targets = [value.value] if isinstance(value, ast.Constant) and isinstance(value.value, str) else []
        else:
            continue
        yield from ((node, target) for target in targets if target.split(".")[0] == package)


def _is_import_module(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__")


def _table_of_names(tree: Path) -> dict[str, str]:
    """The lazy public names: importing one from the package is importing the module that it lives in."""
    path = tree / "_names.py"
    if not path.is_file():
        return {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "PUBLIC" and isinstance(node, ast.AnnAssign) and node.value:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path} has no annotated table PUBLIC")


def test_imports_point_downward():
    wrong_imports(PACKAGE).check(least=60, things="files")


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("problems/a.py", "from thalweg.trajectory.follow import follow", "trajectory stands after problems"),
        ("problems/a.py", "import thalweg.lab", "lab stands after problems"),
        ("problems/a.py", "def f():\n    from ..theory import law\n", "theory stands after problems"),
        ("problems/a.py", "from thalweg import studies", "studies stands after problems"),
        ("problems/a.py", "from thalweg import follow", "trajectory stands after problems"),
        ("data/a.py", "from thalweg.problems import base", "problems stands after data"),
        ("_a.py", "from thalweg.data import movielens", "data stands after the root"),
        ("__init__.py", "from thalweg.cli import main", "cli stands after the root"),
        ("lab/a.py", "import importlib\nimportlib.import_module('thalweg.cli')", "cli stands after lab"),
        ("lab/a.py", "import thalweg as tw", "name the room"),
        ("cellar/a.py", "", "'cellar' has no place"),
        ("open.py", "", "'open' has no place"),
        ("lab/a.py", "from thalweg.attic import x", "in no room"),
    ],
)
def test_an_import_upward_is_found(tmp_path: Path, name: str, text: str, complaint: str):
    names = 'PUBLIC: dict[str, str] = {"follow": "thalweg.trajectory.follow"}\n'
    tree = plant(tmp_path / "thalweg", {"_names.py": names, name: text})
    report = wrong_imports(tree)
    assert report.visited == 2
    assert len(report.violations) == 1
    assert complaint in report.violations[0]


def test_imports_downward_are_left_alone(tmp_path: Path):
    files = {
        "_whole.py": "import operator",
        "problems/base.py": "from thalweg._whole import whole\nimport numpy",
        "problems/completion.py": "from .base import AbstractProblem\nfrom thalweg.data import movielens",
        "studies/mc.py": "from thalweg.exact import nuclear_norm\nfrom thalweg import __version__",
        "__main__.py": "from thalweg.cli import main",
    }
    report = wrong_imports(plant(tmp_path / "thalweg", files))
    assert report.visited == 5
    assert report.violations == []
