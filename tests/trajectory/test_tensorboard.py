"""Event files, read back by TensorBoard's own reader."""

import builtins
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import thalweg as tw
from thalweg._storage.errors import StoreError
from thalweg.trajectory.tensorboard import FILE, MOST, tags, write_events
from trajectory.cases import path

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


@pytest.fixture(scope="module")
def run() -> tw.Trajectory:
    return path(tw.GradientDescent(0.1), tw.Steps(30))


def events(place: Path) -> Any:
    return accumulator.EventAccumulator(str(place), size_guidance={accumulator.TENSORS: 0}).Reload()


def values(read: Any, tag: str) -> np.ndarray:
    from tensorboard.util import tensor_util

    return np.array([tensor_util.make_ndarray(event.tensor_proto).item() for event in read.Tensors(tag)])


def test_the_reader_finds_every_number_at_its_step_and_time(run: tw.Trajectory, tmp_path: Path):
    assert run.to_tensorboard(tmp_path / "run") == tmp_path / "run" / FILE
    read = events(tmp_path / "run")
    assert set(read.Tags()["tensors"]) == {*tags(run.data), "provenance"}
    for tag, (name, place) in tags(run.data).items():
        np.testing.assert_array_equal(values(read, tag), run.data[name].values[(slice(None), *place)].astype(np.float32))
    assert [event.step for event in read.Tensors("loss")] == run.data.steps.values.tolist()
    assert [event.wall_time for event in read.Tensors("loss")] == run.data.time.values.tolist()
    assert {"singular_values/0", "loss"} <= set(tags(run.data))
    assert read.SummaryMetadata("loss").plugin_data.plugin_name == "scalars"
    (text,) = read.Tensors("provenance")
    told = json.loads(text.tensor_proto.string_val[0])
    assert told == json.loads(run.data.attrs["provenance"])


def test_tensorboard_itself_serves_them_as_scalars(run: tw.Trajectory, tmp_path: Path):
    from tensorboard import context
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer

    run.to_tensorboard(tmp_path / "first")
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(tmp_path))
    found = provider.read_scalars(
        context.RequestContext(), experiment_id="", plugin_name="scalars", downsample=1000
    )["first"]["loss"]  # fmt: skip
    assert [point.value for point in found] == run.data.loss.values.astype(np.float32).tolist()


SERVER = """
import json, sys, time
from tensorboard import context
from tensorboard.data import server_ingester
from tensorboard.util import grpc_util
server = server_ingester.SubprocessServerDataIngester(
    server_binary=server_ingester.get_server_binary(), logdir=sys.argv[1], reload_interval=1,
    channel_creds_type=grpc_util.ChannelCredsType.LOCAL, samples_per_plugin={"scalars": 1000})
server.start()
found, end = {}, time.monotonic() + 60
while not found and time.monotonic() < end:
    found = server.data_provider.read_scalars(
        context.RequestContext(), experiment_id="", plugin_name="scalars", downsample=1000)
    time.sleep(0.1)
print(json.dumps({tag: [[one.step, one.value] for one in points] for tag, points in found["first"].items()}))
"""


@pytest.mark.slow
def test_so_does_its_server_which_reads_less(run: tw.Trajectory, tmp_path: Path):
    """What `tensorboard --logdir` uses: a program of its own, which passes over numbers in float64."""
    pytest.importorskip("tensorboard_data_server", reason="there is no such program for this machine")
    run.to_tensorboard(tmp_path / "first")
    done = subprocess.run([sys.executable, "-c", SERVER, str(tmp_path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert set(found) == set(tags(run.data))
    expected = zip(run.data.steps.values.tolist(), run.data.loss.values.astype(np.float32).tolist(), strict=True)
    assert found["loss"] == [list(pair) for pair in expected]


def test_numbers_are_such_as_the_server_reads(tmp_path: Path):
    """It has no double numbers; what float32 cannot hold is zero or infinite there."""
    data = xr.Dataset({"loss": ("record", [0.1, 1e-60, 1e60, -np.inf, np.nan])})
    write_events(data, tmp_path)
    read = events(tmp_path)
    assert {event.tensor_proto.dtype for event in read.Tensors("loss")} == {1}  # DT_FLOAT
    np.testing.assert_array_equal(values(read, "loss"), [np.float32(0.1), 0.0, np.inf, -np.inf, np.nan])


def test_a_second_writing_takes_the_place_of_the_first(run: tw.Trajectory, tmp_path: Path):
    first = run.to_tensorboard(tmp_path).read_bytes()
    assert run.to_tensorboard(tmp_path).read_bytes() == first
    assert [entry.name for entry in tmp_path.iterdir()] == [FILE]


def test_files_of_others_are_left_alone(run: tw.Trajectory, tmp_path: Path):
    (tmp_path / "events.out.tfevents.1.host").write_bytes(b"")
    with pytest.raises(ValueError, match="holds event files of others"):
        run.to_tensorboard(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_steps_that_stand_still_are_counted_and_large_arrays_left_out(tmp_path: Path):
    data = xr.Dataset(
        {
            "loss": ("record", [3.0, 2.0, np.nan]),
            "steps": ("record", [0, 0, 0]),
            "large": (("record", "a"), np.zeros((3, MOST + 1))),
            "name": ("record", ["a", "b", "c"]),
        }
    )
    assert list(tags(data)) == ["loss", "steps"]
    write_events(data, tmp_path)
    read = events(tmp_path)
    np.testing.assert_array_equal(values(read, "loss"), [3.0, 2.0, np.nan])
    assert [event.step for event in read.Tensors("loss")] == [0, 1, 2]


def test_what_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ValueError, match="no records"):
        write_events(xr.Dataset({"a": ("b", [1.0])}), tmp_path / "new")
    kept = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("tensorboard"):
            raise ModuleNotFoundError(name)
        return kept(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'thalweg\[tensorboard\]'"):
        write_events(xr.Dataset({"loss": ("record", [1.0])}), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_takes_no_folder_is_told(run: tw.Trajectory, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises((StoreError, OSError), match="file"):
        run.to_tensorboard(tmp_path / "file" / "run")
    with pytest.raises((StoreError, OSError), match="file"):
        run.to_tensorboard(tmp_path / "file")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_no_framework_is_needed(run: tw.Trajectory, tmp_path: Path):
    run.save(tmp_path / "run.nc")
    code = (
        "import sys, xarray; from thalweg.trajectory.tensorboard import write_events\n"
        f"write_events(xarray.open_dataset({str(tmp_path / 'run.nc')!r}, engine='h5netcdf'), {str(tmp_path / 'tb')!r})\n"
        "print([name for name in ('tensorflow', 'torch', 'jax') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "tensorflow" not in done.stdout
    assert "torch" not in done.stdout
    np.testing.assert_array_equal(values(events(tmp_path / "tb"), "loss"), run.data.loss.astype(np.float32))
