"""What a run brings back, and keeps on disk."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import thalweg as tw
from trajectory.cases import NETWORK, START, path, product


@pytest.fixture(scope="module")
def run() -> tw.Trajectory:
    return path(tw.GradientDescent(0.1), tw.Steps(30))


def test_both_ends_are_numpy_arrays_with_the_first_factor_first(run: tw.Trajectory):
    assert all(type(factor) is np.ndarray for factor in [*run.start, *run.params, run.predictor])
    assert [factor.shape for factor in run.start] == [factor.shape for factor in run.params] == NETWORK.shapes
    assert all(np.array_equal(a, b) for a, b in zip(run.start, START.sample(NETWORK, key=1), strict=True))
    np.testing.assert_allclose(run.predictor, product(run.params), rtol=1e-13)
    assert run.seconds > 0


def test_the_outcome_agrees_with_the_last_record(run: tw.Trajectory):
    assert isinstance(run.outcome, tw.Outcome)
    last = run.data.isel(record=-1)
    told = (int(last.steps), float(last.time), int(last.gradients))
    assert told == (run.outcome.steps, run.outcome.time, run.outcome.gradients)
    assert float(last.loss) == pytest.approx(run.outcome.loss, rel=1e-14)


def test_it_says_what_it_is(run: tw.Trajectory):
    assert str(run) == "Trajectory: 30 steps were taken at time 3, after 30 steps and 31 gradients"
    assert repr(run).startswith(f"<{run}; {run.data.sizes['record']} records of ")
    assert "singular_values" in repr(run)


def test_a_saved_record_is_read_back_whole(run: tw.Trajectory, tmp_path: Path):
    file = tmp_path / "run.nc"
    run.save(file)
    with xr.open_dataset(file, engine="h5netcdf") as back:
        xr.testing.assert_identical(back.load(), run.data)
    run.save(str(file))  # in the place of the old one
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.nc"]
