"""Every gate can fail: each file here plants an offending tree, and a report refuses violations and too few visits."""

import ast

import pytest

from gates.source import TESTS, Report, modules


def test_a_violation_or_too_few_visits_fails():
    Report(visited=3).check(least=3, things="files")
    with pytest.raises(AssertionError, match="visited 2 files, expected at least 3"):
        Report(visited=2).check(least=3, things="files")
    with pytest.raises(AssertionError, match=r"among 5 files:\na.py:1: so"):
        Report(visited=5, violations=["a.py:1: so"]).check(least=3, things="files")


def test_every_gate_shows_that_it_can_fail():
    silent, visited = [], 0
    for module in modules(TESTS / "gates"):
        names = [n.name for n in ast.walk(module.syntax) if isinstance(n, ast.FunctionDef) and "test_" in n.name[:5]]
        if names and module.path.stem not in ("test_gates", "test_wheel"):
            visited += 1
            if not any("found" in name or "refused" in name for name in names):
                silent.append(module.path.name)
    Report(visited, silent).check(least=9, things="gates")
