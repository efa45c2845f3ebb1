"""The repository speaks of itself alone: no machine's paths, no registry's hosts, no marks of unfinished work."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gates.source import REPOSITORY, SKIPPED_FOLDERS, Report, plant

SUFFIXES = {
    ".py",
    ".pyi",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".cff",
    ".bib",
    ".html",
    ".css",
    ".js",
    ".jinja",
    ".tex",
    "",
}
FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|root|home|Users|tmp|opt)/\w"),
    "a registry's host": re.compile(r"\b(?:pypi\.(?:org|python\.org)|files\.pythonhosted|registry\.npmjs|deb\.debian)"),
    "a number of a tracker": re.compile(r"\bissues? #?\d"),
    "a mark of unfinished work": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b"),
}  # fmt: skip


def foreign_words(root: Path, files: list[Path]) -> Report:
    """Lines that hold what does not belong to the product."""
    report = Report()
    for path in files:
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        report.visited += 1
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            report.violations += [
                f"{path.relative_to(root).as_posix()}:{number}: {what}: {found[0]!r}"
                for what, pattern in FOREIGN.items()
                if (found := pattern.search(line))
            ]
    return report


def _files(root: Path) -> list[Path]:
    """What git knows or would take; in an unpacked archive, everything but what was built."""
    if (root / ".git").exists() and shutil.which("git"):
        command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return [root / name for name in names]
    return [p for p in sorted(root.rglob("*")) if not SKIPPED_FOLDERS.intersection(p.relative_to(root).parts)]


def test_the_repository_speaks_of_itself_alone():
    foreign_words(REPOSITORY, _files(REPOSITORY)).check(least=80, things="text files")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("open('/" "home/me/data')", "a path of one machine"),
        ("see /" "tmp/x", "a path of one machine"),
        ("index: https://py" "pi.org/simple", "a registry's host"),
        ("# see iss" "ue #12", "a number of a tracker"),
        ("# TO" "DO later", "a mark of unfinished work"),
    ],
)  # fmt: skip
def test_a_foreign_word_is_found(tmp_path: Path, line: str, complaint: str):
    plant(tmp_path, {"a.py": f"x = 1\n{line}\n", "b.md": "W_1 / work / home, and http://localhost:1/home/page\n"})
    report = foreign_words(tmp_path, _files(tmp_path))
    assert report.visited == 2
    assert len(report.violations) == 1
    assert report.violations[0].startswith(f"a.py:2: {complaint}")
