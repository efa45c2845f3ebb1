"""The two kinds of files: records of a run as NetCDF-4, snapshots of parameters as npz without pickle.

Each is made in memory and put in its place whole, so a reader meets the old file or the new one and never a half. A
file with a digest is checked before any library parses it.
"""

import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thalweg._storage.atomic import read_bytes, sha256, staged
from thalweg._storage.errors import CorruptRun, CorruptSnapshot

if TYPE_CHECKING:
    import xarray as xr

_ABOUT = "about.json"
_UNREADABLE = (
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    EOFError,
    OverflowError,
    MemoryError,
    zipfile.BadZipFile,
    NotImplementedError,
)


def write_dataset(path: str | Path, dataset: "xr.Dataset") -> str:
    """Write `dataset` to `path` as NetCDF-4, whole or not at all, and return the SHA-256 of the file.

    Arguments:
        path: the file; one that is there is replaced in one step.
        dataset: numbers, truth values and text. Attributes are text, numbers or arrays of numbers: nested ones, such as
            provenance, as JSON text.

    Raises:
        TypeError: on attributes or arrays that NetCDF-4 cannot hold, naming them; nothing is written.
        StoreFull: if no space is left; what was there before stays.
        StoreReadOnly: if the folder does not take writes.

    Examples:
        >>> import tempfile, xarray
        >>> runs = xarray.Dataset({"loss": ("record", [1.0, 0.25])}, attrs={"provenance": "{}"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     digest = write_dataset(f"{folder}/run.nc", runs)
        ...     read_dataset(f"{folder}/run.nc", digest).identical(runs)
        True
    """
    content = dataset_bytes(dataset)
    with staged(Path(path), content) as place:
        place()
    return sha256(content)


def read_dataset(path: str | Path, digest: str | None = None) -> "xr.Dataset":
    """The dataset in the file `path`, all in memory; no handle stays open.

    Arguments:
        path: the file.
        digest: its SHA-256, kept in the index of the store; without one the file is only checked for being readable.

    Raises:
        CorruptRun: if the file has not the digest or is not NetCDF-4.
        FileNotFoundError: if there is no such file.
    """
    import xarray as xr  # here, so that listing a store does not wait for it

    path = Path(path)
    content = read_bytes(path)
    if digest is not None and sha256(content) != digest:
        raise CorruptRun(
            f"{path} is not what was written: its SHA-256 is {sha256(content)}, the index says {digest}. It was cut "
            "off or changed. Run the study again: the store moves the file to 'corrupt' and does this run anew."
        )
    try:
        # as it was written: a unit like "seconds" must not turn numbers into dates, nor a fill value into NaN
        read = xr.load_dataset(
            io.BytesIO(content), engine="h5netcdf", mask_and_scale=False, decode_times=False, decode_timedelta=False
        )
    except _UNREADABLE as error:
        raise CorruptRun(
            f"{path} cannot be read as NetCDF-4 ({type(error).__name__}: {error}). If it belongs to a store, run "
            "the study again: the store moves the file to 'corrupt' and does this run anew."
        ) from error
    return read.drop_encoding()


def dataset_bytes(dataset: "xr.Dataset") -> bytes:
    """The NetCDF-4 file of `dataset`, made in memory: HDF5 on a full disk leaves broken handles behind."""
    import h5netcdf
    import h5py
    from xarray.backends import H5NetCDFStore

    encoding: dict[Any, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        if variable.dtype.kind not in "biufcUS":
            raise TypeError(
                f"{name!r} has dtype {variable.dtype}: records hold numbers, truth values and text; "
                "give times as numbers and say the unit in an attribute"
            )
        encoding[name] = {"_FillValue": None} if variable.dtype.kind in "fc" else {}
    _check_attributes("the dataset", dataset.attrs)
    for name, variable in dataset.variables.items():
        _check_attributes(repr(name), variable.attrs)
    # nothing is written under the name, but HDF5 takes one name twice for one file, and threads may be at it together
    name = f"memory-{uuid.uuid4().hex}"
    with h5py.File(name, "w", driver="core", backing_store=False, track_order=True) as memory:
        with h5netcdf.File(memory, "w") as file:
            dataset.drop_encoding().dump_to_store(H5NetCDFStore(file), encoding=encoding)
        memory.flush()
        return memory.id.get_file_image()


def _check_attributes(owner: str, attributes: Mapping[Any, Any]) -> None:
    for name, value in attributes.items():
        kind = np.asarray(value).dtype.kind if not isinstance(value, str) else "U"
        if not isinstance(name, str) or isinstance(value, bytes) or kind not in "iufU":
            raise TypeError(
                f"the attribute {name!r} of {owner} is {value!r}: NetCDF-4 holds text and real numbers there; "
                "give nested or other values as JSON text, json.dumps(value)"
            )


def write_arrays(path: str | Path, arrays: Mapping[str, Any], meta: Mapping[str, Any] | None = None) -> None:
    """Write a snapshot of named arrays to `path` (npz, without pickle), whole or not at all.

    The file carries a SHA-256 of names, dtypes, shapes, bytes and `meta`; `numpy.load` reads the arrays too.

    Arguments:
        path: the file; one that is there is replaced in one step.
        arrays: numbers, truth values or text by name, of any shape; what is not a NumPy array is made one.
        meta: what else is to be known, as JSON values.

    Raises:
        TypeError: on arrays of objects or of dtypes that NumPy's format does not keep, and on `meta` that is not JSON.
        ValueError: on names that a zip file cannot keep.
        StoreFull: if no space is left; what was there before stays.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_arrays(f"{folder}/a.npz", {"W_1": np.eye(2), "step": np.uint32(7)}, {"time": 0.5})
        ...     arrays, meta = read_arrays(f"{folder}/a.npz")
        >>> arrays["step"], meta
        (array(7, dtype=uint32), {'time': 0.5})
    """
    with staged(Path(path), arrays_bytes(arrays, meta)) as place:
        place()


def arrays_bytes(arrays: Mapping[str, Any], meta: Mapping[str, Any] | None = None) -> bytes:
    """The npz file of a snapshot, made in memory."""
    kept = {name: _plain_array(name, value) for name, value in arrays.items()}
    try:
        said = json.loads(json.dumps(dict(meta or {})))  # as it will be read: 1 as a name becomes "1"
    except TypeError as error:
        raise TypeError(f"meta must hold JSON values (text, numbers, lists, mappings): {error}") from error
    text = json.dumps({"names": list(kept), "meta": said, "sha256": _arrays_digest(kept, said)})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        # a ZipInfo has a fixed date, so equal snapshots are equal files
        archive.writestr(zipfile.ZipInfo(_ABOUT), text)
        for name, array in kept.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getbuffer())
    return content.getvalue()


def read_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and `meta` of a snapshot, bit for bit as they were given to `write_arrays`.

    Raises:
        CorruptSnapshot: if the file is torn, was changed, or is not a snapshot.
        FileNotFoundError: if there is no such file.
    """
    return arrays_in(read_bytes(Path(path)), str(path))


def arrays_in(content: bytes, path: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and `meta` in the bytes of a snapshot, which errors call `path`.

    Raises:
        CorruptSnapshot: as `read_arrays` does.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            about = json.loads(archive.read(_ABOUT))
            arrays = {
                # read whole first: that checks the zip's CRC before a changed header can ask for a huge array
                name: np.lib.format.read_array(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
                for name in about["names"]
            }
            whole = about["sha256"] == _arrays_digest(arrays, about["meta"])
    except _UNREADABLE as error:
        raise CorruptSnapshot(
            f"{path} cannot be read as a snapshot ({type(error).__name__}: {error}). It was cut off or changed, or is "
            "not one; move it away and the run starts from its beginning."
        ) from error
    if not whole:
        raise CorruptSnapshot(
            f"{path} is not what was written: its arrays or their description have changed. Move it away and the run "
            "starts from its beginning."
        )
    return arrays, about["meta"]


def _plain_array(name: str, value: Any) -> np.ndarray:
    if not isinstance(name, str) or not name or "\0" in name or "\\" in name:
        raise ValueError(f"{name!r} is no name for an array in a snapshot: use text without NUL and backslash")
    try:
        array = np.asarray(value)
    except TypeError as error:
        raise TypeError(
            f"the array {name!r} is a {type(value).__name__} that is no array of numbers ({error}); "
            "for a random key store its data, jax.random.key_data(key)"
        ) from error
    if array.dtype.kind not in "biufcmMSU" or np.dtype(array.dtype.str) != array.dtype:
        raise TypeError(
            f"the array {name!r} has dtype {array.dtype}, which the file would not give back; allowed are numbers, "
            "truth values and text (bfloat16: convert to float32, which holds it exactly)"
        )
    return array


def _arrays_digest(arrays: Mapping[str, np.ndarray], meta: Any) -> str:
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name, array in arrays.items():
        digest.update(json.dumps([name, array.dtype.str, array.shape, array.nbytes]).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
