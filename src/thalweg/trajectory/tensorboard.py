"""Records as event files of TensorBoard, written with its own package; needs the extra `tensorboard`, no framework."""

import importlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

FILE = "events.out.tfevents.0000000000.thalweg"
MOST = 64
"""Numbers of one observable in one record from which on it is left out: TensorBoard has a picture for each."""


def write_events(data: xr.Dataset, folder: str | Path) -> Path:
    """Writes a record as one event file in a folder of its own; what was there of an earlier run is replaced in one step.

    Numbers are kept in float32: TensorBoard's own server reads no others, so that a loss below 1e-45 is 0 there. The step is
    that of the run (the record's number where steps stand still), and the wall time is the time of the run in seconds, so
    that TensorBoard's axes STEP and RELATIVE are both axes of the path.

    Arguments:
        data: of a run, or of a file of the store; a dataset over `record`.
        folder: TensorBoard shows it as one run.

    Raises:
        ModuleNotFoundError: TensorBoard is not installed.
        ValueError: a dataset without records, or a folder that holds event files of others.
        StoreError: a folder that does not take writes.
    """
    from thalweg._storage.atomic import staged

    writing = record_writer()
    if "record" not in data.dims or not data.sizes["record"]:
        raise ValueError("the dataset has no records: give the data of a run")
    place = Path(folder)
    check_folder(place)
    event_pb2, count = _messages("event"), data.sizes["record"]
    times = data["time"].values if "time" in data else np.arange(count, dtype=float)
    steps = np.asarray(data["steps"].values, dtype=np.int64) if "steps" in data else np.arange(count)
    if (np.diff(steps) <= 0).any():
        steps = np.arange(count)
    buffer = io.BytesIO()
    writer = writing(buffer)
    writer.write(event_pb2.Event(wall_time=0.0, file_version="brain.Event:2").SerializeToString())
    for record in range(count):
        values = [*_scalars(data, record), *(_about(data) if record == 0 else ())]
        event = event_pb2.Event(wall_time=float(times[record]), step=int(steps[record]))
        event.summary.value.extend(values)
        writer.write(event.SerializeToString())
    with staged(place / FILE, buffer.getvalue()) as put:
        put()
    return place / FILE


def record_writer() -> Any:
    """The class of TensorBoard that writes event files; a ModuleNotFoundError says what to install."""
    try:
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("event files need TensorBoard: pip install 'thalweg[tensorboard]'") from error
    return RecordWriter


def check_folder(place: Path) -> None:
    """A ValueError where event files of others are: TensorBoard would draw both as one run."""
    others = sorted(path.name for path in place.glob("*tfevents*") if path.name != FILE) if place.is_dir() else []
    if others:
        raise ValueError(f"{place} holds event files of others ({others[0]}): name a folder of its own")


def tags(data: xr.Dataset) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The name and place of each number of a record by its tag: `loss`, `singular_values/0`; arrays that are too large left out.

    Examples:
        >>> tags(xr.Dataset({"loss": ("record", [1.0]), "values": (("record", "rank"), [[2.0, 1.0]])}))
        {'loss': ('loss', ()), 'values/0': ('values', (0,)), 'values/1': ('values', (1,))}
    """
    found = {}
    for name, array in data.data_vars.items():
        inner = array.shape[1:]
        if array.dims[:1] == ("record",) and array.dtype.kind in "fiub" and np.prod(inner) <= MOST:
            for place in np.ndindex(*inner):
                found["/".join([str(name), *map(str, place)])] = (str(name), place)
    return found


def _messages(name: str) -> Any:
    """The classes of messages of one file: they are made when it is read, so that no type checker sees them."""
    return importlib.import_module(f"tensorboard.compat.proto.{name}_pb2")


def _scalars(data: xr.Dataset, record: int) -> Iterator[Any]:
    summary_pb2, types_pb2 = _messages("summary"), _messages("types")
    metadata = summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="scalars"), data_class=summary_pb2.DATA_CLASS_SCALAR
    )
    for tag, (name, place) in tags(data).items():
        value = summary_pb2.Summary.Value(tag=tag)
        if record == 0:
            value.metadata.CopyFrom(metadata)
        value.tensor.dtype = types_pb2.DT_FLOAT
        value.tensor.float_val.append(_in_float32(data[name].values[(record, *place)]))
        yield value


def _in_float32(value: Any) -> float:
    with np.errstate(over="ignore", under="ignore"):  # beyond float32 is infinity, and below it zero
        return float(np.float32(value))


def _about(data: xr.Dataset) -> Iterator[Any]:
    """The provenance as text."""
    summary_pb2, types_pb2 = _messages("summary"), _messages("types")
    if "provenance" not in data.attrs:
        return
    value = summary_pb2.Summary.Value(tag="provenance")
    value.metadata.plugin_data.plugin_name = "text"
    value.metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    value.tensor.dtype = types_pb2.DT_STRING
    told = json.dumps(json.loads(data.attrs["provenance"]), indent=1)
    value.tensor.string_val.append("\n".join(f"    {part}" for part in told.splitlines()).encode())
    value.tensor.tensor_shape.dim.add(size=1)
    yield value
