"""`import thalweg` and `thalweg --help` answer without JAX."""

import importlib.util
import subprocess
import sys

import pytest

HEAVY = ("jax", "diffrax", "equinox", "optax", "scipy", "xarray", "matplotlib", "plotly")
WATCH = f"\nimport sys; print('loaded:', *(name for name in {HEAVY} if name in sys.modules))"


def loaded_by(code: str) -> list[str]:
    """The heavy packages that a fresh Python has loaded after running the code."""
    done = subprocess.run([sys.executable, "-c", code + WATCH], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


def test_importing_loads_nothing_heavy():
    assert loaded_by("import thalweg; dir(thalweg); thalweg.__version__") == []


def test_help_loads_nothing_heavy():
    if importlib.util.find_spec("thalweg.cli") is None:
        pytest.skip("thalweg.cli does not exist yet")
    code = """
import sys
sys.argv = ["thalweg", "--help"]
from thalweg.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    assert loaded_by(code) == []


def test_a_heavy_import_is_found():
    assert loaded_by("import xarray.core, types, sys; sys.modules['jax'] = types.ModuleType('jax')")[0] == "jax"
