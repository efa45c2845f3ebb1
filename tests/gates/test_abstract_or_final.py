"""A class is a base, named Abstract..., or final: concrete classes are composed by wrapping, never subclassed.

A base may write a default (the generic gradient, say) that a final class replaces by its own: one level, easily found.
"""

import ast
import builtins
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gates.source import PACKAGE, Module, Report, modules, plant

OPEN_BASES = {"Protocol", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "NamedTuple", "TypedDict"}


@dataclass
class Class:
    """A class of the tree with its bases resolved: those in the tree, and the last names of those outside it."""

    node: ast.ClassDef
    module: Module
    bases: list["Class"] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    @property
    def is_base(self) -> bool:
        return self.node.name.lstrip("_").startswith("Abstract")

    @property
    def is_open(self) -> bool:
        """Exceptions, enumerations and protocols are subclassed by their nature."""
        own = any(name in OPEN_BASES or _is_exception(name) for name in self.outside)
        return own or any(base.is_open for base in self.bases)

    def methods(self) -> dict[str, bool]:
        """Its own methods, and whether each is abstract."""
        own = [n for n in self.node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        return {n.name: any("abstract" in ast.unparse(d) for d in n.decorator_list) for n in own}

    def attributes(self) -> set[str]:
        named = [n.target for n in self.node.body if isinstance(n, ast.AnnAssign)]
        named += [target for n in self.node.body if isinstance(n, ast.Assign) for target in n.targets]
        return {target.id for target in named if isinstance(target, ast.Name)}

    def unwritten(self) -> set[str]:
        """The abstract methods, its own or inherited, that nothing in its line has written."""
        names = set().union(*(base.unwritten() for base in self.bases)) - self.attributes()
        own = self.methods()
        return {name for name in names if name not in own} | {name for name, abstract in own.items() if abstract}


def neither_abstract_nor_final(tree: Path) -> Report:
    """Concrete classes with subclasses, bases not named so, and concrete classes that leave a method unwritten."""
    report = Report()
    for found in _classes(tree):
        report.visited += 1
        where = f"{found.module.at(found.node)}: {found.node.name}"
        for base in found.bases:
            if not base.is_base and not base.is_open:
                report.violations.append(f"{where} subclasses the concrete class {base.node.name}; wrap it instead")
        if found.is_base or found.is_open:
            continue
        if any(found.methods().values()):
            report.violations.append(f"{where} has abstract methods, so its name must start with Abstract")
        elif missing := found.unwritten():
            report.violations.append(f"{where} leaves {', '.join(sorted(missing))} unwritten")
    return report


def _classes(tree: Path) -> list[Class]:
    files = {module.name: module for module in modules(tree)}
    names = {name: _names_in(module) for name, module in files.items()}
    table = {
        (module.name, node.name): Class(node, module)
        for module in files.values()
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.ClassDef)
    }
    for (home, _), found in table.items():
        for expression in found.node.bases:
            dotted = ast.unparse(expression.value if isinstance(expression, ast.Subscript) else expression)
            base = _resolve(home, dotted, names, table)
            if base is None:
                found.outside.append(dotted.rpartition(".")[2])
            else:
                found.bases.append(base)
    return list(table.values())


def _names_in(module: Module) -> dict[str, str]:
    """What each imported name of a file stands for, as a dotted name."""
    table: dict[str, str] = {}
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.Import):
            table |= {a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            table |= {a.asname or a.name: f"{module.absolute(node)}.{a.name}" for a in node.names}
    return table


def _resolve(home: str, dotted: str, names: dict[str, dict[str, str]], table: dict[tuple[str, str], Class]) -> Class | None:
    """The class that a dotted name means in a file, followed through imports and re-exports."""
    for _ in range(20):
        if (home, dotted) in table:
            return table[home, dotted]
        first, _, rest = dotted.partition(".")
        if home not in names or first not in names[home]:
            return None
        full = names[home][first] + (f".{rest}" if rest else "")
        home = max((name for name in names if full.startswith(f"{name}.")), key=len, default="")
        dotted = full[len(home) + 1 :]
    return None


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return (isinstance(kind, type) and issubclass(kind, BaseException)) or name.endswith(("Error", "Exception"))


def test_classes_are_abstract_or_final():
    neither_abstract_nor_final(PACKAGE).check(least=60, things="classes")


BASE = "import abc\nclass AbstractA(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...\n    def g(self): return 1\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("from .base import AbstractA\nclass B(AbstractA):\n    def f(self): return 1\nclass C(B): x = 1\n", "class B"),
        ("from p import room\nclass B:\n    x = 1\nclass C(B): y = 2\n", "subclasses the concrete class B"),
        ("from p.room import AbstractA\nclass B(AbstractA):\n    x: int\n", "leaves f unwritten"),
        ("import p.room.base as base\nclass B(base.AbstractA):\n    x: int\n", "leaves f unwritten"),
        ("import abc\nclass B:\n    @abc.abstractmethod\n    def f(self): ...\n", "must start with Abstract"),
    ],
)
def test_an_open_class_is_found(tmp_path: Path, text: str, complaint: str):
    files = {"room/base.py": BASE, "room/__init__.py": "from p.room.base import AbstractA\n", "room/b.py": text}
    report = neither_abstract_nor_final(plant(tmp_path / "p", files))
    assert report.visited >= 2
    assert len(report.violations) == 1
    assert complaint in report.violations[0]


def test_bases_exceptions_enumerations_and_foreign_classes_are_left_alone(tmp_path: Path):
    text = (
        "import diffrax, enum\nfrom typing import Protocol\nfrom .base import AbstractA\n"
        "class Solver(diffrax.Euler): x = 1\n"
        "class Lost(ValueError): ...\nclass Drowned(Lost): ...\n"
        "class Kind(enum.Enum): A = 1\n"
        "class Has(Protocol):\n    def f(self): ...\nclass Does(Has):\n    def f(self): return 1\n"
        "class AbstractB(AbstractA):\n    def f(self): return 1\nclass C(AbstractB):\n    def g(self): return 2\n"
    )
    report = neither_abstract_nor_final(plant(tmp_path / "p", {"base.py": BASE, "b.py": text}))
    assert report.visited == 9
    assert report.violations == []
