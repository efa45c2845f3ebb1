"""What every test runs under: float64, reproducible examples, and the folder of real data where there is one.

JAX's strict dtype promotion stays off: optax's own Adam mixes an integer count with a float decay and fails under it.
A test that wants it for our own code says `with jax.numpy_dtype_promotion("strict")`.
"""

import os
from pathlib import Path

import hypothesis
import jax
import pytest

jax.config.update("jax_enable_x64", True)

# Derandomized, so that two runs of the suite draw the same examples. `--hypothesis-profile=rotating` draws new ones;
# a failure then prints the blob that brings its example back, and `--hypothesis-seed=N` repeats a whole draw.
hypothesis.settings.register_profile("fixed", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("rotating", deadline=None, derandomize=False, print_blob=True)
hypothesis.settings.load_profile("fixed")


def pytest_report_header(config: pytest.Config) -> list[str]:
    data = os.environ.get("THALWEG_DATA")
    return [
        f"jax {jax.__version__} on {jax.default_backend()}, x64 on",
        f"hypothesis examples: {_draw(config)}",
        f"real data: {data or 'none, THALWEG_DATA is not set'}",
    ]


def _draw(config: pytest.Config) -> str:
    profile = config.getoption("--hypothesis-profile", default=None) or "fixed"
    seed = config.getoption("--hypothesis-seed", default=None)
    if seed is not None:
        return f"drawn from the seed {seed}"
    return "derandomized, the same in every run" if profile == "fixed" else f"drawn by the profile {profile!r}"


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data sets that THALWEG_DATA names; tests that need it are skipped where it is missing."""
    name = os.environ.get("THALWEG_DATA")
    if not name:
        pytest.skip("THALWEG_DATA is not set: it names the folder that holds ml-100k and the other data sets")
    folder = Path(name).expanduser()
    if not folder.is_dir():
        pytest.skip(f"THALWEG_DATA names {name}, which is not a folder")
    return folder
