"""Tests test: each holds an assertion that can fail, and none leaves early with a bare return."""

import ast
from pathlib import Path

import pytest

from gates.source import TESTS, Report, modules, plant

ASSERTING = ("assert", "check", "verify", "raises", "warns", "fail", "expect")


def idle_tests(tree: Path) -> Report:
    """Tests without anything like an assertion, with a return, or with an assertion whose answer is already known."""
    report = Report()
    for module in modules(tree):
        functions = [node for node in ast.walk(module.syntax) if isinstance(node, ast.FunctionDef)]
        asserting = {f.name for f in functions if any(isinstance(node, ast.Assert) for node in ast.walk(f))}
        for function in functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Assert) and _is_known(node.test):
                    report.violations.append(f"{module.at(node)}: asserts a constant, {ast.unparse(node.test)!r}")
            if not function.name.startswith("test_"):
                continue
            report.visited += 1
            where = f"{module.at(function)}: {function.name}"
            if any(isinstance(node, ast.Return) for node in _own_nodes(function)):
                report.violations.append(f"{where} returns early; say pytest.skip with a reason")
            if function.name not in asserting and not any(_asserts(n, asserting) for n in ast.walk(function)):
                report.violations.append(f"{where} asserts nothing")
    return report


def _own_nodes(function: ast.FunctionDef) -> list[ast.AST]:
    """The nodes of a function but not of the functions defined in it, whose returns are theirs."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return found


def _is_known(test: ast.expr) -> bool:
    """Whether an assertion's answer can be read off: a constant, a tuple, a thing compared with itself."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _is_known(test.operand)
    if isinstance(test, ast.Compare):
        sides = [ast.unparse(side) for side in (test.left, *test.comparators)]
        constant = all(isinstance(side, ast.Constant) for side in (test.left, *test.comparators))
        return constant or len(set(sides)) == 1
    return isinstance(test, ast.Constant | ast.Tuple | ast.Lambda | ast.JoinedStr)


def _asserts(node: ast.AST, local: set[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in local or name.lstrip("_").startswith(ASSERTING)


def test_every_test_can_fail():
    idle_tests(TESTS).check(least=42, things="tests")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("x = 1", "asserts nothing"),
        ("assert True", "asserts a constant"),
        ("assert (1 == 2, 'so')", "asserts a constant"),
        ("assert not None", "asserts a constant"),
        ("x = 1\n    assert x == x", "asserts a constant"),
        ("assert 1 < 2", "asserts a constant"),
        ("x = 1\n    if x:\n        return\n    assert x", "returns early"),
    ],
)
def test_an_idle_test_is_found(tmp_path: Path, body: str, complaint: str):
    report = idle_tests(plant(tmp_path / "t", {"test_a.py": f"def test_it():\n    {body}\n"}))
    assert report.visited == 1
    assert len(report.violations) == 1
    assert complaint in report.violations[0]


def test_a_working_test_is_left_alone(tmp_path: Path):
    text = (
        "def agree(a, b):\n    assert a == b\n"
        "def test_a():\n    agree(1, 2)\n"
        "def test_b():\n    with pytest.raises(ValueError): f()\n"
        "def test_c():\n    np.testing.assert_allclose(1, 2)\n"
        "def test_d():\n    def g(): return 1\n    assert g() == 2\n"
    )
    report = idle_tests(plant(tmp_path / "t", {"test_a.py": text}))
    assert report.visited == 4
    assert report.violations == []
