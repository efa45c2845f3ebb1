"""What the gates share: a tree of Python files as syntax trees, and a report that says how much was looked at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "src" / "thalweg"
TESTS = REPOSITORY / "tests"
SKIPPED_FOLDERS = {"__pycache__", ".git", ".venv", "build", "dist", "node_modules"}


@dataclass
class Report:
    """What a gate found: how many things it visited, and one line for each that breaks the rule."""

    visited: int = 0
    violations: list[str] = field(default_factory=list)

    def check(self, least: int, things: str) -> None:
        """Fail on a violation, and on a gate that saw less than it must: a gate that visits nothing passes nothing."""
        print(f"visited {self.visited} {things}")
        assert not self.violations, f"among {self.visited} {things}:\n" + "\n".join(self.violations)
        assert self.visited >= least, f"visited {self.visited} {things}, expected at least {least}"


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, its path below the tree, and its syntax tree."""

    name: str
    path: Path
    is_package: bool
    syntax: ast.Module

    def at(self, node: ast.AST) -> str:
        return f"{self.path.as_posix()}:{getattr(node, 'lineno', 1)}"

    def absolute(self, node: ast.ImportFrom) -> str:
        """The module that a from-import names, with leading dots resolved."""
        if not node.level:
            return node.module or ""
        package = self.name if self.is_package else self.name.rpartition(".")[0]
        parts = package.split(".")
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, node.module] if node.module else parts)


def modules(tree: Path) -> Iterator[Module]:
    """Every Python file below a folder; a package folder gives its own name to what is below it."""
    for path in sorted(tree.rglob("*.py")):
        below = path.relative_to(tree)
        if SKIPPED_FOLDERS.intersection(below.parts):
            continue
        parts = [tree.name, *below.with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        yield Module(name, below, is_package, ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))


def plant(tree: Path, files: dict[str, str]) -> Path:
    """Write a small tree of files, for the tests that show that a gate can fail."""
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tree
