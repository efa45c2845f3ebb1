"""Every public name says what it is, shows itself in an example that runs, and is tested."""

import ast
import doctest
import inspect
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import thalweg
from gates.source import TESTS, Report, modules, plant

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PUBLIC = [name for name in thalweg.__all__ if name != "__version__"]
IN_ROOMS = [(room, name) for room in ("exact", "theory", "estimators") for name in getattr(thalweg, room).__all__]
"""Names that are public in a room of their own, as `thalweg.theory.overlay` is."""


def undocumented(name: str, value: Any) -> Report:
    """A docstring of its own, with a section Examples whose examples run, print what they say, and print something."""
    report = Report(visited=0)
    doc = value.__dict__.get("__doc__") if inspect.isclass(value) else value.__doc__
    generated = inspect.isclass(value) and (doc or "").startswith(f"{value.__name__}(")  # what dataclasses fill in
    if not doc or generated:
        report.violations.append(f"{name} has no docstring")
        return report
    if "Examples:" not in doc:
        report.violations.append(f"the docstring of {name} has no section Examples")
    printed: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in doctest.DocTestFinder(recurse=True).find(value, name):
        runner.run(test, out=printed.append)
        report.visited += sum(bool(example.want) for example in test.examples) if test.name == name else 0
    if runner.summarize(verbose=False).failed:
        report.violations.append("".join(printed))
    elif report.visited == 0:
        report.violations.append(f"no example of {name} prints anything, so none can fail")
    return report


def untested(names: Mapping[str, str], tests: Path) -> Report:
    """Public names that no test file mentions, in code."""
    mentioned: set[str] = set()
    for module in modules(tests):
        if module.path.parts[0] == "gates":
            continue
        for node in ast.walk(module.syntax):
            if isinstance(node, ast.Name | ast.Attribute):
                mentioned.add(node.id if isinstance(node, ast.Name) else node.attr)
            elif isinstance(node, ast.ImportFrom):
                mentioned.update(alias.name for alias in node.names)
    missing = [f"{name} ({home}) is in no test" for name, home in names.items() if name not in mentioned]
    return Report(visited=len(names), violations=missing)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_documented_with_examples_that_run(name: str):
    undocumented(name, getattr(thalweg, name)).check(least=1, things=f"examples of {name}")


@pytest.mark.parametrize(("room", "name"), IN_ROOMS, ids=".".join)
def test_a_name_of_a_room_is_documented_with_examples_that_run(room: str, name: str):
    value = getattr(getattr(thalweg, room), name)
    undocumented(name, value).check(least=1, things=f"examples of {room}.{name}")


def test_names_of_rooms_are_sorted_and_tested():
    for room in ("exact", "theory", "estimators"):
        listed = getattr(thalweg, room).__all__
        assert listed == sorted(listed, key=lambda name: (not name[0].isupper(), name))
        untested(dict.fromkeys(listed, f"thalweg.{room}"), TESTS).check(least=5, things=f"names of {room}")


def test_public_names_are_listed_and_tested():
    from thalweg._names import PUBLIC as table

    assert set(PUBLIC) == set(table)
    assert set(table) <= set(dir(thalweg))
    untested(table, TESTS).check(least=40, things="public names")


def _documented_badly() -> dict[str, tuple[Any, str]]:
    def silent() -> None: ...

    def bare() -> None:
        """Does something."""

    def wrong() -> None:
        """Adds.

        Examples:
            >>> 1 + 1
            3
        """

    def mute() -> None:
        """Adds.

        Examples:
            >>> three = 1 + 2
        """

    filled_in = type("FilledIn", (), {"__doc__": "FilledIn(x: int)"})
    return {
        "silent": (silent, "no docstring"),
        "bare": (bare, "no section Examples"),
        "wrong": (wrong, "Expected:"),
        "mute": (mute, "none can fail"),
        "FilledIn": (filled_in, "no docstring"),
    }


@pytest.mark.parametrize("name", _documented_badly())
def test_a_badly_documented_name_is_found(name: str):
    value, complaint = _documented_badly()[name]
    assert any(complaint in line for line in undocumented(name, value).violations)


def test_a_well_documented_name_passes():
    def add() -> None:
        """Adds.

        Examples:
            >>> 1 + 1
            2
        """

    report = undocumented("add", add)
    assert report.violations == []
    assert report.visited == 1


def test_an_untested_name_is_found(tmp_path: Path):
    tests = plant(tmp_path / "tests", {"test_a.py": "import thalweg as tw\ntw.Loss()\n'Margin'\n"})
    report = untested({"Loss": "thalweg.observables.loss", "Margin": "thalweg.observables.margin"}, tests)
    assert report.visited == 2
    assert report.violations == ["Margin (thalweg.observables.margin) is in no test"]


def test_importing_is_lazy_for_each_name():
    assert isinstance(thalweg, types.ModuleType)
    with pytest.raises(AttributeError, match="no attribute 'Thalwg'"):
        _ = thalweg.Thalwg
