"""Help pages answer at once: none of them imports JAX, or anything else that is slow."""

import subprocess
import sys

import pytest

COMMANDS = ["", "list", "show", "run", "verify", "report", "complete", "cite", "doctor"]
SCRIPT = """
import sys
from thalweg.cli import app
try:
    app(sys.argv[1:], prog_name="thalweg")
finally:
    heavy = ("jax", "sklearn", "numpy", "scipy", "xarray", "equinox", "diffrax", "matplotlib", "plotly")
    print("HEAVY", *[name for name in heavy if name in sys.modules])
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_help_page_imports_nothing_heavy(command: str):
    words = [*command.split(), "--help"]
    told = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True)
    page, _, heavy = told.stdout.rpartition("HEAVY")
    assert heavy.split() == []
    assert f"Usage: thalweg {command}".strip() in page


def test_the_front_page_names_every_command():
    told = subprocess.run([sys.executable, "-c", SCRIPT, "--help"], capture_output=True, text=True, check=True)
    for command in COMMANDS[1:]:
        assert f"\n  {command} " in told.stdout


def test_the_package_is_run_as_the_command():
    told = [
        subprocess.run([sys.executable, *way, "--help"], capture_output=True, text=True, check=True).stdout
        for way in (["-m", "thalweg"], ["-c", SCRIPT])
    ]
    pages = [page.split("HEAVY")[0].split("\n", 1)[1].rstrip() for page in told]  # all but the line of usage
    assert pages[0] == pages[1]


def test_no_words_at_all_are_shown_the_front_page():
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert told.returncode == 2
    assert "Usage: thalweg" in told.stdout + told.stderr
