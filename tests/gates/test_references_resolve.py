"""Every bibliography key that the source mentions is in `references.bib`, and every `Reference:` names one."""

import ast
import re
from pathlib import Path

import pytest

from gates.source import PACKAGE, Report, modules, plant
from thalweg._references import references

KEY = re.compile(r"\b[a-z]{2,}(?:19|20)\d{2}[a-z]{2,}\b")
PARAGRAPH = re.compile(r"\bReferences?:\**(.*?)(?=\n\s*\n|\Z)", re.DOTALL)


def unresolved(tree: Path, known: set[str]) -> Report:
    """Keys in strings and docstrings that the bibliography lacks, and `Reference:` lines without a key."""
    report = Report()
    for module in modules(tree):
        for node in ast.walk(module.syntax):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            keys = KEY.findall(node.value)
            report.visited += len(keys)
            report.violations += [f"{module.at(node)}: {key} is not in references.bib" for key in keys if key not in known]
            report.violations += [
                f"{module.at(node)}: a Reference without a key: {' '.join(paragraph.split())[:60]!r}"
                for paragraph in PARAGRAPH.findall(node.value)
                if not KEY.search(paragraph)
            ]
    return report


def test_references_resolve():
    assert all(KEY.fullmatch(key) for key in references()), "a key of references.bib is not of the form name2000word"
    unresolved(PACKAGE, set(references())).check(least=25, things="mentions of keys")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('"""Sum.\n\nReference: arora2017implicit, Theorem 3.\n"""', "arora2017implicit is not in"),
        ('"""Sum.\n\n**Reference:** Theorem 3 of that paper.\n\nSee roy2007effective.\n"""', "without a key"),
        ('SOURCE = "nobody1999nothing"', "nobody1999nothing is not in"),
        ('"""Sum.\n\nReference: roy2007effective, eq. 3;\n    sommeijer1998rck, eq. 4.\n"""', "sommeijer1998rck"),
    ],
)
def test_an_unresolved_reference_is_found(tmp_path: Path, text: str, complaint: str):
    report = unresolved(plant(tmp_path / "p", {"a.py": text}), set(references()))
    assert len(report.violations) == 1
    assert complaint in report.violations[0]


def test_a_resolved_reference_is_counted(tmp_path: Path):
    text = '"""Sum.\n\nReference:\n    roy2007effective, eq. 3; `cai2010singular`, Theorem 2.1.\n"""'
    report = unresolved(plant(tmp_path / "p", {"a.py": text}), set(references()))
    assert report.visited == 2
    assert report.violations == []
