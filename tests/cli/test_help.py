"""Help pages answer at once: none of them imports JAX, or anything else that is slow."""

import subprocess
import sys
import time

import pytest

COMMANDS = ["", "list", "show", "run", "verify", "report", "cite", "doctor"]
SCRIPT = """
import sys
from thalweg.cli import app
try:
    app(sys.argv[1:], prog_name="thalweg")
finally:
    heavy = ("jax", "numpy", "scipy", "xarray", "equinox", "diffrax", "matplotlib", "plotly")
    print("HEAVY", *[name for name in heavy if name in sys.modules])
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_help_page_imports_nothing_heavy(command: str):
    words = [*command.split(), "--help"]
    began = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    page, _, heavy = told.stdout.rpartition("HEAVY")
    assert heavy.split() == []
    assert f"Usage: thalweg {command}".strip() in page
    assert seconds < 5  # a loaded machine; with JAX it would be as many on an idle one


def test_the_front_page_names_every_command():
    told = subprocess.run([sys.executable, "-c", SCRIPT, "--help"], capture_output=True, text=True, check=True)
    for command in COMMANDS[1:]:
        assert f"\n  {command} " in told.stdout


def test_no_words_at_all_are_shown_the_front_page():
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert told.returncode == 2
    assert "Usage: thalweg" in told.stdout + told.stderr
