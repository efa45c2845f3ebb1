"""What is built holds every file of the package, those that are no Python too, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gates.source import PACKAGE, REPOSITORY, SKIPPED_FOLDERS


@pytest.mark.slow
def test_the_wheel_holds_the_package(tmp_path: Path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", str(REPOSITORY)]
    subprocess.run([*command, "--wheel-dir", str(tmp_path)], check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("thalweg-*.whl")
    built = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    source = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and not SKIPPED_FOLDERS.intersection(path.parts)
    }
    assert len(source) > 10
    assert built == source
    assert "thalweg/references.bib" in built
