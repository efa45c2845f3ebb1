"""MNIST: 60,000 handwritten digits to train on and 10,000 to test on, of 28 by 28 grey values."""

from typing import Any

import numpy as np

from thalweg.data.labelled import Labelled
from thalweg.data.source import Archive, ChecksumMismatch, kept_download, named_folder, read, verify

TERMS = (
    "MNIST is published by Yann LeCun, Corinna Cortes and Christopher J.C. Burges, who made it from the Special Databases "
    "1 and 3 of NIST; cite LeCun, Bottou, Bengio and Haffner (1998). The publishers' page names no licence; distributors "
    "give it on as Creative Commons Attribution-ShareAlike 3.0."
)
ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist"
"""A mirror of the publishers' four files, byte for byte; their own page asks programs not to download from it."""
SIDE = 28
NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
PACKED = {
    "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
}
"""MD5 of the files as published, packed by gzip."""
PLAIN = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""MD5 of what is in them."""
KINDS = {"images": (0x0803, 3), "labels": (0x0801, 1)}
"""The number that a file of unsigned bytes begins with, and of how many dimensions it is."""


def load(part: str = "train", *, folder: Any = None, download: bool = True) -> Labelled:
    """MNIST, from `folder`, else `$THALWEG_DATA/mnist`, else the cache, else a mirror of the publishers' files.

    A file is used only if it is, byte for byte, what was published. A folder that is there must hold what is asked for:
    the next place is tried only where a folder is not there at all. Importing this module opens no connection.

    Arguments:
        part: `train` (60,000 examples) or `test` (10,000).
        folder: the folder that holds the idx files, packed by gzip or not.
        download: whether a mirror may be asked. The files are kept in `thalweg` under XDG_CACHE_HOME or `~/.cache`, and
            the terms are logged as a warning.

    Returns:
        The examples in the published order: grey values from 0 (paper) to 1 (ink), row by row, as (n, 784).

    Raises:
        ValueError: an unknown part.
        DataMissing: the data are in no place; says what to set and on which terms they come.
        ChecksumMismatch: a file is not what was published.

    Examples:
        >>> load("valid")
        Traceback (most recent call last):
        ValueError: part must be 'train' or 'test', got 'valid'

    Reference:
        lecun1998gradient.
    """
    if part not in NAMES:
        raise ValueError(f"part must be 'train' or 'test', got {part!r}")
    images, labels = (parsed(_content(name, folder, download), name) for name in NAMES[part])
    return Labelled(images.reshape(len(images), SIDE * SIDE) / 255.0, labels.astype(np.int64))


def parsed(content: bytes, name: str) -> np.ndarray:
    """The unsigned bytes in an idx file of the publishers: a number for the kind, the sizes, the values.

    Raises:
        ChecksumMismatch: the content is not of the kind that its name says, or not as long as its sizes say.

    Examples:
        >>> parsed(bytes.fromhex("0000 0801 0000 0003 050004"), "t10k-labels-idx1-ubyte").tolist()
        [5, 0, 4]
    """
    kind, dimensions = KINDS[name.split("-")[1]]
    head = 4 * (1 + dimensions)
    numbers = np.frombuffer(content[:head], dtype=">u4") if len(content) >= head else np.zeros(1, int)
    if numbers[0] != kind:
        raise ChecksumMismatch(f"{name} does not begin as an idx file of {dimensions}-dimensional unsigned bytes")
    shape = tuple(int(size) for size in numbers[1:])
    if len(content) - head != np.prod(shape):
        raise ChecksumMismatch(f"{name} says that its sizes are {shape}, and holds {len(content) - head} values")
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(shape)


def _archive(name: str) -> Archive:
    return Archive("mnist", f"{ADDRESS}/{name}.gz", PACKED[name], TERMS, "lecun1998gradient")


def _content(name: str, folder: Any, download: bool) -> bytes:
    """The bytes of one file, unpacked, from the first place that there is."""
    archive = _archive(name)
    place = named_folder(archive, folder, f"{name}.gz") or kept_download(archive, download, archive.name).parent
    content = read(place, name, archive)
    verify(content, PLAIN[name], f"{place / name}")
    return content
